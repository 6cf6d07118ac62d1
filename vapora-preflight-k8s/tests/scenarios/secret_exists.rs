//! `k8s.secret_exists`

use serde_json::json;
use vapora_preflight_k8s::{KubernetesTarget, SecretExists};
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{Right, everywhere},
    said::{errs, evidence, fails, passes},
};

#[tokio::test]
async fn a_secret_is_known_by_its_keys() {
    everywhere("secret", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        ground
            .make(json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "credentials" },
                "type": "example.com/database", "data": { "USER": "cm9vdA==", "PASS": "c3dvcmRmaXNo", "EMPTY": "" } }))
            .await?;
        let ask = async |keys: &[&str]| {
            let parameters = json!({ "name": "credentials", "keys": keys, "secret_type": "example.com/database" });
            ground.ask_here::<SecretExists>(parameters).await
        };
        let finding = passes(&ask(&["USER", "PASS"]).await, &["3 keys"]);
        assert_eq!(evidence(&finding, "keys"), "EMPTY, PASS, USER");
        assert!(!format!("{finding:?}").contains("swordfish") && !format!("{finding:?}").contains("c3dvcmR"));
        fails(&ask(&["USER", "TOKEN"]).await, &["`TOKEN` is missing"]);
        fails(&ask(&["EMPTY"]).await, &["`EMPTY` is empty"]);
        let result = ground.ask_here::<SecretExists>(json!({ "name": "credentials", "secret_type": "Opaque" })).await;
        fails(&result, &["expected the type `Opaque`, found `example.com/database`"]);
        fails(&ground.ask_here::<SecretExists>(json!({ "name": "other" })).await, &["does not exist"]);
        let who = ground.restricted(&[Right { verbs: &["list"], group: "", resources: &["secrets"] }]).await?;
        let parameters = json!({ "namespace": ground.namespace(), "name": "credentials" });
        let result = ground.ask_as::<SecretExists>(&who, KubernetesTarget::default(), parameters).await;
        errs(&result, &["403", "`get` `secrets`"]);
        Ok(())
    })
    .await;
}
