//! `git.commits_expected`

mod commit;
mod rules;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Problems,
    Requirements, Value, async_trait, shell_words,
};

use self::{commit::Commit, rules::Rules};
use crate::git::{Git, clone, short};

/// The commits of a release are those that are expected.
///
/// # Why
///
/// Between the commit that runs and the one that is to be deployed, there may be more than the release is about: a change of
/// somebody else, a hot fix that nobody reviewed, a file that the release must not touch.
///
/// # What it asks
///
/// The commits that `to` has and `since` has not, as `git log since..to` shows them: author, signature, message and
/// the paths they change. Merges are judged by their message and author, and by the paths they change against their first parent
/// only where `merges` says so. Nothing is fetched: `git.branch_up_to_date` sees that the clone is current.
///
/// # What fails
///
/// A commit whose author is not among `authors`; one that changes a path that is not among `paths`, or one of `never_paths`;
/// one without a good signature, where `signed`; one whose message is not of the form `type(scope): text` with a type among
/// `types`. More commits than `at_most`. No commits at all, unless `allow_none`: there would be nothing to deploy. A commit
/// `since` that is not an ancestor of `to`: the release would take changes back.
///
/// # What errs
///
/// A folder that is no clone, and a commit, tag or branch that the clone does not have. A shallow clone whose history is cut off
/// before `since`. With `signed`, a repository whose own
/// configuration says by which programs or keys signatures are checked.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CommitsExpected {
    /// A folder of the clone; a relative path starts at the working directory of the run.
    #[serde(default = "here")]
    pub directory: PathBuf,
    /// What is deployed now: a commit, tag or branch. Without it, the newest tag before `to`.
    #[serde(default)]
    pub since: Option<String>,
    /// What is to be deployed: a commit, tag or branch; `HEAD` by default.
    #[serde(default = "head")]
    pub to: String,
    /// The authors who are expected, each a glob over `Name <address>`, as in `*<*@vapora.com>`. Without it, all are.
    #[serde(default)]
    pub authors: Option<Vec<String>>,
    /// The paths that may be changed, each a glob as in `provisioning/**`. Without it, all may.
    #[serde(default)]
    pub paths: Option<Vec<String>>,
    /// The paths that must not be changed, each a glob.
    #[serde(default)]
    pub never_paths: Vec<String>,
    /// Whether every commit needs a good signature, by a key that git trusts on this machine.
    #[serde(default)]
    pub signed: bool,
    /// The types of conventional commits that are expected, as in `["feat", "fix"]`. Without it, messages are free.
    #[serde(default)]
    pub types: Option<Vec<String>>,
    /// Whether merges are judged by what they change against their first parent too.
    #[serde(default)]
    pub merges: bool,
    /// How many commits there may be.
    #[serde(default)]
    pub at_most: Option<u32>,
    /// Whether there may be none.
    #[serde(default)]
    pub allow_none: bool,
}

fn here() -> PathBuf {
    PathBuf::from(".")
}

fn head() -> String {
    "HEAD".to_owned()
}

/// How many commits are told.
const SHOWN: usize = 8;

impl CommitsExpected {
    /// The check of what `HEAD` has since a commit, tag or branch.
    pub fn new(directory: impl Into<PathBuf>, since: impl Into<String>) -> Self {
        Self {
            directory: directory.into(),
            since: Some(since.into()),
            to: head(),
            authors: None,
            paths: None,
            never_paths: Vec::new(),
            signed: false,
            types: None,
            merges: false,
            at_most: None,
            allow_none: false,
        }
    }

    /// How a person calls git for this clone.
    fn by_hand(&self) -> String {
        format!("git -C {}", shell_words([self.directory.display().to_string()]))
    }

    async fn commit(&self, git: &Git, name: &str) -> Result<String, CheckError> {
        clone::commit(git, name).await?.ok_or_else(|| {
            CheckError::permanent(format!("the clone has no commit `{name}`"))
                .remedy(format!("fetch it with `{} fetch --tags`, or correct its name", self.by_hand()))
        })
    }

    async fn since(&self, git: &Git, to: &str) -> Result<(String, String), CheckError> {
        if let Some(name) = &self.since {
            return Ok((name.clone(), self.commit(git, name).await?));
        }
        let answer = git.ask(&["describe", "--tags", "--abbrev=0", &format!("{to}^")]).await?;
        if answer.code() != Some(0) {
            return Err(CheckError::permanent(format!("there is no tag before `{}`", self.to))
                .remedy("say with `since` what is deployed now"));
        }
        let tag = answer.text()?;
        let commit = self.commit(git, &format!("refs/tags/{tag}")).await?;
        Ok((tag, commit))
    }

    fn judge(
        &self,
        since: (&str, &str),
        to: &str,
        taken_back: u64,
        commits: &[Commit],
        rules: &Rules,
    ) -> Outcome {
        let (name, from) = since;
        let (mut unexpected, mut rows): (Vec<String>, Vec<(String, Value)>) = (Vec::new(), Vec::new());
        for commit in commits {
            let wrong = rules.broken_by(commit);
            if !wrong.is_empty() {
                rows.push((commit.id.clone(), wrong.clone().into()));
                let subject = &commit.subject;
                unexpected.push(format!("{} «{subject}»: {}", short(&commit.id), wrong.join(", ")));
            }
        }
        let mut authors: Vec<&str> = commits.iter().map(|commit| commit.author.as_str()).collect();
        authors.sort_unstable();
        authors.dedup();
        let evidence = Evidence::new()
            .with("since", from)
            .with("to", to)
            .with("commits", commits.len())
            .with("authors", authors)
            .with("unexpected", Value::Table(rows))
            .with("taken_back", taken_back);
        let range = format!("`{name}..{}`", self.to);
        let mut wrong: Vec<String> = Vec::new();
        if taken_back > 0 {
            let back = if taken_back == 1 { "1 commit".to_owned() } else { format!("{taken_back} commits") };
            wrong.push(format!("`{}` does not hold {back} of `{name}`", self.to));
        }
        if commits.is_empty() && !self.allow_none {
            wrong.push(format!("there are no commits in {range}"));
        }
        if let Some(most) = self.at_most.filter(|most| commits.len() > *most as usize) {
            wrong.push(format!("{} commits in {range}, at most {most} are expected", commits.len()));
        }
        if !unexpected.is_empty() {
            let number = unexpected.len();
            let is = if number == 1 { "is" } else { "are" };
            wrong.push(format!("{number} of {} commits in {range} {is} not expected", commits.len()));
        }
        if wrong.is_empty() {
            let number = commits.len();
            let is = if number == 1 { "1 commit in".to_owned() } else { format!("all {number} commits in") };
            return Outcome::Pass(Finding::new(format!("{is} {range} as expected")).evidence(evidence));
        }
        let more = unexpected.len().saturating_sub(SHOWN);
        unexpected.truncate(SHOWN);
        if more > 0 {
            unexpected.push(format!("and {more} more"));
        }
        let actual = if unexpected.is_empty() { wrong.join("; ") } else { unexpected.join("; ") };
        Outcome::Fail(
            Finding::new(wrong.join("; "))
                .expected(rules.told())
                .actual(actual)
                .remedy(format!("look at them with `{} log --stat {name}..{}`", self.by_hand(), self.to))
                .evidence(evidence),
        )
    }
}

#[async_trait]
impl Check for CommitsExpected {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let rules = Rules::of(self).map_err(|error| CheckError::permanent(error.message))?;
        let git = Git::new(&self.directory);
        cx.doing(format!("looking at the clone in `{}`", self.directory.display()));
        clone::has_work_tree(&git, &self.directory).await?;
        let to = self.commit(&git, &self.to).await?;
        let (name, since) = self.since(&git, &to).await?;
        cx.doing(format!("reading the commits of `{name}..{}`", self.to));
        let distance = if since == to { None } else { clone::distance(&git, &to, &since).await? };
        let taken_back = distance.map_or(0, |distance| distance.behind);
        if taken_back > 0 && clone::is_shallow(&git).await? {
            return Err(CheckError::permanent(format!(
                "the history of the clone is cut off, so that what lies between `{name}` and `{}` is not known",
                self.to
            ))
            .remedy(format!("fetch the rest of it: {} fetch --unshallow", self.by_hand())));
        }
        if self.signed {
            clone::refuse_programs(&git, r"^gpg\.", "`signed = false`").await?;
        }
        let commits = Commit::between(&git, &since, &to, self.signed).await?;
        Ok(self.judge((&name, &since), &to, taken_back, &commits, &rules))
    }
}

impl Kind for CommitsExpected {
    const NAME: &'static str = "git.commits_expected";
    const EXAMPLE: &'static str = r#"
[check.commits]
kind        = "git.commits_expected"
title       = "The release holds only the commits it should"
directory   = "/srv/release/vapora"
since       = "v1.3.0"
authors     = ["*<*@vapora.com>"]
paths       = ["provisioning/**", "scripts/**"]
never_paths = ["provisioning/secrets/**"]
types       = ["feat", "fix", "chore"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "since", about: "the commit that is deployed now" },
            EvidenceField { name: "to", about: "the commit that is to be deployed" },
            EvidenceField { name: "commits", about: "how many commits lie between" },
            EvidenceField { name: "authors", about: "who wrote them, as `Name <address>`" },
            EvidenceField { name: "unexpected", about: "by commit: what is not expected of it" },
            EvidenceField { name: "taken_back", about: "how many commits `since` has and `to` has not" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if let Err(error) = Rules::of(self) {
            problems.at(error.parameter, error.message, error.help);
        }
        for (parameter, name) in [("since", self.since.as_deref()), ("to", Some(self.to.as_str()))] {
            if let Some(message) = name.and_then(not_a_revision) {
                problems.at(parameter, message, "write a commit, tag or branch as in `v1.3.0`");
            }
        }
        for (parameter, empty) in [
            ("authors", self.authors.as_ref().is_some_and(Vec::is_empty)),
            ("paths", self.paths.as_ref().is_some_and(Vec::is_empty)),
            ("types", self.types.as_ref().is_some_and(Vec::is_empty)),
        ] {
            if empty {
                problems.at(parameter, "an empty list expects nothing", "name at least one, or leave it out");
            }
        }
        if self.at_most == Some(0) && !self.allow_none {
            problems.at(
                "at_most",
                "there has to be a commit and there may be none",
                "give another number, or `allow_none`",
            );
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.command("git");
    }
}

/// Why a text cannot name one commit, or would be something else on git's command line.
fn not_a_revision(name: &str) -> Option<String> {
    let refused = |c: char| c.is_whitespace() || c.is_control() || ":?*[\\".contains(c);
    let wrong = name.is_empty() || name.starts_with('-') || name.contains(refused) || name.contains("..");
    wrong.then(|| format!("`{}` is not the name of a commit", name.escape_debug()))
}
