//! What stands behind the name of an object in a path: `pods/log`, `deployments/scale`.

use super::{
    Cluster, answers,
    kinds::ServedKind,
    reply::Reply,
    respond::Asked,
    reviews,
    routes::Target,
    status,
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
    match (subresource, target.verb.as_str()) {
        ("token", "create") if &*kind.stored == "/serviceaccounts" => {
            let (namespace, name) = (target.namespace.as_deref(), target.name.as_deref());
            reviews::token(cluster, namespace.unwrap_or_default(), name.unwrap_or_default(), asked.body)
        }
        ("status", "get") => answers::read(cluster, asked, target, kind),
        ("scale", "get") => scale(cluster, target, kind),
        ("status" | "scale" | "finalize", _) => write::answer(cluster, asked, target, kind),
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
