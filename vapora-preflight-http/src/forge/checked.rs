//! What the checks of a commit came to, by the word of a forge.

use serde::Deserialize;
use vapora_preflight::CheckError;

use super::{Change, ForgeApi, ForgeSettings, Session};

/// A check of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checked {
    pub(crate) name: String,
    pub(crate) state: CheckedState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CheckedState {
    Green,
    Red,
    Pending,
    /// It was left out, or says neither.
    Neutral,
}

#[derive(Deserialize)]
struct Run {
    name: String,
    status: String,
    conclusion: Option<String>,
}

/// A status of GitHub, Forgejo (which has it as `status` too) or GitLab.
#[derive(Deserialize)]
struct Status {
    #[serde(alias = "context")]
    name: String,
    #[serde(alias = "status")]
    state: String,
    #[serde(default)]
    allow_failure: bool,
}

fn run(run: Run) -> Checked {
    let state = match run.conclusion.as_deref() {
        _ if run.status != "completed" => CheckedState::Pending,
        Some("success") => CheckedState::Green,
        Some("neutral" | "skipped") => CheckedState::Neutral,
        _ => CheckedState::Red,
    };
    Checked { name: run.name, state }
}

fn status(status: Status) -> Checked {
    let state = match status.state.as_str() {
        "success" => CheckedState::Green,
        "skipped" | "warning" => CheckedState::Neutral,
        "manual" | "failed" | "canceled" if status.allow_failure => CheckedState::Neutral,
        "failure" | "failed" | "error" | "canceled" => CheckedState::Red,
        // what is not known has not ended
        _ => CheckedState::Pending,
    };
    Checked { name: status.name, state }
}

/// All checks of the last commit of a change, and of what GitLab built in its place.
pub(crate) async fn checks_of(
    session: &Session,
    forge: &ForgeSettings,
    change: &Change,
) -> Result<Vec<Checked>, CheckError> {
    let commit = change.head.as_str();
    let short = commit.get(..8).unwrap_or(commit);
    let what = format!("the statuses of `{short}`");
    if forge.api == ForgeApi::GitLab {
        let mut found = Vec::new();
        for commit in std::iter::once(commit).chain(change.merge_result.as_deref()) {
            let path = forge.path(&["repository", "commits", commit, "statuses"]);
            let statuses = session.list(&path, &[], None, &what).await?;
            found.extend(statuses.into_iter().map(status));
        }
        return Ok(found);
    }
    let path = forge.path(&["commits", commit, "status"]);
    let statuses = session.list(&path, &[], Some("statuses"), &what).await?;
    let mut found: Vec<Checked> = statuses.into_iter().map(status).collect();
    if forge.api == ForgeApi::GitHub {
        let path = forge.path(&["commits", commit, "check-runs"]);
        let what = format!("the check runs of `{short}`");
        let runs = session.list(&path, &[("filter", "latest")], Some("check_runs"), &what).await?;
        found.extend(runs.into_iter().map(run));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ended_well_is_green() {
        let of = |status: &str, conclusion: Option<&str>| {
            let conclusion = conclusion.map(str::to_owned);
            run(Run { name: "x".to_owned(), status: status.to_owned(), conclusion }).state
        };
        assert_eq!(of("completed", Some("success")), CheckedState::Green);
        for wait in ["queued", "in_progress", "waiting", "requested", "pending"] {
            assert_eq!(of(wait, None), CheckedState::Pending, "{wait}");
        }
        for red in ["failure", "cancelled", "timed_out", "action_required", "stale", "startup_failure"] {
            assert_eq!(of("completed", Some(red)), CheckedState::Red, "{red}");
        }
        assert_eq!(of("completed", None), CheckedState::Red);
        let of = |text: &str, allow_failure| {
            status(Status { name: "x".to_owned(), state: text.to_owned(), allow_failure }).state
        };
        assert_eq!(of("failed", false), CheckedState::Red);
        assert_eq!(of("failed", true), CheckedState::Neutral);
        assert_eq!(of("manual", false), CheckedState::Pending);
        assert_eq!(of("invented", false), CheckedState::Pending);
    }
}
