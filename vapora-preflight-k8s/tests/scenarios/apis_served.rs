//! `k8s.apis_served`

use serde_json::{Value, json};
use vapora_preflight::CheckResult;
use vapora_preflight_k8s::ApisServed;
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{Ground, everywhere},
    manifests::{config_map, deployment, folder},
    said::{evidence, fails, passes},
};

async fn ask(ground: &Ground, objects: &[Value]) -> CheckResult {
    let folder = folder(objects);
    ground.standing_for(&format!("{}/", folder.path().display()), "");
    ground.ask_here::<ApisServed>(json!({ "files": [folder.path()], "for_release": "1.37" })).await
}

#[tokio::test]
async fn kinds_are_served_or_not() {
    everywhere("apis", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let good = [deployment("web", "x"), deployment("agents", "x"), config_map("a", json!({}))];
        let finding = passes(&ask(ground, &good).await, &["2 kinds are served, and not deprecated in 1.37"]);
        assert_eq!(evidence(&finding, "served"), "v1 ConfigMap, apps/v1 Deployment");
        let mut old = deployment("web", "x");
        old["apiVersion"] = "apps/v1beta2".into();
        fails(&ask(ground, &[old]).await, &["does not serve `apps/v1beta2`, but `apps/v1`", "before 1.16"]);
        let mut misspelt = config_map("a", json!({}));
        misspelt["kind"] = "Configmap".into();
        fails(&ask(ground, &[misspelt]).await, &["the server has no Configmap in `v1`", "spelt right"]);
        let stranger =
            json!({ "apiVersion": "nothing.example.com/v1", "kind": "Thing", "metadata": { "name": "a" } });
        fails(&ask(ground, &[stranger]).await, &["does not serve `nothing.example.com/v1`"]);
        Ok(())
    })
    .await;
}
