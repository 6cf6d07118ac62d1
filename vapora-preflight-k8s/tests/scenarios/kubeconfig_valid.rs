//! `k8s.kubeconfig_valid`

use serde_json::{Value, json};
use vapora_preflight::{CheckResult, Outcome};
use vapora_preflight_k8s::{KubeconfigValid, KubernetesTarget};

use crate::{
    ground::{Ground, Right, Who, everywhere},
    said::{evidence, fails},
};

async fn ask(ground: &Ground, who: &Who, parameters: Value) -> CheckResult {
    ground.ask_as::<KubeconfigValid>(who, KubernetesTarget::default(), parameters).await
}

#[tokio::test]
async fn credentials_that_are_accepted_are_told_from_others() {
    everywhere(
        "credentials",
        |cluster, _| cluster,
        async |ground| {
            let result = ask(ground, &Who::Admin, json!({ "allow_unsaid": true })).await;
            let finding = match &result {
                // Those of a real administrator may be about to expire.
                Ok(Outcome::Pass(finding) | Outcome::Warn(finding)) => finding,
                other => panic!("{other:#?}"),
            };
            assert!(finding.summary.contains("are accepted"), "{finding:?}");
            assert!(!evidence(finding, "credentials").is_empty());
            let stranger = Who::Token("vapora-preflight-test-no-such-token".to_owned());
            fails(&ask(ground, &stranger, json!({})).await, &["are not accepted", "401"]);
            fails(&ask(ground, &Who::Nobody, json!({})).await, &["has no credentials"]);
            // They are of different sorts and users, and servers before 1.28 do not say whose.
            ground.forget();
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn a_token_that_expires_too_soon_is_told() {
    const LIST: Right = Right { verbs: &["list"], group: "", resources: &["pods"] };
    everywhere("token-expires", vapora_preflight_sim::ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let who = ground.restricted(&[LIST]).await?;
        let Who::Token(token) = &who else { panic!("{who:?}") };
        // That of a real server is for ten minutes; that of the simulated one is opaque.
        if token.split('.').count() == 3 {
            let result = ask(ground, &who, json!({ "outlasts": "1h" })).await;
            fails(&result, &["do not last long enough", "the token expires at"]);
        }
        ground.forget();
        Ok(())
    })
    .await;
}
