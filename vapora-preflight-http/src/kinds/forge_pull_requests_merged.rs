//! `forge.pull_requests_merged`.

use futures::{StreamExt, TryStreamExt, stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, EvidenceField, Kind, Problems, async_trait,
};

mod judge;

use self::judge::{Asked, Judged};
use crate::{
    ForgeNumber, ForgeSettings,
    forge::{
        Change, ChangeState, Session, checks_of,
        selected::{self, Selected},
    },
    wording::count,
};

/// Changes are merged and reviewed: pull requests of GitHub and Forgejo, merge requests of GitLab.
///
/// Each has to be merged into `branch`, approved by somebody other than its author, and its checks have to be green. The
/// last word of each reviewer counts; one that was dismissed does not, and one that still asks for changes fails. Checks are
/// the statuses and check runs of the last commit of the change, and for GitLab those of the pipeline that built what the merge
/// comes to: one that failed, one that has not ended, and none at all are not green. One that was skipped or is neutral is
/// neither; where there are only such, none is green.
///
/// An approval counts whoever gave it: whether a reviewer may write to the project is not asked, and on a public one anybody
/// may approve. Nor is it asked which checks the branch requires: one that never began is not seen.
///
/// With `since_tag` all commits on the branch since that tag are looked up, and one that came without a change fails: it was
/// not reviewed. Of a milestone or label, a change that was closed without being merged is warned of; one that is named by its
/// number fails. Where there is no change at all, the check fails.
///
/// # What errs
///
/// A forge that does not answer, refuses the token or has been asked too much; a milestone or tag that it does not know; a
/// list that it does not hand over in full.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgePullRequestsMerged {
    /// The project, and who asks.
    forge: ForgeSettings,
    /// The branch that the changes have to be merged into.
    branch: String,
    /// The numbers of the changes.
    #[serde(default)]
    numbers: Vec<ForgeNumber>,
    /// All changes of this milestone, by its title.
    milestone: Option<String>,
    /// All changes with this label.
    label: Option<String>,
    /// All changes by which the commits since this tag came to the branch, at most 250 commits.
    since_tag: Option<String>,
    /// How many have to have approved a change, its author apart; 0 where none has to.
    #[serde(default = "one")]
    approvals: u32,
    /// Whether an approval of an earlier commit than the last one counts for nothing. GitLab does not tell which commit an
    /// approval is of, so there its time counts: it has to come after the last push. An older GitLab tells no time, which is an
    /// error.
    #[serde(default)]
    approvals_of_head: bool,
    /// What the checks have to be.
    #[serde(default)]
    checks: ChecksAsked,
    /// Whether checks may still be going on.
    #[serde(default)]
    may_be_pending: bool,
}

/// What the checks of a change have to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ChecksAsked {
    /// Green, and at least one.
    #[default]
    Green,
    /// Green where there are any.
    GreenOrNone,
    /// Anything.
    Any,
}

fn one() -> u32 {
    1
}

/// How many changes are looked at at once.
const AT_ONCE: usize = 4;
/// How many changes are looked at.
const CHANGES: usize = 250;

#[async_trait]
impl Check for ForgePullRequestsMerged {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let session = self.forge.open(cx)?;
        let selected = self.select(cx, &session).await?;
        if selected.numbers.len() > CHANGES {
            return Err(CheckError::permanent(format!(
                "there are {} changes, and no more than {CHANGES} are looked at",
                selected.numbers.len()
            ))
            .remedy("name a milestone or label of this release alone"));
        }
        let changes = count(selected.numbers.len(), "change", "changes");
        cx.doing(format!("looking at {changes} of `{}`", self.forge.project));
        let session = &session;
        let seen: Vec<Judged> = stream::iter(selected.numbers.clone())
            .map(|number| self.look(session, number))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let asked = Asked {
            project: &self.forge.project,
            branch: &self.branch,
            approvals: self.approvals,
            checks: self.checks != ChecksAsked::Any,
            by_number: !self.numbers.is_empty(),
            what: self.what(),
        };
        Ok(asked.outcome(&selected, &seen))
    }
}

impl ForgePullRequestsMerged {
    fn what(&self) -> String {
        match (&self.milestone, &self.label, &self.since_tag) {
            (Some(milestone), ..) => format!("in the milestone `{milestone}`"),
            (_, Some(label), _) => format!("with the label `{label}`"),
            (_, _, Some(tag)) => format!("since `{tag}`"),
            _ => "that are named".to_owned(),
        }
    }

    async fn select(&self, cx: &CheckContext, session: &Session) -> Result<Selected, CheckError> {
        cx.doing(format!("asking for the changes of `{}` {}", self.forge.project, self.what()));
        if let Some(milestone) = &self.milestone {
            return selected::of_milestone(session, &self.forge, milestone).await;
        }
        if let Some(label) = &self.label {
            return selected::of_label(session, &self.forge, label).await;
        }
        if let Some(tag) = &self.since_tag {
            return selected::since(session, &self.forge, tag, &self.branch).await;
        }
        let numbers = self.numbers.iter().map(|number| number.get()).collect();
        Ok(Selected { numbers, ..Selected::default() })
    }

    async fn look(&self, session: &Session, number: u64) -> Result<Judged, CheckError> {
        let Some(change) = Change::find(session, &self.forge, number).await? else {
            return Ok(Judged::missing(number));
        };
        let mut judged = Judged::of(&change, &self.branch);
        if change.state != ChangeState::Merged {
            return Ok(judged);
        }
        if self.approvals > 0 {
            let opinions = change.opinions(session, &self.forge, self.approvals_of_head).await?;
            judged.reviewed(&change, opinions, self.approvals, self.approvals_of_head);
        }
        if self.checks != ChecksAsked::Any {
            let checks = checks_of(session, &self.forge, &change).await?;
            judged.checked(&checks, self.checks == ChecksAsked::GreenOrNone, self.may_be_pending);
        }
        Ok(judged)
    }
}

impl Kind for ForgePullRequestsMerged {
    const NAME: &'static str = "forge.pull_requests_merged";
    const EXAMPLE: &'static str = r#"
[check.changes-merged]
kind      = "forge.pull_requests_merged"
title     = "All provisioning changes are merged and reviewed"
forge     = { api = "github", project = "vapora/vapora", token = { env = "FORGE_TOKEN" } }
branch    = "main"
since_tag = "v1.3.0"
timeout   = "2m"
"#;

    fn evidence() -> &'static [EvidenceField] {
        judge::EVIDENCE
    }

    fn validate(&self, problems: &mut Problems) {
        self.forge.validate(problems);
        let ways = [
            !self.numbers.is_empty(),
            self.milestone.is_some(),
            self.label.is_some(),
            self.since_tag.is_some(),
        ];
        match ways.into_iter().filter(|way| *way).count() {
            0 => problems.whole(
                "it does not say which changes",
                "name `numbers`, a `milestone`, a `label`, or `since_tag`",
            ),
            1 => {}
            _ => problems.whole(
                "it says more than once which changes",
                "keep one of `numbers`, `milestone`, `label` and `since_tag`",
            ),
        }
        for (parameter, text) in [
            ("milestone", self.milestone.as_deref()),
            ("label", self.label.as_deref()),
            ("since_tag", self.since_tag.as_deref()),
            ("branch", Some(self.branch.as_str())),
        ] {
            if text.is_some_and(|text| text.trim().is_empty()) {
                problems.at(parameter, "the text is empty", "write a name");
            }
        }
        if self.approvals_of_head && self.approvals == 0 {
            problems.at(
                "approvals_of_head",
                "no approval is asked for",
                "leave it out, or raise `approvals`",
            );
        }
        if self.may_be_pending && self.checks == ChecksAsked::Any {
            problems.at("may_be_pending", "no check is asked for", "leave it out");
        }
    }
}
