//! The resources that the kinds read.

use vapora_preflight::Permission;

use crate::Namespace;

/// One resource of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resource {
    /// The API group; empty for the core group.
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    /// As it is in the path: `deployments`.
    pub(crate) plural: &'static str,
    /// As an object says it of itself: `Deployment`.
    pub(crate) kind: &'static str,
    /// As a person says it: `deployment`.
    pub(crate) noun: &'static str,
}

impl Resource {
    const fn new(
        group: &'static str,
        version: &'static str,
        plural: &'static str,
        kind: &'static str,
        noun: &'static str,
    ) -> Self {
        Self { group, version, plural, kind, noun }
    }

    pub(crate) const NAMESPACES: Self = Self::new("", "v1", "namespaces", "Namespace", "namespace");
    pub(crate) const NODES: Self = Self::new("", "v1", "nodes", "Node", "node");
    pub(crate) const PODS: Self = Self::new("", "v1", "pods", "Pod", "pod");
    pub(crate) const CONFIG_MAPS: Self = Self::new("", "v1", "configmaps", "ConfigMap", "config map");
    pub(crate) const SECRETS: Self = Self::new("", "v1", "secrets", "Secret", "secret");
    pub(crate) const SERVICES: Self = Self::new("", "v1", "services", "Service", "service");
    pub(crate) const SERVICE_ACCOUNTS: Self =
        Self::new("", "v1", "serviceaccounts", "ServiceAccount", "service account");
    pub(crate) const EVENTS: Self = Self::new("", "v1", "events", "Event", "event");
    pub(crate) const VOLUME_CLAIMS: Self =
        Self::new("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", "volume claim");
    pub(crate) const QUOTAS: Self = Self::new("", "v1", "resourcequotas", "ResourceQuota", "resource quota");
    pub(crate) const DEPLOYMENTS: Self = Self::new("apps", "v1", "deployments", "Deployment", "deployment");
    pub(crate) const REPLICA_SETS: Self = Self::new("apps", "v1", "replicasets", "ReplicaSet", "replica set");
    pub(crate) const STATEFUL_SETS: Self =
        Self::new("apps", "v1", "statefulsets", "StatefulSet", "stateful set");
    pub(crate) const DAEMON_SETS: Self = Self::new("apps", "v1", "daemonsets", "DaemonSet", "daemon set");
    pub(crate) const CONTROLLER_REVISIONS: Self =
        Self::new("apps", "v1", "controllerrevisions", "ControllerRevision", "controller revision");
    pub(crate) const JOBS: Self = Self::new("batch", "v1", "jobs", "Job", "job");
    pub(crate) const CRON_JOBS: Self = Self::new("batch", "v1", "cronjobs", "CronJob", "cron job");
    pub(crate) const DISRUPTION_BUDGETS: Self =
        Self::new("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "disruption budget");
    pub(crate) const ENDPOINT_SLICES: Self =
        Self::new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", "endpoint slice");
    pub(crate) const EVENTS_V1: Self = Self::new("events.k8s.io", "v1", "events", "Event", "event");
    pub(crate) const STORAGE_CLASSES: Self =
        Self::new("storage.k8s.io", "v1", "storageclasses", "StorageClass", "storage class");
    pub(crate) const NODE_METRICS: Self =
        Self::new("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", "node metrics");
    pub(crate) const POD_METRICS: Self =
        Self::new("metrics.k8s.io", "v1beta1", "pods", "PodMetrics", "pod metrics");
    pub(crate) const DEFINITIONS: Self = Self::new(
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        "custom resource definition",
    );
    pub(crate) const SELF_REVIEWS: Self =
        Self::new("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", "self review");
    pub(crate) const ACCESS_REVIEWS: Self = Self::new(
        "authorization.k8s.io",
        "v1",
        "selfsubjectaccessreviews",
        "SelfSubjectAccessReview",
        "access review",
    );

    /// The path of the collection.
    pub(crate) fn path(&self, namespace: Option<&Namespace>) -> String {
        let root = if self.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", self.group) };
        let inside = namespace.map_or_else(String::new, |namespace| format!("/namespaces/{namespace}"));
        format!("{root}/{}{inside}/{}", self.version, self.plural)
    }

    /// The right to do this with it.
    pub(crate) fn permission(&self, verb: &str, namespace: Option<&Namespace>) -> Permission {
        permission(verb, self.group, self.plural, namespace)
    }

    /// The right to do this with a part of it, as with `log` of `pods`.
    pub(crate) fn permission_on(
        &self,
        verb: &str,
        subresource: &str,
        namespace: Option<&Namespace>,
    ) -> Permission {
        let whole = self.permission(verb, namespace);
        Permission { resource: format!("{}/{subresource}", self.plural), ..whole }
    }

    /// What several of them are called.
    pub(crate) fn nouns(&self) -> String {
        match self.noun {
            "node metrics" | "pod metrics" => self.noun.to_owned(),
            noun if noun.ends_with('s') => format!("{noun}es"),
            noun => format!("{noun}s"),
        }
    }
}

/// The right to do this with a resource that is known by its names only.
pub(crate) fn permission(verb: &str, group: &str, plural: &str, namespace: Option<&Namespace>) -> Permission {
    Permission {
        namespace: namespace.map(|namespace| namespace.as_str().to_owned()),
        ..Permission::new(verb, group, plural)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_the_group_and_the_namespace() {
        let vapora = Namespace::new("vapora").unwrap();
        assert_eq!(Resource::NODES.path(None), "/api/v1/nodes");
        assert_eq!(Resource::DEPLOYMENTS.path(Some(&vapora)), "/apis/apps/v1/namespaces/vapora/deployments");
    }
}
