//! RFC 7386: `null` takes a field away, objects are merged, all else is replaced.

use serde_json::{Map, Value};

pub(crate) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        target.clone_from(patch);
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_takes_away_and_lists_are_replaced() {
        let mut value = json!({ "a": { "b": 1, "c": 2 }, "list": [1, 2] });
        merge(&mut value, &json!({ "a": { "b": null, "d": { "e": null, "f": 3 } }, "list": [3] }));
        assert_eq!(value, json!({ "a": { "c": 2, "d": { "f": 3 } }, "list": [3] }));
    }
}
