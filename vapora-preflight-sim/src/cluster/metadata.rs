//! The fields that every object gets from an API server.

use serde_json::{Map, Value, json};

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

/// Adds uid, time of creation and managed fields where they are missing.
pub(crate) fn complete(object: &mut Value, ids: &mut Ids, now: &str, manager: Manager) {
    if object["metadata"]["uid"].is_null() {
        object["metadata"]["uid"] = ids.uid().into();
    }
    if object["metadata"]["creationTimestamp"].is_null() {
        object["metadata"]["creationTimestamp"] = now.into();
    }
    if object["metadata"]["managedFields"].is_null() {
        object["metadata"]["managedFields"] = managed(object, now, manager);
    }
}

fn managed(object: &Value, now: &str, manager: Manager) -> Value {
    let entry = |manager: &str, fields: Value| {
        json!({
            "manager": manager,
            "operation": "Update",
            "apiVersion": object["apiVersion"],
            "time": now,
            "fieldsType": "FieldsV1",
            "fieldsV1": fields,
        })
    };
    let mut written = object.clone();
    let status = written.as_object_mut().and_then(|fields| {
        for field in ["apiVersion", "kind"] {
            fields.remove(field);
        }
        fields.remove("status")
    });
    if let Some(metadata) = written["metadata"].as_object_mut() {
        metadata.retain(|field, _| {
            ["labels", "annotations", "generateName", "ownerReferences"].contains(&field.as_str())
        });
    }
    let mut entries = vec![entry(manager.name(), fields(&written))];
    if let Some(status) = status {
        let mut entry = entry(Manager::Controller.name(), json!({ "f:status": fields(&status) }));
        entry["subresource"] = "status".into();
        entries.push(entry);
    }
    Value::Array(entries)
}

/// The set of fields of an object, lists taken whole.
fn fields(value: &Value) -> Value {
    let Value::Object(object) = value else { return json!({}) };
    let set: Map<String, Value> =
        object.iter().map(|(key, value)| (format!("f:{key}"), fields(value))).collect();
    Value::Object(set)
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
