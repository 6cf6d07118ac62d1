//! Reviews: may I do that, and who am I?

use serde_json::{Map, Value, json};

use vapora_preflight::Timestamp;

use super::{
    Cluster,
    access::{Decision, Identity, PUBLIC_PATHS},
    authentication::{self, AUDIENCE},
    rbac::Rule,
    reply::Reply,
    routes::Target,
    status,
};

const GROUP: &str = "authorization.k8s.io";

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
            return status::invalid_review(GROUP, "spec.resourceAttributes", message);
        }
        (Some(_), Some(_)) => {
            let message =
                format!("Invalid value: {path}: cannot be specified in combination with resourceAttributes");
            return status::invalid_review(GROUP, "spec.nonResourceAttributes", &message);
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
    if let Some(credential) = &identity.credential {
        info["extra"] = json!({ "authentication.kubernetes.io/credential-id": [credential] });
    }
    let body = json!({
        "kind": "SelfSubjectReview",
        "apiVersion": api_version,
        "metadata": { "creationTimestamp": now },
        "status": { "userInfo": info },
    });
    Reply::json(201, &body)
}

/// What may the identity do in a namespace? 201 with its rules, and those that everybody has.
pub(crate) fn rules(identity: &Identity, body: &[u8]) -> Reply {
    let api_version = "authorization.k8s.io/v1";
    let review = match parse(body, api_version, "SelfSubjectRulesReview") {
        Ok(review) => review,
        Err(reply) => return reply,
    };
    let Some(namespace) = review["spec"]["namespace"].as_str().filter(|namespace| !namespace.is_empty())
    else {
        return status::bad_request("no namespace on request");
    };
    let resources = |group: &str, names: &[&str]| json!({ "verbs": ["create"], "apiGroups": [group], "resources": names });
    let paths = |paths: &[&str]| json!({ "verbs": ["get"], "nonResourceURLs": paths });
    let mut resource_rules = vec![
        resources("authorization.k8s.io", &["selfsubjectaccessreviews", "selfsubjectrulesreviews"]),
        resources("authentication.k8s.io", &["selfsubjectreviews"]),
    ];
    let mut path_rules = vec![paths(&PUBLIC_PATHS)];
    if identity.groups.iter().any(|group| group == "system:serviceaccounts") {
        path_rules.push(paths(&[
            "/.well-known/openid-configuration",
            "/.well-known/openid-configuration/",
            "/openid/v1/jwks",
            "/openid/v1/jwks/",
        ]));
    }
    path_rules.push(paths(&[
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/healthz",
        "/livez",
        "/openapi",
        "/openapi/*",
        "/readyz",
        "/version",
        "/version/",
    ]));
    if identity.everything {
        resource_rules.push(json!({ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] }));
        path_rules.push(json!({ "verbs": ["*"], "nonResourceURLs": ["*"] }));
    }
    resource_rules.extend(identity.rules.iter().filter_map(|rule| rule.listed(namespace)));
    for bound in &identity.bound {
        match &bound.rule {
            Rule::Resources(rule) => resource_rules.extend(rule.listed(namespace)),
            Rule::Paths { verbs, paths } => {
                path_rules.push(json!({ "verbs": verbs, "nonResourceURLs": paths }));
            }
        }
    }
    let body = json!({
        "kind": "SelfSubjectRulesReview",
        "apiVersion": api_version,
        "metadata": {},
        "spec": {},
        "status": { "resourceRules": resource_rules, "nonResourceRules": path_rules, "incomplete": false },
    });
    Reply::json(201, &body)
}

/// A token for a service account, for as long as the request says.
pub(crate) fn token(cluster: &Cluster, namespace: &str, name: &str, body: &[u8]) -> Reply {
    let api_version = "authentication.k8s.io/v1";
    let request = match parse(body, api_version, "TokenRequest") {
        Ok(request) => request,
        Err(reply) => return reply,
    };
    let spec = &request["spec"];
    if !spec["boundObjectRef"].is_null() {
        return status::unknown_to_the_simulation("tokens that are bound to an object");
    }
    let seconds = spec["expirationSeconds"].as_i64().unwrap_or(3600);
    if seconds < 600 {
        let message = format!("Invalid value: {seconds}: may not specify a duration less than 10 minutes");
        return status::invalid_review("authentication.k8s.io", "spec.expirationSeconds", &message);
    }
    let audiences = spec["audiences"].as_array().into_iter().flatten();
    let mut audiences: Vec<String> = audiences.filter_map(|one| Some(one.as_str()?.to_owned())).collect();
    if audiences.is_empty() {
        audiences.push(AUDIENCE.to_owned());
    }
    let now = cluster.clock().unix_seconds();
    let mut state = cluster.state();
    let username = format!("system:serviceaccount:{namespace}:{name}");
    let known = state.identities.iter().find(|identity| identity.username == username).cloned();
    let kept =
        state.get("ServiceAccount", namespace, name).ok().map(|account| account["metadata"]["uid"].clone());
    let identity = match (known, kept) {
        (Some(identity), _) => identity,
        (None, None) => return status::not_found("", "serviceaccounts", name),
        (None, Some(uid)) => {
            let uid = uid.as_str().unwrap_or_default().to_owned();
            let identity = Identity::service_account(name, namespace, uid, String::new(), Vec::new());
            let identity = Identity { name: username, token: None, ..identity };
            state.identities.push(identity.clone());
            identity
        }
    };
    let issued = authentication::issue(&mut state, &identity, audiences.clone(), now, seconds);
    let body = json!({
        "kind": "TokenRequest",
        "apiVersion": api_version,
        "metadata": { "name": name, "namespace": namespace, "creationTimestamp": cluster.clock().text() },
        "spec": { "audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": null },
        "status": {
            "token": issued.token,
            "expirationTimestamp": Timestamp::from_unix_seconds(issued.expires).to_string(),
        },
    });
    Reply::json(201, &body)
}
