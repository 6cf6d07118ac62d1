//! `k8s.api_reachable`

use serde_json::json;
use vapora_preflight::CheckResult;
use vapora_preflight_k8s::{ApiReachable, KubernetesTarget, NodesReady};

use crate::{
    ground::{Ground, Who, everywhere},
    said::{errs, evidence, fails, passes},
};

async fn ask(ground: &Ground, who: &Who, settings: KubernetesTarget) -> CheckResult {
    ground.ask_as::<ApiReachable>(who, settings, json!({})).await
}

fn server(server: impl Into<String>) -> KubernetesTarget {
    KubernetesTarget { server: Some(server.into()), ..KubernetesTarget::default() }
}

fn cluster(uid: impl Into<String>) -> KubernetesTarget {
    KubernetesTarget { cluster_uid: Some(uid.into()), ..KubernetesTarget::default() }
}

#[tokio::test]
async fn the_right_cluster_is_told_from_another() {
    everywhere(
        "right-cluster",
        |cluster, _| cluster,
        async |ground| {
            let result = ask(ground, &Who::Admin, KubernetesTarget::default()).await;
            let finding = passes(&result, &["is ready", "was not compared with any"]);
            assert!(evidence(&finding, "git_version").starts_with('v'), "{finding:?}");
            let parts: usize = evidence(&finding, "parts").parse().unwrap();
            assert!(parts > 5, "{finding:?}");

            let url = ground.client(&Who::Admin).await.server().to_owned();
            passes(&ask(ground, &Who::Admin, server(&url)).await, &["is the one that is meant"]);
            let other = "https://vapora-preflight-test.invalid:6443";
            fails(&ask(ground, &Who::Admin, server(other)).await, &["its server is another", &url]);

            let uid = ground.uid().await;
            let finding =
                passes(&ask(ground, &Who::Admin, cluster(&uid)).await, &["is the one that is meant"]);
            assert!(evidence(&finding, "cluster_uid").contains(&uid), "{finding:?}");
            let other = "00000000-0000-0000-0000-000000000000";
            fails(&ask(ground, &Who::Admin, cluster(other)).await, &["its uid is another", &uid]);
            let both = KubernetesTarget { server: Some(url), ..cluster(other) };
            fails(&ask(ground, &Who::Admin, both).await, &["its uid is another"]);
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_told() {
    everywhere(
        "bad-token",
        |cluster, _| cluster,
        async |ground| {
            let stranger = Who::Token("vapora-preflight-test-no-such-token".to_owned());
            let words = ["401", "renew the token"];
            errs(&ask(ground, &stranger, KubernetesTarget::default()).await, &words);
            errs(&ask(ground, &stranger, cluster(ground.uid().await)).await, &words);
            let nodes = ground.ask_as::<NodesReady>(&stranger, KubernetesTarget::default(), json!({})).await;
            errs(&nodes, &words);
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn who_has_no_credentials_is_told() {
    everywhere(
        "no-credentials",
        |cluster, _| cluster.nodes(1),
        async |ground| {
            // A server that lets nobody in without credentials says 401; others know an anonymous user, without rights.
            for result in [
                ask(ground, &Who::Nobody, cluster(ground.uid().await)).await,
                ground.ask_as::<NodesReady>(&Who::Nobody, KubernetesTarget::default(), json!({})).await,
            ] {
                let refused = result.as_ref().unwrap_err().to_string();
                let word =
                    if refused.contains("401") { "renew the token" } else { "no credentials were sent" };
                errs(&result, &[word]);
            }
            // Which of the two it is depends on the server.
            ground.forget();
            Ok(())
        },
    )
    .await;
}
