//! What runs in a simulated cluster, asked for with the real client: logs, commands, metrics, volumes.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

mod controllers;
mod events;
mod exec;
mod logs;
mod metrics;
mod rollouts;
mod throttling;
mod volumes;

use kube::{
    Client, Config, Error,
    config::{KubeConfigOptions, Kubeconfig},
};
use vapora_preflight_sim::{AccessRule, Cluster, ClusterBuilder, ClusterServer};

/// A client over TLS; it does not ask again by itself.
async fn client(server: &ClusterServer, identity: &str) -> Client {
    let file = Kubeconfig::from_yaml(&server.kubeconfig_as("here", identity)).unwrap();
    let mut config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.unwrap();
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

/// A client without a socket.
fn inside(cluster: &Cluster) -> Client {
    Client::new(cluster.service(), "shop")
}

fn shop() -> ClusterBuilder {
    Cluster::builder("shop")
        .nodes(2)
        .deployment("shop", "backend", 2, "registry.example.com/backend:1.0")
        .pod("shop", "database-0", "registry.example.com/database:1.0")
        .restricted([
            AccessRule::new(["get"], [""], ["pods", "pods/log", "pods/exec"]).in_namespaces(["shop"])
        ])
}

/// The status code and message with which the server said no.
fn refusal<T>(result: Result<T, Error>) -> (u16, String) {
    match result {
        Err(Error::Api(status)) => (status.code, status.message.clone()),
        Err(other) => panic!("expected an answer with an error, found {other:?}"),
        Ok(_) => panic!("expected an answer with an error, found a good one"),
    }
}
