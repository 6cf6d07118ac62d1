//! What the simulated server says it serves, in the form of before aggregated discovery and in that of it.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::header;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};

use super::{
    form::Form,
    kinds::{Catalog, METRICS, ServedKind, Subresource, api_version},
    reply::Reply,
    respond::Asked,
    status,
};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// The answer to a path of discovery; `None` where the path is none.
pub(crate) fn answer(catalog: &Catalog, asked: &Asked<'_>, path: &str) -> Option<Reply> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let accept = asked.header(&header::ACCEPT);
    if let ["api" | "apis"] = parts.as_slice()
        && accept.is_some_and(aggregated)
    {
        return Some(aggregation(catalog, asked, parts == ["api"]));
    }
    let body = match parts.as_slice() {
        ["api"] => versions(asked),
        ["apis"] => json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups(catalog) }),
        ["api", version] if catalog.has("", version) => resources(catalog, "", version),
        ["apis", name] => {
            let group = groups(catalog).into_iter().find(|group| group["name"] == *name);
            let Some(mut group) = group else { return Some(Reply::page_not_found()) };
            group["kind"] = "APIGroup".into();
            group["apiVersion"] = "v1".into();
            group
        }
        ["apis", group, version] if !group.is_empty() && catalog.has(group, version) => {
            resources(catalog, group, version)
        }
        ["api" | "apis", ..] => return Some(Reply::page_not_found()),
        _ => return None,
    };
    let form = Form::accepted(accept);
    Some(if form.is_some() { Reply::json(200, &body) } else { status::not_acceptable() })
}

/// Does the client prefer aggregated discovery?
fn aggregated(accept: &str) -> bool {
    let first = accept.split(',').next().unwrap_or_default();
    ["g=apidiscovery.k8s.io", "v=v2", "as=APIGroupDiscoveryList"]
        .iter()
        .all(|parameter| first.split(';').any(|part| part.trim() == *parameter))
}

fn versions(asked: &Asked<'_>) -> Value {
    let address = asked.header(&header::HOST).unwrap_or("127.0.0.1:6443");
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{ "clientCIDR": "0.0.0.0/0", "serverAddress": address }],
    })
}

/// The named groups, in the form of `/apis`.
fn groups(catalog: &Catalog) -> Vec<Value> {
    let named = catalog.groups().into_iter().filter(|(name, _)| !name.is_empty());
    named
        .map(|(name, versions)| {
            let versions: Vec<Value> = versions
                .into_iter()
                .map(|version| json!({ "groupVersion": api_version(name, version), "version": version }))
                .collect();
            json!({ "name": name, "preferredVersion": versions.first(), "versions": versions })
        })
        .collect()
}

fn resources(catalog: &Catalog, group: &str, version: &str) -> Value {
    let resources: Vec<Value> = catalog
        .version(group, version)
        .into_iter()
        .flat_map(|kind| {
            let of = |subresource| subresource_of(kind, subresource);
            std::iter::once(resource(kind)).chain(kind.subresources.iter().map(of))
        })
        .collect();
    let mut body = json!({
        "kind": "APIResourceList",
        "groupVersion": api_version(group, version),
        "resources": resources,
    });
    if !group.is_empty() {
        body["apiVersion"] = "v1".into();
    }
    body
}

fn resource(kind: &ServedKind) -> Value {
    let mut resource = json!({
        "name": kind.plural,
        "singularName": if kind.group == METRICS { "" } else { &*kind.singular },
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": kind.verbs.0,
    });
    if !kind.short.is_empty() {
        resource["shortNames"] = json!(kind.short);
    }
    if !kind.categories.is_empty() {
        resource["categories"] = json!(kind.categories);
    }
    if !kind.made() {
        resource["storageVersionHash"] = storage_version(kind).into();
    }
    resource
}

/// What stands for the version in which objects are kept.
fn storage_version(kind: &ServedKind) -> String {
    let group = kind.stored.split('/').next().unwrap_or_default();
    let version = if group == "autoscaling" { "v2" } else { &*kind.version };
    let digest = Sha256::digest(format!("{group}/{version}/{}", kind.kind));
    STANDARD.encode(&digest[..8])
}

fn subresource_of(kind: &ServedKind, subresource: &Subresource) -> Value {
    let mut resource = json!({
        "name": format!("{}/{}", kind.plural, subresource.name),
        "singularName": "",
        "namespaced": kind.namespaced,
        "kind": if subresource.kind.is_empty() { &*kind.kind } else { subresource.kind },
        "verbs": subresource.verbs.0,
    });
    if let Some((group, version)) = subresource.group_version.split_once('/') {
        resource["group"] = group.into();
        resource["version"] = version.into();
    }
    resource
}

/// Everything at once, with a tag by which a client asks whether it has changed.
fn aggregation(catalog: &Catalog, asked: &Asked<'_>, core: bool) -> Reply {
    let wanted = catalog.groups().into_iter().filter(|(name, _)| name.is_empty() == core);
    let items: Vec<Value> = wanted
        .map(|(name, versions)| {
            let versions: Vec<Value> = versions
                .into_iter()
                .map(|version| {
                    let resources: Vec<Value> = catalog
                        .version(name, version)
                        .into_iter()
                        .map(|kind| aggregated_resource(kind))
                        .collect();
                    json!({ "version": version, "resources": resources, "freshness": "Current" })
                })
                .collect();
            let metadata = if name.is_empty() { json!({}) } else { json!({ "name": name }) };
            json!({ "metadata": metadata, "versions": versions })
        })
        .collect();
    let body = json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    });
    let digest = Sha512::digest(body.to_string());
    let tag = digest.iter().fold(String::new(), |tag, byte| tag + &format!("{byte:02X}"));
    let tag = format!("\"{tag}\"");
    let known = asked.header(&header::IF_NONE_MATCH) == Some(tag.as_str());
    let reply = if known {
        Reply { content_type: None, ..Reply::new(304, AGGREGATED, Vec::new()) }
    } else {
        Reply { content_type: Some(AGGREGATED), ..Reply::json(200, &body) }
    };
    let reply = reply
        .with(header::CACHE_CONTROL, http::HeaderValue::from_static("public"))
        .with(header::VARY, http::HeaderValue::from_static("Accept"));
    match http::HeaderValue::from_str(&tag) {
        Ok(tag) => reply.with(header::ETAG, tag),
        Err(_) => reply,
    }
}

fn aggregated_resource(kind: &ServedKind) -> Value {
    let response =
        |group: &str, version: &str, kind: &str| json!({ "group": group, "version": version, "kind": kind });
    let mut resource = json!({
        "resource": kind.plural,
        "responseKind": response("", "", &kind.kind),
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": if kind.group == METRICS { "" } else { &*kind.singular },
        "verbs": kind.verbs.0,
    });
    if !kind.short.is_empty() {
        resource["shortNames"] = json!(kind.short);
    }
    if !kind.categories.is_empty() {
        resource["categories"] = json!(kind.categories);
    }
    if !kind.subresources.is_empty() {
        let of = |subresource: &Subresource| {
            let shown = match subresource.group_version.split_once('/') {
                Some((group, version)) => response(group, version, subresource.kind),
                None if subresource.kind.is_empty() => response("", "", &kind.kind),
                None => response("", "", subresource.kind),
            };
            json!({ "subresource": subresource.name, "responseKind": shown, "verbs": subresource.verbs.0 })
        };
        resource["subresources"] = kind.subresources.iter().map(of).collect();
    }
    resource
}
