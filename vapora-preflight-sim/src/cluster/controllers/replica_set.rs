//! ReplicaSets: so many Pods of one template.

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::{
    kubelet,
    view::{change, count, instant, is_active, is_going, number, owned, replicas, true_since},
};
use crate::cluster::{
    controllers::Key,
    events::{self, Source},
    pod,
    state::State,
    store::meta,
};

/// Makes the Pods that are missing, ends those that are too many, and writes the status.
pub(super) fn sync(state: &mut State, namespace: &str, name: &str, at: i64) {
    let Ok(set) = state.get("ReplicaSet", namespace, name).cloned() else { return };
    if !is_going(&set) {
        let mut active: Vec<Value> = owned(state, "Pod", &set).into_iter().filter(is_active).collect();
        let wanted = usize::try_from(replicas(&set)).unwrap_or(0);
        for _ in active.len()..wanted {
            let made = kubelet::make(state, &set, None, at);
            let message = format!("Created pod: {made}");
            events::tell(state, Source::ReplicaSets, &set, "Normal", "SuccessfulCreate", &message, at);
        }
        if active.len() > wanted {
            active.sort_by_key(rank);
            for pod in active.iter().take(active.len() - wanted) {
                let message = format!("Deleted pod: {}", meta(pod, "name"));
                kubelet::end(state, pod, at);
                events::tell(state, Source::ReplicaSets, &set, "Normal", "SuccessfulDelete", &message, at);
            }
        }
    }
    observe(state, &set, at);
}

/// Which Pods go first: those that no Node has, that do not run, that are not ready, and then the newest.
fn rank(pod: &Value) -> impl Ord + use<> {
    let ready = pod::is_ready(pod);
    let restarts: i64 = pod["status"]["containerStatuses"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|status| number(&status["restartCount"]))
        .max()
        .unwrap_or(0);
    (
        pod["spec"]["nodeName"].is_string(),
        pod["status"]["phase"] == "Running",
        ready,
        Reverse(true_since(pod, "Ready").unwrap_or(0)),
        Reverse(restarts),
        Reverse(instant(&pod["metadata"]["creationTimestamp"]).unwrap_or(0)),
        meta(pod, "name").to_owned(),
    )
}

/// Writes the status from the Pods that there are.
pub(super) fn observe(state: &mut State, set: &Value, at: i64) {
    let (namespace, name) = (meta(set, "namespace"), meta(set, "name"));
    let pods = owned(state, "Pod", set);
    let going = pods.iter().filter(|pod| is_going(pod)).count();
    let active: Vec<&Value> = pods.iter().filter(|pod| is_active(pod)).collect();
    let ready: Vec<i64> = active.iter().filter_map(|pod| true_since(pod, "Ready")).collect();
    let wait = number(&set["spec"]["minReadySeconds"]) * 1_000_000;
    let available = ready.iter().filter(|since| **since + wait <= at).count();
    if let Some(next) = ready.iter().map(|since| since + wait).filter(|time| *time > at).min() {
        state.controllers.wake(next, Key::ReplicaSet(namespace.to_owned(), name.to_owned()));
    }
    let mut status = json!({
        "replicas": active.len(),
        "terminatingReplicas": going,
        "observedGeneration": set["metadata"]["generation"],
    });
    count(&mut status, "fullyLabeledReplicas", active.len() as i64);
    count(&mut status, "readyReplicas", ready.len() as i64);
    count(&mut status, "availableReplicas", available as i64);
    let changed = change(state, "ReplicaSet", namespace, name, |set| {
        status["observedGeneration"] = set["metadata"]["generation"].clone();
        if set["status"]["conditions"].is_array() {
            status["conditions"] = set["status"]["conditions"].clone();
        }
        set["status"] = status;
    });
    if changed {
        super::settle::concern(state, "ReplicaSet", set, at);
    }
}
