//! Runs of pipelines.

use serde::Deserialize;
use vapora_preflight::{CheckContext, CheckError};

use super::{CiApi, Project};
use crate::{
    HttpAnswer, HttpUrl,
    forge::{Page, Reply},
};

/// How many pages of runs are looked through for one that fits.
const PAGES: usize = 10;

/// A run of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PipelineRun {
    pub(crate) id: u64,
    /// Where a person looks at it.
    pub(crate) url: String,
    pub(crate) state: RunState,
    pub(crate) branch: Option<String>,
    pub(crate) commit: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RunState {
    Succeeded,
    /// It has not ended; what it does, in words.
    Going(String),
    /// It ended otherwise; how, in words.
    Failed(String),
}

/// Which run is asked about, where it is not known by its number: the newest that fits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) workflow: Option<&'a str>,
    pub(crate) branch: Option<&'a str>,
    pub(crate) commit: Option<&'a str>,
}

#[derive(Deserialize)]
struct ActionsRun {
    id: u64,
    status: Option<String>,
    conclusion: Option<String>,
    head_sha: String,
    head_branch: Option<String>,
    html_url: String,
}

#[derive(Deserialize)]
struct Pipeline {
    number: u64,
    status: String,
    #[serde(default)]
    branch: String,
    commit: String,
    #[serde(default)]
    workflows: Option<Vec<Workflow>>,
}

#[derive(Deserialize)]
struct Workflow {
    name: String,
    state: String,
    #[serde(default)]
    children: Option<Vec<Step>>,
}

#[derive(Deserialize)]
struct Step {
    name: String,
    state: String,
}

#[derive(Deserialize)]
struct Job {
    name: String,
    conclusion: Option<String>,
}

fn plain(word: &str) -> String {
    word.replace('_', " ")
}

impl From<ActionsRun> for PipelineRun {
    fn from(run: ActionsRun) -> Self {
        let status = run.status.unwrap_or_else(|| "queued".to_owned());
        let state = match run.conclusion.as_deref() {
            _ if status != "completed" => RunState::Going(plain(&status)),
            Some("success") => RunState::Succeeded,
            Some(other) => RunState::Failed(plain(other)),
            None => RunState::Failed("no conclusion".to_owned()),
        };
        Self { id: run.id, url: run.html_url, state, branch: run.head_branch, commit: run.head_sha }
    }
}

impl PipelineRun {
    /// What an answer says of one run.
    pub(super) fn read(project: &Project, answer: &HttpAnswer) -> Result<Self, CheckError> {
        match project.api {
            CiApi::GitHubActions => answer.json::<ActionsRun>().map(Self::from),
            CiApi::Woodpecker => answer.json::<Pipeline>().map(|it| Self::of_woodpecker(project, &it)),
        }
    }

    fn of_woodpecker(project: &Project, pipeline: &Pipeline) -> Self {
        let state = match pipeline.status.as_str() {
            "success" => RunState::Succeeded,
            "pending" | "started" | "created" => RunState::Going("waiting".to_owned()),
            "running" => RunState::Going("running".to_owned()),
            "blocked" => RunState::Going("waiting for somebody to approve it".to_owned()),
            other => RunState::Failed(plain(other)),
        };
        let site = project.session.site();
        let url = format!("{site}/{}/pipeline/{}", project.path(&[]).join("/"), pipeline.number);
        let branch = (!pipeline.branch.is_empty()).then(|| pipeline.branch.clone());
        Self { id: pipeline.number, url, state, branch, commit: pipeline.commit.clone() }
    }

    /// Whether it is of that commit, which may be written short.
    pub(crate) fn is_of(&self, commit: &str) -> bool {
        self.commit.get(..commit.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(commit))
    }

    /// The run with that number.
    pub(crate) async fn find(
        cx: &CheckContext,
        project: &Project,
        id: u64,
    ) -> Result<Option<Self>, CheckError> {
        cx.doing(format!("asking for the run {id} of `{}`", project.name()));
        let digits = id.to_string();
        match project.session.get(&project.url(&[runs(project.api), &digits])).await? {
            Reply::Found(answer) => Self::read(project, &answer).map(Some),
            Reply::Missing(answer) => {
                // a project that cannot be seen is not one without that run
                match project.session.get(&project.itself()).await? {
                    Reply::Found(seen) => {
                        seen.json::<serde_json::Map<String, serde_json::Value>>()?;
                        Ok(None)
                    }
                    _ => Err(project.session.unseen(project.name(), &answer)),
                }
            }
            Reply::Gone => Ok(None),
            Reply::Moved(to) => {
                Err(CheckError::permanent(format!("the runs of `{}` have moved to `{to}`", project.name())))
            }
        }
    }

    /// The newest run that fits. It is looked for among the newest; where it might be an older one, that is an error.
    pub(crate) async fn newest(
        cx: &CheckContext,
        project: &Project,
        wanted: Wanted<'_>,
    ) -> Result<Option<Self>, CheckError> {
        cx.doing(format!("asking for the runs of `{}`", project.name()));
        let fits = |run: &Self| {
            wanted.commit.is_none_or(|commit| run.is_of(commit))
                && wanted.branch.is_none_or(|branch| run.branch.as_deref() == Some(branch))
        };
        let mut url = Self::listed(project, wanted, None);
        let mut seen = 0;
        for _ in 0..PAGES {
            let (runs, next) = Self::page(project, &url).await?;
            seen += runs.len();
            if let Some(run) = runs.into_iter().find(fits) {
                return Ok(Some(run));
            }
            let Some(next) = next else { return Ok(None) };
            url = next;
        }
        Err(CheckError::permanent(format!("the run is not among the newest {seen} of `{}`", project.name()))
            .remedy("name its number as `run`"))
    }

    /// The newest runs, newest first.
    pub(super) async fn recent(
        project: &Project,
        wanted: Wanted<'_>,
        event: Option<&str>,
    ) -> Result<Vec<Self>, CheckError> {
        Ok(Self::page(project, &Self::listed(project, wanted, event)).await?.0)
    }

    /// Where the runs are listed. An older Woodpecker does not leave out those that are of another branch or event.
    fn listed(project: &Project, wanted: Wanted<'_>, event: Option<&str>) -> HttpUrl {
        let mut query = Vec::new();
        query.extend(wanted.branch.map(|branch| ("branch", branch)));
        query.extend(event.map(|event| ("event", event)));
        let path = match project.api {
            CiApi::GitHubActions => {
                query.extend(wanted.commit.filter(|it| it.len() == 40).map(|commit| ("head_sha", commit)));
                query.push(("per_page", "50"));
                match wanted.workflow {
                    Some(workflow) => project.path(&["workflows", workflow, "runs"]),
                    None => project.path(&["runs"]),
                }
            }
            CiApi::Woodpecker => {
                query.push(("perPage", "50"));
                project.path(&["pipelines"])
            }
        };
        project.session.url(&path, &query)
    }

    /// One page of a list of runs, and where it goes on.
    async fn page(project: &Project, url: &HttpUrl) -> Result<(Vec<Self>, Option<HttpUrl>), CheckError> {
        let (session, what) = (&project.session, "the runs");
        Ok(match project.api {
            CiApi::GitHubActions => {
                let page: Page<ActionsRun> = session.page(url, Some("workflow_runs"), what).await?;
                (page.rows.into_iter().map(Self::from).collect(), page.next)
            }
            CiApi::Woodpecker => {
                let page: Page<Pipeline> = session.page(url, None, what).await?;
                (page.rows.iter().map(|it| Self::of_woodpecker(project, it)).collect(), page.next)
            }
        })
    }

    /// The jobs that did not end well, as their names and how they ended.
    pub(crate) async fn failed_jobs(&self, project: &Project) -> Result<Vec<String>, CheckError> {
        let digits = self.id.to_string();
        match project.api {
            CiApi::GitHubActions => {
                let path = project.path(&["runs", &digits, "jobs"]);
                let what = format!("the jobs of the run {digits}");
                let jobs: Vec<Job> =
                    project.session.list(&path, &[("filter", "latest")], Some("jobs"), &what).await?;
                let bad = |job: Job| match job.conclusion.as_deref() {
                    Some("success" | "skipped" | "neutral") | None => None,
                    Some(other) => Some(format!("{} ({})", job.name, plain(other))),
                };
                Ok(jobs.into_iter().filter_map(bad).collect())
            }
            CiApi::Woodpecker => {
                let what = format!("the pipeline {digits}");
                let answer = project.session.get_known(&project.url(&["pipelines", &digits]), &what).await?;
                let pipeline: Pipeline = answer.json()?;
                let bad =
                    |state: &str| matches!(state, "failure" | "error" | "killed" | "canceled" | "declined");
                let mut failed = Vec::new();
                for workflow in pipeline.workflows.into_iter().flatten() {
                    let before = failed.len();
                    for step in workflow.children.into_iter().flatten().filter(|it| bad(&it.state)) {
                        failed.push(format!("{}/{} ({})", workflow.name, step.name, plain(&step.state)));
                    }
                    if failed.len() == before && bad(&workflow.state) {
                        failed.push(format!("{} ({})", workflow.name, plain(&workflow.state)));
                    }
                }
                Ok(failed)
            }
        }
    }
}

/// What its API calls the runs.
pub(super) fn runs(api: CiApi) -> &'static str {
    match api {
        CiApi::GitHubActions => "runs",
        CiApi::Woodpecker => "pipelines",
    }
}
