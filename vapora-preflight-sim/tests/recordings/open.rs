//! What is not yet answered as it was recorded. This list only shrinks: what is answered has to be taken off it.

pub(crate) const OPEN: &[&str] = &[
    "kubectl/kubectl-rollout-history-after-undo-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
    "kubectl/kubectl-rollout-status-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
    "kubectl/kubectl-rollout-status-02-get-apis-apps-v1-namespaces-vapora-deployments",
    "kubectl/kubectl-rollout-undo-missing-revision-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
    "pod-eviction-dry-run-budget-429",
    "pod-exec-no-upgrade-400",
    "pod-exec-websocket-no-kubelet",
    "pod-exec-websocket-v4-no-kubelet",
    "pod-log-accept-json-no-kubelet",
    "pod-log-missing-pod-404",
    "pod-log-no-kubelet-500",
    "pod-log-pending-container-creating",
    "pod-log-unknown-container-400",
    "pod-portforward-no-kubelet",
];
