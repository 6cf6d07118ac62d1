//! The kinds of objects that a simulated cluster serves, and those it knows to exist without serving them.

/// One served kind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServedKind {
    pub(crate) group: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) singular: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) namespaced: bool,
    pub(crate) short: &'static [&'static str],
}

const fn kind(
    group: &'static str,
    plural: &'static str,
    singular: &'static str,
    kind: &'static str,
    namespaced: bool,
    short: &'static [&'static str],
) -> ServedKind {
    ServedKind { group, plural, singular, kind, namespaced, short }
}

/// Every served kind; all are version v1 of their group.
pub(crate) static SERVED: [ServedKind; 18] = [
    kind("", "configmaps", "configmap", "ConfigMap", true, &["cm"]),
    kind("", "events", "event", "Event", true, &["ev"]),
    kind("", "namespaces", "namespace", "Namespace", false, &["ns"]),
    kind("", "nodes", "node", "Node", false, &["no"]),
    kind("", "persistentvolumeclaims", "persistentvolumeclaim", "PersistentVolumeClaim", true, &["pvc"]),
    kind("", "pods", "pod", "Pod", true, &["po"]),
    kind("", "resourcequotas", "resourcequota", "ResourceQuota", true, &["quota"]),
    kind("", "secrets", "secret", "Secret", true, &[]),
    kind("", "serviceaccounts", "serviceaccount", "ServiceAccount", true, &["sa"]),
    kind("", "services", "service", "Service", true, &["svc"]),
    kind("apps", "daemonsets", "daemonset", "DaemonSet", true, &["ds"]),
    kind("apps", "deployments", "deployment", "Deployment", true, &["deploy"]),
    kind("apps", "replicasets", "replicaset", "ReplicaSet", true, &["rs"]),
    kind("apps", "statefulsets", "statefulset", "StatefulSet", true, &["sts"]),
    kind("batch", "cronjobs", "cronjob", "CronJob", true, &["cj"]),
    kind("batch", "jobs", "job", "Job", true, &[]),
    kind("networking.k8s.io", "ingresses", "ingress", "Ingress", true, &["ing"]),
    kind("policy", "poddisruptionbudgets", "poddisruptionbudget", "PodDisruptionBudget", true, &["pdb"]),
];

/// The served groups in the order of discovery, without the core group.
pub(crate) const GROUPS: [&str; 6] =
    ["apps", "authentication.k8s.io", "authorization.k8s.io", "batch", "networking.k8s.io", "policy"];

/// What a real API server has in the served groups, and the simulated one has not.
const UNSERVED: [(&str, &[&str]); 6] = [
    (
        "",
        &[
            "bindings",
            "componentstatuses",
            "endpoints",
            "limitranges",
            "persistentvolumes",
            "podtemplates",
            "replicationcontrollers",
        ],
    ),
    ("apps", &["controllerrevisions"]),
    ("authentication.k8s.io", &["tokenreviews"]),
    (
        "authorization.k8s.io",
        &["localsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews"],
    ),
    ("networking.k8s.io", &["ingressclasses", "ipaddresses", "networkpolicies", "servicecidrs"]),
    ("policy", &[]),
];

/// The groups that a real API server has, and the simulated one has not.
const UNSERVED_GROUPS: [&str; 14] = [
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "autoscaling",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "node.k8s.io",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

impl ServedKind {
    pub(crate) fn api_version(&self) -> String {
        api_version(self.group)
    }

    /// The kind that an object with these fields is of.
    pub(crate) fn of(api_version: &str, kind: &str) -> Option<&'static Self> {
        let group = match api_version.split_once('/') {
            Some((group, "v1")) => group,
            None if api_version == "v1" => "",
            _ => return None,
        };
        SERVED.iter().find(|served| served.group == group && served.kind == kind)
    }

    /// The kind by its name in an object, whatever its group.
    pub(crate) fn named(kind: &str) -> Option<&'static Self> {
        SERVED.iter().find(|served| served.kind == kind || served.plural == kind || served.singular == kind)
    }

    /// The kind by its name in a path.
    pub(crate) fn at(group: &str, plural: &str) -> Option<&'static Self> {
        SERVED.iter().find(|served| served.group == group && served.plural == plural)
    }
}

/// The plural with its group behind it.
pub(crate) fn qualified(group: &str, plural: &str) -> String {
    if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") }
}

/// The `apiVersion` of version v1 of a group.
pub(crate) fn api_version(group: &str) -> String {
    if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") }
}

/// Does the simulated server serve this group in this version?
pub(crate) fn group_served(group: &str, version: &str) -> bool {
    version == "v1" && (group.is_empty() || GROUPS.contains(&group))
}

/// Does a real API server have this, where the simulated one has not?
pub(crate) fn group_unserved(group: &str) -> bool {
    UNSERVED_GROUPS.contains(&group)
}

/// Does a real API server have this resource in a served group, where the simulated one has not?
pub(crate) fn resource_unserved(group: &str, plural: &str) -> bool {
    UNSERVED.iter().any(|(name, plurals)| *name == group && plurals.contains(&plural))
}
