//! Which changes are asked about.

use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::Value;
use vapora_preflight::CheckError;

use super::{ForgeApi, ForgeSettings, Reply, Session};

/// How many commits are looked up.
const COMMITS: usize = 250;
/// How many are looked up at once.
const AT_ONCE: usize = 6;

/// The changes, and the commits that came without one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Selected {
    pub(crate) numbers: Vec<u64>,
    pub(crate) direct: Vec<String>,
    /// How many commits were looked up.
    pub(crate) commits: usize,
}

#[derive(Deserialize)]
struct Row {
    #[serde(alias = "iid")]
    number: u64,
    #[serde(default)]
    pull_request: Option<Value>,
}

#[derive(Deserialize)]
struct Milestone {
    number: u64,
    title: String,
}

#[derive(Deserialize)]
struct Commit {
    #[serde(alias = "id")]
    sha: String,
}

/// A change that brought a commit.
#[derive(Deserialize)]
struct Brought {
    #[serde(alias = "iid")]
    number: u64,
    #[serde(default)]
    merged_at: Option<String>,
    #[serde(default)]
    state: String,
    #[serde(default)]
    base: Option<Base>,
    #[serde(default)]
    target_branch: Option<String>,
}

#[derive(Deserialize)]
struct Base {
    #[serde(rename = "ref")]
    branch: String,
}

impl Brought {
    fn merged_into(&self, branch: &str) -> bool {
        let to = self.base.as_ref().map(|base| base.branch.as_str()).or(self.target_branch.as_deref());
        to == Some(branch) && (self.merged_at.is_some() || self.state == "merged")
    }
}

/// All changes of a milestone.
pub(crate) async fn of_milestone(
    session: &Session,
    forge: &ForgeSettings,
    title: &str,
) -> Result<Selected, CheckError> {
    match forge.api {
        ForgeApi::GitHub => {
            let path = forge.path(&["milestones"]);
            let all: Vec<Milestone> =
                session.list(&path, &[("state", "all")], None, "the milestones").await?;
            let Some(found) = all.into_iter().find(|it| it.title == title) else {
                return Err(CheckError::permanent(format!("there is no milestone `{title}`"))
                    .remedy("name one that the project has"));
            };
            listed(session, forge, ("milestone", &found.number.to_string())).await
        }
        ForgeApi::Forgejo => listed(session, forge, ("milestones", title)).await,
        ForgeApi::GitLab => listed(session, forge, ("milestone", title)).await,
    }
}

/// All changes with a label.
pub(crate) async fn of_label(
    session: &Session,
    forge: &ForgeSettings,
    label: &str,
) -> Result<Selected, CheckError> {
    listed(session, forge, ("labels", label)).await
}

async fn listed(
    session: &Session,
    forge: &ForgeSettings,
    only: (&str, &str),
) -> Result<Selected, CheckError> {
    let of_gitlab = forge.api == ForgeApi::GitLab;
    let path = forge.path(&[if of_gitlab { "merge_requests" } else { "issues" }]);
    let mut query = vec![only, ("state", "all")];
    if forge.api == ForgeApi::Forgejo {
        query.push(("type", "pulls"));
    }
    let rows: Vec<Row> = session.list(&path, &query, None, "the list of changes").await?;
    let mut numbers: Vec<u64> = rows
        .into_iter()
        .filter(|row| of_gitlab || row.pull_request.as_ref().is_some_and(|it| !it.is_null()))
        .map(|row| row.number)
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    Ok(Selected { numbers, ..Selected::default() })
}

/// The changes by which the commits since a tag came to a branch.
pub(crate) async fn since(
    session: &Session,
    forge: &ForgeSettings,
    tag: &str,
    branch: &str,
) -> Result<Selected, CheckError> {
    let range = format!("{tag}...{branch}");
    let what = format!("the commits of `{range}`");
    let commits: Vec<Commit> = if forge.api == ForgeApi::GitLab {
        let path = forge.path(&["repository", "compare"]);
        session.list(&path, &[("from", tag), ("to", branch)], Some("commits"), &what).await?
    } else {
        session.list(&forge.path(&["compare", &range]), &[], Some("commits"), &what).await?
    };
    if commits.len() > COMMITS {
        return Err(CheckError::permanent(format!(
            "there are {} commits in `{range}`, and no more than {COMMITS} are looked up",
            commits.len()
        ))
        .remedy("name a later tag, or the milestone or label of the release"));
    }
    let count = commits.len();
    let found: Vec<(String, Vec<u64>)> = stream::iter(commits)
        .map(|commit| async move {
            let brought = brought(session, forge, &commit.sha).await?;
            let numbers = brought.iter().filter(|it| it.merged_into(branch)).map(|it| it.number).collect();
            Ok::<_, CheckError>((commit.sha, numbers))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let mut selected = Selected { commits: count, ..Selected::default() };
    for (sha, numbers) in found {
        if numbers.is_empty() {
            selected.direct.push(sha);
        }
        selected.numbers.extend(numbers);
    }
    selected.numbers.sort_unstable();
    selected.numbers.dedup();
    Ok(selected)
}

async fn brought(session: &Session, forge: &ForgeSettings, sha: &str) -> Result<Vec<Brought>, CheckError> {
    let what = format!("the changes of `{}`", sha.get(..8).unwrap_or(sha));
    match forge.api {
        ForgeApi::GitHub => session.list(&forge.path(&["commits", sha, "pulls"]), &[], None, &what).await,
        ForgeApi::GitLab => {
            let path = forge.path(&["repository", "commits", sha, "merge_requests"]);
            session.list(&path, &[], None, &what).await
        }
        ForgeApi::Forgejo => {
            let url = session.url(&forge.path(&["commits", sha, "pull"]), &[]);
            match session.get(&url).await? {
                Reply::Found(answer) => Ok(vec![answer.json()?]),
                Reply::Missing(_) => Ok(Vec::new()),
                Reply::Gone | Reply::Moved(_) => {
                    Err(CheckError::permanent(format!("{what} are somewhere else")))
                }
            }
        }
    }
}
