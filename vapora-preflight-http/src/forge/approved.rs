//! Who approved a merge request of GitLab, and who asks for something else.

use serde::Deserialize;
use vapora_preflight::{CheckError, Timestamp};

use super::{Account, Change, ForgeSettings, Opinion, Session};

#[derive(Deserialize)]
struct Approvals {
    approved_by: Vec<Approval>,
}

#[derive(Deserialize)]
struct Approval {
    user: Account,
    #[serde(default)]
    approved_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Reviewer {
    user: Account,
    state: String,
}

/// What a change held from some push on.
#[derive(Deserialize)]
struct Version {
    head_commit_sha: String,
    created_at: Timestamp,
}

impl Change {
    /// The approvals, and the reviewers who asked for changes. Which commit an approval is of is not told; with `of_commit` the
    /// time of the approval tells it, since every push is a version with a time.
    pub(super) async fn approvals(
        &self,
        session: &Session,
        forge: &ForgeSettings,
        of_commit: bool,
    ) -> Result<Vec<Opinion>, CheckError> {
        let digits = self.number.to_string();
        let what = format!("the approvals of !{digits}");
        let url = session.url(&forge.path(&["merge_requests", &digits, "approvals"]), &[]);
        let approvals: Approvals = session.get_known(&url, &what).await?.json()?;
        let what = format!("the reviewers of !{digits}");
        let reviewers: Vec<Reviewer> =
            session.list(&forge.path(&["merge_requests", &digits, "reviewers"]), &[], None, &what).await?;
        let versions = if of_commit && !approvals.approved_by.is_empty() {
            let what = format!("the versions of !{digits}");
            session.list(&forge.path(&["merge_requests", &digits, "versions"]), &[], None, &what).await?
        } else {
            Vec::new()
        };
        let mut opinions = Vec::new();
        for approval in approvals.approved_by {
            let of = if of_commit { Some(commit_at(&versions, approval.approved_at)?) } else { None };
            opinions.push(Opinion { by: approval.user.name, approves: true, of });
        }
        let asking = reviewers.into_iter().filter(|it| it.state == "requested_changes");
        opinions.extend(asking.map(|it| Opinion { by: it.user.name, approves: false, of: None }));
        Ok(opinions)
    }
}

/// The last commit of a change at that time; none is nameless.
fn commit_at(versions: &[Version], at: Option<Timestamp>) -> Result<String, CheckError> {
    let Some(at) = at else {
        return Err(CheckError::permanent("this GitLab does not tell when somebody approved").remedy(
            "leave `approvals_of_head` out, and let the project take approvals back when commits are added",
        ));
    };
    let earlier = versions.iter().filter(|version| version.created_at <= at);
    let newest = earlier.max_by_key(|version| version.created_at);
    Ok(newest.map(|version| version.head_commit_sha.clone()).unwrap_or_default())
}
