//! Asks a simulated cluster what was asked of a real one.

use std::{collections::BTreeMap, time::Duration};

use axum::body::Body;
use http::HeaderMap;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use vapora_preflight_sim::Cluster;

use crate::{
    case::{Case, Compared, Way},
    compare,
    recording::{Recording, Request},
    socket,
};

/// What the simulated cluster answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    fn body(&self) -> Value {
        if self.bytes.is_empty() {
            return Value::Null;
        }
        let text = || Value::from(String::from_utf8_lossy(&self.bytes).into_owned());
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| text())
    }

    /// The lines of a watch.
    fn events(&self) -> Value {
        self.bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice::<Value>(line).unwrap())
            .collect()
    }
}

/// The name that the cluster has for who asked in a recording.
fn identity(recorded: &str) -> &'static str {
    match recorded {
        "admin" => "admin",
        "restricted-serviceaccount" => "restricted",
        "restricted-user-cert" => "restricted-user",
        // their credentials are in the request, or in the connection
        "anonymous" | "bad-token" | "expired-token" | "self-signed-client-cert" | "none" => "anonymous",
        other => panic!("no identity for {other}"),
    }
}

/// The seconds after which a watch is to end.
fn seconds(target: &str) -> Option<u64> {
    if !target.contains("watch=true") {
        return None;
    }
    target.split(['?', '&']).find_map(|part| part.strip_prefix("timeoutSeconds=")?.parse().ok())
}

async fn in_process(cluster: &Cluster, identity: &str, request: &Request) -> Answer {
    let mut asked = http::Request::builder().method(request.method.as_str()).uri(&request.target);
    for (name, value) in &request.headers {
        asked = asked.header(name, value);
    }
    let asked = asked.body(Body::from(request.body.clone())).unwrap();
    let response = cluster.service_as(identity).oneshot(asked).await.unwrap();
    let (head, body) = response.into_parts();
    if let Some(seconds) = seconds(&request.target) {
        cluster.clock().advance(Duration::from_secs(seconds));
    }
    let bytes = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: head.status.as_u16(), headers: head.headers, bytes }
}

/// A token of the recorded cluster, for the rest of a list or for discovery, says nothing here: the one that this cluster
/// gave in the answer before is taken.
fn continued(request: &mut Request, before: &Answer) {
    if let Some((target, _)) = request.target.split_once("continue=")
        && let Some(token) = before.body()["metadata"]["continue"].as_str()
    {
        request.target = format!("{target}continue={token}");
    }
    if let Some(etag) = before.headers.get("etag")
        && let Some(header) = request.headers.iter_mut().find(|(name, _)| name == "if-none-match")
    {
        etag.to_str().unwrap().clone_into(&mut header.1);
    }
}

async fn ask(cluster: &Cluster, case: &Case, recording: &Recording, before: Option<&Answer>) -> Answer {
    let mut request = recording.request.clone();
    if let Some(before) = before {
        continued(&mut request, before);
    }
    if recording.identity == "bad-token" {
        request.headers.push(("authorization".to_owned(), "Bearer nonsense".to_owned()));
    }
    if let Some(adapt) = case.adapt {
        adapt(cluster, &mut request);
    }
    match case.way {
        Way::Service => in_process(cluster, identity(&recording.identity), &request).await,
        way => socket::ask(cluster, way, &recording.identity, &request).await,
    }
}

/// Replays a recording and says in what the answers differ.
pub(crate) async fn replay(
    case: &Case,
    cases: &BTreeMap<&str, Case>,
    recordings: &BTreeMap<String, Recording>,
) -> Vec<String> {
    let cluster = match (case.world)() {
        Ok(cluster) => cluster,
        Err(error) => return vec![format!("the world cannot be built: {error}")],
    };
    let mut before = None;
    for name in case.after {
        if let Some(Err(error)) = cases[name].before.map(|before| before(&cluster)) {
            return vec![format!("the state before `{name}` cannot be made: {error}")];
        }
        before = Some(ask(&cluster, &cases[name], &recordings[*name], before.as_ref()).await);
    }
    if let Some(Err(error)) = case.before.map(|before| before(&cluster)) {
        return vec![format!("the state before it cannot be made: {error}")];
    }
    let recording = &recordings[case.recording];
    let answer = ask(&cluster, case, recording, before.as_ref()).await;
    let mut recorded = recording.response.clone();
    if let Compared::InJson { like: Some(like) } = case.compared {
        recorded["body"] = recordings[like].response["body"].clone();
    }
    compared(case, &recorded, &answer)
}

fn compared(case: &Case, recorded: &Value, answer: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    if let Compared::Refused { .. } = case.compared {
        if answer.status != 501 {
            found.push(format!("status: expected 501, here {}", answer.status));
        }
        return found;
    }
    if recorded["status"] != answer.status {
        let body = String::from_utf8_lossy(&answer.bytes[..answer.bytes.len().min(300)]);
        found.push(format!("status: recorded {}, here {}: {body}", recorded["status"], answer.status));
        return found;
    }
    let mut headers = recorded["headers"].clone();
    if let Compared::InJson { .. } = case.compared {
        headers["content-type"] = "application/json".into();
        if !answer.body()["kind"].is_string() {
            found.push(format!("an object was expected, here {}", answer.body()));
        }
    }
    compare::headers(&headers, &answer.headers, &mut found);
    let (name, mut ours) = if recorded["events"].is_array() {
        ("events", answer.events())
    } else if recorded["frames"].is_array() {
        ("frames", json!(socket::frames(&answer.bytes)))
    } else {
        ("body", answer.body())
    };
    let recorded = &recorded[name];
    match case.compared {
        Compared::Whole | Compared::InJson { like: Some(_) } => {
            compare::trimmed_like(recorded, &mut ours);
            compare::differences("", recorded, &ours, &mut found);
        }
        Compared::Part { of, .. } => {
            compare::trimmed_like(recorded, &mut ours);
            compare::differences("", &of(recorded), &of(&ours), &mut found);
        }
        Compared::InJson { like: None } | Compared::Refused { .. } => {}
    }
    found
}
