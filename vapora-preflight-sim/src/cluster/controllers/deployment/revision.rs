//! Which ReplicaSet is of which revision.

use serde_json::{Value, json};

use super::{Sets, progress, rolling};
use crate::{
    clock::seconds_text,
    cluster::{
        controllers::{
            Key,
            view::{change, number, reference, replicas},
        },
        events::{self, Source},
        metadata::Manager,
        state::State,
        store::meta,
    },
    ids::{hash, letters},
};

/// The annotation with the number of a revision.
pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MOST: &str = "deployment.kubernetes.io/max-replicas";
/// The annotations that are not handed from a Deployment to its ReplicaSets.
const OWN: [&str; 6] = [
    REVISION,
    HISTORY,
    DESIRED,
    MOST,
    "kubectl.kubernetes.io/last-applied-configuration",
    "deprecated.deployment.rollback.to",
];
const HASH: &str = "pod-template-hash";

/// Is the ReplicaSet that of the template of the Deployment, but for the hash?
pub(super) fn is_of(set: &Value, deployment: &Value) -> bool {
    let mut template = set["spec"]["template"].clone();
    if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
        labels.remove(HASH);
    }
    template == deployment["spec"]["template"]
}

/// The revision of a ReplicaSet; 0 where it has none.
fn revision(set: &Value) -> i64 {
    let text = set["metadata"]["annotations"][REVISION].as_str();
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// How many Pods the Deployment was to have when the ReplicaSet was last scaled.
pub(super) fn desired(set: &Value) -> Option<i64> {
    set["metadata"]["annotations"][DESIRED].as_str()?.parse().ok()
}

/// How many Pods there could be at most at that time.
pub(super) fn most(set: &Value) -> Option<i64> {
    set["metadata"]["annotations"][MOST].as_str()?.parse().ok()
}

pub(super) fn note_sizes(set: &mut Value, desired: i64, most: i64) {
    set["metadata"]["annotations"][DESIRED] = desired.to_string().into();
    set["metadata"]["annotations"][MOST] = most.to_string().into();
}

/// Gives the ReplicaSet of the template, where there is one, the number after that of all others.
pub(super) fn annotate(state: &mut State, sets: &Sets, at: i64) {
    let Some(set) = &sets.new else { return };
    let number = next(sets);
    let (namespace, name) = (sets.namespace(), meta(set, "name"));
    let changed = change(state, "ReplicaSet", namespace, name, |set| {
        hand_over(&sets.deployment, set);
        let before = revision(set);
        if before < number {
            if before > 0 {
                let history = set["metadata"]["annotations"][HISTORY].as_str().unwrap_or_default();
                let history =
                    if history.is_empty() { before.to_string() } else { format!("{history},{before}") };
                set["metadata"]["annotations"][HISTORY] = history.into();
            }
            set["metadata"]["annotations"][REVISION] = number.to_string().into();
        }
        let wait = &sets.deployment["spec"]["minReadySeconds"];
        if !wait.is_null() {
            set["spec"]["minReadySeconds"] = wait.clone();
        }
    });
    if changed {
        state.controllers.wake(at, Key::ReplicaSet(namespace.to_owned(), name.to_owned()));
    }
    let number = number.max(revision(set));
    change(state, "Deployment", namespace, sets.name(), |deployment| {
        deployment["metadata"]["annotations"][REVISION] = number.to_string().into();
        if progress::has_deadline(deployment) && progress::condition(deployment, "Progressing").is_none() {
            let found = format!("Found new replica set \"{name}\"");
            progress::set(deployment, at, "Progressing", "True", "FoundNewReplicaSet", &found);
        }
    });
}

fn next(sets: &Sets) -> i64 {
    sets.old.iter().map(revision).max().unwrap_or(0) + 1
}

fn hand_over(deployment: &Value, set: &mut Value) {
    for (key, value) in deployment["metadata"]["annotations"].as_object().into_iter().flatten() {
        if !OWN.contains(&key.as_str()) {
            set["metadata"]["annotations"][key] = value.clone();
        }
    }
}

/// Sees to it that there is a ReplicaSet of the template, with its revision.
pub(super) fn ensure(state: &mut State, sets: &Sets, at: i64) {
    if sets.new.is_some() {
        return annotate(state, sets, at);
    }
    let (namespace, name) = (sets.namespace(), sets.name());
    let deployment = &sets.deployment;
    let template_hash = free_hash(state, deployment);
    let set_name = format!("{name}-{template_hash}");
    let mut template = deployment["spec"]["template"].clone();
    let mut selector = deployment["spec"]["selector"].clone();
    template["metadata"]["labels"][HASH] = template_hash.as_str().into();
    selector["matchLabels"][HASH] = template_hash.as_str().into();
    let wanted = rolling::wanted(sets, 0);
    let mut set = json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": set_name,
            "namespace": namespace,
            "generation": 1,
            "labels": template["metadata"]["labels"],
            "annotations": {},
            "ownerReferences": reference(deployment),
        },
        "spec": { "replicas": wanted, "selector": selector, "template": template },
        "status": { "replicas": 0 },
    });
    if !deployment["spec"]["minReadySeconds"].is_null() {
        set["spec"]["minReadySeconds"] = deployment["spec"]["minReadySeconds"].clone();
    }
    hand_over(deployment, &mut set);
    let number = next(sets);
    set["metadata"]["annotations"][REVISION] = number.to_string().into();
    note_sizes(&mut set, replicas(deployment), replicas(deployment) + rolling::surge(deployment));
    let inserted = state.insert(set, &seconds_text(at), Manager::Controller);
    debug_assert!(inserted.is_ok(), "ReplicaSets are served");
    state.controllers.wake(at, Key::ReplicaSet(namespace.to_owned(), set_name.clone()));
    if wanted > 0 {
        let message = format!("Scaled up replica set {set_name} from 0 to {wanted}");
        events::tell(state, Source::Deployments, deployment, "Normal", "ScalingReplicaSet", &message, at);
    }
    change(state, "Deployment", namespace, name, |deployment| {
        deployment["metadata"]["annotations"][REVISION] = number.to_string().into();
        if progress::has_deadline(deployment) {
            let created = format!("Created new replica set \"{set_name}\"");
            progress::set(deployment, at, "Progressing", "True", "NewReplicaSetCreated", &created);
        }
    });
}

/// The hash of the template; another one where a ReplicaSet of another template has that name.
fn free_hash(state: &mut State, deployment: &Value) -> String {
    let (namespace, name) = (meta(deployment, "namespace"), meta(deployment, "name"));
    let template = deployment["spec"]["template"].to_string();
    let mut collisions = number(&deployment["status"]["collisionCount"]);
    loop {
        let salt = if collisions == 0 { String::new() } else { collisions.to_string() };
        let found = letters(hash(&format!("{template}{salt}")), 10);
        if state.get("ReplicaSet", namespace, &format!("{name}-{found}")).is_err() {
            return found;
        }
        collisions += 1;
        change(state, "Deployment", namespace, name, |deployment| {
            deployment["status"]["collisionCount"] = collisions.into();
        });
    }
}
