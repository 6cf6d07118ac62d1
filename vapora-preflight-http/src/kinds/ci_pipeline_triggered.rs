//! `ci.pipeline_triggered`.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckId, CheckResult, Effect, EvidenceField, Finding, Kind, Outcome,
    Problems, async_trait,
};

use crate::{
    CiApi, CiSettings,
    ci::{Beginning, Begun, PipelineRun, Project},
};

/// A pipeline is begun on a branch: a workflow of GitHub Actions by its `workflow_dispatch`, or a manual pipeline of Woodpecker.
///
/// It holds as soon as the server tells the run; `ci.pipeline_succeeded` waits for its end. Its evidence has the number of the
/// run, for checks that name this one as their `baseline`. It fails where the run is of another commit than `commit`, and where
/// nothing in the project is for that branch.
///
/// A pipeline may do anything, so a run has to allow this effect. It is begun once: neither a resumed run nor another attempt
/// begins another one.
///
/// # What errs
///
/// A server that does not answer or refuses. What came of a request without an answer is not known, and it is not sent again.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CiPipelineTriggered {
    /// The project, and who asks.
    ci: CiSettings,
    /// The branch whose newest commit is built.
    branch: String,
    /// The file of the workflow, as in `release.yml`: for GitHub Actions, which needs one.
    workflow: Option<String>,
    /// What the run is given: the inputs of the workflow, or the variables of the pipeline. They are no place for secrets.
    #[serde(default)]
    inputs: BTreeMap<String, String>,
    /// The commit that the run has to be of, in full or its first 7 characters or more.
    commit: Option<String>,
}

/// The runs that this process has begun, so that another look begins no other one.
#[derive(Default)]
struct Known(Mutex<HashMap<CheckId, PipelineRun>>);

impl Known {
    fn get(&self, id: &CheckId) -> Option<PipelineRun> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn keep(&self, id: &CheckId, run: &PipelineRun) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), run.clone());
    }
}

#[async_trait]
impl Check for CiPipelineTriggered {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let Some(run) = self.begun(cx).await? else {
            let summary = format!("no pipeline of `{}` is for the branch `{}`", self.ci.project, self.branch);
            let finding = self.finding(summary, None);
            let remedy = "let a workflow run on the event `manual` of that branch";
            return Ok(Outcome::Fail(finding.remedy(remedy)));
        };
        if let Some(commit) = self.commit.as_ref().filter(|commit| !run.is_of(commit)) {
            let finding = self
                .finding(
                    format!("the run {} of `{}` is of another commit", run.id, self.ci.project),
                    Some(&run),
                )
                .expected(format!("the commit `{commit}`"))
                .actual(format!("`{}`, at the end of `{}`", run.commit, self.branch))
                .remedy("see what came to the branch since, and check that first");
            return Ok(Outcome::Fail(finding));
        }
        let summary = format!("the run {} of `{}` has begun: {}", run.id, self.ci.project, run.url);
        Ok(Outcome::Pass(self.finding(summary, Some(&run))))
    }
}

impl CiPipelineTriggered {
    /// The run that was begun, now or at an earlier look; none where nothing is for that branch.
    async fn begun(&self, cx: &CheckContext) -> Result<Option<PipelineRun>, CheckError> {
        let known = cx.shared::<Known>();
        if let Some(run) = known.get(cx.id()) {
            return Ok(Some(run));
        }
        let project = Project::open(cx, &self.ci).await?;
        let beginning =
            Beginning { workflow: self.workflow.as_deref(), branch: &self.branch, inputs: &self.inputs };
        match beginning.begin(cx, &project).await? {
            Begun::Run(run) => {
                known.keep(cx.id(), &run);
                Ok(Some(*run))
            }
            Begun::Nothing => Ok(None),
        }
    }

    fn finding(&self, summary: String, run: Option<&PipelineRun>) -> Finding {
        Finding::new(summary)
            .with("run", run.map(|run| run.id))
            .with("url", run.map(|run| run.url.as_str()))
            .with("branch", self.branch.as_str())
            .with("commit", run.map(|run| run.commit.as_str()))
            .with("workflow", self.workflow.as_deref())
    }
}

impl Kind for CiPipelineTriggered {
    const NAME: &'static str = "ci.pipeline_triggered";
    const EFFECT: Effect = Effect::Mutates;
    const EXAMPLE: &'static str = r#"
[check.pipeline-triggered]
kind     = "ci.pipeline_triggered"
title    = "The artifacts of the release are being built"
ci       = { api = "github_actions", project = "vapora/vapora", token = { env = "CI_TOKEN" } }
workflow = "release.yml"
branch   = "main"
inputs   = { mode = "enterprise" }
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "run", about: "the number of the run, or none where there is none" },
            EvidenceField { name: "url", about: "where a person looks at it, or none" },
            EvidenceField { name: "branch", about: "the branch" },
            EvidenceField { name: "commit", about: "the commit that it builds, or none" },
            EvidenceField { name: "workflow", about: "the file of the workflow, or none" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        self.ci.validate(problems);
        match (self.ci.api, &self.workflow) {
            (CiApi::GitHubActions, None) => {
                problems.at(
                    "workflow",
                    "it does not say which workflow",
                    "name its file, as in `release.yml`",
                );
            }
            (CiApi::Woodpecker, Some(_)) => {
                problems.at(
                    "workflow",
                    "Woodpecker begins all workflows of a branch",
                    "leave it out, and let the workflows say when they run",
                );
            }
            _ => {}
        }
        if self.ci.token.is_none() {
            problems.at("ci", "nobody may begin a pipeline without a token", "add `token`");
        }
        if self.branch.trim().is_empty() {
            problems.at("branch", "the text is empty", "name a branch");
        }
        super::ci_pipeline_succeeded::validate_commit(self.commit.as_deref(), problems);
    }
}
