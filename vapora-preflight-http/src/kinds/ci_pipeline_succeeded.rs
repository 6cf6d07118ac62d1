//! `ci.pipeline_succeeded`.

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, EvidenceField, Finding, Kind, Outcome, Problems, Value,
    async_trait,
};

use crate::{
    CiApi, CiSettings, ForgeNumber,
    ci::{PipelineRun, Project, RunState, Wanted},
};

/// A run of a pipeline has ended well.
///
/// The run is the one of that number, or the one that the check named as `baseline` has seen, or else the newest that fits
/// `workflow`, `branch` and `commit`. One that has not ended fails, so that `until` looks again; one that failed is told with its
/// jobs, and ends the waiting. It fails, too, where the run is of another commit than `commit`, and where there is no such run.
///
/// # What errs
///
/// A server that does not answer or refuses, and a project that cannot be seen.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CiPipelineSucceeded {
    /// The project, and who asks.
    ci: CiSettings,
    /// The number of the run, as its URL has it for GitHub Actions.
    run: Option<ForgeNumber>,
    /// The file of the workflow whose newest run is meant: for GitHub Actions.
    workflow: Option<String>,
    /// The branch of the run.
    branch: Option<String>,
    /// The commit of the run, in full or its first 7 characters or more.
    commit: Option<String>,
}

/// Reports what is wrong with a commit, under the parameter `commit`.
pub(super) fn validate_commit(commit: Option<&str>, problems: &mut Problems) {
    let Some(commit) = commit else { return };
    if !(7..=64).contains(&commit.len()) || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        problems.at(
            "commit",
            format!("`{commit}` is not the name of a commit"),
            "write its SHA, or at least 7 characters of it",
        );
    }
}

/// The number of the run that an earlier check has seen.
pub(super) fn run_before(cx: &CheckContext) -> Result<Option<u64>, CheckError> {
    let Some(earlier) = cx.baseline() else { return Ok(None) };
    match earlier.evidence.get("run") {
        Some(Value::Int(run)) => Ok(u64::try_from(*run).ok()),
        _ => Err(CheckError::permanent(format!("`{}` has seen no run", earlier.check))
            .remedy("name as `baseline` a check of `ci.pipeline_triggered` or `ci.pipeline_succeeded`")),
    }
}

#[async_trait]
impl Check for CiPipelineSucceeded {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let number = match self.run {
            Some(number) => Some(number.get()),
            None => run_before(cx)?,
        };
        if number.is_none() && self.workflow.is_none() && self.branch.is_none() && self.commit.is_none() {
            return Err(CheckError::permanent("it is not said which run is meant").remedy(
                "name a `run`, a `branch` or a `commit`, or a check that knows the run as `baseline`",
            ));
        }
        let project = Project::open(cx, &self.ci).await?;
        let wanted = Wanted {
            workflow: self.workflow.as_deref(),
            branch: self.branch.as_deref(),
            commit: self.commit.as_deref(),
        };
        let run = match number {
            Some(number) => PipelineRun::find(cx, &project, number).await?,
            None => PipelineRun::newest(cx, &project, wanted).await?,
        };
        let Some(run) = run else {
            let finding = finding(format!("`{}` has no such run yet", self.ci.project), None, &[])
                .expected("a run that has succeeded")
                .actual("none")
                .remedy("begin it, or see that the branch and commit are the ones meant");
            return Ok(Outcome::Fail(finding));
        };
        let place = format!("the run {} of `{}`", run.id, self.ci.project);
        if let Some(wrong) = self.wrong(&run) {
            return Ok(Outcome::Fail(finding(format!("{place} {wrong}"), Some(&run), &[]).lasting()));
        }
        Ok(match &run.state {
            RunState::Succeeded => Outcome::Pass(finding(format!("{place} has succeeded"), Some(&run), &[])),
            RunState::Going(doing) => Outcome::Fail(
                finding(format!("{place} has not ended yet: it is {doing}"), Some(&run), &[])
                    .expected("a run that has succeeded")
                    .actual(doing)
                    .remedy(format!("wait for it, with `until`: {}", run.url)),
            ),
            RunState::Failed(how) => {
                cx.doing(format!("asking which jobs of {place} failed"));
                let jobs = run.failed_jobs(&project).await?;
                let actual =
                    if jobs.is_empty() { how.clone() } else { format!("{how}: {}", jobs.join(", ")) };
                Outcome::Fail(
                    finding(format!("{place} ended with `{how}`"), Some(&run), &jobs)
                        .expected("a run that has succeeded")
                        .actual(actual)
                        .remedy(format!("read its log: {}", run.url))
                        .lasting(),
                )
            }
        })
    }
}

impl CiPipelineSucceeded {
    /// What is wrong with the run itself, whatever it came to.
    fn wrong(&self, run: &PipelineRun) -> Option<String> {
        if let Some(commit) = self.commit.as_ref().filter(|commit| !run.is_of(commit)) {
            return Some(format!("is of the commit `{}`, not of `{commit}`", run.commit));
        }
        let branch = self.branch.as_ref().filter(|branch| run.branch.as_ref() != Some(branch))?;
        let found = run.branch.as_deref().unwrap_or("none");
        Some(format!("is of the branch `{found}`, not of `{branch}`"))
    }
}

fn finding(summary: String, run: Option<&PipelineRun>, failed: &[String]) -> Finding {
    let state = run.map(|run| match &run.state {
        RunState::Succeeded => "success".to_owned(),
        RunState::Going(how) | RunState::Failed(how) => how.clone(),
    });
    Finding::new(summary)
        .with("run", run.map(|run| run.id))
        .with("url", run.map(|run| run.url.as_str()))
        .with("state", state)
        .with("ended", run.map(|run| !matches!(run.state, RunState::Going(_))))
        .with("branch", run.and_then(|run| run.branch.as_deref()))
        .with("commit", run.map(|run| run.commit.as_str()))
        .with("failed_jobs", failed.to_vec())
}

impl Kind for CiPipelineSucceeded {
    const NAME: &'static str = "ci.pipeline_succeeded";
    const EXAMPLE: &'static str = r#"
[check.artifacts-built]
kind     = "ci.pipeline_succeeded"
title    = "The artifacts of the release are built"
ci       = { api = "github_actions", project = "vapora/vapora", token = { env = "CI_TOKEN" } }
workflow = "release.yml"
branch   = "main"
until    = { interval = "20s", timeout = "30m" }
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "run", about: "the number of the run, or none where there is none" },
            EvidenceField { name: "url", about: "where a person looks at it, or none" },
            EvidenceField {
                name: "state",
                about: "what it does or how it ended, in the server's word: `success`",
            },
            EvidenceField { name: "ended", about: "whether it has ended, or none" },
            EvidenceField { name: "branch", about: "its branch, or none" },
            EvidenceField { name: "commit", about: "its commit, or none" },
            EvidenceField { name: "failed_jobs", about: "the jobs that failed, each with how it ended" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        self.ci.validate(problems);
        validate_commit(self.commit.as_deref(), problems);
        if self.ci.api == CiApi::Woodpecker && self.workflow.is_some() {
            problems.at("workflow", "Woodpecker has one pipeline for all workflows", "leave it out");
        }
        if self.run.is_some() && self.workflow.is_some() {
            problems.at("workflow", "the run is known by its number", "leave it out, or the number");
        }
        for (parameter, text) in [("branch", &self.branch), ("workflow", &self.workflow)] {
            if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                problems.at(parameter, "the text is empty", "leave it out, or write a name");
            }
        }
    }
}
