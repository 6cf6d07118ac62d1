//! `git.worktree_clean`

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Problems,
    Requirements, async_trait, shell_words,
};

use crate::git::{
    Git,
    clone::{self, Untracked},
};

/// A work tree has no changes that are not committed.
///
/// # Why
///
/// What is built or applied from a work tree with changes is no commit, and nobody can build or review it again.
///
/// # What it asks
///
/// `git status`, in the folder. Nothing in the clone is changed, no hooks are run, and filters that the repository's own
/// configuration names (`filter.….clean`) make it an error, as they would be programs of the repository.
///
/// # What fails
///
/// A tracked file that is changed, added, removed or not merged, another commit of a submodule, and, unless
/// `untracked = true`, a file that is neither tracked nor ignored. A file that git was told not to look at (`git update-index
/// --assume-unchanged`), for nobody knows what is in it.
///
/// # What errs
///
/// A folder that is no clone, or has no work tree.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct WorktreeClean {
    /// A folder of the clone; a relative path starts at the working directory of the run.
    #[serde(default = "here")]
    pub directory: PathBuf,
    /// Whether there may be files that are neither tracked nor ignored.
    #[serde(default)]
    pub untracked: bool,
}

fn here() -> PathBuf {
    PathBuf::from(".")
}

impl WorktreeClean {
    /// The check of a folder.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), untracked: false }
    }
}

#[async_trait]
impl Check for WorktreeClean {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let git = Git::new(&self.directory);
        let directory = self.directory.display();
        cx.doing(format!("looking at the work tree in `{directory}`"));
        if !clone::has_work_tree(&git, &self.directory).await? {
            return Err(CheckError::permanent(format!("`{directory}` is a repository without a work tree"))
                .remedy("name a clone with a work tree"));
        }
        let untracked = if self.untracked { Untracked::Ignored } else { Untracked::Counted };
        let changed = clone::changed(&git, untracked).await?;
        let unseen = clone::unseen(&git).await?;
        let by_hand = format!("git -C {}", shell_words([directory.to_string()]));
        let commit = clone::commit(&git, "HEAD").await?;
        let evidence = Evidence::new()
            .with("commit", commit)
            .with("changed", changed.clone())
            .with("unseen", unseen.clone());
        if let (true, Some(first)) = (changed.is_empty(), unseen.first()) {
            let more =
                if unseen.len() > 1 { format!(" and {} more", unseen.len() - 1) } else { String::new() };
            let told = format!("git was told not to look at `{}`{more}", first.escape_debug());
            return Ok(Outcome::Fail(
                Finding::new(format!("in `{directory}`, {told}"))
                    .expected("a work tree that git looks at, without changes")
                    .actual(told)
                    .remedy(format!(
                        "let git look again: {by_hand} update-index --no-assume-unchanged {}",
                        shell_words([first])
                    ))
                    .evidence(evidence),
            ));
        }
        if changed.is_empty() {
            let summary = format!("the work tree in `{directory}` has no changes");
            return Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)));
        }
        let told = clone::told(&changed);
        Ok(Outcome::Fail(
            Finding::new(format!("in `{directory}`, {told}"))
                .expected("a work tree without changes")
                .actual(told)
                .remedy(format!("look at them with `{by_hand} status`; commit, ignore or drop them"))
                .evidence(evidence),
        ))
    }
}

impl Kind for WorktreeClean {
    const NAME: &'static str = "git.worktree_clean";
    const EXAMPLE: &'static str = r#"
[check.nothing-uncommitted]
kind      = "git.worktree_clean"
title     = "Nothing is deployed that is not committed"
directory = "/srv/release/vapora"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField {
                name: "commit",
                about: "the commit that is checked out; nothing before the first one",
            },
            EvidenceField { name: "changed", about: "the paths of the files with changes" },
            EvidenceField {
                name: "unseen",
                about: "the paths of the files that git was told not to look at",
            },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.directory.as_os_str().is_empty() {
            problems.at("directory", "the directory is empty", "leave it out for the working directory");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.command("git");
    }
}
