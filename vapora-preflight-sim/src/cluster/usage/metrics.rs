//! The group `metrics.k8s.io`, which another server than the API server answers.

mod crowd;

use std::time::Duration;

use http::header;
use serde_json::{Value, json};

use super::{Usage, Usages};
use crate::{
    clock::{micros, seconds_text},
    cluster::{
        Cluster,
        form::Form,
        kinds::{METRICS, ServedKind},
        list::Selection,
        lock,
        reply::Reply,
        respond::Asked,
        routes::Target,
        state::State,
        status,
        store::meta,
    },
};

/// How long is measured.
const WINDOW: Duration = Duration::from_secs(15);

/// How the metrics server is registered where its Service is missing.
pub(super) fn registered(now: &str) -> Value {
    json!({
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": { "name": format!("v1beta1.{METRICS}") },
        "spec": {
            "service": { "namespace": "kube-system", "name": "metrics-server", "port": 443 },
            "group": METRICS,
            "version": "v1beta1",
            "insecureSkipTLSVerify": true,
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
        },
        "status": { "conditions": [{
            "type": "Available",
            "status": "False",
            "lastTransitionTime": now,
            "reason": "ServiceNotFound",
            "message": "service/metrics-server in \"kube-system\" is not present",
        }] },
    })
}

/// Does the Pod run, so that something can be measured?
pub(super) fn runs(pod: &Value) -> bool {
    let statuses = pod["status"]["containerStatuses"].as_array();
    pod["status"]["phase"] == "Running"
        && statuses.is_some_and(|statuses| statuses.iter().any(|one| one["state"]["running"].is_object()))
}

/// Does the kubelet of the Node tell anything?
fn reports(node: &Value) -> bool {
    let mut conditions = node["status"]["conditions"].as_array().into_iter().flatten();
    !conditions.any(|one| one["type"] == "Ready" && one["status"] == "Unknown")
}

/// What is used, on all that is asked for. The metrics server knows no parts of lists.
pub(crate) fn answer(cluster: &Cluster, asked: &Asked<'_>, target: &Target, kind: &ServedKind) -> Reply {
    match Form::accepted(asked.header(&header::ACCEPT)) {
        Some(Form::Whole) => {}
        Some(_) => return status::unknown_to_the_simulation("metrics in another form"),
        None => return status::not_acceptable(),
    }
    let selection = match Selection::parse(&asked.query, kind) {
        Ok(selection) => selection,
        Err(refused) => return refused,
    };
    let state = cluster.state();
    let usages = lock(&cluster.0.runtime.usages);
    let at = seconds_text(cluster.clock().micros().saturating_sub(micros(usages.age)));
    let all = if kind.namespaced { pods(&state, &usages, &at) } else { nodes(&state, &usages, &at) };
    let inside =
        |object: &Value| target.namespace.as_deref().is_none_or(|name| meta(object, "namespace") == name);
    let mut fitting = all.into_iter().filter(inside).filter(|object| selection.fits(object, kind));
    let crowd = kind.namespaced.then(|| crowd::Measured::of(&state, target.namespace.as_deref(), &at));
    let crowd = crowd.filter(|crowd| !crowd.is_empty());
    if target.verb == "get" {
        let name = target.name.as_deref().unwrap_or_default();
        let kept = fitting.find(|object| meta(object, "name") == name);
        return match kept.or_else(|| crowd?.named(name)) {
            Some(mut found) => {
                found["kind"] = kind.kind.as_ref().into();
                found["apiVersion"] = kind.api_version().into();
                Reply::json(200, &found)
            }
            None => missing(kind, target.namespace.as_deref(), name),
        };
    }
    if let Some(crowd) = crowd {
        return crowd.list(fitting.collect(), selection, kind);
    }
    let list = json!({
        "kind": format!("{}List", kind.kind),
        "apiVersion": kind.api_version(),
        "metadata": {},
        "items": fitting.collect::<Vec<_>>(),
    });
    Reply::json(200, &list)
}

/// The metrics server names what is missing in its own way.
fn missing(kind: &ServedKind, namespace: Option<&str>, name: &str) -> Reply {
    let name = namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"));
    let plural = if kind.namespaced { "podmetrics" } else { "nodemetrics" };
    status::not_found(METRICS, plural, &name)
}

fn measured(object: &Value, at: &str) -> Value {
    let mut metadata = json!({ "name": meta(object, "name"), "creationTimestamp": at });
    for field in ["namespace", "labels"] {
        if !object["metadata"][field].is_null() {
            metadata[field] = object["metadata"][field].clone();
        }
    }
    json!({ "metadata": metadata, "timestamp": at, "window": format!("{}s", WINDOW.as_secs()) })
}

fn nodes(state: &State, usages: &Usages, at: &str) -> Vec<Value> {
    let used = usages.of_nodes(state);
    let Some(kind) = state.served("Node") else { return Vec::new() };
    let all = state.store.all_after(&kind, None, "").map(|(_, node)| node);
    let measure = |node: &Value| {
        let mut metrics = measured(node, at);
        metrics["usage"] = used.get(meta(node, "name")).copied().unwrap_or(Usage::default()).shown();
        metrics
    };
    all.filter(|node| reports(node)).map(|node| measure(&node)).collect()
}

fn pods(state: &State, usages: &Usages, at: &str) -> Vec<Value> {
    let silent: Vec<&str> =
        state.kind("Node").into_iter().filter(|node| !reports(node)).map(|node| meta(node, "name")).collect();
    let told = |pod: &&Value| {
        runs(pod) && !pod["spec"]["nodeName"].as_str().is_some_and(|node| silent.contains(&node))
    };
    let measure = |pod: &Value| {
        let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
        let mut metrics = measured(pod, at);
        metrics["containers"] = containers
            .map(|one| json!({ "name": one["name"], "usage": usages.of_container(pod, one).shown() }))
            .collect();
        metrics
    };
    state.kind("Pod").into_iter().filter(told).map(measure).collect()
}
