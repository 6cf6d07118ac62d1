//! GitHub Actions: workflow dispatches, runs, jobs and artifacts.
//!
//! After "REST API endpoints for GitHub Actions", `https://docs.github.com/en/rest/actions`; the answer to a dispatch with the run in it after
//! `https://github.blog/changelog/2026-02-19-workflow-dispatch-api-now-returns-run-ids`.

use std::fmt::Write as _;

use axum::body::Body;
use http::{Method, Response};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    asked::{Asked, answer, raw, with},
    github::{error, missing},
    state::{SimArtifact, SimForgeState, SimRun},
};

fn hex(content: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(content) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The status and the conclusion of a state.
fn both(state: &str) -> (&str, Value) {
    match state {
        "queued" | "in_progress" => (state, Value::Null),
        ended => ("completed", ended.into()),
    }
}

fn run(asked: &Asked, state: &SimForgeState, run: &SimRun) -> Value {
    let (status, conclusion) = both(&run.state);
    let site = asked.site();
    json!({
        "id": run.id, "name": run.workflow, "path": format!(".github/workflows/{}", run.workflow),
        "run_number": run.id, "run_attempt": 1, "event": run.event, "status": status, "conclusion": conclusion,
        "head_branch": run.branch, "head_sha": run.commit, "created_at": "2026-12-01T12:00:00Z",
        "url": format!("{site}/repos/{}/actions/runs/{}", state.project, run.id),
        "html_url": format!("{site}/{}/actions/runs/{}", state.project, run.id),
    })
}

fn artifact(asked: &Asked, state: &SimForgeState, artifact: &SimArtifact) -> Value {
    let digest = match &artifact.digest {
        Some(digest) if digest.is_empty() => Value::Null,
        Some(digest) => digest.as_str().into(),
        None => format!("sha256:{}", hex(&artifact.content)).into(),
    };
    let made = state.runs.iter().find(|run| run.id == artifact.run);
    json!({
        "id": artifact.id, "name": artifact.name, "size_in_bytes": artifact.content.len(),
        "archive_download_url":
            format!("{}/repos/{}/actions/artifacts/{}/zip", asked.site(), state.project, artifact.id),
        "expired": artifact.expired, "created_at": "2026-12-01T12:10:00Z", "expires_at": "2027-03-01T12:10:00Z",
        "digest": digest,
        "workflow_run": { "id": artifact.run, "head_sha": made.map(|run| run.commit.clone()) },
    })
}

pub(super) fn answer_actions(asked: &Asked, state: &mut SimForgeState, path: &[&str]) -> Response<Body> {
    let of_run = |id: &str| state.runs.iter().find(|run| run.id.to_string() == id);
    match (&asked.method, path) {
        (&Method::POST, ["workflows", workflow, "dispatches"]) => dispatch(asked, state, workflow),
        (&Method::GET, ["workflows", workflow, "runs"]) => {
            if !state.workflows.iter().any(|it| it == workflow) {
                return missing();
            }
            listed(asked, state, Some(workflow))
        }
        (&Method::GET, ["runs"]) => listed(asked, state, None),
        (&Method::GET, ["runs", id]) => {
            of_run(id).map_or_else(missing, |it| answer(200, run(asked, state, it)))
        }
        (&Method::GET, ["runs", id, "jobs"]) => {
            let Some(run) = of_run(id) else { return missing() };
            let job = |(name, job): &(String, String)| {
                let (status, conclusion) = both(job);
                json!({ "name": name, "status": status, "conclusion": conclusion, "run_id": run.id })
            };
            asked.page(run.jobs.iter().map(job).collect(), Some("jobs"), state.page_size)
        }
        (&Method::GET, ["runs", id, "artifacts"]) => {
            let Some(run) = of_run(id) else { return missing() };
            let fits = |it: &&SimArtifact| {
                it.run == run.id && asked.query("name").is_none_or(|name| name == it.name)
            };
            let rows = state.artifacts.iter().filter(fits).map(|it| artifact(asked, state, it)).collect();
            asked.page(rows, Some("artifacts"), state.page_size)
        }
        (&Method::GET, ["artifacts", id, "zip"]) => {
            let Some(found) = state.artifacts.iter().find(|it| it.id.to_string() == *id) else {
                return missing();
            };
            if found.expired {
                return error(410, "Artifact has expired");
            }
            let host = state.downloads.clone().unwrap_or_else(|| asked.site());
            with(raw(302, "text/plain", ""), "location", &format!("{host}/blob/{}?sig=signature", found.id))
        }
        _ => missing(),
    }
}

fn listed(asked: &Asked, state: &SimForgeState, workflow: Option<&str>) -> Response<Body> {
    let fits = |run: &&SimRun| {
        workflow.is_none_or(|it| it == run.workflow)
            && asked.query("branch").is_none_or(|it| it == run.branch)
            && asked.query("head_sha").is_none_or(|it| it == run.commit)
            && asked.query("event").is_none_or(|it| it == run.event)
    };
    let rows = state.runs.iter().rev().filter(fits).map(|it| run(asked, state, it)).collect();
    asked.page(rows, Some("workflow_runs"), state.page_size)
}

/// What lies where downloads lie; whoever has the link may have it.
pub(super) fn blob(state: &SimForgeState, id: &str) -> Response<Body> {
    match state.artifacts.iter().find(|it| it.id.to_string() == id) {
        Some(found) => raw(200, "application/zip", found.content.clone()),
        None => raw(404, "application/xml", "<Error><Code>BlobNotFound</Code></Error>"),
    }
}

fn dispatch(asked: &Asked, state: &mut SimForgeState, workflow: &str) -> Response<Body> {
    if !state.workflows.iter().any(|it| it == workflow) {
        return missing();
    }
    let Some(branch) = asked.body["ref"].as_str() else {
        return error(422, "Invalid request.\n\n\"ref\" wasn't supplied.");
    };
    if branch != "main" {
        return error(422, &format!("No ref found for: {branch}"));
    }
    if state.older && !asked.body["return_run_details"].is_null() {
        return error(422, "Invalid request.\n\n\"return_run_details\" is not a permitted key.");
    }
    let inputs = asked.body["inputs"].as_object().cloned().unwrap_or_default();
    let inputs = inputs
        .into_iter()
        .map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned()))
        .collect();
    let begun = state.begin_with(workflow, branch, "workflow_dispatch", inputs);
    if !state.tells_run || asked.body["return_run_details"] != true {
        return raw(204, "text/plain", "");
    }
    let shown = run(asked, state, &begun);
    answer(
        200,
        json!({ "workflow_run_id": begun.id, "run_url": shown["url"], "html_url": shown["html_url"] }),
    )
}
