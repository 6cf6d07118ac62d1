//! The fields that every object gets from an API server.

use serde_json::{Value, json};

use super::{
    kinds::ServedKind,
    ownership::{Owners, Writer},
    schema,
};
use crate::ids::Ids;

/// Who writes an object, in its `managedFields`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Manager {
    Person,
    Controller,
}

impl Manager {
    fn name(self) -> &'static str {
        match self {
            Self::Person => "kubectl-client-side-apply",
            Self::Controller => "kube-controller-manager",
        }
    }
}

/// Adds uid and time of creation where they are missing.
pub(crate) fn complete(object: &mut Value, ids: &mut Ids, now: &str) {
    if object["metadata"]["uid"].is_null() {
        object["metadata"]["uid"] = ids.uid().into();
    }
    if object["metadata"]["creationTimestamp"].is_null() {
        object["metadata"]["creationTimestamp"] = now.into();
    }
}

/// Adds managed fields where they are missing.
pub(crate) fn own(kind: &ServedKind, object: &mut Value, now: &str, manager: Manager) {
    if object["metadata"]["managedFields"].is_null() {
        owners(kind, object, now, manager).put(object);
    }
}

/// Who owns an object that somebody wrote, and whose status a controller wrote.
fn owners(kind: &ServedKind, object: &Value, now: &str, manager: Manager) -> Owners {
    let (of, nothing) = (kind.of(), schema::empty(&kind.fields()));
    let version = kind.api_version();
    let mut owners = Owners::default();
    owners.update(&of, &nothing, object, Writer::updates(manager.name(), &version), now);
    let status = Writer::updates(Manager::Controller.name(), &version).through("status");
    let mut before = object.clone();
    before["status"] = nothing["status"].clone();
    owners.update(&of, &before, object, status, now);
    owners
}

/// Puts a condition in place of the one of the same type, at the end of the list where its status is new.
pub(crate) fn set_condition(object: &mut Value, condition: Value) {
    if !object["status"]["conditions"].is_array() {
        object["status"]["conditions"] = json!([]);
    }
    let Some(conditions) = object["status"]["conditions"].as_array_mut() else { return };
    let Some(at) = conditions.iter().position(|one| one["type"] == condition["type"]) else {
        conditions.push(condition);
        return;
    };
    let same = conditions[at]["status"] == condition["status"];
    if same {
        let since = conditions[at]["lastTransitionTime"].clone();
        conditions[at] = condition;
        conditions[at]["lastTransitionTime"] = since;
    } else {
        conditions[at] = condition;
    }
}
