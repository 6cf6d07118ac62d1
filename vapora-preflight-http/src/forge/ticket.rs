//! Tickets, as all forges have them.

use serde::Deserialize;
use vapora_preflight::{CheckContext, CheckError};

use super::{Account, ForgeApi, ForgeNumber, ForgeSettings, Reply};

/// A ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) url: String,
    pub(crate) title: String,
    pub(crate) open: bool,
    pub(crate) body: String,
    pub(crate) assignees: Vec<String>,
    pub(crate) labels: Vec<String>,
    pub(crate) milestone: Option<String>,
}

/// What became of a ticket.
#[derive(Debug)]
pub(crate) enum Tracked {
    Found(Box<Ticket>),
    Missing,
    Deleted,
    Moved(String),
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// A ticket of GitHub, Forgejo or Gitea.
#[derive(Deserialize)]
struct Issue {
    html_url: String,
    title: String,
    state: String,
    body: Option<String>,
    #[serde(default)]
    assignees: Option<Vec<Account>>,
    labels: Vec<Label>,
    milestone: Option<Milestone>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Label {
    Text(String),
    Table(Named),
}

#[derive(Deserialize)]
struct Milestone {
    title: String,
}

/// A ticket of GitLab.
#[derive(Deserialize)]
struct GitLabIssue {
    web_url: String,
    title: String,
    state: String,
    description: Option<String>,
    #[serde(default)]
    assignees: Vec<Account>,
    labels: Vec<Label>,
    milestone: Option<Milestone>,
    #[serde(default)]
    moved_to_id: Option<u64>,
}

fn logins(users: Vec<Account>) -> Vec<String> {
    users.into_iter().map(|user| user.name).collect()
}

fn names(labels: Vec<Label>) -> Vec<String> {
    let name = |label| match label {
        Label::Text(text) | Label::Table(Named { name: text }) => text,
    };
    labels.into_iter().map(name).collect()
}

impl Ticket {
    /// Looks for a ticket. That the project itself cannot be seen is an error, for the ticket may well be there.
    pub(crate) async fn find(
        cx: &CheckContext,
        forge: &ForgeSettings,
        number: ForgeNumber,
    ) -> Result<Tracked, CheckError> {
        let session = forge.open(cx)?;
        let digits = number.to_string();
        cx.doing(format!("asking for the ticket #{number} of `{}`", forge.project));
        let answer = match session.get(&session.url(&forge.path(&["issues", &digits]), &[])).await? {
            Reply::Found(answer) => answer,
            Reply::Gone => return Ok(Tracked::Deleted),
            Reply::Moved(to) => {
                // where the project is called otherwise, all that is in it seems to have moved
                return match session.get(&session.url(&forge.path(&[]), &[])).await? {
                    Reply::Moved(project) => Err(CheckError::permanent(format!(
                        "`{}` is called otherwise now: it leads to `{project}`",
                        forge.project
                    ))
                    .remedy("name the project as it is called now")),
                    _ => Ok(Tracked::Moved(to)),
                };
            }
            Reply::Missing(_) => {
                cx.doing(format!("asking whether `{}` can be seen at all", forge.project));
                return match session.get(&session.url(&forge.path(&[]), &[])).await? {
                    Reply::Found(answer) => {
                        // a project is told as a table; anything else says nothing about it
                        answer.json::<serde_json::Map<String, serde_json::Value>>()?;
                        Ok(Tracked::Missing)
                    }
                    Reply::Missing(answer) => Err(session.unseen(&forge.project, &answer)),
                    Reply::Gone => Ok(Tracked::Deleted),
                    Reply::Moved(to) => Ok(Tracked::Moved(to)),
                };
            }
        };
        if forge.api == ForgeApi::GitLab {
            let issue: GitLabIssue = answer.json()?;
            if let Some(moved) = issue.moved_to_id {
                return Ok(Tracked::Moved(format!("the ticket with the id {moved}")));
            }
            return Ok(Tracked::Found(Box::new(Self {
                url: issue.web_url,
                title: issue.title,
                open: issue.state == "opened",
                body: issue.description.unwrap_or_default(),
                assignees: logins(issue.assignees),
                labels: names(issue.labels),
                milestone: issue.milestone.map(|it| it.title),
            })));
        }
        let issue: Issue = answer.json()?;
        Ok(Tracked::Found(Box::new(Self {
            url: issue.html_url,
            title: issue.title,
            open: issue.state == "open",
            body: issue.body.unwrap_or_default(),
            assignees: logins(issue.assignees.unwrap_or_default()),
            labels: names(issue.labels),
            milestone: issue.milestone.map(|it| it.title),
        })))
    }
}
