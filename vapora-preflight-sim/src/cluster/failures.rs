//! What goes wrong behind the API server, where kubelets and other servers are asked.

use serde_json::{Map, Value, json};

use super::{reply::Reply, status};

/// A connection that is to be handed through to a kubelet that does not listen.
pub(crate) fn undialed(address: &str) -> Reply {
    status::failed(&format!("error dialing backend: dial tcp {address}:10250: connect: connection refused"))
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
