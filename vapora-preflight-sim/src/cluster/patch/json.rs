//! RFC 6902: a list of operations, of which all are done or none.

use serde_json::Value;

/// A patch that was not done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotDone {
    /// It is no patch.
    Unreadable(String),
    /// One of its operations cannot be done on this object.
    Impossible,
}

/// Does the operations of a patch.
pub(crate) fn json(target: &Value, patch: &Value) -> Result<Value, NotDone> {
    let Value::Array(operations) = patch else {
        let what = "json: cannot unmarshal object into Go value of type jsonpatch.Patch";
        return Err(NotDone::Unreadable(what.to_owned()));
    };
    let mut value = target.clone();
    for operation in operations {
        operate(&mut value, operation).ok_or(NotDone::Impossible)?;
    }
    Ok(value)
}

fn operate(value: &mut Value, operation: &Value) -> Option<()> {
    let path = operation["path"].as_str()?;
    match operation["op"].as_str()? {
        "add" => add(value, path, operation.get("value")?.clone()),
        "remove" => remove(value, path).map(drop),
        "replace" => {
            *value.pointer_mut(path)? = operation.get("value")?.clone();
            Some(())
        }
        "move" => {
            let moved = remove(value, operation["from"].as_str()?)?;
            add(value, path, moved)
        }
        "copy" => {
            let copied = value.pointer(operation["from"].as_str()?)?.clone();
            add(value, path, copied)
        }
        "test" => {
            let expected = operation.get("value").unwrap_or(&Value::Null);
            let found = value.pointer(path);
            (found == Some(expected) || (found.is_none() && expected.is_null())).then_some(())
        }
        _ => None,
    }
}

/// The place a path is in, and the name it has there.
fn parent<'a>(value: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let (parent, name) = path.rsplit_once('/')?;
    let name = name.replace("~1", "/").replace("~0", "~");
    Some((value.pointer_mut(parent)?, name))
}

fn add(value: &mut Value, path: &str, added: Value) -> Option<()> {
    if path.is_empty() {
        *value = added;
        return Some(());
    }
    let (parent, name) = parent(value, path)?;
    match parent {
        Value::Object(fields) => {
            fields.insert(name, added);
        }
        Value::Array(list) if name == "-" => list.push(added),
        Value::Array(list) => {
            let index = name.parse().ok().filter(|index| *index <= list.len())?;
            list.insert(index, added);
        }
        _ => return None,
    }
    Some(())
}

fn remove(value: &mut Value, path: &str) -> Option<Value> {
    let (parent, name) = parent(value, path)?;
    match parent {
        Value::Object(fields) => fields.remove(&name),
        Value::Array(list) => {
            let index = name.parse().ok().filter(|index| *index < list.len())?;
            Some(list.remove(index))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_operation_is_done() {
        let value = json!({ "a": { "b/c": 1 }, "list": [1, 2, 3] });
        let patch = json!([
            { "op": "test", "path": "/a/b~1c", "value": 1 },
            { "op": "add", "path": "/a/d", "value": 2 },
            { "op": "replace", "path": "/a/b~1c", "value": 3 },
            { "op": "add", "path": "/list/1", "value": 9 },
            { "op": "add", "path": "/list/-", "value": 4 },
            { "op": "remove", "path": "/list/0" },
            { "op": "copy", "from": "/a", "path": "/copy" },
            { "op": "move", "from": "/a/d", "path": "/moved" },
        ]);
        assert_eq!(
            json(&value, &patch).unwrap(),
            json!({ "a": { "b/c": 3 }, "list": [9, 2, 3, 4], "copy": { "b/c": 3, "d": 2 }, "moved": 2 })
        );
    }

    #[test]
    fn an_operation_that_cannot_be_done_spoils_the_patch() {
        let value = json!({ "a": 1, "list": [] });
        for operation in [
            json!({ "op": "test", "path": "/a", "value": 2 }),
            json!({ "op": "replace", "path": "/b", "value": 2 }),
            json!({ "op": "remove", "path": "/b" }),
            json!({ "op": "add", "path": "/b/c", "value": 2 }),
            json!({ "op": "add", "path": "/list/1", "value": 2 }),
            json!({ "op": "nonsense", "path": "/a" }),
        ] {
            assert_eq!(json(&value, &json!([operation])), Err(NotDone::Impossible), "{operation}");
        }
        assert!(matches!(json(&value, &json!({})), Err(NotDone::Unreadable(_))));
    }
}
