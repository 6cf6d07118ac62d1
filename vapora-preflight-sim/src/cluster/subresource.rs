//! What stands behind the name of an object in a path: `pods/log`, `deployments/scale`.

use super::{
    Cluster, answers, exec,
    kinds::ServedKind,
    logs,
    reply::Reply,
    respond::Asked,
    reviews,
    routes::Target,
    status, volumes,
    write::{self, scale_shown},
};

/// The answer to a request for a subresource that the kind has.
pub(crate) fn answer(
    cluster: &Cluster,
    asked: &Asked<'_>,
    target: &Target,
    kind: &ServedKind,
    subresource: &str,
) -> Reply {
    let namespace = target.namespace.as_deref().unwrap_or_default();
    let name = target.name.as_deref().unwrap_or_default();
    match (subresource, target.verb.as_str()) {
        ("token", "create") if &*kind.stored == "/serviceaccounts" => {
            reviews::token(cluster, namespace, name, asked.body)
        }
        ("log", _) => logs::answer(cluster, namespace, name, &asked.query),
        ("exec", _) => exec::answer(cluster, asked, target),
        ("portforward", _) => exec::forward(cluster, asked, target),
        ("proxy", "get") if asked.head.uri.path() == format!("/api/v1/nodes/{name}/proxy/stats/summary") => {
            volumes::summary(cluster, name)
        }
        ("status", "get") => answers::read(cluster, asked, target, kind),
        ("scale", "get") => scale(cluster, target, kind),
        ("status" | "scale" | "finalize" | "eviction", _) => write::answer(cluster, asked, target, kind),
        _ => asked.unknown(),
    }
}

fn scale(cluster: &Cluster, target: &Target, kind: &ServedKind) -> Reply {
    let (namespace, name) = (target.namespace.as_deref(), target.name.as_deref().unwrap_or_default());
    match cluster.state().store.get(kind, namespace.unwrap_or_default(), name) {
        Some(object) => Reply::json(200, &scale_shown(kind, object)),
        None => status::not_found(&kind.group, &kind.plural, name),
    }
}
