//! `k8s.access_allowed`

use serde_json::{Value, json};
use vapora_preflight_k8s::{AccessAllowed, KubernetesTarget, PodsRunning};
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{Right, Who, everywhere},
    said::{errs, evidence, fails, passes},
};

const ROLE: [Right; 2] = [
    Right { verbs: &["get", "list"], group: "", resources: &["pods", "pods/log"] },
    Right { verbs: &["get", "patch"], group: "apps", resources: &["deployments"] },
];

fn rights(namespace: Option<&str>, verbs: &[&str], resources: &[&str]) -> Value {
    let mut parameters = json!({ "verbs": verbs, "resources": resources });
    if let Some(namespace) = namespace {
        parameters["namespace"] = namespace.into();
    }
    parameters
}

#[tokio::test]
async fn an_administrator_may_do_everything() {
    everywhere("admin", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        for namespace in [Some(ground.namespace()), None] {
            let all = rights(namespace, &["get", "delete"], &["deployments.apps", "pods/log", "nodes"]);
            let finding = passes(&ground.ask::<AccessAllowed>(all).await, &["all 6 rights are allowed"]);
            assert_eq!(evidence(&finding, "asked"), "6");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_narrow_role_allows_what_it_says_where_it_says_so() {
    everywhere("narrow-role", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let here = Some(ground.namespace());
        let elsewhere = Some("default");
        let who = ground.restricted(&ROLE).await?;
        let ask = async |parameters: Value| {
            ground.ask_as::<AccessAllowed>(&who, KubernetesTarget::default(), parameters).await
        };
        passes(&ask(rights(here, &["get", "list"], &["pods", "pods/log"])).await, &["all 4 rights"]);
        passes(&ask(rights(here, &["patch"], &["deployments.apps"])).await, &["all 1 right is allowed"]);

        // One that is missing among others.
        let result = ask(rights(here, &["get", "list"], &["pods", "deployments.apps"])).await;
        let finding =
            fails(&result, &["1 of 4 rights is denied", "denied: `list deployments.apps`", "a Role"]);
        assert!(evidence(&finding, "allowed").contains("get deployments.apps"), "{finding:?}");
        // The same name in another group, a subresource, another namespace, the whole cluster.
        for (denied, namespace, resource) in [
            ("get deployments", here, "deployments"),
            ("get deployments.apps/scale", here, "deployments.apps/scale"),
            ("get pods", elsewhere, "pods"),
            ("get pods", None, "pods"),
            ("get no-such-things", here, "no-such-things"),
        ] {
            let result = ask(rights(namespace, &["get"], &[resource])).await;
            fails(&result, &["1 of 1 right is denied", &format!("`{denied}`")]);
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_the_review_says_is_what_the_server_does() {
    everywhere("heeded", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let who = ground.restricted(&[ROLE[1]]).await?;
        let pods = rights(Some(ground.namespace()), &["list"], &["pods"]);
        let none = KubernetesTarget::default;
        fails(&ground.ask_as::<AccessAllowed>(&who, none(), pods).await, &["denied: `list pods`"]);
        let parameters = json!({ "namespace": ground.namespace() });
        let result = ground.ask_as::<PodsRunning>(&who, none(), parameters).await;
        errs(&result, &["403", "the right to `list` `pods` in the namespace", "restricted"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_stranger_learns_nothing_of_his_rights() {
    everywhere(
        "stranger",
        |cluster, _| cluster,
        async |ground| {
            let parameters = || rights(None, &["get"], &["pods"]);
            let stranger = Who::Token("vapora-preflight-test-no-such-token".to_owned());
            let none = KubernetesTarget::default;
            errs(&ground.ask_as::<AccessAllowed>(&stranger, none(), parameters()).await, &["401"]);
            let anonymous = ground.ask_as::<AccessAllowed>(&Who::Nobody, none(), parameters()).await;
            errs(&anonymous, &["the server answered 40"]);
            // With which of them, and so which remedy, depends on the server.
            ground.forget();
            Ok(())
        },
    )
    .await;
}
