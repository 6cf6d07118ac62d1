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
    pub(crate) const DEPLOYMENTS: Self = Self::new("apps", "v1", "deployments", "Deployment", "deployment");
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
        Permission {
            verb: verb.to_owned(),
            group: self.group.to_owned(),
            resource: self.plural.to_owned(),
            namespace: namespace.map(|namespace| namespace.as_str().to_owned()),
        }
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
