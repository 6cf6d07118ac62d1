//! `k8s.disruption_allowed`

use serde_json::{Value, json};
use vapora_preflight_k8s::DisruptionAllowed;
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{IMAGE, everywhere},
    said::{evidence, fails, passes},
};

fn two(cluster: ClusterBuilder, namespace: &str) -> ClusterBuilder {
    cluster.nodes(2).deployment(namespace, "backend", 2, IMAGE).deployment(namespace, "agents", 1, IMAGE)
}

/// A budget over the pods with these labels, of which so many have to be healthy.
fn budget(name: &str, labels: Value, least: u32, pods: u32) -> Value {
    let allowed = pods.saturating_sub(least);
    let (status, reason) =
        if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
    json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": { "name": name, "generation": 1 },
        "spec": { "minAvailable": least, "selector": { "matchLabels": labels } },
        "status": {
            "observedGeneration": 1, "disruptionsAllowed": allowed, "currentHealthy": pods, "desiredHealthy": least,
            "expectedPods": pods,
            "conditions": [{ "type": "DisruptionAllowed", "status": status, "reason": reason, "message": "",
                "observedGeneration": 1, "lastTransitionTime": "2026-12-01T12:00:00Z" }],
        },
    })
}

#[tokio::test]
async fn a_budget_leaves_room_or_is_in_the_way() {
    everywhere("disruption", two, async |ground| {
        ground.settle().await?;
        let ask = async |more| ground.ask_here::<DisruptionAllowed>(more).await;
        ground.make(budget("backend", json!({ "app": "backend" }), 1, 2)).await?;
        let words = "allows 1 disruption or more";
        let result = ground.ask_until::<DisruptionAllowed>(json!({ "covers": ["backend"] }), words).await;
        passes(&result, &["1 disruption budget", words]);
        let none = json!({ "selector": "app=nothing" });
        fails(&ask(none).await, &["there are no disruption budgets of `app=nothing`"]);
        fails(&ask(json!({ "covers": ["agents"] })).await, &["`deployment/agents` is covered by no budget"]);
        ground.make(budget("agents", json!({ "app": "agents" }), 1, 1)).await?;
        let words = "`agents` allows 0 disruptions, at least 1 is needed";
        let result = ground.ask_until::<DisruptionAllowed>(json!({}), words).await;
        let finding = fails(&result, &["1 of 2", words, "so that it never allows one"]);
        assert_eq!(evidence(&finding, "blocking"), "agents");
        passes(&ask(json!({ "names": ["backend"] })).await, &["1 disruption budget"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn two_budgets_over_one_pod_are_in_each_others_way() {
    everywhere("disruption-twice", two, async |ground| {
        ground.settle().await?;
        ground.make(budget("backend", json!({ "app": "backend" }), 1, 2)).await?;
        ground.make(budget("again", json!({ "app": "backend" }), 1, 2)).await?;
        let words = "`again` covers 2 pods that `backend` covers too";
        let result = ground.ask_until::<DisruptionAllowed>(json!({ "names": ["again"] }), words).await;
        let finding = fails(&result, &[words, "cannot be evicted at all"]);
        assert_eq!(evidence(&finding, "overlapping").split(", ").count(), 2);
        ground.forget();
        Ok(())
    })
    .await;
}
