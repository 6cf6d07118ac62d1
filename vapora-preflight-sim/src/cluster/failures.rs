//! What goes wrong behind the API server, where kubelets and other servers are asked.

use serde_json::{Map, Value, json};

use super::{reply::Reply, status};

/// A failure that the server passes on without a reason.
pub(crate) fn failed(message: &str) -> Reply {
    Reply::json(500, &status::status(500, None, message, None))
}

/// A connection that is to be handed through to a kubelet that does not listen.
pub(crate) fn undialed(address: &str) -> Reply {
    failed(&format!("error dialing backend: dial tcp {address}:10250: connect: connection refused"))
}

/// Options of a request that do not go together. The object has no kind of its own in the API.
pub(crate) fn invalid_options(kind: &str, name: &str, wrong: &[(&str, String)]) -> Reply {
    let told: Vec<String> = wrong.iter().map(|(field, what)| format!("{field}: {what}")).collect();
    let listed = if let [only] = told.as_slice() { only.clone() } else { format!("[{}]", told.join(", ")) };
    let causes: Vec<Value> = wrong
        .iter()
        .map(|(field, what)| {
            let forbidden = what.starts_with("Forbidden");
            let reason = if forbidden { "FieldValueForbidden" } else { "FieldValueInvalid" };
            json!({ "reason": reason, "message": what, "field": field })
        })
        .collect();
    let message = format!("{kind} \"{name}\" is invalid: {listed}");
    let details = json!({ "name": name, "kind": kind, "causes": causes });
    Reply::json(422, &status::status(422, Some("Invalid"), &message, Some(details)))
}

/// The end of a command, as it is told over the connection.
pub(crate) fn outcome(failure: Option<(&str, u16, String, Value)>) -> Value {
    let mut status = Map::new();
    status.insert("metadata".into(), json!({}));
    let Some((reason, code, message, causes)) = failure else {
        status.insert("status".into(), "Success".into());
        return Value::Object(status);
    };
    status.insert("status".into(), "Failure".into());
    status.insert("message".into(), message.into());
    status.insert("reason".into(), reason.into());
    status.insert("details".into(), json!({ "causes": causes }));
    if code > 0 {
        status.insert("code".into(), code.into());
    }
    Value::Object(status)
}

/// A server that is asked through the API server, and does not listen.
pub(crate) fn unreachable(address: &str) -> Reply {
    let message =
        format!("error trying to reach service: dial tcp {address}:10250: connect: connection refused");
    Reply::json(503, &status::status(503, Some("ServiceUnavailable"), &message, None))
}
