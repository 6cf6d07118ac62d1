//! Every kind of a kube-apiserver 1.36, and those of the metrics server.

use super::{Conversion, Served, Subresource, Verbs};

/// A group in the order of discovery, with its versions, the preferred one first.
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) versions: &'static [&'static str],
    pub(super) kinds: &'static [Row],
}

/// A kind as the table has it: the singular is its name in lower case.
pub(super) struct Row {
    pub(super) plural: &'static str,
    pub(super) kind: &'static str,
    pub(super) namespaced: bool,
    pub(super) short: &'static [&'static str],
    pub(super) categories: &'static [&'static str],
    pub(super) verbs: Verbs,
    pub(super) subresources: &'static [Subresource],
    pub(super) served: Served,
    pub(super) deprecated: Option<&'static str>,
    pub(super) conversions: &'static [(&'static str, Conversion)],
}

const fn row(plural: &'static str, kind: &'static str, namespaced: bool) -> Row {
    Row {
        plural,
        kind,
        namespaced,
        short: &[],
        categories: &[],
        verbs: Verbs::ALL,
        subresources: &[],
        served: Served::Stored,
        deprecated: None,
        conversions: &[],
    }
}

const fn inside(plural: &'static str, kind: &'static str) -> Row {
    row(plural, kind, true)
}

const fn global(plural: &'static str, kind: &'static str) -> Row {
    row(plural, kind, false)
}

impl Row {
    const fn short(self, short: &'static [&'static str]) -> Self {
        Self { short, ..self }
    }

    const fn all(self) -> Self {
        Self { categories: &["all"], ..self }
    }

    const fn extension(self) -> Self {
        Self { categories: &["api-extensions"], ..self }
    }

    const fn sub(self, subresources: &'static [Subresource]) -> Self {
        Self { subresources, ..self }
    }

    const fn deprecated(self, warning: &'static str) -> Self {
        Self { deprecated: Some(warning), ..self }
    }

    /// An answer is made for each request; nothing of it is kept.
    const fn made(self, verbs: Verbs) -> Self {
        Self { verbs, served: Served::Made, ..self }
    }
}

const fn own(name: &'static str, verbs: Verbs) -> Subresource {
    Subresource { name, group_version: "", kind: "", verbs }
}

const fn other(
    name: &'static str,
    group_version: &'static str,
    kind: &'static str,
    verbs: Verbs,
) -> Subresource {
    Subresource { name, group_version, kind, verbs }
}

const STATUS: Subresource = own("status", Verbs::CHANGE);
const SCALE: Subresource = other("scale", "autoscaling/v1", "Scale", Verbs::CHANGE);
const WITH_STATUS: &[Subresource] = &[STATUS];
const WITH_SCALE: &[Subresource] = &[SCALE, STATUS];

pub(super) static TABLE: &[Group] = &[
    Group {
        name: "",
        versions: &["v1"],
        kinds: &[
            inside("bindings", "Binding").made(Verbs::CREATE),
            global("componentstatuses", "ComponentStatus")
                .short(&["cs"])
                .made(Verbs::READ)
                .deprecated("v1 ComponentStatus is deprecated in v1.19+"),
            inside("configmaps", "ConfigMap").short(&["cm"]),
            inside("endpoints", "Endpoints")
                .short(&["ep"])
                .deprecated("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"),
            inside("events", "Event").short(&["ev"]),
            inside("limitranges", "LimitRange").short(&["limits"]),
            Row {
                verbs: Verbs::ALL_BUT_COLLECTIONS,
                ..global("namespaces", "Namespace")
                    .short(&["ns"])
                    .sub(&[own("finalize", Verbs::UPDATE), STATUS])
            },
            global("nodes", "Node")
                .short(&["no"])
                .sub(&[other("proxy", "v1", "NodeProxyOptions", Verbs::PROXY), STATUS]),
            inside("persistentvolumeclaims", "PersistentVolumeClaim").short(&["pvc"]).sub(WITH_STATUS),
            global("persistentvolumes", "PersistentVolume").short(&["pv"]).sub(WITH_STATUS),
            inside("pods", "Pod").short(&["po"]).all().sub(&[
                other("attach", "v1", "PodAttachOptions", Verbs::CONNECT),
                other("binding", "v1", "Binding", Verbs::CREATE),
                own("ephemeralcontainers", Verbs::CHANGE),
                other("eviction", "policy/v1", "Eviction", Verbs::CREATE),
                other("exec", "v1", "PodExecOptions", Verbs::CONNECT),
                own("log", Verbs::GET),
                other("portforward", "v1", "PodPortForwardOptions", Verbs::CONNECT),
                other("proxy", "v1", "PodProxyOptions", Verbs::PROXY),
                own("resize", Verbs::CHANGE),
                STATUS,
            ]),
            inside("podtemplates", "PodTemplate"),
            inside("replicationcontrollers", "ReplicationController").short(&["rc"]).all().sub(WITH_SCALE),
            inside("resourcequotas", "ResourceQuota").short(&["quota"]).sub(WITH_STATUS),
            inside("secrets", "Secret"),
            inside("serviceaccounts", "ServiceAccount").short(&["sa"]).sub(&[other(
                "token",
                "authentication.k8s.io/v1",
                "TokenRequest",
                Verbs::CREATE,
            )]),
            inside("services", "Service")
                .short(&["svc"])
                .all()
                .sub(&[other("proxy", "v1", "ServiceProxyOptions", Verbs::PROXY), STATUS]),
        ],
    },
    Group {
        name: "apiregistration.k8s.io",
        versions: &["v1"],
        kinds: &[global("apiservices", "APIService").extension().sub(WITH_STATUS)],
    },
    Group {
        name: "apps",
        versions: &["v1"],
        kinds: &[
            inside("controllerrevisions", "ControllerRevision"),
            inside("daemonsets", "DaemonSet").short(&["ds"]).all().sub(WITH_STATUS),
            inside("deployments", "Deployment").short(&["deploy"]).all().sub(WITH_SCALE),
            inside("replicasets", "ReplicaSet").short(&["rs"]).all().sub(WITH_SCALE),
            inside("statefulsets", "StatefulSet").short(&["sts"]).all().sub(WITH_SCALE),
        ],
    },
    Group {
        name: "events.k8s.io",
        versions: &["v1"],
        kinds: &[Row {
            conversions: &[("v1", Conversion::Event)],
            ..inside("events", "Event").short(&["ev"])
        }],
    },
    Group {
        name: "authentication.k8s.io",
        versions: &["v1"],
        kinds: &[
            global("selfsubjectreviews", "SelfSubjectReview").made(Verbs::CREATE),
            global("tokenreviews", "TokenReview").made(Verbs::CREATE),
        ],
    },
    Group {
        name: "authorization.k8s.io",
        versions: &["v1"],
        kinds: &[
            inside("localsubjectaccessreviews", "LocalSubjectAccessReview").made(Verbs::CREATE),
            global("selfsubjectaccessreviews", "SelfSubjectAccessReview").made(Verbs::CREATE),
            global("selfsubjectrulesreviews", "SelfSubjectRulesReview").made(Verbs::CREATE),
            global("subjectaccessreviews", "SubjectAccessReview").made(Verbs::CREATE),
        ],
    },
    Group {
        name: "autoscaling",
        versions: &["v2", "v1"],
        kinds: &[Row {
            conversions: &[("v1", Conversion::AutoscalerV1)],
            ..inside("horizontalpodautoscalers", "HorizontalPodAutoscaler")
                .short(&["hpa"])
                .all()
                .sub(WITH_STATUS)
        }],
    },
    Group {
        name: "batch",
        versions: &["v1"],
        kinds: &[
            inside("cronjobs", "CronJob").short(&["cj"]).all().sub(WITH_STATUS),
            inside("jobs", "Job").all().sub(WITH_STATUS),
        ],
    },
    Group {
        name: "certificates.k8s.io",
        versions: &["v1"],
        kinds: &[global("certificatesigningrequests", "CertificateSigningRequest")
            .short(&["csr"])
            .sub(&[own("approval", Verbs::CHANGE), STATUS])],
    },
    Group {
        name: "networking.k8s.io",
        versions: &["v1"],
        kinds: &[
            global("ingressclasses", "IngressClass"),
            inside("ingresses", "Ingress").short(&["ing"]).sub(WITH_STATUS),
            global("ipaddresses", "IPAddress").short(&["ip"]),
            inside("networkpolicies", "NetworkPolicy").short(&["netpol"]),
            global("servicecidrs", "ServiceCIDR").sub(WITH_STATUS),
        ],
    },
    Group {
        name: "policy",
        versions: &["v1"],
        kinds: &[inside("poddisruptionbudgets", "PodDisruptionBudget").short(&["pdb"]).sub(WITH_STATUS)],
    },
    Group {
        name: "rbac.authorization.k8s.io",
        versions: &["v1"],
        kinds: &[
            global("clusterrolebindings", "ClusterRoleBinding"),
            global("clusterroles", "ClusterRole"),
            inside("rolebindings", "RoleBinding"),
            inside("roles", "Role"),
        ],
    },
    Group {
        name: "storage.k8s.io",
        versions: &["v1"],
        kinds: &[
            global("csidrivers", "CSIDriver"),
            global("csinodes", "CSINode"),
            inside("csistoragecapacities", "CSIStorageCapacity"),
            global("storageclasses", "StorageClass").short(&["sc"]),
            global("volumeattachments", "VolumeAttachment").sub(WITH_STATUS),
            global("volumeattributesclasses", "VolumeAttributesClass").short(&["vac"]),
        ],
    },
    Group {
        name: "admissionregistration.k8s.io",
        versions: &["v1"],
        kinds: &[
            global("mutatingadmissionpolicies", "MutatingAdmissionPolicy").extension(),
            global("mutatingadmissionpolicybindings", "MutatingAdmissionPolicyBinding").extension(),
            global("mutatingwebhookconfigurations", "MutatingWebhookConfiguration").extension(),
            global("validatingadmissionpolicies", "ValidatingAdmissionPolicy").extension().sub(WITH_STATUS),
            global("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding").extension(),
            global("validatingwebhookconfigurations", "ValidatingWebhookConfiguration").extension(),
        ],
    },
    Group {
        name: "apiextensions.k8s.io",
        versions: &["v1"],
        kinds: &[global("customresourcedefinitions", "CustomResourceDefinition")
            .short(&["crd", "crds"])
            .extension()
            .sub(WITH_STATUS)],
    },
    Group {
        name: "scheduling.k8s.io",
        versions: &["v1"],
        kinds: &[global("priorityclasses", "PriorityClass").short(&["pc"])],
    },
    Group { name: "coordination.k8s.io", versions: &["v1"], kinds: &[inside("leases", "Lease")] },
    Group { name: "node.k8s.io", versions: &["v1"], kinds: &[global("runtimeclasses", "RuntimeClass")] },
    Group {
        name: "discovery.k8s.io",
        versions: &["v1"],
        kinds: &[inside("endpointslices", "EndpointSlice")],
    },
    Group {
        name: "resource.k8s.io",
        versions: &["v1"],
        kinds: &[
            global("deviceclasses", "DeviceClass"),
            inside("resourceclaims", "ResourceClaim").sub(WITH_STATUS),
            inside("resourceclaimtemplates", "ResourceClaimTemplate"),
            global("resourceslices", "ResourceSlice"),
        ],
    },
    Group {
        name: "flowcontrol.apiserver.k8s.io",
        versions: &["v1"],
        kinds: &[
            global("flowschemas", "FlowSchema").sub(WITH_STATUS),
            global("prioritylevelconfigurations", "PriorityLevelConfiguration").sub(WITH_STATUS),
        ],
    },
    Group {
        name: super::METRICS,
        versions: &["v1beta1"],
        kinds: &[
            global("nodes", "NodeMetrics").made(Verbs::READ),
            inside("pods", "PodMetrics").made(Verbs::READ),
        ],
    },
];
