//! Logs, commands in containers, evictions: where no kubelet listens.

use crate::{
    case::{Case, Way, case},
    reads::{budget, creating},
    world::NAMESPACE,
};

pub(crate) const CASES: &[Case] = &[
    case("pod-eviction-dry-run-budget-429").before(budget),
    case("pod-exec-no-upgrade-400"),
    case("pod-exec-websocket-no-kubelet").way(Way::Tls),
    case("pod-exec-websocket-v4-no-kubelet").way(Way::Tls),
    case("pod-log-accept-json-no-kubelet"),
    case("pod-log-missing-pod-404"),
    case("pod-log-no-kubelet-500"),
    case("pod-log-pending-container-creating").before(|cluster| {
        creating(cluster)?;
        cluster.edit("Pod", NAMESPACE, "vapora-creating", |pod| pod["spec"]["nodeName"] = "node-3".into())
    }),
    case("pod-log-restricted-403"),
    case("pod-log-unknown-container-400"),
    case("pod-portforward-no-kubelet").way(Way::Tls),
    case("deployment-rollback-subresource-404"),
];
