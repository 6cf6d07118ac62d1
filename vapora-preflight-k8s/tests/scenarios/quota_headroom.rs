//! `k8s.quota_headroom`

use serde_json::{Value, json};
use vapora_preflight_k8s::QuotaHeadroom;
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{Ended, Ground, everywhere},
    said::{evidence, fails, passes},
};

/// A quota of four services, two of which there are.
async fn half(ground: &Ground) -> Ended {
    ground.settle().await?;
    for name in ["a", "b"] {
        ground
            .make(json!({
                "apiVersion": "v1", "kind": "Service", "metadata": { "name": name },
                "spec": { "ports": [{ "port": 80 }], "selector": { "app": "a" } },
            }))
            .await?;
    }
    let hard = json!({ "services": "4", "services.loadbalancers": "0", "requests.cpu": "2" });
    let used = json!({ "services": "2", "services.loadbalancers": "0", "requests.cpu": "0" });
    ground
        .make(json!({
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": "few" },
            "spec": { "hard": hard }, "status": { "hard": hard, "used": used },
        }))
        .await
}

#[tokio::test]
async fn what_is_left_of_a_quota_is_counted() {
    everywhere("quota", ClusterBuilder::namespace, async |ground| {
        half(ground).await?;
        let ask = async |more: Value| ground.ask_here::<QuotaHeadroom>(more).await;
        let finding = passes(&ask(json!({})).await, &["3 limits", "at least 50% left"]);
        assert_eq!(evidence(&finding, "tightest"), "`services` of `few`");
        passes(
            &ask(json!({ "names": ["few"], "fits": { "services": 2, "cpu": "2" } })).await,
            &["room for what is needed"],
        );
        let words = ["`services` of `few` has 50% left: 2 used of 4"];
        fails(&ask(json!({ "left_percent": 51 })).await, &words);
        let words = ["has no room for 3 more: 2 left", "has no room for 2.5 cores more: 2 cores left"];
        fails(&ask(json!({ "fits": { "services": 3, "cpu": "2500m" } })).await, &words);
        fails(
            &ask(json!({ "fits": { "services.loadbalancers": 1 } })).await,
            &["has no room for 1 more: 0 left"],
        );
        fails(&ask(json!({ "names": ["few", "none"] })).await, &["`none` does not exist"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn no_quota_passes_only_where_that_is_said() {
    everywhere("no-quota", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let ask = async |more: Value| ground.ask_here::<QuotaHeadroom>(more).await;
        fails(&ask(json!({})).await, &["there are no resource quotas", "allow_none"]);
        passes(&ask(json!({ "allow_none": true })).await, &["nothing that it may use is limited"]);
        let nowhere = json!({ "namespace": format!("{}-x", ground.namespace()), "allow_none": true });
        fails(&ground.ask::<QuotaHeadroom>(nowhere).await, &["does not exist"]);
        Ok(())
    })
    .await;
}
