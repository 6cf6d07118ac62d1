//! What a Deployment says about itself.

use serde_json::{Value, json};

use super::{Sets, rolling};
use crate::{
    clock::seconds_text,
    cluster::{
        controllers::{
            Key,
            view::{change, count, instant, number, replicas},
        },
        state::State,
        store::meta,
    },
};

pub(super) fn condition<'a>(deployment: &'a Value, kind: &str) -> Option<&'a Value> {
    deployment["status"]["conditions"].as_array()?.iter().find(|one| one["type"] == kind)
}

pub(super) fn has_deadline(deployment: &Value) -> bool {
    deployment["spec"]["progressDeadlineSeconds"]
        .as_i64()
        .is_some_and(|seconds| seconds < i64::from(i32::MAX))
}

/// Sets a condition; one of the same status and reason stays as it is, any other goes to the end.
pub(super) fn set(deployment: &mut Value, at: i64, kind: &str, status: &str, reason: &str, message: &str) {
    let now = seconds_text(at);
    let mut since = now.clone();
    if let Some(before) = condition(deployment, kind) {
        if before["status"] == status && before["reason"] == reason {
            return;
        }
        if before["status"] == status {
            before["lastTransitionTime"].as_str().unwrap_or(&now).clone_into(&mut since);
        }
    }
    put(
        deployment,
        kind,
        json!({
            "type": kind,
            "status": status,
            "lastUpdateTime": now,
            "lastTransitionTime": since,
            "reason": reason,
            "message": message,
        }),
    );
}

fn put(deployment: &mut Value, kind: &str, condition: Value) {
    remove(deployment, kind);
    if !deployment["status"]["conditions"].is_array() {
        deployment["status"]["conditions"] = json!([]);
    }
    if let Some(conditions) = deployment["status"]["conditions"].as_array_mut() {
        conditions.push(condition);
    }
}

fn remove(deployment: &mut Value, kind: &str) {
    if let Some(conditions) = deployment["status"]["conditions"].as_array_mut() {
        conditions.retain(|one| one["type"] != kind);
    }
}

/// Says that the Deployment is paused, or that it goes on.
pub(super) fn note_pause(state: &mut State, deployment: &Value, at: i64) {
    let reason = condition(deployment, "Progressing").map_or(&Value::Null, |one| &one["reason"]);
    if !has_deadline(deployment) || reason == "ProgressDeadlineExceeded" {
        return;
    }
    let (paused, said) = (deployment["spec"]["paused"] == true, reason == "DeploymentPaused");
    let (reason, message) = match (paused, said) {
        (true, false) => ("DeploymentPaused", "Deployment is paused"),
        (false, true) => ("DeploymentResumed", "Deployment is resumed"),
        _ => return,
    };
    change(state, "Deployment", meta(deployment, "namespace"), meta(deployment, "name"), |deployment| {
        set(deployment, at, "Progressing", "Unknown", reason, message);
    });
}

/// What is counted of the ReplicaSets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counts {
    wanted: i64,
    replicas: i64,
    updated: i64,
    ready: i64,
    available: i64,
    going: i64,
}

impl Counts {
    fn of(sets: &Sets) -> Self {
        let sum = |field: &str| sets.all().map(|set| number(&set["status"][field])).sum();
        let updated = sets.new.as_ref().map_or(0, |set| number(&set["status"]["replicas"]));
        Self {
            wanted: sets.wanted(),
            replicas: sum("replicas"),
            updated,
            ready: sum("readyReplicas"),
            available: sum("availableReplicas"),
            going: sum("terminatingReplicas"),
        }
    }

    /// As the status had it before.
    fn before(deployment: &Value) -> Self {
        let of = |field: &str| number(&deployment["status"][field]);
        Self {
            wanted: 0,
            replicas: of("replicas"),
            updated: of("updatedReplicas"),
            ready: of("readyReplicas"),
            available: of("availableReplicas"),
            going: of("terminatingReplicas"),
        }
    }

    fn complete(self, deployment: &Value) -> bool {
        let all = replicas(deployment);
        self.updated == all && self.replicas == all && self.available == all
    }

    fn progressed(self, before: Self) -> bool {
        self.updated > before.updated
            || self.replicas - self.updated < before.replicas - before.updated
            || self.ready > before.ready
            || self.available > before.available
    }
}

/// Has the rollout come to its end, by what the Deployment itself knows?
pub(super) fn is_complete(sets: &Sets) -> bool {
    let seen = sets.deployment["status"]["observedGeneration"] == sets.deployment["metadata"]["generation"];
    seen && Counts::before(&sets.deployment).complete(&sets.deployment)
}

/// Writes the status; `estimate` says whether progress is to be judged.
pub(super) fn write(state: &mut State, sets: &Sets, at: i64, estimate: bool) {
    let counts = Counts::of(sets);
    let set_name = sets.new.as_ref().map(|set| meta(set, "name").to_owned());
    let mut deadline = None;
    change(state, "Deployment", sets.namespace(), sets.name(), |deployment| {
        let before = Counts::before(deployment);
        let kept = deployment["status"].take();
        let mut status = json!({
            "observedGeneration": deployment["metadata"]["generation"],
            "terminatingReplicas": counts.going,
        });
        for field in ["conditions", "collisionCount"] {
            if !kept[field].is_null() {
                status[field] = kept[field].clone();
            }
        }
        count(&mut status, "replicas", counts.replicas);
        count(&mut status, "updatedReplicas", counts.updated);
        count(&mut status, "readyReplicas", counts.ready);
        count(&mut status, "availableReplicas", counts.available);
        count(&mut status, "unavailableReplicas", counts.wanted - counts.available);
        deployment["status"] = status;
        if counts.available >= replicas(deployment) - rolling::may_be_missing(deployment) {
            let message = "Deployment has minimum availability.";
            set(deployment, at, "Available", "True", "MinimumReplicasAvailable", message);
        } else {
            let message = "Deployment does not have minimum availability.";
            set(deployment, at, "Available", "False", "MinimumReplicasUnavailable", message);
        }
        if !has_deadline(deployment) {
            remove(deployment, "Progressing");
        } else if estimate {
            deadline = judge(deployment, set_name.as_deref(), counts, before, at);
        }
    });
    if let Some(deadline) = deadline {
        let (namespace, name) = (sets.namespace().to_owned(), sets.name().to_owned());
        state.controllers.wake(deadline, Key::Deployment(namespace, name));
    }
}

/// Says how the rollout goes; gives the time at which it is to be judged again, if nothing happens until then.
fn judge(
    deployment: &mut Value,
    set_name: Option<&str>,
    counts: Counts,
    before: Counts,
    at: i64,
) -> Option<i64> {
    let current = condition(deployment, "Progressing").cloned();
    let reason = current.as_ref().map_or(&Value::Null, |one| &one["reason"]).clone();
    if counts.replicas == counts.updated && reason == "NewReplicaSetAvailable" {
        return None;
    }
    let what = match set_name {
        Some(name) => format!("ReplicaSet \"{name}\""),
        None => format!("Deployment \"{}\"", meta(deployment, "name")),
    };
    let limit = number(&deployment["spec"]["progressDeadlineSeconds"]) * 1_000_000;
    if counts.complete(deployment) {
        let message = format!("{what} has successfully progressed.");
        set(deployment, at, "Progressing", "True", "NewReplicaSetAvailable", &message);
        return None;
    }
    if counts.progressed(before) {
        let now = seconds_text(at);
        let since = current.filter(|one| one["status"] == "True");
        let since = since.map_or_else(|| now.clone().into(), |one| one["lastTransitionTime"].clone());
        put(
            deployment,
            "Progressing",
            json!({
                "type": "Progressing",
                "status": "True",
                "lastUpdateTime": now,
                "lastTransitionTime": since,
                "reason": "ReplicaSetUpdated",
                "message": format!("{what} is progressing."),
            }),
        );
        return Some(at + limit + 1_000_000);
    }
    let from = instant(&current?["lastUpdateTime"])?;
    if reason == "NewReplicaSetAvailable" || reason == "ProgressDeadlineExceeded" {
        return None;
    }
    if from + limit < at {
        let message = format!("{what} has timed out progressing.");
        set(deployment, at, "Progressing", "False", "ProgressDeadlineExceeded", &message);
        return None;
    }
    Some(from + limit + 1_000_000)
}
