//! The begin of a run.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use serde_json::{Map, Value};
use vapora_preflight::{CheckContext, CheckError};

use super::{CiApi, PipelineRun, Project, Wanted};
use crate::{HttpAnswer, HttpMethod, forge::Reply};

/// How often, and how far apart, a server is asked for a run that it has accepted without telling which.
const LOOKS: u32 = 15;
const APART: Duration = Duration::from_secs(2);

/// What asks GitHub to tell which run was begun.
const DETAILS: &str = "return_run_details";

/// What is to be begun.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beginning<'a> {
    /// The file of the workflow; Woodpecker has none to name.
    pub(crate) workflow: Option<&'a str>,
    pub(crate) branch: &'a str,
    pub(crate) inputs: &'a BTreeMap<String, String>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Begun {
    Run(Box<PipelineRun>),
    /// Nothing in the project is for that branch.
    Nothing,
}

#[derive(Deserialize)]
struct Details {
    workflow_run_id: u64,
}

impl Beginning<'_> {
    /// Begins a run. From the moment that the request is sent, no error of this is one to try again after, unless the server
    /// has refused.
    pub(crate) async fn begin(&self, cx: &CheckContext, project: &Project) -> Result<Begun, CheckError> {
        // what can be found out to be wrong is, before anything is begun
        cx.doing(format!("asking for the newest run of `{}`", project.name()));
        let before = self.newest(project).await?;
        // of a branch that is not there Woodpecker only says that something broke
        if project.api == CiApi::Woodpecker && !project.has_branch(self.branch).await? {
            return Err(CheckError::permanent(format!(
                "`{}` has no branch `{}`",
                project.name(),
                self.branch
            ))
            .remedy("name one that has been pushed"));
        }
        cx.doing(format!("beginning a pipeline of `{}`", project.name()));
        let answer = match project.session.sent(self.ask(project).await?)? {
            Reply::Found(answer) => answer,
            // the project and its branch have been seen
            Reply::Missing(_) if project.api == CiApi::Woodpecker => {
                return Err(CheckError::permanent(format!(
                    "the token may see `{}`, and may not begin a pipeline of it",
                    project.name()
                ))
                .remedy("hand over the token of somebody who may push to the project"));
            }
            other => {
                let what = format!("the pipeline of the branch `{}`", self.branch);
                project.session.known(other, &what)?
            }
        };
        match (project.api, answer.status()) {
            (CiApi::Woodpecker, 204) => Ok(Begun::Nothing),
            (CiApi::Woodpecker, _) => {
                let run = PipelineRun::read(project, &answer).map_err(|error| unknown(project, &error))?;
                Ok(Begun::Run(Box::new(run)))
            }
            (CiApi::GitHubActions, 204) => self.appeared(cx, project, before).await,
            (CiApi::GitHubActions, _) => {
                let details: Details = answer.json().map_err(|error| unknown(project, &error))?;
                let found = PipelineRun::find(cx, project, details.workflow_run_id).await;
                match found.map_err(|error| unknown(project, &error))? {
                    Some(run) => Ok(Begun::Run(Box::new(run))),
                    None => Err(lost(project)),
                }
            }
        }
    }

    /// Asks for a run.
    async fn ask(&self, project: &Project) -> Result<HttpAnswer, CheckError> {
        let rows = |rows: Vec<(&str, Value)>| -> Map<String, Value> {
            rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
        };
        let (session, branch) = (&project.session, Value::from(self.branch));
        if project.api == CiApi::Woodpecker {
            let body = rows(vec![("branch", branch), ("variables", self.table())]);
            return session.post(HttpMethod::Post, &project.url(&["pipelines"]), body).await;
        }
        let url = project.url(&["workflows", self.workflow.unwrap_or_default(), "dispatches"]);
        let mut body = rows(vec![("ref", branch), ("inputs", self.table()), (DETAILS, true.into())]);
        let answer = session.post(HttpMethod::Post, &url, body.clone()).await?;
        // an older Enterprise Server begins nothing where it is asked for more than it knows
        let refused = matches!(answer.status(), 400 | 422);
        if refused && answer.text().is_some_and(|text| text.contains(DETAILS)) {
            body.remove(DETAILS);
            return session.post(HttpMethod::Post, &url, body).await;
        }
        Ok(answer)
    }

    fn table(&self) -> Value {
        let rows = self.inputs.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        Value::Object(rows.collect::<Map<_, _>>())
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted { workflow: self.workflow, branch: Some(self.branch), commit: None }
    }

    fn event(project: &Project) -> &'static str {
        match project.api {
            CiApi::GitHubActions => "workflow_dispatch",
            CiApi::Woodpecker => "manual",
        }
    }

    /// The number of the newest run that was begun by hand.
    async fn newest(&self, project: &Project) -> Result<u64, CheckError> {
        let runs = PipelineRun::recent(project, self.wanted(), Some(Self::event(project))).await?;
        Ok(runs.iter().map(|run| run.id).max().unwrap_or_default())
    }

    /// The run that has appeared since.
    async fn appeared(&self, cx: &CheckContext, project: &Project, before: u64) -> Result<Begun, CheckError> {
        cx.doing("waiting for the run to appear in the list");
        for look in 0..LOOKS {
            if look > 0 {
                cx.sleep(APART).await;
            }
            let runs = PipelineRun::recent(project, self.wanted(), Some(Self::event(project))).await;
            let mut new: Vec<PipelineRun> = runs
                .map_err(|error| unknown(project, &error))?
                .into_iter()
                .filter(|run| run.id > before)
                .collect();
            match (new.pop(), new.len()) {
                (None, _) => {}
                (Some(run), 0) => return Ok(Begun::Run(Box::new(run))),
                (Some(_), more) => {
                    return Err(CheckError::permanent(format!(
                        "{} runs of `{}` began at once, and which is this one is not known",
                        more + 1,
                        project.name()
                    ))
                    .remedy("look at the runs, and name the right one")
                    .uncertain());
                }
            }
        }
        Err(lost(project))
    }
}

fn lost(project: &Project) -> CheckError {
    CheckError::permanent(format!("`{}` accepted a run, and it does not appear", project.name()))
        .remedy("look at its runs before you begin another one")
        .uncertain()
}

/// An error after a run may have begun.
fn unknown(project: &Project, error: &CheckError) -> CheckError {
    CheckError::permanent(format!("a run of `{}` has begun, and which is not known: {error}", project.name()))
        .remedy("look at its runs before you begin another one")
        .uncertain()
}
