//! The `Status` objects with which an API server says no.

use http::{HeaderName, HeaderValue, header};
use serde_json::{Map, Value, json};

use super::{
    invalid::{self, Cause},
    kinds::{ServedKind, qualified},
    ownership::{Conflict, Refusal},
    reply::Reply,
    routes::Target,
};

pub(crate) fn status(code: u16, reason: Option<&str>, message: &str, details: Option<Value>) -> Value {
    let mut body = Map::new();
    body.insert("kind".into(), "Status".into());
    body.insert("apiVersion".into(), "v1".into());
    body.insert("metadata".into(), json!({}));
    body.insert("status".into(), "Failure".into());
    body.insert("message".into(), message.into());
    if let Some(reason) = reason {
        body.insert("reason".into(), reason.into());
    }
    if let Some(details) = details {
        body.insert("details".into(), details);
    }
    body.insert("code".into(), code.into());
    Value::Object(body)
}

fn details(group: &str, plural: &str, name: Option<&str>) -> Value {
    let mut details = Map::new();
    if let Some(name) = name {
        details.insert("name".into(), name.into());
    }
    if !group.is_empty() {
        details.insert("group".into(), group.into());
    }
    details.insert("kind".into(), plural.into());
    Value::Object(details)
}

pub(crate) fn unauthorized() -> Reply {
    Reply::json(401, &status(401, Some("Unauthorized"), "Unauthorized", None))
}

/// The identity may not do that with that resource.
pub(crate) fn forbidden(user: &str, target: &Target) -> Reply {
    let Target { verb, group, resource, namespace, name, .. } = target;
    let object = match name {
        Some(name) => format!("{} \"{name}\"", qualified(group, resource)),
        None => qualified(group, resource),
    };
    let place = match namespace {
        Some(namespace) => format!("in the namespace \"{namespace}\""),
        None => "at the cluster scope".to_owned(),
    };
    let full = target.resource_and_subresource();
    let message = format!(
        "{object} is forbidden: User \"{user}\" cannot {verb} resource \"{full}\" in API group \"{group}\" {place}"
    );
    let details = details(group, resource, name.as_deref());
    Reply { nosniff: true, ..Reply::json(403, &status(403, Some("Forbidden"), &message, Some(details))) }
}

/// The identity may not do that with that path.
pub(crate) fn forbidden_path(user: &str, verb: &str, path: &str) -> Reply {
    let message = format!("forbidden: User \"{user}\" cannot {verb} path \"{path}\"");
    Reply { nosniff: true, ..Reply::json(403, &status(403, Some("Forbidden"), &message, Some(json!({})))) }
}

pub(crate) fn not_found(group: &str, plural: &str, name: &str) -> Reply {
    let message = format!("{} \"{name}\" not found", qualified(group, plural));
    Reply::json(404, &status(404, Some("NotFound"), &message, Some(details(group, plural, Some(name)))))
}

/// The group is there, the resource is not.
pub(crate) fn no_such_resource() -> Reply {
    let message = "the server could not find the requested resource";
    Reply::json(404, &status(404, Some("NotFound"), message, Some(json!({}))))
}

/// It was done, and there is no object to show.
pub(crate) fn success(kind: &ServedKind, name: &str, uid: &str) -> Reply {
    let mut details = details(&kind.group, &kind.plural, Some(name));
    details["uid"] = uid.into();
    let body = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details,
    });
    Reply::json(200, &body)
}

/// It has been done, and there is nothing more to say.
pub(crate) fn created() -> Reply {
    let body =
        json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 });
    Reply::json(201, &body)
}

/// A disruption budget does not let a Pod go.
pub(crate) fn held_by_a_budget(why: &str) -> Reply {
    let message = "Cannot evict pod as it would violate the pod's disruption budget.";
    let details = json!({ "causes": [{ "reason": "DisruptionBudget", "message": why }] });
    Reply::json(429, &status(429, Some("TooManyRequests"), message, Some(details)))
}

/// More than one disruption budget is about a Pod.
pub(crate) fn several_budgets() -> Reply {
    let message =
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    Reply::json(500, &status(500, None, message, None))
}

/// Something in the cluster forbids it, other than a missing right.
pub(crate) fn forbidden_because(kind: &ServedKind, name: &str, why: &str) -> Reply {
    forbidden_by(kind, name, why, &[])
}

/// The same with causes.
pub(crate) fn forbidden_by(kind: &ServedKind, name: &str, why: &str, causes: &[Value]) -> Reply {
    let message = format!("{} \"{name}\" is forbidden: {why}", qualified(&kind.group, &kind.plural));
    let mut details = details(&kind.group, &kind.plural, Some(name));
    if !causes.is_empty() {
        details["causes"] = causes.into();
    }
    Reply::json(403, &status(403, Some("Forbidden"), &message, Some(details)))
}

/// A policy of the cluster denies it.
pub(crate) fn denied_by_policy(kind: &ServedKind, name: &str, why: &str) -> Reply {
    let message = format!("{} \"{name}\" is forbidden: {why}", qualified(&kind.group, &kind.plural));
    let mut details = details(&kind.group, &kind.plural, Some(name));
    details["causes"] = json!([{ "message": why }]);
    Reply::json(422, &status(422, Some("Invalid"), &message, Some(details)))
}

/// A webhook denies it, with a code of its own and perhaps a reason.
pub(crate) fn denied_by_webhook(webhook: &str, message: &str, code: u16) -> Reply {
    let message = format!("admission webhook \"{webhook}\" denied the request: {message}");
    Reply::json(code, &status(code, None, &message, None))
}

/// A mistake of the client that the server reports like one of its own: without a reason.
pub(crate) fn failed(message: &str) -> Reply {
    Reply::json(500, &status(500, None, message, None))
}

pub(crate) fn already_exists(kind: &ServedKind, name: &str) -> Reply {
    let message = format!("{} \"{name}\" already exists", qualified(&kind.group, &kind.plural));
    let details = details(&kind.group, &kind.plural, Some(name));
    Reply::json(409, &status(409, Some("AlreadyExists"), &message, Some(details)))
}

/// The object is not as the client thinks.
pub(crate) fn conflict(kind: &ServedKind, name: &str, why: &str) -> Reply {
    let message = format!(
        "Operation cannot be fulfilled on {} \"{name}\": {why}",
        qualified(&kind.group, &kind.plural)
    );
    let details = details(&kind.group, &kind.plural, Some(name));
    Reply::json(409, &status(409, Some("Conflict"), &message, Some(details)))
}

/// Somebody else owns fields that are applied.
pub(crate) fn apply_conflict(refusal: &Refusal) -> Reply {
    let cause = |conflict: &Conflict| {
        json!({
            "reason": "FieldManagerConflict",
            "message": format!("conflict with {}", conflict.owner),
            "field": conflict.field,
        })
    };
    let details = json!({ "causes": refusal.0.iter().map(cause).collect::<Vec<_>>() });
    Reply::json(409, &status(409, Some("Conflict"), &refusal.message(), Some(details)))
}

/// The object is not valid. `kind` is empty for what is no object.
pub(crate) fn invalid(group: &str, kind: &str, name: &str, causes: &[Cause]) -> Reply {
    let message = format!("{} \"{name}\" is invalid: {}", qualified(group, kind), invalid::listed(causes));
    let mut details = Map::new();
    for (field, value) in [("name", name), ("group", group), ("kind", kind)] {
        if !value.is_empty() {
            details.insert(field.to_owned(), value.into());
        }
    }
    details.insert("causes".to_owned(), causes.iter().map(Cause::to_json).collect());
    Reply::json(422, &status(422, Some("Invalid"), &message, Some(Value::Object(details))))
}

/// A patch that cannot be carried out, such as one whose `test` does not hold.
pub(crate) fn unprocessable() -> Reply {
    let message = "the server rejected our request due to an error in our request";
    Reply::json(422, &status(422, Some("Invalid"), message, Some(json!({}))))
}

pub(crate) fn too_large(limit: usize) -> Reply {
    let message = format!("Request entity too large: limit is {limit}");
    Reply::json(413, &status(413, Some("RequestEntityTooLarge"), &message, None))
}

pub(crate) fn unsupported_media_type() -> Reply {
    let message = "415: Unsupported Media Type";
    Reply::json(415, &status(415, Some("UnsupportedMediaType"), message, Some(json!({}))))
}

/// The resource is there, and cannot do that.
pub(crate) fn method_not_allowed() -> Reply {
    let message = "the server does not allow this method on the requested resource";
    Reply::json(405, &status(405, Some("MethodNotAllowed"), message, Some(json!({}))))
}

pub(crate) fn bad_request(message: &str) -> Reply {
    Reply::json(400, &status(400, Some("BadRequest"), message, None))
}

pub(crate) fn not_acceptable() -> Reply {
    let message = "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, \
                   application/vnd.kubernetes.protobuf, application/json;stream=watch, \
                   application/vnd.kubernetes.protobuf;stream=watch";
    Reply::json(406, &status(406, Some("NotAcceptable"), message, Some(json!({}))))
}

/// A number was expected in `resourceVersion`.
pub(crate) fn bad_resource_version(found: &str) -> Reply {
    let message = format!(
        "resourceVersion: Invalid value: \"{found}\": strconv.ParseUint: parsing \"{found}\": invalid syntax"
    );
    Reply::json(500, &status(500, None, &message, None))
}

pub(crate) fn list_too_old() -> Reply {
    let message = "The resourceVersion for the provided list is too old.";
    Reply::json(410, &status(410, Some("Expired"), message, None))
}

/// What a watch sends that begins before what is remembered.
pub(crate) fn watch_too_old(revision: u64, oldest: u64) -> Value {
    status(410, Some("Expired"), &format!("too old resource version: {revision} ({oldest})"), None)
}

/// A parameter of a list or watch that does not go with the others.
pub(crate) fn invalid_list_option(field: &str, why: &str) -> Reply {
    let message = format!("Forbidden: {why}");
    let full = format!("ListOptions.meta.k8s.io \"\" is invalid: {field}: {message}");
    let details = json!({
        "group": "meta.k8s.io",
        "kind": "ListOptions",
        "causes": [{ "reason": "FieldValueForbidden", "message": message, "field": field }],
    });
    Reply::json(422, &status(422, Some("Invalid"), &full, Some(details)))
}

/// The list has changed since the token was given; `fresh` goes on from there, without consistency.
pub(crate) fn continue_expired(fresh: &str) -> Reply {
    let message = "The provided continue parameter is too old to display a consistent list result. You can start a \
                   new list without the continue parameter, or use the continue token in this response to retrieve \
                   the remainder of the results. Continuing with the provided token results in an inconsistent list \
                   - objects that were created, modified, or deleted between the time the first chunk was returned \
                   and now may show up in the list.";
    let mut body = status(410, Some("Expired"), message, None);
    body["metadata"] = json!({ "continue": fresh });
    Reply::json(410, &body)
}

pub(crate) fn revision_of_the_future(wanted: u64, current: u64) -> Reply {
    let message = format!("Timeout: Too large resource version: {wanted}, current: {current}");
    let details = json!({
        "causes": [{ "reason": "ResourceVersionTooLarge", "message": "Too large resource version" }],
        "retryAfterSeconds": 1,
    });
    let reply = Reply::json(504, &status(504, Some("Timeout"), &message, Some(details)));
    reply.with(header::RETRY_AFTER, 1)
}

/// The server has given up waiting for its store: JSON by its looks, though its type is another.
pub(crate) fn timed_out() -> Reply {
    let body = json!({
        "metadata": {},
        "status": "Failure",
        "message": "Timeout: request did not complete within the allotted timeout",
        "reason": "Timeout",
        "details": {},
        "code": 504,
    });
    Reply { content_type: Some("text/plain; charset=utf-8"), queued: false, ..Reply::json(504, &body) }
}

/// A list is asked for as it will be.
pub(crate) fn not_yet() -> Reply {
    let message =
        "rpc error: code = OutOfRange desc = etcdserver: mvcc: required revision is a future revision";
    Reply::json(500, &status(500, None, message, None))
}

/// A review whose `spec` does not ask exactly one thing.
pub(crate) fn invalid_review(group: &str, field: &str, message: &str) -> Reply {
    let full = format!(".{group} \"\" is invalid: {field}: {message}");
    let details = json!({
        "group": group,
        "causes": [{ "reason": "FieldValueInvalid", "message": message, "field": field }],
    });
    Reply::json(422, &status(422, Some("Invalid"), &full, Some(details)))
}

/// Something in the request that the server cannot handle.
pub(crate) fn internal_error(cause: &str) -> Reply {
    let details = json!({ "causes": [{ "message": cause }] });
    let message = format!("Internal error occurred: {cause}");
    Reply::json(500, &status(500, Some("InternalError"), &message, Some(details)))
}

/// What the simulation has no answer for: never an empty success.
pub(crate) fn unknown_to_the_simulation(what: &str) -> Reply {
    let message = format!("the simulated cluster does not know {what}");
    Reply::json(501, &status(501, None, &message, None))
}

/// The server has too much to do for callers of this priority, and says so before it looks at the request.
pub(crate) fn too_many_requests(
    retry_after: u32,
    priority: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
) -> Reply {
    let mut reply = Reply::text(429, "Too many requests, please try again later.\n");
    reply.headers.extend(priority);
    reply.with(header::RETRY_AFTER, retry_after)
}

/// The answer of a server or of something before it that failed with this code.
pub(crate) fn fault(code: u16, user: &str, target: Option<&Target>) -> Reply {
    let plain = |reason: &str, message: &str| {
        Reply::json(code, &status(code, Some(reason), message, Some(json!({}))))
    };
    match (code, target) {
        (401, _) => unauthorized(),
        (403, Some(target)) => forbidden(user, target),
        (403, None) => plain("Forbidden", "forbidden"),
        (404, Some(Target { group, resource, name: Some(name), .. })) => not_found(group, resource, name),
        (404, Some(_)) => no_such_resource(),
        (404, None) => Reply::page_not_found(),
        (500, _) => internal_error("etcdserver: leader changed"),
        (503, _) => plain("ServiceUnavailable", "the server is currently unable to handle the request"),
        (504, _) => plain("Timeout", "Timeout: request did not complete within the allotted timeout"),
        _ => {
            let message =
                format!("an error on the server (status {code}) has prevented the request from succeeding");
            Reply::json(code, &status(code, None, &message, None))
        }
    }
}
