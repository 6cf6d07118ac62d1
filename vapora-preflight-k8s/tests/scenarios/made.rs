//! What a scenario makes besides pods, nodes and deployments.

use serde_json::json;
use vapora_preflight_k8s::NamespaceExists;
use vapora_preflight_sim::ClusterBuilder;

use crate::{ground::everywhere, said::passes};

#[tokio::test]
async fn objects_of_other_kinds_are_made_and_removed_with_their_namespace() {
    everywhere("made", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        for object in [
            json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" }, "data": { "a": "b" } }),
            json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "a" }, "type": "Opaque" }),
            json!({ "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": "a" },
                "spec": { "hard": { "pods": "7" } } }),
        ] {
            ground.make(object).await?;
        }
        passes(&ground.ask_here::<NamespaceExists>(json!({})).await, &["exists"]);
        Ok(())
    })
    .await;
}
