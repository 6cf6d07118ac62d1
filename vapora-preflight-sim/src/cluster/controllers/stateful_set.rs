//! StatefulSets: Pods with names and an order.

use serde_json::{Value, json};

use super::{
    kubelet,
    view::{change, count, is_going, owned, replicas},
};
use crate::{
    cluster::{
        events::{self, Source},
        pod,
        state::State,
        store::meta,
    },
    ids::{hash, letters},
};

const LABEL: &str = "controller-revision-hash";

fn revision(set: &Value) -> String {
    format!("{}-{}", meta(set, "name"), letters(hash(&set["spec"]["template"].to_string()), 10))
}

fn ordinal(pod: &Value) -> Option<i64> {
    meta(pod, "name").rsplit_once('-')?.1.parse().ok()
}

/// Makes the next Pod that is missing, ends the last that is too many or of an old template, and writes the status.
pub(super) fn sync(state: &mut State, namespace: &str, name: &str, at: i64) {
    let Ok(set) = state.get("StatefulSet", namespace, name).cloned() else { return };
    let update = revision(&set);
    if !is_going(&set) {
        step(state, &set, &update, at);
    }
    let pods = owned(state, "Pod", &set);
    let of =
        |wanted: &str| pods.iter().filter(|pod| pod["metadata"]["labels"][LABEL] == wanted).count() as i64;
    let ready = pods.iter().filter(|pod| pod::is_ready(pod) && !is_going(pod)).count() as i64;
    let wanted = replicas(&set);
    change(state, "StatefulSet", namespace, name, |set| {
        let before = set["status"]["currentRevision"].as_str().unwrap_or(&update).to_owned();
        let done = of(&update) == wanted && ready == wanted;
        let current = if done { update.clone() } else { before };
        let mut status = json!({
            "observedGeneration": set["metadata"]["generation"],
            "replicas": pods.len(),
            "availableReplicas": ready,
            "collisionCount": 0,
            "currentRevision": current,
            "updateRevision": update,
        });
        count(&mut status, "readyReplicas", ready);
        count(&mut status, "currentReplicas", of(&current));
        count(&mut status, "updatedReplicas", of(&update));
        set["status"] = status;
    });
}

fn step(state: &mut State, set: &Value, update: &str, at: i64) {
    let pods = owned(state, "Pod", set);
    let parallel = set["spec"]["podManagementPolicy"] == "Parallel";
    let steady = |pod: &Value| pod::is_ready(pod) && !is_going(pod);
    for number in 0..replicas(set) {
        match pods.iter().find(|pod| ordinal(pod) == Some(number)) {
            None => {
                let own = format!("{}-{number}", meta(set, "name"));
                let mut owner = set.clone();
                let labels = &mut owner["spec"]["template"]["metadata"]["labels"];
                labels[LABEL] = update.into();
                labels["statefulset.kubernetes.io/pod-name"] = own.as_str().into();
                labels["apps.kubernetes.io/pod-index"] = number.to_string().into();
                claims(&mut owner, &own);
                kubelet::make(state, &owner, Some(&own), at);
                let message = format!("create Pod {own} in StatefulSet {} successful", meta(set, "name"));
                events::tell(state, Source::StatefulSets, set, "Normal", "SuccessfulCreate", &message, at);
                if !parallel {
                    return;
                }
            }
            Some(pod) if !steady(pod) && !parallel => return,
            Some(_) => {}
        }
    }
    let mut last: Vec<&Value> = pods.iter().filter(|pod| !is_going(pod)).collect();
    last.sort_by_key(|pod| std::cmp::Reverse(ordinal(pod)));
    let too_many = |pod: &Value| ordinal(pod).is_none_or(|number| number >= replicas(set));
    let old = |pod: &Value| {
        pod["metadata"]["labels"][LABEL] != update && set["spec"]["updateStrategy"]["type"] != "OnDelete"
    };
    if pods.iter().any(is_going) {
        return;
    }
    if let Some(pod) = last.into_iter().find(|pod| too_many(pod) || old(pod)) {
        kubelet::end(state, pod, at);
        let message =
            format!("delete Pod {} in StatefulSet {} successful", meta(pod, "name"), meta(set, "name"));
        events::tell(state, Source::StatefulSets, set, "Normal", "SuccessfulDelete", &message, at);
    }
}

/// The volumes of the Pod of that name, each by a claim of its own.
fn claims(owner: &mut Value, pod: &str) {
    let templates = owner["spec"]["volumeClaimTemplates"].as_array().cloned().unwrap_or_default();
    let spec = &mut owner["spec"]["template"]["spec"];
    for template in templates {
        let name = meta(&template, "name");
        let volume =
            json!({ "name": name, "persistentVolumeClaim": { "claimName": format!("{name}-{pod}") } });
        match spec["volumes"].as_array_mut() {
            Some(volumes) => volumes.push(volume),
            None => spec["volumes"] = json!([volume]),
        }
    }
}
