//! A simulated cluster in which every kind has something to look at.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kube::Client;
use serde_json::{Value, json};
use vapora_preflight_k8s::{Credentials, K8sClient};
use vapora_preflight_sim::Cluster;

/// A cluster that is in order.
pub(crate) fn cluster() -> Cluster {
    let data = json!({ "LOG_LEVEL": "debug", "config.toml": "port = 8001\n" });
    let hard = json!({ "pods": "20", "requests.cpu": "10" });
    let cluster = Cluster::builder("production")
        .nodes(3)
        .deployment("vapora", "vapora-backend", 2, "registry.example.com/backend:1.0")
        .deployment("vapora", "vapora-agents", 1, "registry.example.com/agents:1.0")
        .object(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": { "name": "vapora-config", "namespace": "vapora", "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": json!({ "data": data }).to_string() } },
            "data": data,
        }))
        .object(json!({
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": "compute", "namespace": "vapora" },
            "spec": { "hard": hard }, "status": { "hard": hard, "used": { "pods": "3", "requests.cpu": "300m" } },
        }))
        .object(json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": { "name": "vapora-data", "namespace": "vapora" },
            "spec": { "volumeName": "pv-1", "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "10Gi" } } },
            "status": { "phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": { "storage": "10Gi" } },
        }))
        .object(json!({ "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": { "namespace": "vapora", "name": "vapora-secrets" }, "data": { "PASS": "c3dvcmRmaXNo" } }))
        .object(json!({
            "apiVersion": "v1", "kind": "Service", "metadata": { "name": "vapora-backend", "namespace": "vapora" },
            "spec": {
                "type": "ClusterIP", "clusterIP": "10.0.0.50", "clusterIPs": ["10.0.0.50"], "ipFamilies": ["IPv4"],
                "ipFamilyPolicy": "SingleStack",
                "selector": { "app": "vapora-backend" }, "ports": [{ "name": "http", "port": 80 }],
            },
        }))
        .object(json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {
                "name": "vapora-backend-1", "namespace": "vapora",
                "labels": { "kubernetes.io/service-name": "vapora-backend" },
            },
            "endpoints": [
                { "addresses": ["10.244.1.2"], "conditions": { "ready": true } },
                { "addresses": ["10.244.2.3"], "conditions": { "ready": true } },
            ],
            "ports": [{ "name": "http", "port": 8080, "protocol": "TCP" }],
        }))
        .object(budget("vapora-backend", 2))
        .object(budget("vapora-agents", 1))
        .object(json!({
            "apiVersion": "batch/v1", "kind": "CronJob",
            "metadata": { "name": "vapora-db-backup", "namespace": "vapora", "uid": "the-cron-job" },
            "spec": { "schedule": "0 2 * * *", "jobTemplate": { "metadata": {}, "spec": { "template": { "metadata": {}, "spec": {
                "restartPolicy": "Never",
                "containers": [{ "name": "backup", "image": "registry.example.com/backup:1", "resources": {} }],
            } } } } },
            "status": {
                "lastScheduleTime": "2026-12-01T02:00:00Z", "lastSuccessfulTime": "2026-12-01T02:05:00Z",
            },
        }))
        .build();
    let volume = json!({ "name": "data", "persistentVolumeClaim": { "claimName": "vapora-data" } });
    let pod = cluster.pods_of("vapora", "vapora-agents").remove(0);
    let mount = |pod: &mut Value| pod["spec"]["volumes"].as_array_mut().unwrap().push(volume);
    cluster.edit("Pod", "vapora", &pod, mount).unwrap();
    for pod in cluster.pods_of("vapora", "vapora-backend") {
        cluster.log("vapora", &pod, "backend", [" INFO listening on 0.0.0.0:8001"]).unwrap();
    }
    cluster
}

/// A small cluster with a deployment that has a revision to go back to.
pub(crate) fn rolled_out_twice() -> Cluster {
    let image = |tag: &str| format!("registry.example.com/agents:{tag}");
    let cluster = Cluster::builder("staging")
        .node("node-1")
        .deployment("vapora", "vapora-agents", 1, &image("1.0"))
        .build();
    cluster.roll_out("vapora", "vapora-agents", &image("2.0")).unwrap();
    cluster
}

fn budget(app: &str, pods: u32) -> Value {
    json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": { "name": app, "namespace": "vapora", "generation": 1 },
        "spec": { "maxUnavailable": 1, "selector": { "matchLabels": { "app": app } } },
        "status": {
            "observedGeneration": 1, "disruptionsAllowed": 1, "currentHealthy": pods, "desiredHealthy": pods - 1,
            "expectedPods": pods,
            "conditions": [{ "type": "DisruptionAllowed", "status": "True", "reason": "SufficientPods",
                "observedGeneration": 1, "lastTransitionTime": "2026-12-01T12:00:00Z", "message": "" }],
        },
    })
}

/// A client of it, as a kubeconfig with a token would give one.
pub(crate) fn client(cluster: &Cluster) -> K8sClient {
    let claims = URL_SAFE_NO_PAD.encode(json!({ "exp": 4_000_000_000_i64 }).to_string());
    let auth = serde_json::from_value(json!({ "token": format!("e30.{claims}.c2ln") })).unwrap();
    K8sClient::new(Client::new(cluster.service(), "default"), "https://sim.example.com")
        .with_credentials(Credentials::of(&auth))
}
