//! What is not yet answered as it was recorded. This list only shrinks: what is answered has to be taken off it.

pub(crate) const OPEN: &[&str] = &[
    "kubectl/kubectl-rollout-history-after-undo-02-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
    "kubectl/kubectl-rollout-undo-missing-revision-02-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
    "kubectl/kubectl-rollout-history-after-undo-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
    "kubectl/kubectl-rollout-status-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
    "kubectl/kubectl-rollout-status-02-get-apis-apps-v1-namespaces-vapora-deployments",
    "kubectl/kubectl-rollout-undo-missing-revision-01-get-apis-apps-v1-namespaces-vapora-deployments-vapora-agents",
];
