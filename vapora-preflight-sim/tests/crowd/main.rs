//! Crowds: objects that are made as they are asked for, and are what objects that are kept would be.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

mod changing;
mod listing;
mod metrics;
mod shape;

use http::Request;
use kube::{Client, Error};
use serde_json::Value;
use vapora_preflight_sim::{Cluster, ClusterBuilder, Crowd};

/// What stands in both of them: 7 Nodes, 23 Pods of 5 Deployments and 8 of 2, and around them what is kept.
fn builder() -> ClusterBuilder {
    Cluster::builder("large")
        .nodes(2)
        .crowd_of_nodes(7)
        .deployment("shop", "aaa", 2, "registry.example.com/backend:1.0")
        .crowd(Crowd::new("tenants", 23).replicas(5).restarted(10))
        .crowd(Crowd::new("shop", 8).replicas(4).image("registry.example.com/other:2.0"))
        .deployment("shop", "backend", 3, "registry.example.com/backend:1.0")
        .deployment("zoo", "lion", 1, "registry.example.com/lion:1.0")
}

struct Large {
    cluster: Cluster,
    client: Client,
}

impl Large {
    fn new() -> Self {
        Self::of(builder().build())
    }

    fn of(cluster: Cluster) -> Self {
        Self { client: Client::new(cluster.service(), "shop"), cluster }
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> Result<Value, Error> {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.client.request(request.body(body).unwrap()).await
    }

    async fn get(&self, path: &str) -> Value {
        self.ask("GET", path, Value::Null).await.unwrap()
    }

    async fn refused(&self, method: &str, path: &str) -> (u16, String) {
        match self.ask(method, path, Value::Null).await {
            Err(Error::Api(status)) => (status.code, status.message.clone()),
            other => panic!("expected an answer with an error, found {other:?}"),
        }
    }

    /// The items of a list.
    async fn list(&self, path: &str) -> Vec<Value> {
        self.get(path).await["items"].as_array().unwrap().clone()
    }
}

fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Namespace and name.
fn place(object: &Value) -> String {
    format!("{}/{}", text(object, "/metadata/namespace"), text(object, "/metadata/name"))
}

fn places(objects: &[Value]) -> Vec<String> {
    objects.iter().map(place).collect()
}
