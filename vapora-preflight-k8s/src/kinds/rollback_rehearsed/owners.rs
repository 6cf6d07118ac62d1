//! Who manages the fields of a deployment, after it was changed and changed back.

use serde_json::{Map, Value};

use super::patch::MANAGER;

/// The `managedFields` without what was written under our own name, and with those of the time before: a change takes fields
/// away from whoever has applied them, and whoever applies them again would meet a conflict.
pub(super) fn given_back(now: &Value, before: &Value) -> Value {
    let entries = |of: &Value| of.as_array().cloned().unwrap_or_default();
    let mut kept: Vec<Value> = entries(now).into_iter().filter(|entry| !is_ours(entry)).collect();
    for old in entries(before).into_iter().filter(|entry| entry["subresource"].is_null() && !is_ours(entry)) {
        match kept.iter_mut().find(|entry| is_of_same(entry, &old)) {
            Some(entry) => unite(&mut entry["fieldsV1"], &old["fieldsV1"]),
            None => kept.push(old),
        }
    }
    Value::Array(kept)
}

fn is_ours(entry: &Value) -> bool {
    entry["manager"] == MANAGER && entry["operation"] == "Update"
}

fn is_of_same(one: &Value, other: &Value) -> bool {
    ["manager", "operation", "apiVersion", "subresource"].into_iter().all(|field| one[field] == other[field])
}

/// Adds the fields of one set to another.
fn unite(fields: &mut Value, more: &Value) {
    let (Value::Object(fields), Value::Object(more)) = (fields, more) else { return };
    for (name, below) in more {
        unite(fields.entry(name.clone()).or_insert_with(|| Value::Object(Map::new())), below);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
        json!({ "manager": manager, "operation": operation, "apiVersion": "apps/v1", "fieldsV1": fields })
    }

    #[test]
    fn what_was_taken_is_given_back_and_what_is_new_is_kept() {
        let before = json!([
            entry("kubectl", "Apply", &json!({ "f:spec": { "f:image": {}, "f:replicas": {} } })),
            entry("edit", "Update", &json!({ "f:image": {} })),
        ]);
        let status = json!({ "manager": "controller", "operation": "Update", "subresource": "status", "fieldsV1": {} });
        let now = json!([
            entry("kubectl", "Apply", &json!({ "f:spec": { "f:replicas": {}, "f:paused": {} } })),
            entry(MANAGER, "Update", &json!({ "f:spec": { "f:image": {} } })),
            status,
        ]);
        assert_eq!(
            given_back(&now, &before),
            json!([
                entry(
                    "kubectl",
                    "Apply",
                    &json!({ "f:spec": { "f:replicas": {}, "f:paused": {}, "f:image": {} } })
                ),
                status,
                entry("edit", "Update", &json!({ "f:image": {} })),
            ])
        );
        assert_eq!(given_back(&Value::Null, &Value::Null), json!([]));
    }
}
