//! `k8s.rollout_complete`

use serde_json::{Value, json};
use vapora_preflight::Advice;
use vapora_preflight_k8s::RolloutComplete;
use vapora_preflight_sim::{ClusterBuilder, PodTrouble};

use crate::{
    ground::{Ground, IMAGE, everywhere},
    said::{evidence, fails, passes, warns},
};

const NEXT: &str = "registry.k8s.io/pause:3.9";

fn two(cluster: ClusterBuilder, namespace: &str) -> ClusterBuilder {
    cluster.nodes(2).deployment(namespace, "backend", 2, IMAGE).deployment(namespace, "agents", 1, IMAGE)
}

fn edit(ground: &Ground, edit: impl FnOnce(&mut Value)) {
    ground.cluster().edit("Deployment", ground.namespace(), "backend", edit).unwrap();
}

#[tokio::test]
async fn the_rollout_that_is_complete_is_that_of_the_release() {
    everywhere("rollout", two, async |ground| {
        ground.settle().await?;
        let ask = async |more| ground.ask_here::<RolloutComplete>(more).await;
        let both = json!({ "names": ["deployment/backend", "agents"] });
        passes(&ask(both.clone()).await, &["2 workloads", "are rolled out"]);
        // Complete it is, but it is the rollout before.
        let next = json!({ "names": ["backend"], "tag": "3.9" });
        fails(
            &ask(next.clone()).await,
            &["has another image in `backend` (expected the tag `3.9`", "found `registry.k8s.io/pause:3.10`"],
        );
        ground.cluster().roll_out(ground.namespace(), "backend", NEXT).unwrap();
        ground.settle().await?;
        let finding = passes(&ask(next).await, &["1 workload", "to the images of the release"]);
        assert!(evidence(&finding, "workloads").contains("old: 0"), "{finding:?}");
        let images =
            json!({ "names": ["backend", "agents"], "images": { "backend": NEXT, "agents": IMAGE } });
        passes(&ask(images).await, &["2 workloads"]);
        fails(
            &ask(json!({ "names": ["agents", "router"] })).await,
            &["1 of 2", "`deployment/router` does not exist"],
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_rollout_that_stands_still_is_told_with_its_reason() {
    everywhere("rollout-stands", two, async |ground| {
        let pods = ground.cluster().pods_of(ground.namespace(), "backend");
        ground.cluster().trouble_pod(ground.namespace(), &pods[0], PodTrouble::NotReady).unwrap();
        ground.settle().await?;
        let ask = async || ground.ask_here::<RolloutComplete>(json!({ "names": ["backend"] })).await;
        let finding = fails(
            &ask().await,
            &["`deployment/backend` has 1 ready, 1 available of 2 replicas wanted", "rollout status"],
        );
        assert_eq!(finding.advice, Some(Advice::Investigate));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_paused_rollout_does_not_go_on() {
    everywhere("rollout-paused", two, async |ground| {
        ground.settle().await?;
        edit(ground, |it| it["spec"]["paused"] = true.into());
        ground.cluster().observe(ground.namespace(), "backend").unwrap();
        ground.settle().await?;
        let ask = async || ground.ask_here::<RolloutComplete>(json!({ "names": ["backend"] })).await;
        warns(&ask().await, &["1 of them paused", "rollout resume deployment/backend"]);
        edit(ground, |it| it["spec"]["template"]["spec"]["containers"][0]["image"] = NEXT.into());
        ground.cluster().observe(ground.namespace(), "backend").unwrap();
        ground.settle().await?;
        fails(
            &ask().await,
            &[
                "0 updated",
                "still has 2 replicas of an older revision",
                "is paused, so that its rollout does not go on",
            ],
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_stateful_set_waits_for_its_pods() {
    everywhere("rollout-set", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let labels = json!({ "app": "db" });
        ground
            .make(json!({
                "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": { "name": "db", "generation": 1 },
                "spec": {
                    "replicas": 1, "serviceName": "db", "selector": { "matchLabels": labels },
                    "template": {
                        "metadata": { "labels": labels },
                        "spec": { "schedulerName": "nobody", "containers": [{ "name": "db", "image": IMAGE }] },
                    },
                },
                "status": {
                    "observedGeneration": 1, "replicas": 1, "currentReplicas": 1, "updatedReplicas": 1,
                    "currentRevision": "db-1", "updateRevision": "db-1", "collisionCount": 0,
                },
            }))
            .await?;
        let words = "`statefulset/db` has 0 ready, 0 available of 1 replica wanted";
        let result = ground.ask_until::<RolloutComplete>(json!({ "names": ["sts/db"], "tag": "3.10" }), words).await;
        fails(&result, &[words, "rollout status statefulset/db"]);
        Ok(())
    })
    .await;
}
