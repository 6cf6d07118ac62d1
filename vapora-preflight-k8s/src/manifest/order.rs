//! In which order manifests can be applied.

use super::Manifest;

/// The kinds that others need, in the order in which they are needed. What is not named comes after the workloads.
const ORDER: [(&str, &[&str]); 14] = [
    ("", &["Namespace"]),
    ("apiextensions.k8s.io", &["CustomResourceDefinition"]),
    ("scheduling.k8s.io", &["PriorityClass"]),
    ("storage.k8s.io", &["StorageClass"]),
    ("", &["ResourceQuota", "LimitRange"]),
    ("networking.k8s.io", &["NetworkPolicy"]),
    ("", &["ServiceAccount"]),
    ("rbac.authorization.k8s.io", &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]),
    ("", &["Secret", "ConfigMap"]),
    ("", &["PersistentVolume", "PersistentVolumeClaim"]),
    ("", &["Service"]),
    ("policy", &["PodDisruptionBudget"]),
    ("apps", &["DaemonSet", "StatefulSet", "ReplicaSet", "Deployment"]),
    ("", &["ReplicationController", "Pod"]),
];
/// What may stand in the way of all that is applied after it.
const LAST: [(&str, &[&str]); 2] = [
    ("apiregistration.k8s.io", &["APIService"]),
    ("admissionregistration.k8s.io", &["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"]),
];

/// The place of an object among all; objects of one place stay in the order in which they were read.
pub(crate) fn order(manifest: &Manifest) -> (usize, usize) {
    let among = |groups: &[(&str, &[&str])]| {
        groups.iter().enumerate().find_map(|(place, (group, kinds))| {
            let kind = kinds.iter().position(|kind| manifest.is_of(group, kind))?;
            Some((place, kind))
        })
    };
    let last = || among(&LAST).map(|(place, kind)| (ORDER.len() + 1 + place, kind));
    among(&ORDER).or_else(last).unwrap_or((ORDER.len(), 0))
}
