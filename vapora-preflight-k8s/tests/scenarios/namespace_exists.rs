//! `k8s.namespace_exists`

use serde_json::json;
use vapora_preflight_k8s::{KubernetesTarget, NamespaceExists};
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{Right, everywhere},
    said::{errs, evidence, fails, passes},
};

#[tokio::test]
async fn a_namespace_that_exists_is_told_from_one_that_does_not() {
    everywhere("namespace", ClusterBuilder::namespace, async |ground| {
        let missing = json!({ "namespace": format!("{}-x", ground.namespace()) });
        ground.settle().await?;
        let finding = passes(&ground.ask_here::<NamespaceExists>(json!({})).await, &["exists"]);
        assert_eq!(evidence(&finding, "phase"), "Active");
        assert!(evidence(&finding, "uid").len() > 20, "{finding:?}");
        let result = ground.ask::<NamespaceExists>(missing).await;
        let finding = fails(&result, &["does not exist", "kubectl create namespace"]);
        assert_eq!(evidence(&finding, "exists"), "no");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_namespace_that_goes_is_none_to_deploy_to() {
    everywhere("going", ClusterBuilder::namespace, async |ground| {
        ground.cluster().terminate_namespace(ground.namespace()).unwrap();
        ground.settle().await?;
        let result = ground.ask_here::<NamespaceExists>(json!({})).await;
        let finding = fails(&result, &["is being deleted", "finalizers"]);
        assert_eq!(evidence(&finding, "phase"), "Terminating");
        // The namespace controller says what holds it back.
        if ground.real().is_none_or(|real| real.has.controllers) {
            fails(&result, &["it is being deleted: ", "example.com/hold"]);
        }
        // How far it is with it depends on the moment.
        ground.forget();
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn who_may_not_see_a_namespace_does_not_learn_whether_it_exists() {
    everywhere("unseen", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let right = Right { verbs: &["list"], group: "", resources: &["pods"] };
        let who = ground.restricted(&[right]).await?;
        for namespace in [ground.namespace().to_owned(), format!("{}-x", ground.namespace())] {
            let parameters = json!({ "namespace": namespace });
            let result =
                ground.ask_as::<NamespaceExists>(&who, KubernetesTarget::default(), parameters).await;
            errs(&result, &["403", "`get` `namespaces`", "restricted"]);
        }
        Ok(())
    })
    .await;
}
