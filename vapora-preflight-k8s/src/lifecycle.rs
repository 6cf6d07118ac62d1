//! Which API versions upstream Kubernetes has deprecated, and in which release they go.

use crate::{Version, manifest::Manifest};

/// The last minor release of version 1 whose deprecations are all in the table.
pub(crate) const KNOWN_UNTIL: u32 = 36;

/// How long one version of some kinds is served. The releases are minor ones of version 1.
#[derive(Debug)]
struct Lifecycle {
    group: &'static str,
    version: &'static str,
    kinds: &'static [&'static str],
    deprecated: u32,
    /// The first release that does not serve it; none where that is not planned.
    removed: Option<u32>,
    /// What to write instead.
    instead: &'static str,
}

/// How an API version stands in a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stands {
    /// It is not served any more.
    Removed { since: u32, instead: &'static str },
    /// It is served, and deprecated.
    Deprecated { since: u32, until: Option<u32>, instead: &'static str },
    /// Upstream promises an alpha version for no release.
    Alpha,
    /// It is a beta version of which nothing is known, in a release that is newer than the table.
    Unknown,
    /// Nothing is against it.
    Good,
}

const fn gone(
    group: &'static str,
    version: &'static str,
    kinds: &'static [&'static str],
    deprecated: u32,
    removed: u32,
    instead: &'static str,
) -> Lifecycle {
    Lifecycle { group, version, kinds, deprecated, removed: Some(removed), instead }
}

/// All of the deprecation guide, and the beta versions since whose end the API itself declares.
const LIFECYCLES: [Lifecycle; 53] = [
    // without a planned end
    Lifecycle {
        group: "",
        version: "v1",
        kinds: &["ComponentStatus"],
        deprecated: 19,
        removed: None,
        instead: "nothing",
    },
    Lifecycle {
        group: "",
        version: "v1",
        kinds: &["Endpoints"],
        deprecated: 33,
        removed: None,
        instead: "`discovery.k8s.io/v1` EndpointSlice",
    },
    // 1.16
    gone("extensions", "v1beta1", &["DaemonSet", "Deployment", "ReplicaSet"], 8, 16, "`apps/v1`"),
    gone("extensions", "v1beta1", &["NetworkPolicy"], 9, 16, "`networking.k8s.io/v1`"),
    gone("extensions", "v1beta1", &["PodSecurityPolicy"], 11, 16, "Pod Security Admission"),
    gone("apps", "v1beta1", &["Deployment", "StatefulSet", "ControllerRevision"], 8, 16, "`apps/v1`"),
    gone(
        "apps",
        "v1beta2",
        &["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet", "ControllerRevision"],
        9,
        16,
        "`apps/v1`",
    ),
    // 1.22
    gone(
        "admissionregistration.k8s.io",
        "v1beta1",
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
        16,
        22,
        "`admissionregistration.k8s.io/v1`",
    ),
    gone(
        "apiextensions.k8s.io",
        "v1beta1",
        &["CustomResourceDefinition"],
        16,
        22,
        "`apiextensions.k8s.io/v1`",
    ),
    gone("apiregistration.k8s.io", "v1beta1", &["APIService"], 19, 22, "`apiregistration.k8s.io/v1`"),
    gone("authentication.k8s.io", "v1beta1", &["TokenReview"], 19, 22, "`authentication.k8s.io/v1`"),
    gone(
        "authorization.k8s.io",
        "v1beta1",
        &[
            "LocalSubjectAccessReview",
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SubjectAccessReview",
        ],
        19,
        22,
        "`authorization.k8s.io/v1`",
    ),
    gone(
        "certificates.k8s.io",
        "v1beta1",
        &["CertificateSigningRequest"],
        19,
        22,
        "`certificates.k8s.io/v1`",
    ),
    gone("coordination.k8s.io", "v1beta1", &["Lease"], 19, 22, "`coordination.k8s.io/v1`"),
    gone("extensions", "v1beta1", &["Ingress"], 14, 22, "`networking.k8s.io/v1`"),
    gone("networking.k8s.io", "v1beta1", &["Ingress", "IngressClass"], 19, 22, "`networking.k8s.io/v1`"),
    gone("rbac.authorization.k8s.io", "v1beta1", RBAC, 17, 22, "`rbac.authorization.k8s.io/v1`"),
    gone("rbac.authorization.k8s.io", "v1alpha1", RBAC, 17, 22, "`rbac.authorization.k8s.io/v1`"),
    gone("scheduling.k8s.io", "v1beta1", &["PriorityClass"], 14, 22, "`scheduling.k8s.io/v1`"),
    gone("scheduling.k8s.io", "v1alpha1", &["PriorityClass"], 14, 22, "`scheduling.k8s.io/v1`"),
    gone("storage.k8s.io", "v1beta1", &["CSINode"], 17, 22, "`storage.k8s.io/v1`"),
    gone(
        "storage.k8s.io",
        "v1beta1",
        &["CSIDriver", "StorageClass", "VolumeAttachment"],
        19,
        22,
        "`storage.k8s.io/v1`",
    ),
    // 1.25
    gone("autoscaling", "v2beta1", &["HorizontalPodAutoscaler"], 22, 25, "`autoscaling/v2`"),
    gone("batch", "v1beta1", &["CronJob"], 21, 25, "`batch/v1`"),
    gone("discovery.k8s.io", "v1beta1", &["EndpointSlice"], 21, 25, "`discovery.k8s.io/v1`"),
    gone("events.k8s.io", "v1beta1", &["Event"], 22, 25, "`events.k8s.io/v1`"),
    gone("node.k8s.io", "v1beta1", &["RuntimeClass"], 22, 25, "`node.k8s.io/v1`"),
    gone("policy", "v1beta1", &["PodDisruptionBudget"], 21, 25, "`policy/v1`"),
    gone("policy", "v1beta1", &["PodSecurityPolicy"], 21, 25, "Pod Security Admission"),
    // 1.26
    gone("autoscaling", "v2beta2", &["HorizontalPodAutoscaler"], 23, 26, "`autoscaling/v2`"),
    gone("flowcontrol.apiserver.k8s.io", "v1alpha1", FLOW, 20, 24, "`flowcontrol.apiserver.k8s.io/v1`"),
    gone("flowcontrol.apiserver.k8s.io", "v1beta1", FLOW, 23, 26, "`flowcontrol.apiserver.k8s.io/v1`"),
    // 1.27
    gone("storage.k8s.io", "v1beta1", &["CSIStorageCapacity"], 24, 27, "`storage.k8s.io/v1`"),
    // 1.29
    gone("flowcontrol.apiserver.k8s.io", "v1beta2", FLOW, 26, 29, "`flowcontrol.apiserver.k8s.io/v1`"),
    // 1.32
    gone("flowcontrol.apiserver.k8s.io", "v1beta3", FLOW, 29, 32, "`flowcontrol.apiserver.k8s.io/v1`"),
    // what the API declares of its own beta versions since
    gone("authentication.k8s.io", "v1beta1", &["SelfSubjectReview"], 30, 33, "`authentication.k8s.io/v1`"),
    gone("authentication.k8s.io", "v1alpha1", &["SelfSubjectReview"], 27, 33, "`authentication.k8s.io/v1`"),
    gone(
        "admissionregistration.k8s.io",
        "v1beta1",
        &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
        31,
        34,
        "`admissionregistration.k8s.io/v1`",
    ),
    gone(
        "admissionregistration.k8s.io",
        "v1alpha1",
        &["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
        28,
        34,
        "`admissionregistration.k8s.io/v1`",
    ),
    gone("networking.k8s.io", "v1beta1", &["IPAddress", "ServiceCIDR"], 34, 37, "`networking.k8s.io/v1`"),
    gone("networking.k8s.io", "v1alpha1", &["IPAddress", "ServiceCIDR"], 30, 34, "`networking.k8s.io/v1`"),
    gone("networking.k8s.io", "v1alpha1", &["ClusterCIDR"], 28, 29, "nothing"),
    gone("storage.k8s.io", "v1beta1", &["VolumeAttributesClass"], 34, 37, "`storage.k8s.io/v1`"),
    gone("storage.k8s.io", "v1alpha1", &["CSIStorageCapacity"], 21, 24, "`storage.k8s.io/v1`"),
    gone("storage.k8s.io", "v1alpha1", &["VolumeAttachment"], 21, 24, "`storage.k8s.io/v1`"),
    gone("resource.k8s.io", "v1alpha2", DEVICES, 30, 31, "`resource.k8s.io/v1`"),
    gone("resource.k8s.io", "v1alpha3", DEVICES, 33, 34, "`resource.k8s.io/v1`"),
    gone("resource.k8s.io", "v1beta1", DEVICES, 35, 38, "`resource.k8s.io/v1`"),
    gone("resource.k8s.io", "v1beta2", DEVICES, 36, 39, "`resource.k8s.io/v1`"),
    gone(
        "certificates.k8s.io",
        "v1beta1",
        &["ClusterTrustBundle"],
        36,
        39,
        "the newest version that is served",
    ),
    gone(
        "certificates.k8s.io",
        "v1beta1",
        &["PodCertificateRequest"],
        38,
        41,
        "the newest version that is served",
    ),
    gone("coordination.k8s.io", "v1beta1", &["LeaseCandidate"], 36, 39, "the newest version that is served"),
    gone(
        "admissionregistration.k8s.io",
        "v1beta1",
        &["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"],
        37,
        40,
        "the newest version that is served",
    ),
];

const RBAC: &[&str] = &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
const FLOW: &[&str] = &["FlowSchema", "PriorityLevelConfiguration"];
const DEVICES: &[&str] = &["DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"];

/// The groups that the API server itself serves; others that end in `.k8s.io` are defined by somebody.
const GROUPS: [&str; 24] = [
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// Whether the API server serves a group by itself.
pub(crate) fn is_upstream(group: &str) -> bool {
    GROUPS.contains(&group)
}

/// How an object's version stands in a release, by what is known of upstream.
pub(crate) fn stands(manifest: &Manifest, release: Version) -> Stands {
    let Manifest { group, version, kind, .. } = manifest;
    let known = LIFECYCLES
        .iter()
        .find(|one| one.group == group && one.version == version && one.kinds.contains(&kind.as_str()));
    match known {
        Some(one) if one.removed.is_some_and(|removed| release.reaches(removed)) => {
            Stands::Removed { since: one.removed.unwrap_or_default(), instead: one.instead }
        }
        Some(one) if release.reaches(one.deprecated) => {
            Stands::Deprecated { since: one.deprecated, until: one.removed, instead: one.instead }
        }
        None if is_upstream(group) && version.contains("alpha") => Stands::Alpha,
        None if is_upstream(group) && version.contains("beta") && release.reaches(KNOWN_UNTIL + 1) => {
            Stands::Unknown
        }
        _ => Stands::Good,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        for (at, one) in LIFECYCLES.iter().enumerate() {
            assert!(is_upstream(one.group), "{one:?}");
            assert!(one.removed.is_none_or(|removed| removed > one.deprecated), "{one:?}");
            assert!(!one.kinds.is_empty() && !one.instead.is_empty(), "{one:?}");
            let again = LIFECYCLES[..at].iter().find(|other| {
                (other.group, other.version) == (one.group, one.version)
                    && other.kinds.iter().any(|kind| one.kinds.contains(kind))
            });
            assert!(again.is_none(), "{one:?} and {again:?}");
        }
        assert!(GROUPS.is_sorted());
    }
}
