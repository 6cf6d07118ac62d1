//! Writes, as a client without a library sends them, and what is left of them in the cluster.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

mod admission;
mod applying;
mod custom;
mod deleting;
mod kinds;
mod patching;
mod refused;
mod writing;

use axum::body::Body;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use vapora_preflight_sim::{ADMIN, AccessRule, Cluster};

/// What was answered.
#[derive(Debug)]
struct Answer {
    code: u16,
    body: Value,
    warnings: Vec<String>,
}

impl Answer {
    /// The message with which something was refused.
    fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    /// The fields that are told to be wrong.
    fn fields(&self) -> Vec<&str> {
        let causes = self.body["details"]["causes"].as_array().into_iter().flatten();
        causes.filter_map(|cause| cause["field"].as_str()).collect()
    }
}

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const JSON_PATCH: &str = "application/json-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

async fn ask_as(
    cluster: &Cluster,
    identity: &str,
    (method, target): (&str, &str),
    content: &str,
    body: impl Into<Body>,
) -> Answer {
    let request = http::Request::builder().method(method).uri(target).header("content-type", content);
    let request = request.body(body.into()).unwrap();
    let response = cluster.service_as(identity).oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let warnings = head.headers.get_all("warning").into_iter();
    Answer {
        code: head.status.as_u16(),
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
        warnings: warnings.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect(),
    }
}

async fn ask(cluster: &Cluster, request: (&str, &str), content: &str, body: &Value) -> Answer {
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    ask_as(cluster, ADMIN, request, content, body).await
}

async fn post(cluster: &Cluster, target: &str, body: &Value) -> Answer {
    ask(cluster, ("POST", target), JSON, body).await
}

async fn apply(cluster: &Cluster, target: &str, manager: &str, body: &Value) -> Answer {
    let joint = if target.contains('?') { '&' } else { '?' };
    let target = format!("{target}{joint}fieldManager={manager}");
    ask(cluster, ("PATCH", &target), APPLY, body).await
}

fn shop() -> Cluster {
    Cluster::builder("shop")
        .nodes(3)
        .deployment("shop", "backend", 2, "registry.example.com/backend:1.0")
        .config_map("shop", "config", [("level", "info")])
        .restricted([AccessRule::new(["patch"], [""], ["configmaps"])
            .in_namespaces(["shop"])
            .named(["config"])])
        .build()
}

const CONFIG_MAPS: &str = "/api/v1/namespaces/shop/configmaps";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/shop/deployments";
const BACKEND: &str = "/apis/apps/v1/namespaces/shop/deployments/backend";

fn config_map(name: &str, data: &Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name }, "data": data })
}

fn deployment(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": name },
        "spec": {
            "selector": { "matchLabels": { "app": name } },
            "template": {
                "metadata": { "labels": { "app": name } },
                "spec": { "containers": [{ "name": "web", "image": image }] },
            },
        },
    })
}

fn pod(name: &str, resources: &Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": name },
        "spec": { "containers": [{ "name": "web", "image": "nginx:1", "resources": resources }] },
    })
}
