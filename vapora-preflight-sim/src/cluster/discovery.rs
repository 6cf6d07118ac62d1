//! What the simulated server says it serves, in the form of before aggregated discovery.

use serde_json::{Value, json};

use super::{
    kinds::{GROUPS, SERVED, api_version, group_served},
    reply::Reply,
    status,
};

/// The answer to a path of discovery; `None` where the path is none.
pub(crate) fn answer(path: &str, address: &str) -> Option<Reply> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let reply = match parts.as_slice() {
        ["api"] => Reply::json(200, &versions(address)),
        ["apis"] => Reply::json(200, &groups()),
        ["api", version] if group_served("", version) => Reply::json(200, &resources("")),
        ["apis", name] if GROUPS.contains(name) => {
            let mut group = group(name);
            group["kind"] = "APIGroup".into();
            group["apiVersion"] = "v1".into();
            Reply::json(200, &group)
        }
        ["apis", name, version] if !name.is_empty() && group_served(name, version) => {
            Reply::json(200, &resources(name))
        }
        ["apis", name, ..] if super::kinds::group_unserved(name) => {
            status::unknown_to_the_simulation(&format!("the API group `{name}`"))
        }
        ["api" | "apis", ..] => Reply::page_not_found(),
        _ => return None,
    };
    Some(reply)
}

fn versions(address: &str) -> Value {
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{ "clientCIDR": "0.0.0.0/0", "serverAddress": address }],
    })
}

fn group(name: &str) -> Value {
    let version = json!({ "groupVersion": api_version(name), "version": "v1" });
    json!({ "name": name, "versions": [version], "preferredVersion": version })
}

fn groups() -> Value {
    json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": GROUPS.map(group) })
}

fn resources(group: &str) -> Value {
    let reviews: &[(&str, &str, &str)] = match group {
        "authorization.k8s.io" => {
            &[("selfsubjectaccessreviews", "selfsubjectaccessreview", "SelfSubjectAccessReview")]
        }
        "authentication.k8s.io" => &[("selfsubjectreviews", "selfsubjectreview", "SelfSubjectReview")],
        _ => &[],
    };
    let reviews = reviews.iter().map(|(plural, singular, kind)| {
        json!({
            "name": plural, "singularName": singular, "namespaced": false, "kind": kind, "verbs": ["create"],
        })
    });
    let served = SERVED.iter().filter(|kind| kind.group == group).map(|kind| {
        let mut resource = json!({
            "name": kind.plural,
            "singularName": kind.singular,
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            // Only what the simulation does: a client that looks here finds no watch and no writes.
            "verbs": ["get", "list"],
        });
        if !kind.short.is_empty() {
            resource["shortNames"] = json!(kind.short);
        }
        resource
    });
    let mut body = json!({
        "kind": "APIResourceList",
        "groupVersion": api_version(group),
        "resources": reviews.chain(served).collect::<Vec<_>>(),
    });
    if !group.is_empty() {
        body["apiVersion"] = "v1".into();
    }
    body
}
