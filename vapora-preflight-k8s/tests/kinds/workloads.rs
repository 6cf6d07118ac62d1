//! Workloads that were not recorded, as the API is documented to show them.

use serde_json::{Value, json};

/// The path of a workload in the namespace `vapora`.
pub(crate) fn path(plural: &str, name: &str) -> String {
    format!("/apis/apps/v1/namespaces/vapora/{plural}/{name}")
}

fn template(app: &str, image: &str) -> Value {
    json!({
        "metadata": { "labels": { "app": app } },
        "spec": {
            "initContainers": [{ "name": "migrate", "image": image }],
            "containers": [{ "name": app, "image": image }],
        },
    })
}

fn metadata(name: &str) -> Value {
    json!({ "name": name, "namespace": "vapora", "uid": format!("uid-of-{name}"), "generation": 2 })
}

/// A stateful set of three replicas that has rolled out.
pub(crate) fn stateful_set() -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata("db"),
        "spec": {
            "replicas": 3,
            "revisionHistoryLimit": 10,
            "serviceName": "db",
            "selector": { "matchLabels": { "app": "db" } },
            "template": template("db", "registry.example.com/db:2.0"),
            "updateStrategy": { "type": "RollingUpdate", "rollingUpdate": { "partition": 0 } },
        },
        "status": {
            "observedGeneration": 2, "replicas": 3, "readyReplicas": 3, "availableReplicas": 3, "currentReplicas": 3,
            "updatedReplicas": 3, "currentRevision": "db-6bb8d9f5c7", "updateRevision": "db-6bb8d9f5c7",
            "collisionCount": 0,
        },
    })
}

/// A daemon set on two nodes that has rolled out.
pub(crate) fn daemon_set() -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": metadata("agent"),
        "spec": {
            "revisionHistoryLimit": 10,
            "selector": { "matchLabels": { "app": "agent" } },
            "template": template("agent", "registry.example.com/agent:2.0"),
            "updateStrategy": { "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": 1, "maxSurge": 0 } },
        },
        "status": {
            "observedGeneration": 2, "currentNumberScheduled": 2, "numberMisscheduled": 0, "desiredNumberScheduled": 2,
            "numberReady": 2, "updatedNumberScheduled": 2, "numberAvailable": 2,
        },
    })
}

/// One revision of a stateful set or a daemon set.
pub(crate) fn revision(owner: &Value, name: &str, number: u32, image: &str) -> Value {
    let (kind, owner_name) = (&owner["kind"], owner["metadata"]["name"].as_str().unwrap());
    let mut template = template(owner_name, image);
    template["$patch"] = "replace".into();
    json!({
        "metadata": {
            "name": name, "namespace": "vapora", "uid": format!("uid-of-{name}"),
            "labels": { "controller.kubernetes.io/hash": name },
            "ownerReferences": [{ "apiVersion": "apps/v1", "kind": kind, "name": owner_name,
                "uid": owner["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true }],
        },
        "data": { "spec": { "template": template } },
        "revision": number,
    })
}
