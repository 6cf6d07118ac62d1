//! DaemonSets: one Pod on each Node.

use serde_json::{Value, json};

use super::{
    kubelet,
    view::{change, count, is_active, is_going, owned},
};
use crate::cluster::{
    events::{self, Source},
    pod,
    state::State,
    store::meta,
};

/// Makes a Pod for each Node that has none, ends those on Nodes that are gone, and writes the status.
pub(super) fn sync(state: &mut State, namespace: &str, name: &str, at: i64) {
    let Ok(set) = state.get("DaemonSet", namespace, name).cloned() else { return };
    let nodes: Vec<String> =
        state.kind("Node").into_iter().map(|node| meta(node, "name").to_owned()).collect();
    let on = |pod: &Value| pod["spec"]["nodeName"].as_str().unwrap_or_default().to_owned();
    if !is_going(&set) {
        let active: Vec<Value> = owned(state, "Pod", &set).into_iter().filter(is_active).collect();
        for node in nodes.iter().filter(|node| !active.iter().any(|pod| on(pod) == **node)) {
            let mut owner = set.clone();
            owner["spec"]["template"]["spec"]["nodeName"] = node.as_str().into();
            let made = kubelet::make(state, &owner, None, at);
            let message = format!("Created pod: {made}");
            events::tell(state, Source::DaemonSets, &set, "Normal", "SuccessfulCreate", &message, at);
        }
        for pod in active.iter().filter(|pod| !nodes.contains(&on(pod))) {
            kubelet::end(state, pod, at);
        }
    }
    let pods: Vec<Value> = owned(state, "Pod", &set).into_iter().filter(is_active).collect();
    let placed = pods.iter().filter(|pod| nodes.contains(&on(pod))).count() as i64;
    let ready = pods.iter().filter(|pod| pod::is_ready(pod)).count() as i64;
    let wanted = nodes.len() as i64;
    change(state, "DaemonSet", namespace, name, |set| {
        let mut status = json!({
            "observedGeneration": set["metadata"]["generation"],
            "currentNumberScheduled": placed,
            "numberMisscheduled": 0,
            "desiredNumberScheduled": wanted,
            "numberReady": ready,
        });
        count(&mut status, "updatedNumberScheduled", placed);
        count(&mut status, "numberAvailable", ready);
        count(&mut status, "numberUnavailable", wanted - ready);
        set["status"] = status;
    });
}
