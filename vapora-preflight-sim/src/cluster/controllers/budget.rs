//! PodDisruptionBudgets: how many Pods may be taken away.

use serde_json::{Value, json};

use super::{
    deployment::share,
    view::{change, controller, is_going, number, replicas, selected},
};
use crate::{
    clock::seconds_text,
    cluster::{metadata, pod, state::State, store::meta},
};

/// Writes the status of a budget from the Pods that it is for.
pub(super) fn sync(state: &mut State, namespace: &str, name: &str, at: i64) {
    let Ok(budget) = state.get("PodDisruptionBudget", namespace, name).cloned() else { return };
    let mut pods = selected(state, namespace, &budget["spec"]["selector"]);
    pods.retain(|pod| !super::view::has_ended(pod));
    let healthy = pods.iter().filter(|pod| pod::is_ready(pod) && !is_going(pod)).count() as i64;
    let least = &budget["spec"]["minAvailable"];
    let most = &budget["spec"]["maxUnavailable"];
    let (expected, desired) = if !most.is_null() {
        let expected = expected(state, &pods);
        (expected, (expected - share(most, expected, true)).max(0))
    } else if least.is_string() {
        let expected = expected(state, &pods);
        (expected, share(least, expected, true))
    } else {
        (pods.len() as i64, number(least))
    };
    let allowed = if expected <= 0 { 0 } else { (healthy - desired).max(0) };
    change(state, "PodDisruptionBudget", namespace, name, |budget| {
        let generation = budget["metadata"]["generation"].clone();
        let conditions = budget["status"]["conditions"].clone();
        budget["status"] = json!({
            "observedGeneration": generation,
            "disruptionsAllowed": allowed,
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
        });
        if conditions.is_array() {
            budget["status"]["conditions"] = conditions;
        }
        let (status, reason) =
            if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
        metadata::set_condition(
            budget,
            json!({
                "type": "DisruptionAllowed",
                "status": status,
                "observedGeneration": generation,
                "lastTransitionTime": seconds_text(at),
                "reason": reason,
                "message": "",
            }),
        );
    });
}

/// How many Pods there are to be, by what their owners say.
fn expected(state: &State, pods: &[Value]) -> i64 {
    let mut owners: Vec<(String, i64)> = Vec::new();
    for pod in pods {
        let Some((uid, wanted)) = scale(state, pod) else { continue };
        if !owners.iter().any(|(known, _)| *known == uid) {
            owners.push((uid, wanted));
        }
    }
    owners.into_iter().map(|(_, wanted)| wanted).sum()
}

/// Who is scaled for this Pod, and to how many.
fn scale(state: &State, pod: &Value) -> Option<(String, i64)> {
    let namespace = meta(pod, "namespace");
    let owner = controller(pod)?;
    let owner = state.get(owner["kind"].as_str()?, namespace, owner["name"].as_str()?).ok()?;
    let scaled = match controller(owner) {
        Some(above) if above["kind"] == "Deployment" => {
            state.get("Deployment", namespace, above["name"].as_str()?).ok()?
        }
        _ => owner,
    };
    Some((meta(scaled, "uid").to_owned(), replicas(scaled)))
}
