//! `k8s.pvc_bound`

use serde_json::{Value, json};
use vapora_preflight_k8s::PvcBound;
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{Skipped, everywhere},
    said::{evidence, fails, passes},
};

fn claim(name: &str, class: &str, status: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": { "name": name, "labels": { "app": "database" } },
        "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": class, "volumeMode": "Filesystem",
            "resources": { "requests": { "storage": "1Gi" } },
        },
        "status": status,
    })
}

#[tokio::test]
async fn a_claim_that_waits_is_told() {
    everywhere("claim-pending", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let pending = || json!({ "phase": "Pending" });
        ground.make(claim("no-class", "", pending())).await?;
        ground.make(claim("odd-class", "vapora-preflight-test-no-such-class", pending())).await?;
        let result = ground.ask_here::<PvcBound>(json!({})).await;
        let words = [
            "2 of 2 volume claims",
            "`no-class` is pending, of no class",
            "`odd-class` is pending: its class `vapora-preflight-test-no-such-class` does not exist",
        ];
        let finding = fails(&result, &words);
        assert_eq!(evidence(&finding, "bound"), "0");
        fails(&ground.ask_here::<PvcBound>(json!({ "allow_waiting": true })).await, &words);
        let named = json!({ "names": ["no-class", "none-at-all"] });
        fails(
            &ground.ask_here::<PvcBound>(named).await,
            &["`none-at-all` does not exist", "`no-class` is pending"],
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_claim_that_is_bound_passes() {
    everywhere("claim-bound", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        if ground.real().is_some_and(|real| real.has.controllers) {
            return Err(Skipped("its controllers bind no claim to a volume that is not there".to_owned()));
        }
        let bound =
            json!({ "phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": { "storage": "1Gi" } });
        ground.make(claim("data", "", bound)).await?;
        let ask = async |more: Value| ground.ask_here::<PvcBound>(more).await;
        passes(
            &ask(json!({ "selector": "app=database", "size": "1Gi" })).await,
            &["1 volume claim", "is bound"],
        );
        fails(&ask(json!({ "size": "2Gi" })).await, &["`data` is 1GiB large, 1GiB too little"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn no_claims_never_pass() {
    everywhere("no-claims", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        fails(
            &ground.ask_here::<PvcBound>(json!({})).await,
            &["there are no volume claims in", "no volume claims"],
        );
        let nowhere = json!({ "namespace": format!("{}-x", ground.namespace()) });
        fails(&ground.ask::<PvcBound>(nowhere).await, &["does not exist"]);
        Ok(())
    })
    .await;
}
