//! What stands behind the name of an object in a path: `pods/log`, `deployments/scale`.

use super::{Cluster, kinds::ServedKind, reply::Reply, respond::Asked, reviews, routes::Target};

/// The answer to a request for a subresource that the kind has.
pub(crate) fn answer(
    cluster: &Cluster,
    asked: &Asked<'_>,
    target: &Target,
    kind: &ServedKind,
    subresource: &str,
) -> Reply {
    let (namespace, name) = (&target.namespace, &target.name);
    match (&*kind.stored, subresource, namespace.as_deref(), name.as_deref()) {
        ("/serviceaccounts", "token", Some(namespace), Some(name)) => {
            reviews::token(cluster, namespace, name, asked.body)
        }
        _ => asked.unknown(),
    }
}
