//! `k8s.deployments_available`

use serde_json::json;
use vapora_preflight_k8s::DeploymentsAvailable;
use vapora_preflight_sim::{ClusterBuilder, PodTrouble, Workload};

use crate::{
    ground::{Ground, IMAGE, everywhere},
    said::{evidence, fails, passes, warns},
};

/// Two deployments that have rolled out.
fn two(cluster: ClusterBuilder, namespace: &str) -> ClusterBuilder {
    cluster
        .nodes(2)
        .workload(namespace, Workload::new("backend", 2, IMAGE))
        .workload(namespace, Workload::new("agents", 1, IMAGE))
}

/// Changes the deployment `backend` of the pattern; its controller has not seen it yet.
fn edit(ground: &Ground, edit: impl FnOnce(&mut serde_json::Value)) {
    ground.cluster().edit("Deployment", ground.namespace(), "backend", edit).unwrap();
}

#[tokio::test]
async fn deployments_with_all_of_their_replicas_pass() {
    everywhere("deployments", two, async |ground| {
        ground.settle().await?;
        let ask = async |more| ground.ask_here::<DeploymentsAvailable>(more).await;
        let finding = passes(&ask(json!({ "names": ["backend", "agents"] })).await, &["2 deployments"]);
        assert_eq!(evidence(&finding, "available"), "2");
        // Their labels are those of the pattern.
        let all = format!("app.kubernetes.io/part-of={}", ground.namespace());
        let finding = passes(&ask(json!({ "selector": all })).await, &["2 deployments"]);
        assert!(evidence(&finding, "deployments").contains("backend"), "{finding:?}");
        passes(&ask(json!({ "selector": "app in (agents, nothing),!old" })).await, &["1 deployment"]);
        fails(&ask(json!({ "selector": "app=nothing" })).await, &["no deployments of `app=nothing`"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_name_that_is_missing_is_told_from_a_namespace_that_is() {
    everywhere("missing", two, async |ground| {
        ground.settle().await?;
        let ask = async |more| ground.ask_here::<DeploymentsAvailable>(more).await;
        let finding = fails(
            &ask(json!({ "names": ["backend", "router"] })).await,
            &["1 of 2 deployments", "`router` does not exist"],
        );
        assert_eq!(evidence(&finding, "available"), "1");
        fails(
            &ask(json!({ "names": ["router"] })).await,
            &["none of the deployments exist", "no `router`", "names or labels"],
        );
        let elsewhere = format!("{}-x", ground.namespace());
        let told = format!("the namespace `{elsewhere}` does not exist");
        for which in [json!({ "names": ["backend"] }), json!({ "selector": "app=backend" })] {
            let mut parameters = which;
            parameters["namespace"] = elsewhere.as_str().into();
            fails(&ground.ask::<DeploymentsAvailable>(parameters).await, &[&told, "spelt right"]);
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn numbers_of_the_time_before_a_change_do_not_count() {
    everywhere("unobserved", two, async |ground| {
        edit(ground, |it| {
            it["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.k8s.io/pause:3.9".into();
        });
        ground.settle().await?;
        let result = ground.ask_here::<DeploymentsAvailable>(json!({ "names": ["backend", "agents"] })).await;
        fails(&result, &["1 of 2", "`backend` waits for its controller", "generation 2, observed 1"]);
        // Once the controller has done its work, it is well again.
        ground.cluster().roll_out(ground.namespace(), "backend", "registry.k8s.io/pause:3.9").unwrap();
        ground.settle().await?;
        passes(
            &ground.ask_here::<DeploymentsAvailable>(json!({ "names": ["backend"] })).await,
            &["1 deployment"],
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn replicas_that_are_not_ready_are_counted() {
    everywhere("not-available", two, async |ground| {
        let pods = ground.cluster().pods_of(ground.namespace(), "backend");
        ground.cluster().trouble_pod(ground.namespace(), &pods[0], PodTrouble::NotReady).unwrap();
        ground.settle().await?;
        let result = ground.ask_here::<DeploymentsAvailable>(json!({ "names": ["backend", "agents"] })).await;
        let finding = fails(
            &result,
            &[
                "1 of 2 deployments",
                "`backend` has 1 ready, 1 available of 2 replicas wanted",
                "is not available (MinimumReplicasUnavailable",
                "describe deployment backend",
            ],
        );
        assert!(evidence(&finding, "unavailable").contains("backend"), "{finding:?}");
        assert!(!evidence(&finding, "unavailable").contains("agents"), "{finding:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_deployment_that_is_paused_is_a_warning() {
    everywhere("paused", two, async |ground| {
        edit(ground, |it| it["spec"]["paused"] = true.into());
        ground.cluster().observe(ground.namespace(), "backend").unwrap();
        ground.settle().await?;
        let result = ground.ask_here::<DeploymentsAvailable>(json!({ "names": ["backend", "agents"] })).await;
        warns(&result, &["2 deployments", "paused: `backend`", "rollout resume deployment backend"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_deployment_that_is_scaled_to_zero_is_none() {
    let zero = |cluster: ClusterBuilder, namespace: &str| {
        cluster.nodes(1).workload(namespace, Workload::new("backend", 0, IMAGE))
    };
    everywhere("zero", zero, async |ground| {
        ground.settle().await?;
        let ask = async |more| ground.ask_here::<DeploymentsAvailable>(more).await;
        fails(&ask(json!({ "names": ["backend"] })).await, &["`backend` is scaled to zero"]);
        let allowed = json!({ "names": ["backend"], "allow_scaled_to_zero": true });
        passes(&ask(allowed).await, &["1 deployment"]);
        Ok(())
    })
    .await;
}
