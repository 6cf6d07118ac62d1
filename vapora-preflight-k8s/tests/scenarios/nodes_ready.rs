//! `k8s.nodes_ready`

use serde_json::{Value, json};
use vapora_preflight_k8s::NodesReady;
use vapora_preflight_sim::{ClusterBuilder, NodeTrouble};

use crate::{
    ground::{Ground, PREFIX, everywhere},
    said::{evidence, fails, passes},
};

/// Three nodes of the scenario's own.
fn three(cluster: ClusterBuilder, namespace: &str) -> ClusterBuilder {
    ["a", "b", "c"].into_iter().fold(cluster, |cluster, name| cluster.node(&format!("{namespace}-{name}")))
}

fn own(ground: &Ground, more: Value) -> Value {
    let mut parameters = json!({ "selector": format!("{PREFIX}={}", ground.namespace()) });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

#[tokio::test]
async fn nodes_that_are_ready_pass() {
    everywhere("nodes", three, async |ground| {
        ground.settle().await?;
        let result = ground.ask::<NodesReady>(own(ground, json!({ "at_least": 3 }))).await;
        let finding = passes(&result, &["3 of 3 nodes"]);
        assert_eq!(evidence(&finding, "usable"), "3");
        let result = ground.ask::<NodesReady>(own(ground, json!({ "at_least": 4 }))).await;
        fails(&result, &["3 nodes", "at least 4 are needed"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn one_node_in_trouble_is_enough() {
    for (title, trouble, words, field) in [
        ("node-not-ready", NodeTrouble::NotReady, "is not ready (KubeletNotReady", "not_ready"),
        ("node-silent", NodeTrouble::Silent, "does not say how it is (NodeStatusUnknown", "silent"),
        ("node-cordoned", NodeTrouble::Cordoned, "is cordoned", "cordoned"),
        ("node-memory", NodeTrouble::MemoryPressure, "is short of memory", "under_pressure"),
        ("node-disk", NodeTrouble::DiskPressure, "is short of disk space", "under_pressure"),
    ] {
        everywhere(title, three, async |ground| {
            let name = format!("{}-b", ground.namespace());
            ground.cluster().trouble_node(&name, trouble).unwrap();
            ground.settle().await?;
            let result = ground.ask::<NodesReady>(own(ground, json!({}))).await;
            let told = format!("`{name}` {words}");
            let finding = fails(&result, &["1 of 3 nodes", &told]);
            assert!(evidence(&finding, field).contains(&name), "{finding:?}");
            Ok(())
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_allowed_does_not_count_for_at_least() {
    everywhere("nodes-allowed", three, async |ground| {
        let name = format!("{}-b", ground.namespace());
        ground.cluster().trouble_node(&name, NodeTrouble::Cordoned).unwrap();
        ground.settle().await?;
        let ask = async |more: Value| ground.ask::<NodesReady>(own(ground, more)).await;
        passes(&ask(json!({ "allow_cordoned": true, "at_least": 2 })).await, &["1 of them cordoned"]);
        fails(&ask(json!({ "allow_cordoned": true, "at_least": 3 })).await, &["2 nodes", "at least 3"]);
        fails(&ask(json!({ "allow_pressure": true })).await, &["is cordoned"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn no_nodes_never_pass() {
    everywhere(
        "no-nodes",
        |cluster, _| cluster.nodes(1),
        async |ground| {
            fails(&ground.ask::<NodesReady>(own(ground, json!({}))).await, &["there are no nodes of"]);
            Ok(())
        },
    )
    .await;
}

/// Whether a node says that it is ready, and takes pods.
fn is_well(node: &Value) -> bool {
    let conditions = node["status"]["conditions"].as_array();
    let ready = conditions.into_iter().flatten().any(|one| one["type"] == "Ready" && one["status"] == "True");
    ready && node["spec"]["unschedulable"] != true
}

#[tokio::test]
async fn the_nodes_that_are_there_are_counted() {
    everywhere(
        "nodes-there",
        |cluster, _| cluster.nodes(2),
        async |ground| {
            let there = match ground.real() {
                Some(real) => real.nodes().await,
                None => ground.cluster().objects("Node"),
            };
            let result = ground.ask::<NodesReady>(json!({ "selector": format!("!{PREFIX}") })).await;
            let total = evidence(result.as_ref().unwrap().finding(), "total");
            assert_eq!(total, there.len().to_string());
            if there.is_empty() {
                fails(&result, &["there are no nodes"]);
            } else if !there.iter().all(is_well) {
                fails(&result, &["not in order"]);
            }
            ground.forget();
            Ok(())
        },
    )
    .await;
}
