//! What stands behind the name of an object in a path: `pods/log`, `deployments/scale`.

use super::{Cluster, kinds::ServedKind, reply::Reply, respond::Asked, routes::Target};

/// The answer to a request for a subresource that the kind has.
pub(crate) fn answer(
    _cluster: &Cluster,
    asked: &Asked<'_>,
    _target: &Target,
    _kind: &ServedKind,
    _subresource: &str,
) -> Reply {
    asked.unknown()
}
