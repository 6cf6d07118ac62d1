//! Strategic merge patches: as merge patches, but that lists whose items have keys are merged item by item.

use serde_json::{Map, Value};

use crate::cluster::schema::Type;

const DIRECTIVE: &str = "$patch";
const RETAIN: &str = "$retainKeys";

/// Merges a patch into an object. The error says why it cannot be read.
pub(crate) fn strategic(of: &Type, target: &mut Value, patch: &Value) -> Result<(), String> {
    let Value::Object(patch) = patch else {
        target.clone_from(patch);
        return Ok(());
    };
    if patch.get(DIRECTIVE).is_some_and(|directive| directive == "replace") {
        let mut fields = patch.clone();
        fields.remove(DIRECTIVE);
        *target = Value::Object(fields);
        return Ok(());
    }
    if patch.get(DIRECTIVE).is_some_and(|directive| directive == "delete") {
        *target = Value::Null;
        return Ok(());
    }
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else { return Ok(()) };
    if let Some(retained) = patch.get(RETAIN).and_then(Value::as_array) {
        fields.retain(|name, _| retained.iter().any(|one| one == name));
    }
    for (name, value) in patch.iter().filter(|(name, _)| !name.starts_with('$')) {
        match (value, of.field(name)) {
            (Value::Null, _) => {
                fields.remove(name);
            }
            (Value::Array(items), Some(Type::List(of, listing))) => {
                let list = fields.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
                match (&listing.merge_key, list.as_array_mut()) {
                    (Some(key), Some(list)) => merge_items(of, key, list, items)?,
                    _ => *list = value.clone(),
                }
            }
            (value, of) => {
                let field = fields.entry(name.clone()).or_insert(Value::Null);
                strategic(of.unwrap_or(&Type::Deduced), field, value)?;
            }
        }
    }
    directives(fields, patch);
    fields.retain(|_, value| !value.is_null());
    Ok(())
}

/// Merges items into a list by a key; without one the list is a set.
fn merge_items(of: &Type, key: &str, list: &mut Vec<Value>, items: &[Value]) -> Result<(), String> {
    if items
        .iter()
        .any(|item| item[DIRECTIVE] == "replace" && item.as_object().is_some_and(|item| item.len() == 1))
    {
        *list = items.iter().filter(|item| item.get(DIRECTIVE).is_none()).cloned().collect();
        return Ok(());
    }
    for item in items {
        if key.is_empty() {
            if !list.contains(item) {
                list.push(item.clone());
            }
            continue;
        }
        let Some(wanted) = item.get(key) else {
            return Err(format!("map: {item} does not contain declared merge key: {key}"));
        };
        let at = list.iter().position(|one| one.get(key) == Some(wanted));
        match (at, item[DIRECTIVE].as_str()) {
            (Some(at), Some("delete")) => {
                list.remove(at);
            }
            (None, Some("delete")) => {}
            (Some(at), _) => strategic(of, &mut list[at], item)?,
            (None, _) => {
                let mut new = Value::Null;
                strategic(of, &mut new, item)?;
                list.push(new);
            }
        }
    }
    Ok(())
}

/// Deletions from sets, and the order of lists.
fn directives(fields: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, value) in patch {
        if let Some(field) = name.strip_prefix("$deleteFromPrimitiveList/")
            && let Some(list) = fields.get_mut(field).and_then(Value::as_array_mut)
        {
            let deleted: Vec<&Value> = value.as_array().into_iter().flatten().collect();
            list.retain(|item| !deleted.contains(&item));
        }
        if let Some(field) = name.strip_prefix("$setElementOrder/")
            && let Some(list) = fields.get_mut(field).and_then(Value::as_array_mut)
        {
            let order: Vec<&Value> = value.as_array().into_iter().flatten().collect();
            let place = |item: &Value| {
                let known = order.iter().position(|wanted| match wanted.as_object() {
                    Some(keys) => keys.iter().all(|(key, value)| item.get(key) == Some(value)),
                    None => *wanted == item,
                });
                known.unwrap_or(usize::MAX)
            };
            list.sort_by_key(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::schema::built_in;

    #[test]
    fn items_are_merged_by_their_key() {
        let of = Type::Struct(built_in("v1", "Pod"));
        let mut pod = json!({ "spec": { "containers": [
            { "name": "a", "image": "a:1", "args": ["x"], "env": [{ "name": "A", "value": "1" }] },
            { "name": "b", "image": "b:1" },
        ] } });
        let patch = json!({ "spec": { "containers": [
            { "name": "a", "image": "a:2", "args": ["y"], "env": [{ "name": "B", "value": "2" }] },
            { "name": "b", "$patch": "delete" },
            { "name": "c", "image": "c:1" },
        ] } });
        strategic(&of, &mut pod, &patch).unwrap();
        assert_eq!(
            pod,
            json!({ "spec": { "containers": [
                {
                    "name": "a", "image": "a:2", "args": ["y"],
                    "env": [{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }],
                },
                { "name": "c", "image": "c:1" },
            ] } })
        );
        let patch = json!({ "spec": { "containers": [{ "image": "x" }] } });
        assert!(strategic(&of, &mut pod, &patch).unwrap_err().contains("declared merge key: name"));
    }

    #[test]
    fn the_order_and_the_keys_that_stay_can_be_said() {
        let of = Type::Struct(built_in("apps/v1", "Deployment"));
        let mut deployment = json!({
            "metadata": { "finalizers": ["a", "b"] },
            "spec": { "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 1 } } },
        });
        let patch = json!({
            "metadata": { "$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"],
                "$setElementOrder/finalizers": ["c", "b"] },
            "spec": { "strategy": { "$retainKeys": ["type"], "type": "Recreate" } },
        });
        strategic(&of, &mut deployment, &patch).unwrap();
        assert_eq!(
            deployment,
            json!({ "metadata": { "finalizers": ["c", "b"] }, "spec": { "strategy": { "type": "Recreate" } } })
        );
    }
}
