//! How a rollout is undone.

use serde_json::Value;
use vapora_preflight_sim::{Cluster, ClusterError};

use crate::{
    case::{Case, case},
    recording::Request,
    world::NAMESPACE,
};

pub(crate) const CASES: &[Case] = &[
    case("rollout-restart-dry-run-200").before(unavailable_once),
    case("rollout-undo-1-deployment-get").before(unavailable_once),
    case("rollout-undo-2-replicasets-list"),
    case("rollout-undo-3-json-patch-dry-run-200").before(unavailable_once).adapt(as_it_is_here),
    case("rollout-undo-json-patch-guarded-200").before(unavailable_once).adapt(as_it_is_here),
    case("rollout-undo-json-patch-guarded-test-failed-422"),
    case("rollout-undo-json-patch-restricted-403"),
];

/// The backend was unavailable for a while.
pub(crate) fn unavailable_once(cluster: &Cluster) -> Result<(), ClusterError> {
    unavailable(cluster, "vapora-backend")
}

/// A Deployment was unavailable for a while: its conditions are in another order.
pub(crate) fn unavailable(cluster: &Cluster, name: &str) -> Result<(), ClusterError> {
    cluster.edit("Deployment", NAMESPACE, name, |deployment| {
        deployment["status"]["conditions"].as_array_mut().unwrap().reverse();
    })
}

/// The revision in a patch is that of the object here, and so is what was last applied.
pub(crate) fn as_it_is_here(cluster: &Cluster, request: &mut Request) {
    let deployment = cluster.object("Deployment", NAMESPACE, "vapora-backend").unwrap();
    let metadata = &deployment["metadata"];
    let text = String::from_utf8(std::mem::take(&mut request.body)).unwrap();
    let revision = metadata["resourceVersion"].to_string();
    let mut patch: Value = serde_json::from_str(&text.replacen("\"2257\"", &revision, 1)).unwrap();
    let applied = "kubectl.kubernetes.io/last-applied-configuration";
    for operation in
        patch.as_array_mut().into_iter().flatten().filter(|one| one["path"] == "/metadata/annotations")
    {
        operation["value"][applied] = metadata["annotations"][applied].clone();
    }
    request.body = patch.to_string().into_bytes();
}
