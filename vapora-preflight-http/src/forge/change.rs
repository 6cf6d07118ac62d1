//! Changes that are merged: pull requests of GitHub and Forgejo, merge requests of GitLab.

use serde::Deserialize;
use vapora_preflight::CheckError;

use super::{Account, ForgeApi, ForgeSettings, Reply, Session};
use crate::HttpAnswer;

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) number: u64,
    pub(crate) title: String,
    pub(crate) author: Option<String>,
    pub(crate) state: ChangeState,
    /// The branch that it goes to.
    pub(crate) base: String,
    /// The commit that it ends with, which its checks were of.
    pub(crate) head: String,
    /// The commit that a pipeline of GitLab built in its place: what the merge will come to.
    pub(crate) merge_result: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeState {
    Open,
    Merged,
    /// Closed without being merged.
    Abandoned,
}

/// What somebody said last of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opinion {
    pub(crate) by: String,
    /// Whether it approves; otherwise it asks for something else.
    pub(crate) approves: bool,
    /// The commit that it is of, where the forge tells.
    pub(crate) of: Option<String>,
}

/// Whose account is no more.
const NOBODY: &str = "somebody whose account is no more";

#[derive(Deserialize)]
struct Pull {
    number: u64,
    title: String,
    user: Option<Account>,
    state: String,
    merged_at: Option<String>,
    base: Base,
    head: Head,
}

#[derive(Deserialize)]
struct Base {
    #[serde(rename = "ref")]
    branch: String,
}

#[derive(Deserialize)]
struct Head {
    sha: String,
}

#[derive(Deserialize)]
struct MergeRequest {
    iid: u64,
    title: String,
    author: Option<Account>,
    state: String,
    target_branch: String,
    sha: String,
    #[serde(default)]
    head_pipeline: Option<Head>,
}

/// A review of GitHub or Forgejo, which calls what it says in its own way.
#[derive(Deserialize)]
struct Review {
    user: Option<Account>,
    state: String,
    #[serde(default)]
    commit_id: Option<String>,
    #[serde(default)]
    dismissed: bool,
}

impl Change {
    fn read(forge: &ForgeSettings, answer: &HttpAnswer) -> Result<Self, CheckError> {
        let state = |state: &str, merged: bool| match state {
            _ if merged => ChangeState::Merged,
            "open" | "opened" | "locked" => ChangeState::Open,
            _ => ChangeState::Abandoned,
        };
        Ok(if forge.api == ForgeApi::GitLab {
            let it: MergeRequest = answer.json()?;
            Self {
                merge_result: it.head_pipeline.map(|built| built.sha).filter(|sha| *sha != it.sha),
                number: it.iid,
                title: it.title,
                author: it.author.map(|user| user.name),
                state: state(&it.state, it.state == "merged"),
                base: it.target_branch,
                head: it.sha,
            }
        } else {
            let it: Pull = answer.json()?;
            Self {
                number: it.number,
                title: it.title,
                author: it.user.map(|user| user.name),
                state: state(&it.state, it.merged_at.is_some()),
                base: it.base.branch,
                head: it.head.sha,
                merge_result: None,
            }
        })
    }

    /// Looks for a change.
    pub(crate) async fn find(
        session: &Session,
        forge: &ForgeSettings,
        number: u64,
    ) -> Result<Option<Self>, CheckError> {
        let digits = number.to_string();
        let path = forge.path(&[forge.changes(), &digits]);
        match session.get(&session.url(&path, &[])).await? {
            Reply::Found(answer) => Self::read(forge, &answer).map(Some),
            Reply::Missing(answer) => {
                // a project that cannot be seen is not one without that change
                match session.get(&session.url(&forge.path(&[]), &[])).await? {
                    Reply::Found(project) => {
                        project.json::<serde_json::Map<String, serde_json::Value>>()?;
                        Ok(None)
                    }
                    _ => Err(session.unseen(&forge.project, &answer)),
                }
            }
            Reply::Gone => Ok(None),
            Reply::Moved(to) => {
                Err(CheckError::permanent(format!("`{}#{number}` has moved to `{to}`", forge.project))
                    .remedy("name the project as it is called now"))
            }
        }
    }

    /// The last word of each who had one. What was dismissed is none, and a comment takes none back. With `of_commit` each says
    /// which commit it is of.
    pub(crate) async fn opinions(
        &self,
        session: &Session,
        forge: &ForgeSettings,
        of_commit: bool,
    ) -> Result<Vec<Opinion>, CheckError> {
        if forge.api == ForgeApi::GitLab {
            return self.approvals(session, forge, of_commit).await;
        }
        let digits = self.number.to_string();
        let path = forge.path(&["pulls", &digits, "reviews"]);
        let reviews: Vec<Review> =
            session.list(&path, &[], None, &format!("the reviews of #{digits}")).await?;
        let mut opinions: Vec<Opinion> = Vec::new();
        for review in reviews {
            let approves = match review.state.as_str() {
                "APPROVED" => true,
                "CHANGES_REQUESTED" | "REQUEST_CHANGES" | "DISMISSED" => false,
                _ => continue,
            };
            let stands = review.state != "DISMISSED" && !review.dismissed;
            let Some(Account { name: by, gone: false }) = review.user else {
                // it may have been the author who approved, and nobody can take back what somebody else asked for
                if stands && !approves {
                    opinions.push(Opinion { by: NOBODY.to_owned(), approves, of: review.commit_id });
                }
                continue;
            };
            opinions.retain(|earlier| earlier.by != by);
            if stands {
                opinions.push(Opinion { by, approves, of: review.commit_id });
            }
        }
        Ok(opinions)
    }
}
