//! The settings of a target.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::TargetSettings;

/// A Kubernetes cluster, and how to know that it is the one you mean: `[target.production.kubernetes]`.
///
/// The credentials stay where they are, in the kubeconfig or in the pod; nothing here is a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KubernetesTarget {
    /// The kubeconfig to take the context from. A relative path is taken from the folder the program is started in;
    /// what the caller of the run gives goes before it.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig; without it, its current one.
    #[serde(default)]
    pub context: Option<String>,
    /// Whether the run is inside of this cluster, and takes the service account of its own pod.
    #[serde(default)]
    pub in_cluster: bool,
    /// The URL of the API server that the context has to lead to, as in `https://k8s.example.com:6443`.
    /// `k8s.api_reachable` compares it.
    #[serde(default)]
    pub server: Option<String>,
    /// The uid of the namespace `kube-system`, which no other cluster has. `k8s.api_reachable` compares it.
    #[serde(default)]
    pub cluster_uid: Option<String>,
}

impl TargetSettings for KubernetesTarget {
    const NAME: &'static str = "kubernetes";
}
