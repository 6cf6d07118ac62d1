//! Reviews: may I do that, and who am I?

use serde_json::{Map, Value, json};

use super::{
    access::{Decision, Identity},
    reply::Reply,
    routes::Target,
    status,
};

fn parse(body: &[u8], api_version: &str, kind: &str) -> Result<Value, Reply> {
    let review: Value = serde_json::from_slice(body).map_err(|error| {
        status::bad_request(&format!("the object provided is unrecognized (must be of type {kind}): {error}"))
    })?;
    for (field, expected) in [("apiVersion", api_version), ("kind", kind)] {
        if let Some(found) = review[field].as_str()
            && found != expected
        {
            return Err(status::bad_request(&format!(
                "the {field} in the data ({found}) does not match the expected {field} ({expected})"
            )));
        }
    }
    Ok(review)
}

/// May the identity do what the review asks? 201, whatever the answer.
pub(crate) fn access(identity: &Identity, body: &[u8], now: &str) -> Reply {
    let api_version = "authorization.k8s.io/v1";
    let review = match parse(body, api_version, "SelfSubjectAccessReview") {
        Ok(review) => review,
        Err(reply) => return reply,
    };
    let resource = &review["spec"]["resourceAttributes"];
    let path = &review["spec"]["nonResourceAttributes"];
    let (field, decision) = match (resource.as_object(), path.as_object()) {
        (Some(resource), None) => ("resourceAttributes", identity.decide(&target(resource))),
        (None, Some(path)) => {
            let text = |field: &str| path.get(field).and_then(Value::as_str).unwrap_or_default();
            ("nonResourceAttributes", identity.decide_path(text("verb"), text("path")))
        }
        (None, None) => {
            let message = "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be \
                           specified";
            return status::invalid_review("spec.resourceAttributes", message);
        }
        (Some(_), Some(_)) => {
            let message =
                format!("Invalid value: {path}: cannot be specified in combination with resourceAttributes");
            return status::invalid_review("spec.nonResourceAttributes", &message);
        }
    };
    let asked = review["spec"][field].as_object().into_iter().flatten();
    let mut fields = Map::from_iter([(".".to_owned(), json!({}))]);
    fields.extend(asked.clone().map(|(key, _)| (format!("f:{key}"), json!({}))));
    fields.retain(|key, _| key != "f:group" || review["spec"][field]["group"] != "");
    let spec: Map<String, Value> =
        asked.filter(|(_, value)| *value != "").map(|(key, value)| (key.clone(), value.clone())).collect();
    let status = match decision {
        Decision::Allowed { reason: Some(reason) } => json!({ "allowed": true, "reason": reason }),
        Decision::Allowed { reason: None } => json!({ "allowed": true }),
        Decision::Denied => json!({ "allowed": false }),
    };
    let body = json!({
        "kind": "SelfSubjectAccessReview",
        "apiVersion": api_version,
        "metadata": { "managedFields": [{
            "manager": "unknown",
            "operation": "Update",
            "apiVersion": api_version,
            "time": now,
            "fieldsType": "FieldsV1",
            "fieldsV1": { "f:spec": { format!("f:{field}"): fields } },
        }] },
        "spec": { field: spec },
        "status": status,
    });
    Reply::json(201, &body)
}

fn target(attributes: &Map<String, Value>) -> Target {
    let text = |field: &str| {
        attributes.get(field).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    Target {
        verb: text("verb").unwrap_or_default(),
        group: text("group").unwrap_or_default(),
        version: text("version").unwrap_or_default(),
        resource: text("resource").unwrap_or_default(),
        subresource: text("subresource"),
        namespace: text("namespace"),
        name: text("name"),
    }
}

/// Who is the identity?
pub(crate) fn who(identity: &Identity, body: &[u8], now: &str) -> Reply {
    let api_version = "authentication.k8s.io/v1";
    if let Err(reply) = parse(body, api_version, "SelfSubjectReview") {
        return reply;
    }
    let mut info = json!({ "username": identity.username, "groups": identity.groups });
    if let Some(uid) = &identity.uid {
        info["uid"] = uid.as_str().into();
    }
    let body = json!({
        "kind": "SelfSubjectReview",
        "apiVersion": api_version,
        "metadata": { "creationTimestamp": now },
        "status": { "userInfo": info },
    });
    Reply::json(201, &body)
}
