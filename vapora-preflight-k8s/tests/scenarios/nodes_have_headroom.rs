//! `k8s.nodes_have_headroom`

use std::time::Duration;

use serde_json::{Value, json};
use vapora_preflight::{CheckResult, Clock as _, SystemClock};
use vapora_preflight_k8s::NodesHaveHeadroom;
use vapora_preflight_sim::{ClusterBuilder, NodeTrouble};

use crate::{
    ground::{Ended, Ground, IMAGE, PREFIX, Skipped, Who, everywhere},
    said::{errs, evidence, fails, passes},
};

/// Three nodes of the scenario's own, in a cluster without metrics, and its namespace.
fn three(cluster: ClusterBuilder, namespace: &str) -> ClusterBuilder {
    let cluster = cluster.without_group("metrics.k8s.io").namespace(namespace);
    ["a", "b", "c"].into_iter().fold(cluster, |cluster, name| cluster.node(&format!("{namespace}-{name}")))
}

async fn pod(ground: &Ground, name: &str, node: &str, cpu: &str, phase: &str) -> Ended {
    ground
        .make(json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name },
            "spec": {
                "nodeName": format!("{}-{node}", ground.namespace()),
                "automountServiceAccountToken": false,
                "containers": [{
                    "name": "it", "image": IMAGE, "resources": { "requests": { "cpu": cpu, "memory": "1Gi" } },
                }],
                // The largest of those that run before it counts where it is more.
                "initContainers": [{
                    "name": "before", "image": IMAGE, "resources": { "requests": { "cpu": "10m", "memory": "2Gi" } },
                }],
            },
            "status": { "phase": phase },
        }))
        .await
}

async fn ask(ground: &Ground, more: Value) -> CheckResult {
    let mut parameters = json!({ "selector": format!("{PREFIX}={}", ground.namespace()) });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ground.ask::<NodesHaveHeadroom>(parameters).await
}

#[tokio::test]
async fn what_pods_request_is_counted_where_there_are_no_metrics() {
    everywhere("headroom", three, async |ground| {
        ground.settle().await?;
        if ground.real().is_some() && serves_metrics(ground).await {
            return Err(Skipped("it has metrics, and kubelets that make them".to_owned()));
        }
        // A node has 3.92 cores, and 7046440Ki of memory.
        pod(ground, "one", "a", "3", "Running").await?;
        pod(ground, "ended", "a", "3", "Succeeded").await?;
        pod(ground, "two", "b", "500m", "Running").await?;
        let words = ["at most 76.6% of their CPU and 29.8% of their memory", "no metrics are installed"];
        let finding = passes(&ask(ground, json!({})).await, &words);
        assert_eq!(evidence(&finding, "source"), "requests");
        assert_eq!(evidence(&finding, "cpu"), "3.5");
        let full = format!("`{}-a` has 76.6% of its CPU taken", ground.namespace());
        fails(&ask(ground, json!({ "cpu_percent": 76 })).await, &["1 of 3 nodes", &full]);
        passes(&ask(ground, json!({ "nodes_down": 2 })).await, &["3 nodes"]);
        pod(ground, "three", "c", "500m", "Running").await?;
        fails(
            &ask(ground, json!({ "nodes_down": 2 })).await,
            &["without 2 nodes there is no room: 4 cores CPU taken"],
        );
        fails(
            &ask(ground, json!({ "cluster_cpu_percent": 34 })).await,
            &["all nodes together have 34.1% of their CPU"],
        );
        errs(&ask(ground, json!({ "source": "metrics" })).await, &["the metrics API is not installed"]);

        ground.cluster().trouble_node(&format!("{}-b", ground.namespace()), NodeTrouble::Cordoned).unwrap();
        ground.settle().await?;
        let finding = passes(&ask(ground, json!({})).await, &["1 is not ready or cordoned, and no room"]);
        assert_eq!(evidence(&finding, "usable"), "2");
        Ok(())
    })
    .await;
}

/// Whether a server has the metrics API.
async fn serves_metrics(ground: &Ground) -> bool {
    let client = ground.client(&Who::Admin).await;
    let groups = client.client().list_api_groups().await.unwrap().groups;
    groups.iter().any(|group| group.name == "metrics.k8s.io")
}

/// The same nodes in a cluster that measures what they use, by the clock of this machine.
fn measured(cluster: ClusterBuilder, namespace: &str) -> ClusterBuilder {
    let cluster = cluster.at(SystemClock.now().unix_seconds());
    ["a", "b", "c"].into_iter().fold(cluster, |cluster, name| cluster.node(&format!("{namespace}-{name}")))
}

#[tokio::test]
async fn what_nodes_use_is_counted_where_it_is_measured() {
    everywhere("headroom-measured", measured, async |ground| {
        if ground.real().is_some() {
            return Err(Skipped("nothing measures nodes that a scenario has made".to_owned()));
        }
        let node = |name: &str| format!("{}-{name}", ground.namespace());
        for name in ["a", "b", "c"] {
            ground.cluster().set_node_usage(&node(name), 1_000, 1 << 30).unwrap();
        }
        let finding = passes(&ask(ground, json!({ "nodes_down": 1 })).await, &["at most 25.6% of their CPU"]);
        assert_eq!(evidence(&finding, "source"), "metrics");
        ground.cluster().set_node_usage(&node("b"), 3_200, 6 << 30).unwrap();
        let full = format!("`{}` has 81.7% of its CPU and 89.3% of its memory taken", node("b"));
        fails(&ask(ground, json!({})).await, &["1 of 3 nodes", &full]);
        ground.cluster().set_node_usage(&node("b"), 1_000, 1 << 30).unwrap();

        ground.cluster().trouble_node(&node("c"), NodeTrouble::Silent).unwrap();
        passes(&ask(ground, json!({})).await, &["1 is not ready or cordoned, and no room"]);
        ground.cluster().set_metrics_age(Duration::from_mins(10));
        let result = ask(ground, json!({})).await;
        assert!(result.unwrap_err().to_string().contains("2 of 3 nodes have no metrics that count"));
        passes(&ask(ground, json!({ "max_age": "15m" })).await, &["3 nodes"]);

        // One that is registered and down is never taken for one that is not there.
        ground.cluster().metrics_down();
        let error = ask(ground, json!({})).await.unwrap_err();
        assert!(error.is_transient() && error.to_string().contains("503"), "{error}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn no_nodes_never_pass() {
    everywhere(
        "headroom-none",
        |cluster, _| cluster.without_group("metrics.k8s.io").nodes(1),
        async |ground| {
            fails(&ask(ground, json!({ "source": "requests" })).await, &["there are no nodes of"]);
            Ok(())
        },
    )
    .await;
}
