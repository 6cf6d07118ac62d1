//! Manifests in a folder of their own.

use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder with a file `app.yaml` that holds these objects.
pub(crate) fn folder(objects: &[Value]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let documents: Vec<String> = objects.iter().map(ToString::to_string).collect();
    std::fs::write(folder.path().join("app.yaml"), documents.join("\n---\n")).unwrap();
    folder
}

/// The parameters that all kinds with manifests have.
pub(crate) fn parameters(folder: &TempDir) -> Value {
    let resources = ["namespaces", "configmaps", "secrets", "services", "deployments.apps"];
    json!({ "files": [folder.path()], "resources": resources })
}

pub(crate) fn config_map(name: &str, data: Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name }, "data": data })
}

pub(crate) fn deployment(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name },
        "spec": {
            "replicas": 1,
            "selector": { "matchLabels": { "app": name } },
            "template": {
                "metadata": { "labels": { "app": name } },
                "spec": { "containers": [{ "name": "web", "image": image }] },
            },
        },
    })
}
