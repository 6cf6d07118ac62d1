//! An object as a server sends it: without what is empty, with the objects that are always there.

use serde_json::{Map, Value, json};

use super::{Struct, Type};

/// Leaves out what a server does not send, and puts in what it always sends.
pub(crate) fn normalize(of: &Struct, value: &mut Value) {
    let Some(fields) = value.as_object_mut() else { return };
    fields.retain(|name, value| {
        let Some(field) = of.field(name) else { return of.open };
        if value.is_null() {
            // The times of events are there, whether they are known or not.
            return field.required || matches!(field.of, Type::Time) && of.name.ends_with("Event");
        }
        inside(&field.of, value);
        field.required || !empty_value(&field.of, field.omitted, value)
    });
    for field in &of.fields {
        if let (Type::Struct(of), true) = (&field.of, field.always) {
            let value = fields.entry(field.name.clone()).or_insert_with(|| json!({}));
            normalize(of, value);
        } else if field.required {
            fields.entry(field.name.clone()).or_insert_with(|| zero(&field.of));
        }
    }
}

/// What a server sends for a field that it always sends, where it is not set.
fn zero(of: &Type) -> Value {
    match of {
        Type::Text => "".into(),
        Type::Quantity => "0".into(),
        Type::Integer | Type::Number | Type::IntOrText => 0.into(),
        Type::Boolean => false.into(),
        _ => Value::Null,
    }
}

fn inside(of: &Type, value: &mut Value) {
    match (of, value) {
        (Type::Struct(of), value) => normalize(of, value),
        (Type::List(of, _), Value::Array(list)) => {
            for item in list {
                inside(of, item);
            }
        }
        (Type::Map(of, _), Value::Object(fields)) => {
            for value in fields.values_mut() {
                inside(of, value);
            }
        }
        (Type::Integer, value) => {
            if let Some(number) = value.as_f64().filter(|_| value.is_f64()) {
                #[expect(clippy::cast_possible_truncation, reason = "as a real server does")]
                let whole = number as i64;
                *value = whole.into();
            }
        }
        (Type::Quantity, value) => {
            if let Value::Number(number) = value {
                *value = number.to_string().into();
            }
        }
        _ => {}
    }
}

fn empty_value(of: &Type, omitted: bool, value: &Value) -> bool {
    match (of, value) {
        (Type::Map(..), Value::Object(fields)) => fields.is_empty(),
        (Type::List(..), Value::Array(list)) => list.is_empty(),
        (Type::Text, Value::String(text)) => omitted && text.is_empty(),
        (Type::Boolean, Value::Bool(value)) => omitted && !value,
        (Type::Integer, Value::Number(number)) => omitted && number.as_i64() == Some(0),
        _ => false,
    }
}

/// An object of a kind in which nothing is set: what is always there, and nothing else.
pub(crate) fn empty(of: &Struct) -> Value {
    let fields: Map<String, Value> = of
        .fields
        .iter()
        .filter(|field| field.always || field.required)
        .map(|field| {
            let value = match &field.of {
                Type::Struct(of) if field.always => empty(of),
                _ => Value::Null,
            };
            (field.name.clone(), value)
        })
        .collect();
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::schema::built_in;

    #[test]
    fn an_object_is_sent_without_what_is_empty_and_with_what_is_always_there() {
        let mut deployment = json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": { "name": "x", "annotations": {}, "labels": null },
            "spec": {
                "replicas": 0,
                "minReadySeconds": 0,
                "paused": false,
                "selector": { "matchLabels": { "app": "x" } },
                "template": { "spec": { "containers": [{
                    "name": "web", "image": "", "env": [], "securityContext": { "runAsNonRoot": false },
                }] } },
            },
        });
        normalize(&built_in("apps/v1", "Deployment"), &mut deployment);
        assert_eq!(
            deployment,
            json!({
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": { "name": "x" },
                "spec": {
                    "replicas": 0,
                    "selector": { "matchLabels": { "app": "x" } },
                    "template": {
                        "metadata": {},
                        "spec": { "containers": [{
                            "name": "web", "resources": {}, "securityContext": { "runAsNonRoot": false },
                        }] },
                    },
                    "strategy": {},
                },
                "status": {},
            })
        );
    }

    #[test]
    fn an_empty_object_has_what_is_always_there() {
        let spec = empty(&built_in("apps/v1", "Deployment"))["spec"].clone();
        assert_eq!(
            spec,
            json!({
                "selector": null,
                "strategy": {},
                "template": { "metadata": {}, "spec": { "containers": null } },
            })
        );
    }
}
