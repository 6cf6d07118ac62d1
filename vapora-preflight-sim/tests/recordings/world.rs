//! The clusters that are asked, and the steps that bring them into the state of a recording.

use serde_json::{Value, json};
use vapora_preflight_sim::{AccessRule, Cluster, ClusterBuilder, ClusterError, Workload};

use crate::recording;

pub(crate) const NAMESPACE: &str = "vapora";

fn identities(builder: ClusterBuilder) -> ClusterBuilder {
    let pods =
        || AccessRule::new(["get", "list"], [""], ["pods"]).in_namespaces([NAMESPACE]).role("pod-viewer");
    builder.namespace(NAMESPACE).restricted([pods()]).identity("restricted-user", [pods()])
}

/// A cluster with the objects of the recorded one, as they were recorded.
pub(crate) fn recorded() -> Result<Cluster, ClusterError> {
    let cluster = identities(
        Cluster::builder("recorded").without_group("metrics.k8s.io").without_kubelets().at(1_795_435_700),
    )
    .build();
    for object in recording::world() {
        cluster.insert(object)?;
    }
    Ok(cluster)
}

/// A cluster that the builder made to be like the recorded one.
pub(crate) fn built() -> Result<Cluster, ClusterError> {
    let workload =
        |name: &str, port: u16| Workload::new(name, 2, "nginx:1.25.5").port(port).env_from("vapora-config");
    let cluster = identities(Cluster::builder("built").without_group("metrics.k8s.io").nodes(3))
        .config_map(
            NAMESPACE,
            "vapora-config",
            [
                ("LOG_LEVEL", "info"),
                ("agents.toml", "[registry]\nmax_agents_per_role = 5\n"),
                (
                    "config.toml",
                    "[server]\nhost = \"0.0.0.0\"\nport = 8001\n\n[database]\nurl = \"ws://surrealdb:8000\"\n\n[llm]\n\
                     default_provider = \"local\"\n",
                ),
                ("vapora.json", "{\"features\":{\"a2a\":true,\"mcp\":false}}"),
            ],
        )
        .workload(NAMESPACE, workload("vapora-backend", 8001))
        .workload(NAMESPACE, workload("vapora-agents", 8002))
        .workload(NAMESPACE, workload("vapora-llm-router", 8003))
        .build();
    for image in ["nginx:1.26.0", "nginx:1.27.0"] {
        for name in ["vapora-backend", "vapora-agents", "vapora-llm-router"] {
            cluster.roll_out(NAMESPACE, name, image)?;
            cluster.edit("Deployment", NAMESPACE, name, |deployment| {
                deployment["metadata"]["annotations"]["kubernetes.io/change-cause"] =
                    format!("image {image}").into();
            })?;
        }
    }
    Ok(cluster)
}

/// The first Pod of the backend.
pub(crate) fn backend(cluster: &Cluster) -> String {
    cluster.pods_of(NAMESPACE, "vapora-backend").remove(0)
}

/// Puts a namespace with these labels there.
pub(crate) fn namespace(cluster: &Cluster, name: &str, labels: &[(&str, &str)]) -> Result<(), ClusterError> {
    let mut all = json!({ "kubernetes.io/metadata.name": name });
    for (label, value) in labels {
        all[*label] = (*value).into();
    }
    cluster.insert(json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": { "name": name, "labels": all },
        "spec": { "finalizers": ["kubernetes"] },
        "status": { "phase": "Active" },
    }))
}

/// The Deployment `vapora-roll`, with its ReplicaSet and Pods.
pub(crate) fn roll(cluster: &Cluster, replicas: u32, image: &str) -> Result<(), ClusterError> {
    let other = Cluster::builder("roll")
        .nodes(3)
        .workload(NAMESPACE, Workload::new("vapora-roll", replicas, image).container("web"))
        .build();
    for kind in ["Deployment", "ReplicaSet", "Pod"] {
        for object in other.objects(kind) {
            cluster.insert(object)?;
        }
    }
    Ok(())
}

/// A copy of a Pod of the backend, under another name.
pub(crate) fn another_pod(
    cluster: &Cluster,
    name: &str,
    change: impl FnOnce(&mut Value),
) -> Result<(), ClusterError> {
    let mut pod = cluster.object("Pod", NAMESPACE, &backend(cluster))?;
    pod["metadata"]["name"] = name.into();
    change(&mut pod);
    cluster.insert(pod)
}

/// The store does not answer.
#[expect(clippy::unnecessary_wraps, reason = "a step before a recording may fail")]
pub(crate) fn frozen(cluster: &Cluster) -> Result<(), ClusterError> {
    cluster.freeze_store(true);
    Ok(())
}
