//! Woodpecker, after `https://woodpecker-ci.org/api`: repositories by name, pipelines that are made, looked at and listed.

use axum::body::Body;
use http::{Method, Response};
use serde_json::{Value, json};

use super::{
    asked::{Asked, answer, raw},
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

fn pipeline(run: &SimRun) -> Value {
    let steps: Vec<Value> =
        run.jobs.iter().map(|(name, state)| json!({ "name": name, "state": called(state) })).collect();
    json!({
        "id": 1000 + run.id, "number": run.id, "event": run.event, "status": called(&run.state),
        "branch": run.branch, "commit": run.commit, "created": 1_796_133_600,
        "variables": run.inputs.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "workflows": [{ "name": run.workflow, "state": called(&run.state), "children": steps }],
    })
}

pub(super) fn respond(asked: &Asked, state: &mut SimForgeState) -> Response<Body> {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let ["api", path @ ..] = &path[..] else { return words(404, "404 page not found") };
    if asked.credentials.as_deref() != Some(state.token.as_str()) {
        return words(401, "User not authorized");
    }
    if let Some(seconds) = state.limited {
        return super::asked::with(words(429, "Too Many Requests"), "retry-after", &seconds.to_string());
    }
    match (&asked.method, path) {
        (&Method::GET, ["repos", "lookup", owner, name])
            if state.visible && format!("{owner}/{name}") == state.project =>
        {
            answer(200, json!({ "id": 12, "full_name": state.project, "default_branch": "main" }))
        }
        (_, ["repos", REPOSITORY, ..]) if !state.visible => words(404, "Not Found"),
        (_, ["repos", REPOSITORY, ..]) if state.lacking.is_some() => words(403, "User not authorized"),
        (&Method::POST, ["repos", REPOSITORY, "pipelines"]) => {
            let Some(branch) = asked.body["branch"].as_str() else {
                return words(400, "branch is missing");
            };
            if branch != "main" {
                return words(404, "Not Found");
            }
            // where no workflow is for that branch and event, there is no pipeline
            let Some(workflow) = state.workflows.first().cloned() else { return raw(204, "text/plain", "") };
            let variables = asked.body["variables"].as_object().cloned().unwrap_or_default();
            let variables = variables
                .into_iter()
                .map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned()))
                .collect();
            let run = state.begin_with(&workflow, branch, "manual", variables);
            answer(200, pipeline(&run))
        }
        (&Method::GET, ["repos", REPOSITORY, "pipelines"]) => {
            let fits = |run: &&SimRun| {
                asked.query("branch").is_none_or(|it| it == run.branch)
                    && asked.query("event").is_none_or(|it| it == run.event)
            };
            let rows = state.runs.iter().rev().filter(fits).map(pipeline).collect();
            asked.page(rows, None, state.page_size)
        }
        (&Method::GET, ["repos", REPOSITORY, "pipelines", number]) => {
            match state.runs.iter().find(|run| run.id.to_string() == *number) {
                Some(run) => answer(200, pipeline(run)),
                None => words(404, "Not Found"),
            }
        }
        _ => words(404, "Not Found"),
    }
}
