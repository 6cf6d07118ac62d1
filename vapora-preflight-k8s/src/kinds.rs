//! The kinds, one file each.

mod access_allowed;
mod api_reachable;
mod deployments_available;
mod namespace_exists;
mod nodes_ready;
mod pods_running;

use std::num::NonZeroU32;

pub use self::{
    access_allowed::{AccessAllowed, ResourceRef},
    api_reachable::ApiReachable,
    deployments_available::DeploymentsAvailable,
    namespace_exists::NamespaceExists,
    nodes_ready::NodesReady,
    pods_running::PodsRunning,
};
use vapora_preflight::Requirements;

use crate::{Namespace, object::NamespaceObject, read::Reader, resource::Resource};

/// The default of `at_least`: nothing at all is never enough.
fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// The right that [`missing_namespace`] uses. A role that is bound in the namespace itself is enough.
fn may_look_for_namespace(needs: &mut Requirements, namespace: &Namespace) {
    let get = Resource::NAMESPACES.permission("get", Some(namespace));
    needs.permission(get.named(namespace.as_str()).optional());
}

/// Why nothing was found in a namespace: a list in one that does not exist is empty, and no error. Where that cannot be
/// found out, nothing is added to the finding.
async fn missing_namespace(reader: &Reader<'_>, namespace: &Namespace) -> Option<String> {
    match reader.get::<NamespaceObject>(None, namespace.as_str()).await {
        Ok(None) => Some(format!("the namespace `{namespace}` does not exist")),
        Ok(Some(_)) | Err(_) => None,
    }
}
