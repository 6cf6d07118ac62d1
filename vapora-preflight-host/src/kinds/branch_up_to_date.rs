//! `git.branch_up_to_date`

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Problems,
    Requirements, async_trait, shell_words,
};

use crate::git::{
    Git,
    clone::{self, Distance, Untracked},
    not_a_name, short,
};

mod remote;

/// A branch of a clone is the same commit as on the remote, and the work tree has no changes.
///
/// The remote itself is asked (`git ls-remote`); nothing is fetched and nothing in the clone is changed. A branch
/// that is behind, ahead or both fails, and so does one that is missing on either side. A folder that is no clone,
/// or a remote that is not configured or does not answer, is an error.
///
/// The repository is not trusted to run programs: its hooks, aliases and file system monitor are not run, and nothing that its own
/// configuration says about reaching a remote is used, only what the user's or the system's says. Where a remote needs
/// `credential.helper`, `core.sshCommand` or `http.….extraHeader`, and only the clone has it, the remote cannot be asked, which is
/// an error; write it with `git config --global`. Filters of its own (`filter.….clean`, as `git lfs install --local` writes them)
/// make the question for changes an error: write them there, too, or set `clean = false`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BranchUpToDate {
    /// A folder of the clone; a relative path starts at the working directory of the run.
    #[serde(default = "here")]
    pub directory: PathBuf,
    /// The branch, without `refs/heads/`; it need not be the one that is checked out.
    #[serde(default = "main")]
    pub branch: String,
    /// The name of the remote.
    #[serde(default = "origin")]
    pub remote: String,
    /// Whether the work tree, on whatever branch, must have no changes to tracked files. Changes inside submodules do not
    /// count, another commit of a submodule does.
    #[serde(default = "yes")]
    pub clean: bool,
}

fn here() -> PathBuf {
    PathBuf::from(".")
}
fn main() -> String {
    "main".to_owned()
}
fn origin() -> String {
    "origin".to_owned()
}
fn yes() -> bool {
    true
}

impl Default for BranchUpToDate {
    fn default() -> Self {
        Self { directory: here(), branch: main(), remote: origin(), clean: yes() }
    }
}

impl BranchUpToDate {
    /// The check of the branch `main` of a clone against the remote `origin`.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), ..Self::default() }
    }

    fn reference(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    /// How a person calls git for this clone.
    fn by_hand(&self) -> String {
        if self.directory == Path::new(".") {
            "git".to_owned()
        } else {
            format!("git -C {}", shell_words([self.directory.display().to_string()]))
        }
    }

    /// What is wrong with the commits: the sentence and the remedy.
    fn apart(&self, remote: &str, distance: Option<Distance>, checked_out: bool) -> (String, String) {
        let Self { branch, remote: name, .. } = self;
        let git = self.by_hand();
        let pull = if checked_out {
            format!("{git} pull --ff-only {name} {branch}")
        } else {
            format!("{git} fetch {name} {branch}:{branch}")
        };
        match distance {
            None => (
                format!(
                    "`{branch}` is behind: `{name}` has the commit {} that this clone does not have",
                    short(remote)
                ),
                pull,
            ),
            Some(Distance { ahead: 0, behind }) => {
                (format!("`{branch}` is {} behind `{name}`", commits(behind)), pull)
            }
            Some(Distance { ahead, behind: 0 }) => (
                format!("`{branch}` is {} ahead of `{name}`", commits(ahead)),
                format!("push what is ahead: {git} push {name} {branch}; or drop it"),
            ),
            Some(Distance { ahead, behind }) => (
                format!(
                    "`{branch}` and `{name}` have diverged: {} ahead, {} behind",
                    commits(ahead),
                    commits(behind)
                ),
                if checked_out {
                    format!("bring both together: {git} pull --rebase {name} {branch}")
                } else {
                    format!(
                        "bring both together: {git} switch {branch} && {git} pull --rebase {name} {branch}"
                    )
                },
            ),
        }
    }
}

fn commits(count: u64) -> String {
    if count == 1 { "1 commit".to_owned() } else { format!("{count} commits") }
}

#[async_trait]
impl Check for BranchUpToDate {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let Self { branch, remote: name, .. } = self;
        let mut problems = Problems::default();
        self.validate(&mut problems);
        if let Some(problem) = problems.messages().next() {
            return Err(CheckError::permanent(problem));
        }
        let git = Git::new(&self.directory);
        cx.doing(format!("looking at the clone in `{}`", self.directory.display()));
        let inside_work_tree = clone::has_work_tree(&git, &self.directory).await?;
        let changed = if !self.clean {
            None
        } else if inside_work_tree {
            Some(clone::changed(&git, Untracked::Ignored).await?)
        } else {
            let message = format!("`{}` is a repository without a work tree", self.directory.display());
            return Err(CheckError::permanent(message).remedy("name a clone, or set `clean = false`"));
        };
        let local = clone::commit(&git, &self.reference()).await?;
        cx.doing(format!("asking `{name}` for `{branch}`"));
        let remote = remote::commit(&git, name, &self.reference()).await?;

        let (mut wrong, mut remedies) = (Vec::new(), Vec::new());
        let mut distance = None;
        match (&local, &remote) {
            (Some(local), Some(remote)) if local == remote => {
                distance = Some(Distance { ahead: 0, behind: 0 });
            }
            (Some(local), Some(remote)) => {
                distance = clone::distance(&git, local, remote).await?;
                let checked_out = clone::is_checked_out(&git, &self.reference()).await?;
                let (sentence, remedy) = self.apart(remote, distance, checked_out);
                wrong.push(sentence);
                remedies.push(remedy);
            }
            (local, remote) => {
                if local.is_none() {
                    wrong.push(format!("the clone has no branch `{branch}`"));
                    remedies.push(format!("{} fetch {name} {branch}:{branch}", self.by_hand()));
                }
                if remote.is_none() {
                    wrong.push(format!("`{name}` has no branch `{branch}`"));
                    remedies.push("correct `branch` or `remote`".to_owned());
                }
            }
        }
        if let Some(changed) = changed.as_deref().filter(|changed| !changed.is_empty()) {
            wrong.push(clone::told(changed));
            remedies.push(format!("look at the changes, and commit or drop them: {} status", self.by_hand()));
        }

        let evidence = Evidence::new()
            .with("branch", branch)
            .with("commit", local.clone())
            .with("remote_commit", remote)
            .with("ahead", distance.map(|distance| distance.ahead))
            .with("behind", distance.map(|distance| distance.behind))
            .with("clean", changed.as_ref().map(Vec::is_empty));
        let (Some(local), true) = (local, wrong.is_empty()) else {
            let clean = if self.clean { ", without changes in the work tree" } else { "" };
            return Ok(Outcome::Fail(
                Finding::new(wrong.join("; "))
                    .expected(format!("`{branch}` at the commit of `{name}`{clean}"))
                    .actual(wrong.join("; "))
                    .remedy(remedies.join("; "))
                    .evidence(evidence),
            ));
        };
        let summary = format!("`{branch}` is at {}, as on `{name}`", short(&local));
        Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)))
    }
}

impl Kind for BranchUpToDate {
    const NAME: &'static str = "git.branch_up_to_date";
    const EXAMPLE: &'static str = r#"
[check.main-is-current]
kind      = "git.branch_up_to_date"
title     = "main has the latest changes"
directory = "/srv/release/vapora"
branch    = "main"
remote    = "origin"
timeout   = "30s"
"#;

    fn evidence() -> &'static [EvidenceField] {
        const fn field(name: &'static str, about: &'static str) -> EvidenceField {
            EvidenceField { name, about }
        }
        const {
            &[
                field("branch", "the branch that was compared"),
                field("commit", "its commit in the clone; nothing where the clone has no such branch"),
                field(
                    "remote_commit",
                    "its commit on the remote; nothing where the remote has no such branch",
                ),
                field(
                    "ahead",
                    "how many commits the clone has that the remote lacks; nothing where that cannot be counted",
                ),
                field(
                    "behind",
                    "how many commits the remote has that the clone lacks; nothing where that cannot be counted",
                ),
                field("clean", "whether tracked files have no changes; nothing where it was not asked"),
            ]
        }
    }

    fn validate(&self, problems: &mut Problems) {
        if self.directory.as_os_str().is_empty() {
            problems.at("directory", "the directory is empty", "leave it out for the working directory");
        }
        for (parameter, name) in [("branch", &self.branch), ("remote", &self.remote)] {
            if let Some(message) = not_a_name(name) {
                problems.at(parameter, message, "write the bare name, as in `main` or `origin`");
            }
        }
        if self.branch.starts_with("refs/") {
            let message = format!("expected the name of a branch, found the reference `{}`", self.branch);
            problems.at("branch", message, "leave out `refs/heads/`");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.command("git");
    }
}
