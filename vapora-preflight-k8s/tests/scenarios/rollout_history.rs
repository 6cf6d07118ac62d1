//! `k8s.rollout_history`

use serde_json::json;
use vapora_preflight_k8s::RolloutHistory;
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{IMAGE, everywhere},
    said::{evidence, fails, passes},
};

const NEXT: &str = "registry.k8s.io/pause:3.9";

fn one(cluster: ClusterBuilder, namespace: &str) -> ClusterBuilder {
    cluster.nodes(2).deployment(namespace, "backend", 2, IMAGE).deployment(namespace, "agents", 1, IMAGE)
}

#[tokio::test]
async fn there_is_something_to_go_back_to_after_a_rollout() {
    everywhere("history", one, async |ground| {
        ground.settle().await?;
        let ask = async |more| ground.ask_here::<RolloutHistory>(more).await;
        let backend = json!({ "name": "deployment/backend" });
        fails(
            &ask(backend.clone()).await,
            &["cannot be rolled back", "has 1 revision, at least 2 are needed"],
        );
        passes(&ask(json!({ "name": "backend", "at_least": 1 })).await, &["is at revision 1"]);
        ground.cluster().roll_out(ground.namespace(), "backend", NEXT).unwrap();
        ground.settle().await?;
        let finding = passes(&ask(backend.clone()).await, &["is at revision 2, before it 1"]);
        assert_eq!(evidence(&finding, "images"), format!("backend: {NEXT}"));
        assert_eq!(evidence(&finding, "previous_images"), format!("backend: {IMAGE}"));
        let undo =
            format!("kubectl -n {} rollout undo deployment/backend --to-revision=1", ground.namespace());
        assert_eq!(evidence(&finding, "undo"), undo);
        // What is taken back is the newest one, under a new number.
        ground.cluster().roll_out(ground.namespace(), "backend", IMAGE).unwrap();
        ground.settle().await?;
        let finding = passes(&ask(backend).await, &["is at revision 3, before it 2"]);
        assert_eq!(evidence(&finding, "kept"), "2");
        assert_eq!(evidence(&finding, "images"), format!("backend: {IMAGE}"));
        fails(&ask(json!({ "name": "router" })).await, &["`deployment/router` does not exist"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_paused_deployment_cannot_be_rolled_back() {
    everywhere("history-paused", one, async |ground| {
        ground.cluster().roll_out(ground.namespace(), "backend", NEXT).unwrap();
        let pause = |it: &mut serde_json::Value| it["spec"]["paused"] = true.into();
        ground.cluster().edit("Deployment", ground.namespace(), "backend", pause).unwrap();
        ground.cluster().observe(ground.namespace(), "backend").unwrap();
        ground.settle().await?;
        let result = ground.ask_here::<RolloutHistory>(json!({ "name": "backend", "at_least": 1 })).await;
        fails(&result, &["cannot be rolled back", "it is paused", "rollout resume deployment/backend"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_revisions_of_a_stateful_set_are_controller_revisions() {
    everywhere("history-set", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let labels = json!({ "app": "db" });
        let template = json!({
            "metadata": { "labels": labels },
            "spec": { "schedulerName": "nobody", "containers": [{ "name": "db", "image": IMAGE }] },
        });
        ground
            .make(json!({
                "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": { "name": "db", "generation": 1 },
                "spec": { "replicas": 1, "serviceName": "db", "selector": { "matchLabels": labels }, "template": template },
                "status": { "observedGeneration": 1, "replicas": 1, "currentRevision": "db-1", "updateRevision": "db-1" },
            }))
            .await?;
        if ground.real().is_none() {
            let set = ground.cluster().object("StatefulSet", ground.namespace(), "db").unwrap();
            let owner = json!({ "apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db",
                "uid": set["metadata"]["uid"], "controller": true });
            ground
                .make(json!({
                    "apiVersion": "apps/v1", "kind": "ControllerRevision", "revision": 1,
                    "metadata": { "name": "db-1", "ownerReferences": [owner] },
                    "data": { "spec": { "template": template } },
                }))
                .await?;
        }
        let parameters = json!({ "name": "statefulset/db", "at_least": 1 });
        let result = ground.ask_until::<RolloutHistory>(parameters, "is at revision 1").await;
        let finding = passes(&result, &["`statefulset/db`", "is at revision 1"]);
        assert_eq!(evidence(&finding, "images"), format!("db: {IMAGE}"));
        fails(&ground.ask_here::<RolloutHistory>(json!({ "name": "statefulset/db" })).await, &["has 1 revision"]);
        Ok(())
    })
    .await;
}
