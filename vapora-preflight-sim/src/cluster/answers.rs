//! Which part of the simulation answers what is asked of a resource.

use std::sync::Arc;

use http::header;
use serde_json::json;

use super::{
    Cluster,
    form::Form,
    kinds::{METRICS, ServedKind},
    list,
    reply::Reply,
    respond::Asked,
    reviews,
    routes::Target,
    status, subresource, usage, watch, write,
};

/// The answer to a request whose caller may ask it, for a kind that is served and knows the verb.
pub(crate) fn answer(cluster: &Cluster, asked: &Asked<'_>, target: &Target, kind: &Arc<ServedKind>) -> Reply {
    // What is to be written to is kept, and what stands behind a name is that of an object that is kept.
    if let Some(name) = target.name.as_deref()
        && (target.subresource.is_some() || !matches!(target.verb.as_str(), "get" | "list" | "watch"))
    {
        cluster.state().store.adopt(kind, target.namespace.as_deref().unwrap_or_default(), name);
    }
    if let Some(subresource) = &target.subresource {
        return subresource::answer(cluster, asked, target, kind, subresource);
    }
    if kind.made() {
        return made(cluster, asked, target, kind);
    }
    match target.verb.as_str() {
        "get" | "list" => read(cluster, asked, target, kind),
        "watch" => watch::answer(cluster, asked, target, kind),
        "create" | "update" | "patch" | "delete" | "deletecollection" => {
            write::answer(cluster, asked, target, kind)
        }
        _ => asked.unknown(),
    }
}

/// Objects that are made for each request.
fn made(cluster: &Cluster, asked: &Asked<'_>, target: &Target, kind: &ServedKind) -> Reply {
    let now = cluster.clock().text();
    match (&*kind.group, &*kind.plural, target.verb.as_str()) {
        ("authorization.k8s.io", "selfsubjectaccessreviews", _) => {
            reviews::access(&asked.identity, asked.body, &now)
        }
        (METRICS, _, _) => usage::answer(cluster, asked, target, kind),
        ("", "componentstatuses", _) => components(target),
        ("authorization.k8s.io", "selfsubjectrulesreviews", _) => reviews::rules(&asked.identity, asked.body),
        ("authentication.k8s.io", "selfsubjectreviews", _) => reviews::who(&asked.identity, asked.body, &now),
        _ => asked.unknown(),
    }
}

/// The parts of the control plane, which are all well here.
fn components(target: &Target) -> Reply {
    let component = |name: &str| {
        json!({
            "metadata": { "name": name },
            "conditions": [{ "type": "Healthy", "status": "True", "message": "ok" }],
        })
    };
    let names = ["etcd-0", "controller-manager", "scheduler"];
    match target.name.as_deref() {
        None => {
            let items = names.map(component);
            let list =
                json!({ "kind": "ComponentStatusList", "apiVersion": "v1", "metadata": {}, "items": items });
            Reply::json(200, &list)
        }
        Some(name) if names.contains(&name) => {
            let mut one = component(name);
            one["kind"] = "ComponentStatus".into();
            one["apiVersion"] = "v1".into();
            Reply::json(200, &one)
        }
        Some(name) => status::not_found("", "componentstatuses", name),
    }
}

/// One object, or a list.
pub(crate) fn read(cluster: &Cluster, asked: &Asked<'_>, target: &Target, kind: &ServedKind) -> Reply {
    let accept = asked.header(&header::ACCEPT);
    let Some(form) = Form::accepted(accept) else {
        let forms = accept.unwrap_or_default();
        let real = ["protobuf", "yaml"].iter().any(|form| forms.contains(form));
        let what = format!("the form `{forms}`");
        return if real { status::unknown_to_the_simulation(&what) } else { status::not_acceptable() };
    };
    let store = &cluster.state().store;
    let shape = match form.shape(store, kind, &asked.query, cluster.clock().time()) {
        Ok(shape) => shape,
        Err(reply) => return reply,
    };
    let namespace = target.namespace.as_deref().filter(|_| kind.namespaced);
    match target.name.as_deref().filter(|_| target.verb == "get") {
        Some(name) => list::get(store, kind, namespace.unwrap_or_default(), name, &shape),
        None => list::list(store, kind, namespace, &asked.query, &shape),
    }
}
