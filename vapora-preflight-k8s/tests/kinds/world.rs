//! A simulated cluster in which every kind has something to look at.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kube::Client;
use serde_json::{Value, json};
use vapora_preflight_k8s::{Credentials, K8sClient};
use vapora_preflight_sim::Cluster;

/// A cluster that is in order.
pub(crate) fn cluster() -> Cluster {
    let hard = json!({ "pods": "20", "requests.cpu": "10" });
    let cluster = Cluster::builder("production")
        .nodes(3)
        .deployment("vapora", "vapora-backend", 2, "registry.example.com/backend:1.0")
        .deployment("vapora", "vapora-agents", 1, "registry.example.com/agents:1.0")
        .object(json!({
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": "compute", "namespace": "vapora" },
            "spec": { "hard": hard }, "status": { "hard": hard, "used": { "pods": "3", "requests.cpu": "300m" } },
        }))
        .object(json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": { "name": "vapora-data", "namespace": "vapora" },
            "spec": { "volumeName": "pv-1", "resources": { "requests": { "storage": "10Gi" } } },
            "status": { "phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": { "storage": "10Gi" } },
        }))
        .config_map("vapora", "vapora-config", [("config.toml", "port = 8001\n")])
        .object(json!({ "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": { "namespace": "vapora", "name": "vapora-secrets" }, "data": { "PASS": "c3dvcmRmaXNo" } }))
        .build();
    let volume = json!({ "name": "data", "persistentVolumeClaim": { "claimName": "vapora-data" } });
    let pod = cluster.pods_of("vapora", "vapora-agents").remove(0);
    let mount = |pod: &mut Value| pod["spec"]["volumes"].as_array_mut().unwrap().push(volume);
    cluster.edit("Pod", "vapora", &pod, mount).unwrap();
    cluster
}

/// A client of it, as a kubeconfig with a token would give one.
pub(crate) fn client(cluster: &Cluster) -> K8sClient {
    let claims = URL_SAFE_NO_PAD.encode(json!({ "exp": 4_000_000_000_i64 }).to_string());
    let auth = serde_json::from_value(json!({ "token": format!("e30.{claims}.c2ln") })).unwrap();
    K8sClient::new(Client::new(cluster.service(), "default"), "https://sim.example.com")
        .with_credentials(Credentials::of(&auth))
}
