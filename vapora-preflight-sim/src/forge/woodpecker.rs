//! Woodpecker: repositories by name, branches, and pipelines that are made, looked at and listed.
//!
//! After "Woodpecker CI API", `https://woodpecker-ci.org/api`, which says what is answered where all is well, and for the rest the
//! handlers of its server (`server/api`, `server/router/middleware/session`): an error is a status, mostly without a body; who may
//! not see a repository, or may not push to it, is told that it is not there; a branch that the forge does not know is an error of
//! the server. A list says nothing of other pages, and cuts them at 50.

use axum::body::Body;
use http::{Method, Response};
use serde_json::{Value, json};

use super::{
    ForgeDialect,
    asked::{Asked, answer, raw, with},
    state::{SimForgeState, SimRun},
};

/// The number of the one repository.
const REPOSITORY: &str = "12";

fn words(status: u16, text: &'static str) -> Response<Body> {
    raw(status, "text/plain; charset=utf-8", text)
}

/// What Woodpecker calls a state.
fn called(state: &str) -> &str {
    match state {
        "queued" => "pending",
        "in_progress" => "running",
        "cancelled" => "killed",
        other => other,
    }
}

/// A pipeline as a list has it.
fn listed(run: &SimRun) -> Value {
    json!({
        "id": 1000 + run.id, "number": run.id, "event": run.event, "status": called(&run.state),
        "branch": run.branch, "commit": run.commit, "created": 1_796_133_600,
        "variables": run.inputs.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
    })
}

/// A pipeline with its workflows and their steps.
fn whole(run: &SimRun) -> Value {
    let steps: Vec<Value> =
        run.jobs.iter().map(|(name, state)| json!({ "name": name, "state": called(state) })).collect();
    let mut pipeline = listed(run);
    pipeline["workflows"] = json!([{ "name": run.workflow, "state": called(&run.state), "children": steps }]);
    pipeline
}

/// A status without a word.
fn bare(status: u16) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() =
        http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response
}

pub(super) fn respond(asked: &Asked, state: &mut SimForgeState) -> Response<Body> {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let ["api", path @ ..] = &path[..] else { return words(404, "404 page not found") };
    if asked.credentials.as_deref() != Some(state.token.as_str()) {
        return bare(401);
    }
    if let Some(limit) = state.limited {
        return limit.told(ForgeDialect::Woodpecker);
    }
    match (&asked.method, path) {
        (&Method::GET, ["repos", "lookup", owner, name])
            if state.visible && format!("{owner}/{name}") == state.project =>
        {
            answer(200, repository(state))
        }
        (_, ["repos", REPOSITORY, ..]) if !state.visible => bare(404),
        (&Method::GET, ["repos", REPOSITORY]) => answer(200, repository(state)),
        (&Method::GET, ["repos", REPOSITORY, "branches"]) => {
            asked.page(vec!["main".into(), "develop".into()], None, state.page_size)
        }
        (&Method::POST, ["repos", REPOSITORY, "pipelines"]) => begun(asked, state),
        (&Method::GET, ["repos", REPOSITORY, "pipelines"]) => {
            let filters = !state.older;
            let asked_for = |name: &str, is: &str| !filters || asked.query(name).is_none_or(|it| it == is);
            let fits = |run: &&SimRun| asked_for("branch", &run.branch) && asked_for("event", &run.event);
            let rows = state.runs.iter().rev().filter(fits).map(listed).collect();
            asked.page(rows, None, state.page_size)
        }
        (&Method::GET, ["repos", REPOSITORY, "pipelines", number]) => state
            .runs
            .iter()
            .find(|run| run.id.to_string() == *number)
            .map_or_else(|| bare(404), |run| answer(200, whole(run))),
        _ => bare(404),
    }
}

fn repository(state: &SimForgeState) -> Value {
    json!({ "id": 12, "full_name": state.project, "default_branch": "main" })
}

/// What comes of a pipeline that is begun by hand.
fn begun(asked: &Asked, state: &mut SimForgeState) -> Response<Body> {
    // whoever may not push is told that it is not there
    if state.lacking.is_some() {
        return bare(404);
    }
    let branch = match asked.body["branch"].as_str() {
        Some(branch @ ("main" | "develop")) => branch.to_owned(),
        Some(_) => return bare(500),
        None => return bare(400),
    };
    // where no workflow is for that branch and event, there is no pipeline
    let workflow = state.workflows.first().cloned().filter(|_| branch == "main");
    let Some(workflow) = workflow else { return with(bare(204), "pipeline-filtered", "true") };
    let variables = asked.body["variables"].as_object().cloned().unwrap_or_default();
    let variables = variables
        .into_iter()
        .map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned()))
        .collect();
    let run = state.begin_with(&workflow, &branch, "manual", variables);
    answer(200, whole(&run))
}
