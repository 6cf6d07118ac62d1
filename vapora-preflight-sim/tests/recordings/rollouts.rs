//! How a rollout is undone.

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
    case("rollout-undo-3-json-patch-dry-run-200").before(unavailable_once),
    case("rollout-undo-json-patch-guarded-200").before(unavailable_once).adapt(guarded),
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

/// The revision that is tested for is that of the object here.
fn guarded(cluster: &Cluster, request: &mut Request) {
    let deployment = cluster.object("Deployment", NAMESPACE, "vapora-backend").unwrap();
    let revision = deployment["metadata"]["resourceVersion"].as_str().unwrap();
    let text = String::from_utf8(std::mem::take(&mut request.body)).unwrap();
    request.body = text.replacen("\"2257\"", &format!("\"{revision}\""), 1).into_bytes();
}
