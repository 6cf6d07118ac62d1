//! Objects as controllers read and change them.

use serde_json::{Value, json};

use super::Controllers;
use crate::cluster::{labels::LabelSelector, state::State, store::meta};

/// A number, or zero where there is none.
pub(super) fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

/// How many there are to be.
pub(super) fn replicas(object: &Value) -> i64 {
    object["spec"]["replicas"].as_i64().unwrap_or(1)
}

/// The objects of a kind in a namespace.
pub(super) fn inside(state: &State, kind: &str, namespace: &str) -> Vec<Value> {
    let Some(kind) = state.served(kind) else { return Vec::new() };
    state.store.list(&kind, Some(namespace)).map(|(_, object)| Value::clone(object)).collect()
}

/// The objects of a kind that an owner controls.
pub(super) fn owned(state: &State, kind: &str, owner: &Value) -> Vec<Value> {
    let Some(kind) = state.served(kind) else { return Vec::new() };
    let uid = meta(owner, "uid");
    let belongs = |object: &Value| controller(object).is_some_and(|reference| reference["uid"] == uid);
    let all = state.store.list(&kind, Some(meta(owner, "namespace")));
    all.filter(|(_, object)| belongs(object)).map(|(_, object)| Value::clone(object)).collect()
}

/// Who controls an object.
pub(super) fn controller(object: &Value) -> Option<&Value> {
    let owners = object["metadata"]["ownerReferences"].as_array()?;
    owners.iter().find(|reference| reference["controller"] == true)
}

/// How an object names the one that controls it.
pub(super) fn reference(owner: &Value) -> Value {
    json!([{
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": meta(owner, "name"),
        "uid": meta(owner, "uid"),
        "controller": true,
        "blockOwnerDeletion": true,
    }])
}

/// Is it to go?
pub(super) fn is_going(object: &Value) -> bool {
    !object["metadata"]["deletionTimestamp"].is_null()
}

/// Has the Pod ended by itself?
pub(super) fn has_ended(pod: &Value) -> bool {
    matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
}

/// Does a Pod count for the one that made it?
pub(super) fn is_active(pod: &Value) -> bool {
    !is_going(pod) && !has_ended(pod)
}

/// Changes an object where that makes a difference; whether it did.
pub(super) fn change(
    state: &mut State,
    kind: &str,
    namespace: &str,
    name: &str,
    change: impl FnOnce(&mut Value),
) -> bool {
    let Some(kind) = state.served(kind) else { return false };
    let Some(before) = state.store.get(&kind, namespace, name) else { return false };
    let mut after = Value::clone(before);
    change(&mut after);
    if after == **before {
        return false;
    }
    state.store.edit(&kind, namespace, name, |object| *object = after).is_some()
}

/// Sets a number, or leaves it away where it is zero, as the API server does.
pub(super) fn count(status: &mut Value, field: &str, number: i64) {
    if number > 0 {
        status[field] = number.into();
    }
}

/// Since when the condition of an object has been true, in microseconds of Unix time.
pub(super) fn true_since(object: &Value, condition: &str) -> Option<i64> {
    let mut conditions = object["status"]["conditions"].as_array()?.iter();
    let found = conditions.find(|one| one["type"] == condition && one["status"] == "True")?;
    instant(&found["lastTransitionTime"])
}

/// A time in microseconds of Unix time.
pub(super) fn instant(value: &Value) -> Option<i64> {
    Some(value.as_str()?.parse::<vapora_preflight::Timestamp>().ok()?.unix_micros())
}

/// The Pods of a namespace that a selector of an object fits.
pub(super) fn selected(state: &State, namespace: &str, selector: &Value) -> Vec<Value> {
    let Some(selector) = LabelSelector::of(selector) else { return Vec::new() };
    let mut pods = inside(state, "Pod", namespace);
    pods.retain(|pod| selector.fits(pod));
    pods
}

impl Controllers {
    /// Lets somebody look at it at that time.
    pub(crate) fn wake(&mut self, at: i64, key: super::Key) {
        self.queue.add(at, key);
    }
}
