//! `k8s.config_map_matches`

use std::io::Write as _;

use serde_json::{Value, json};
use tempfile::NamedTempFile;
use vapora_preflight_k8s::{ConfigMapMatches, KubernetesTarget};
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{Right, everywhere},
    said::{errs, evidence, fails, passes},
};

fn map() -> Value {
    json!({ "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "config", "labels": { "app": "vapora" } },
        "data": { "LEVEL": "info", "config.toml": "[server]\nport = 8001\n\n[database]\nurl = \"ws://surrealdb:8000\"\n" },
        "binaryData": { "blob": "AAECAwQ=" },
        "immutable": true })
}

fn file(manifest: &Value) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(manifest.to_string().as_bytes()).unwrap();
    file
}

#[tokio::test]
async fn a_live_config_map_is_compared_with_its_manifest() {
    everywhere("config-map", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        ground.make(map()).await?;
        let ask = async |more: Value| {
            let mut parameters = json!({ "name": "config" });
            parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            ground.ask_here::<ConfigMapMatches>(parameters).await
        };
        let same = file(&map());
        let finding = passes(&ask(json!({ "manifest": same.path(), "labels": true })).await, &["3 keys"]);
        assert_eq!(evidence(&finding, "immutable"), "yes");
        let digest = evidence(&finding, "digest");
        passes(&ask(json!({ "sha256": digest })).await, &["3 keys"]);
        passes(&ask(json!({ "contains": { "config.toml": "ws://surrealdb" } })).await, &["the checklist"]);
        let mut edited = map();
        edited["data"]["LEVEL"] = "debug".into();
        edited["data"]["config.toml"] = "[server]\nport = 9001\n".into();
        edited["binaryData"] = json!({ "other": "AA==" });
        let other = file(&edited);
        let finding = fails(
            &ask(json!({ "manifest": other.path() })).await,
            &[
                "the key `other` is missing",
                "`LEVEL` has another value",
                "`config.toml` differs from line 2 on: 1 line is missing, 4 lines are not expected",
                "the key `blob` is not expected",
                "it is immutable",
            ],
        );
        assert_eq!(evidence(&finding, "different"), "LEVEL, config.toml");
        // The paths of the manifests are not the same every time.
        ground.forget();
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_config_map_that_is_missing_or_not_to_be_seen() {
    everywhere("no-config-map", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let parameters = json!({ "namespace": ground.namespace(), "name": "config", "keys": ["a"] });
        let result = ground.ask::<ConfigMapMatches>(parameters.clone()).await;
        fails(&result, &["does not exist", "no such config map"]);
        let missing = format!("{}-x", ground.namespace());
        let result = ground
            .ask::<ConfigMapMatches>(json!({ "namespace": missing, "name": "config", "keys": ["a"] }))
            .await;
        fails(&result, &[&format!("the namespace `{missing}` does not exist")]);
        let who =
            ground.restricted(&[Right { verbs: &["list"], group: "", resources: &["configmaps"] }]).await?;
        let result = ground.ask_as::<ConfigMapMatches>(&who, KubernetesTarget::default(), parameters).await;
        errs(&result, &["403", "`get` `configmaps`"]);
        Ok(())
    })
    .await;
}
