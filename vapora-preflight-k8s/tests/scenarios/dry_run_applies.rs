//! `k8s.dry_run_applies`

use serde_json::{Value, json};
use vapora_preflight::CheckResult;
use vapora_preflight_k8s::DryRunApplies;
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{Ground, IMAGE, everywhere},
    manifests::{config_map, deployment, folder, parameters},
    said::{evidence, fails, passes, warns},
};

/// Asks about these objects, in words that do not depend on where the manifests are.
async fn ask(ground: &Ground, objects: &[Value], more: Value) -> CheckResult {
    let folder = folder(objects);
    ground.standing_for(&format!("{}/", folder.path().display()), "");
    let mut all = parameters(&folder);
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ground.ask_here::<DryRunApplies>(all).await
}

#[tokio::test]
async fn what_would_become_of_each_object_is_told() {
    everywhere("tried", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        ground.make(config_map("there", json!({ "A": "1" }))).await?;
        ground.make(config_map("same", json!({ "A": "1" }))).await?;
        let objects = [
            deployment("web", IMAGE),
            config_map("there", json!({ "A": "1", "B": "2" })),
            config_map("same", json!({ "A": "1" })),
        ];
        let finding = passes(&ask(ground, &objects, json!({})).await, &["1 new, 1 changed, 1 unchanged"]);
        assert_eq!(evidence(&finding, "created"), "Deployment/web");
        assert_eq!(evidence(&finding, "changed"), "ConfigMap/there");
        assert_eq!(evidence(&finding, "unchanged"), "ConfigMap/same");
        // Nothing was kept of it.
        let again = passes(&ask(ground, &objects, json!({})).await, &["1 new, 1 changed, 1 unchanged"]);
        assert_eq!(evidence(&again, "created"), "Deployment/web");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn mistakes_that_only_the_server_sees_are_told() {
    everywhere("mistakes", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let wrong = |edit: fn(&mut Value)| {
            let mut object = deployment("web", IMAGE);
            edit(&mut object);
            object
        };
        let unknown = wrong(|object| object["spec"]["replicaz"] = 1.into());
        fails(
            &ask(ground, &[unknown], json!({})).await,
            &["1 of 1", ".spec.replicaz: field not declared in schema"],
        );
        let text = wrong(|object| object["spec"]["replicas"] = "two".into());
        fails(&ask(ground, &[text], json!({})).await, &[".spec.replicas: expected numeric"]);
        let other = wrong(|object| object["spec"]["template"]["metadata"]["labels"]["app"] = "other".into());
        fails(
            &ask(ground, &[other], json!({})).await,
            &["spec.template.metadata.labels", "does not match template"],
        );
        let name = config_map("Not_A_Name", json!({}));
        fails(&ask(ground, &[name], json!({})).await, &["metadata.name", "lowercase"]);
        ground.forget();
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_field_of_another_manager_is_a_conflict() {
    everywhere("conflict", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        ground.make(config_map("there", json!({ "A": "1" }))).await?;
        let objects = [config_map("there", json!({ "A": "2" }))];
        fails(&ask(ground, &objects, json!({})).await, &["manages `.data.A`", "take them over with `force`"]);
        // Who has made it is another one on each ground.
        ground.forget();
        passes(&ask(ground, &objects, json!({ "force": true })).await, &["0 new, 1 changed, 0 unchanged"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_a_namespace_is_needed_for_cannot_be_tried() {
    everywhere("untried", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let elsewhere = format!("{}-x", ground.namespace());
        ground.standing_for(&elsewhere, "ELSEWHERE");
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": elsewhere } });
        let inside = config_map("a", json!({}));
        let more = json!({ "namespace": elsewhere });
        let told = format!("it cannot be tried before the namespace `{elsewhere}` is there");
        fails(
            &ask(ground, &[inside.clone(), namespace], more.clone()).await,
            &["1 of 2", "cannot be tried yet", &told],
        );
        fails(&ask(ground, &[inside], more).await, &["does not exist", "create namespace"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_a_deployment_names_has_to_be_there() {
    everywhere("named", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let mut needy = deployment("web", IMAGE);
        needy["spec"]["template"]["spec"]["containers"][0]["envFrom"] = json!([
            { "configMapRef": { "name": "settings" } },
            { "secretRef": { "name": "tokens" } },
            { "secretRef": { "name": "more", "optional": true } },
        ]);
        let told = ["2 references are missing", "`ConfigMap/settings` does not exist", "`Secret/tokens` does not exist"];
        fails(&ask(ground, std::slice::from_ref(&needy), json!({})).await, &told);
        warns(&ask(ground, std::slice::from_ref(&needy), json!({ "references": "warn" })).await, &told);
        ground.make(json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "tokens" }, "type": "Opaque" })).await?;
        let both = [needy, config_map("settings", json!({ "A": "1" }))];
        passes(&ask(ground, &both, json!({})).await, &["2 objects apply"]);
        Ok(())
    })
    .await;
}
