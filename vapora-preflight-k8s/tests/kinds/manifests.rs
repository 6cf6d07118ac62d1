//! Manifests in a folder of their own, and what the server says it serves.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::replay::Recording;

/// Manifests that apply in the world of the kinds, and change what is there.
pub(crate) const WORLD: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: vapora-backend
spec:
  minReadySeconds: 5
  selector:
    matchLabels:
      app: vapora-backend
  template:
    metadata:
      labels:
        app: vapora-backend
    spec:
      containers:
      - name: backend
        envFrom:
        - configMapRef:
            name: vapora-config
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: vapora-config
data:
  LOG_LEVEL: info
";

/// Manifests that are in the world of the kinds already.
pub(crate) const THERE: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: vapora-config
data:
  LOG_LEVEL: debug
";

/// A folder with a file `app.yaml` of this text.
pub(crate) fn folder(yaml: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.yaml"), yaml).unwrap();
    folder
}

/// The file in the folder.
pub(crate) fn file(folder: &TempDir) -> String {
    folder.path().join("app.yaml").display().to_string()
}

/// What the server says it serves, with a custom resource.
pub(crate) fn discovery() -> Vec<Recording> {
    let widgets = |version: &str| {
        json!({ "version": version, "freshness": "Current", "resources": [{
            "resource": "widgets", "responseKind": { "group": "", "version": "", "kind": "Widget" },
            "scope": "Namespaced", "verbs": ["get", "list", "patch", "create"] }] })
    };
    let group =
        json!({ "metadata": { "name": "example.com" }, "versions": [widgets("v1"), widgets("v1beta1")] });
    let add = |groups: &mut Value| groups["items"].as_array_mut().unwrap().push(group);
    vec![Recording::of("discovery-api-aggregated"), Recording::of("discovery-apis-aggregated").edited(add)]
}

/// That an object does not exist.
pub(crate) fn absent(path: &str) -> Recording {
    let (rest, name) = path.rsplit_once('/').unwrap();
    let plural = rest.rsplit_once('/').unwrap().1.to_owned();
    let name = name.to_owned();
    Recording::of("configmap-get-missing-404").at(path).edited(|status| {
        status["details"]["name"] = name.as_str().into();
        status["details"]["kind"] = plural.as_str().into();
        status["message"] = format!("{plural} \"{name}\" not found").into();
    })
}
