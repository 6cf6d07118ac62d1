//! `k8s.rollback_rehearsed`

use serde_json::{Value, json};
use tempfile::TempDir;
use vapora_preflight_k8s::{Applied, KubernetesTarget, RollbackRehearsed, RolloutComplete, RolloutHistory};
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{Ended, Ground, IMAGE, Right, Skipped, Who, everywhere},
    manifests::{deployment, folder, parameters},
    said::{errs, evidence, fails, passes},
};

const NEXT: &str = "registry.k8s.io/pause:3.9";
const THIRD: &str = "registry.k8s.io/pause:3.8";

fn empty(cluster: ClusterBuilder, namespace: &str) -> ClusterBuilder {
    cluster.nodes(1).namespace(namespace)
}

/// A release of one deployment; on the real ground, no kubelet takes its pods.
fn release(ground: &Ground, image: &str) -> TempDir {
    let mut web = deployment("web", image);
    if ground.real().is_some() {
        web["spec"]["template"]["spec"]["schedulerName"] = "vapora-preflight-test-nobody".into();
    }
    folder(&[web])
}

/// Applies a release and waits until it is rolled out.
async fn apply(ground: &Ground, image: &str) {
    let release = release(ground, image);
    ground.standing_for(&format!("{}/", release.path().display()), "");
    passes(&ground.ask_here::<Applied>(parameters(&release)).await, &["1 object applied"]);
    let rolled_out = json!({ "names": ["web"], "images": { "web": image }, "allow_terminating": true });
    passes(&ground.pods_start::<RolloutComplete>(rolled_out, "pass").await, &["is rolled out"]);
    ground.forget();
}

fn web(more: Value) -> Value {
    let mut parameters = json!({ "names": ["web"], "rollout_timeout": "14s", "poll": "200ms" });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

fn with_controllers(ground: &Ground) -> Ended {
    match ground.real() {
        Some(real) if !real.has.controllers => {
            Err(Skipped("it has no controllers that roll a deployment out".to_owned()))
        }
        _ => Ok(()),
    }
}

#[tokio::test]
async fn a_release_that_was_applied_is_rolled_back_and_forward_again() {
    everywhere("rehearsed", empty, async |ground| {
        with_controllers(ground)?;
        ground.settle().await?;
        apply(ground, IMAGE).await;
        let ask = async |more, never: &[&str]| {
            ground.ask_while_pods_start::<RollbackRehearsed>(web(more), never).await
        };
        fails(&ask(json!({}), &[]).await, &["`deployment/web` has no revision before 1"]);
        fails(&ask(json!({ "names": ["router"] }), &[]).await, &["`deployment/router` does not exist"]);
        apply(ground, NEXT).await;
        fails(
            &ask(json!({ "previous_tag": "3.1" }), &[]).await,
            &["would go back to revision 1", "the tag `3.1`"],
        );
        let finding = passes(
            &ask(json!({ "previous_tag": "3.10" }), &[]).await,
            &["1 deployment", "everything restored"],
        );
        assert_eq!(evidence(&finding, "previous_images"), format!("web: web: {IMAGE}"));
        // The template is that of before, under a new number.
        let history = ground.ask_here::<RolloutHistory>(json!({ "name": "web" })).await;
        let finding = passes(&history, &["is at revision 4, before it 3"]);
        assert_eq!(evidence(&finding, "images"), format!("web: {NEXT}"));
        // The revision before does not come up any more.
        let result = ask(json!({}), &[IMAGE]).await;
        fails(
            &result,
            &["failed in its rehearsal, and everything was put back", "did not come up in revision 3"],
        );
        let history = ground.ask_here::<RolloutHistory>(json!({ "name": "web" })).await;
        passes(&history, &["is at revision 6, before it 5"]);
        // Whoever has applied the release applies the next one, and meets nobody else.
        apply(ground, THIRD).await;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn who_may_not_patch_changes_nothing() {
    everywhere("rehearsed-denied", empty, async |ground| {
        with_controllers(ground)?;
        ground.settle().await?;
        apply(ground, IMAGE).await;
        apply(ground, NEXT).await;
        let rights = [
            Right { verbs: &["get"], group: "apps", resources: &["deployments"] },
            Right { verbs: &["list"], group: "apps", resources: &["replicasets"] },
            Right { verbs: &["list"], group: "", resources: &["pods"] },
        ];
        let who: Who = ground.restricted(&rights).await?;
        let mut parameters = web(json!({}));
        parameters["namespace"] = ground.namespace().into();
        let result = ground.ask_as::<RollbackRehearsed>(&who, KubernetesTarget::default(), parameters).await;
        errs(&result, &["could not undo `deployment/web`", "the right to `patch` `deployments`"]);
        let history = ground.ask_here::<RolloutHistory>(json!({ "name": "web" })).await;
        passes(&history, &["is at revision 2, before it 1"]);
        Ok(())
    })
    .await;
}
