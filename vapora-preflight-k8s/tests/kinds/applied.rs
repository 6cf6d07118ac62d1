//! `k8s.applied`

use serde_json::{Value, json};
use vapora_preflight::{CheckResult, Outcome, Overrides, PlanBuilder, Registry, Sources};
use vapora_preflight_k8s::{Applied, K8sClient, register};
use vapora_preflight_sim::{Cluster, Fault, FaultPlan};

use crate::{
    manifests::{WORLD, absent, discovery, file, folder},
    replay::{Recording, replay},
    said::{Sheet, ask, fails, passes, without},
    world::{client, cluster},
};

async fn apply(yaml: &str, more: Value, client: K8sClient) -> CheckResult {
    let folder = folder(yaml);
    let resources = [
        "namespaces",
        "configmaps",
        "services",
        "deployments.apps",
        "customresourcedefinitions.apiextensions.k8s.io",
        "gadgets.example.org",
    ];
    let mut parameters = json!({ "files": [file(&folder)], "namespace": "vapora", "resources": resources });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let result = ask::<Applied>(parameters, client).await;
    without(result, &format!("{}/", folder.path().display()))
}

fn level(cluster: &Cluster) -> String {
    let map = cluster.object("ConfigMap", "vapora", "vapora-config").unwrap();
    map["data"]["LOG_LEVEL"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_was_applied_is_told_and_applying_again_changes_nothing() {
    let cluster = cluster();
    let mut sheet = Sheet::default();
    let result = apply(WORLD, json!({}), client(&cluster)).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("first", &result);
    assert_eq!(level(&cluster), "info");
    let deployment = cluster.object("Deployment", "vapora", "vapora-backend").unwrap();
    assert_eq!(deployment["spec"]["minReadySeconds"], 5);
    assert_eq!(deployment["spec"]["replicas"], 2, "what the manifest does not give stays");
    let wrote: Vec<String> = cluster
        .requests()
        .iter()
        .filter(|request| request.method == "PATCH")
        .map(|request| format!("{}?{}", request.path.rsplit('/').nth(1).unwrap(), request.query))
        .collect();
    let dry = "fieldManager=kubectl&fieldValidation=Strict&dryRun=All";
    let real = "fieldManager=kubectl&fieldValidation=Strict";
    assert_eq!(
        wrote,
        [
            format!("configmaps?{dry}"),
            format!("deployments?{dry}"),
            format!("configmaps?{real}"),
            format!("deployments?{real}"),
        ]
    );
    let result = apply(WORLD, json!({}), client(&cluster)).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("again", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn nothing_is_applied_where_the_try_fails() {
    let cluster = cluster();
    let mut sheet = Sheet::default();
    for (title, yaml) in [
        ("a field that is not in the schema", WORLD.replace("minReadySeconds", "minReadySecond")),
        ("an image that is missing", WORLD.replace("name: backend", "name: other")),
        ("no YAML", format!("{WORLD}: [\n")),
        ("no object", "# nothing\n".to_owned()),
        (
            "another namespace",
            WORLD.replace("name: vapora-config\ndata", "name: vapora-config\n  namespace: x\ndata"),
        ),
    ] {
        let result = apply(&yaml, json!({}), client(&cluster)).await;
        assert!(fails(&result), "{title}: {result:?}");
        sheet.add(title, &result);
        assert_eq!(level(&cluster), "debug", "{title}");
    }
    cluster.warn("/api/v1/namespaces/vapora/configmaps/vapora-config", "be careful");
    let result = apply(WORLD, json!({ "warnings": "fail" }), client(&cluster)).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("a warning", &result);
    assert_eq!(level(&cluster), "debug");
    let result = apply(WORLD, json!({}), client(&cluster)).await;
    assert!(matches!(result, Ok(Outcome::Warn(_))), "{result:?}");
    sheet.add("a warning that is let pass", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn what_waits_for_a_namespace_or_a_definition_comes_after_it() {
    let cluster = cluster();
    let mut sheet = Sheet::default();
    let staging = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {A: b}\n---\n\
                   apiVersion: v1\nkind: Namespace\nmetadata: {name: vapora-staging}\n";
    let result = apply(staging, json!({ "namespace": "vapora-staging" }), client(&cluster)).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("a namespace and what is in it", &result);
    assert_eq!(cluster.object("ConfigMap", "vapora-staging", "a").unwrap()["data"]["A"], "b");
    // what is wrong with the second round is seen after the first one
    let wrong = staging.replace("vapora-staging", "vapora-other").replace("data: {A: b}", "data: {A: 1}");
    let result = apply(&wrong, json!({ "namespace": "vapora-other" }), client(&cluster)).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("a mistake in what waits", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn what_was_applied_before_one_is_refused_is_told() {
    let services = "/api/v1/namespaces/vapora/services/vapora-check";
    let maps = "/api/v1/namespaces/vapora/configmaps/vapora-check";
    let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vapora-check}\ndata: {A: b}\n---\n\
                apiVersion: v1\nkind: Service\nmetadata: {name: vapora-check}\nspec: {clusterIP: 10.0.0.1, ports: [{port: 80}]}\n---\n\
                apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: vapora-check}\n";
    let taken = Recording::of("dry-run-apply-configmap-valid-existing-200")
        .at(maps)
        .edited(|object| object["metadata"]["name"] = "vapora-check".into())
        .status(201);
    let deployments = "/apis/apps/v1/namespaces/vapora/deployments/vapora-check";
    let answers = || {
        let mut all = discovery();
        all.extend([absent(maps), absent(services), absent(deployments), taken.clone()]);
        all.extend([
            Recording::of("dry-run-apply-service-201"),
            Recording::of("dry-run-apply-deployment-valid-new-201"),
        ]);
        all
    };
    let mut sheet = Sheet::default();
    let mut refused = answers();
    refused.push(Recording::of("real-apply-service-cluster-ip-taken-422"));
    let result = apply(yaml, json!({}), replay(refused).0).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("refused although it was taken in the dry run", &result);
    let mut broken = answers();
    broken.push(Recording::made(services, 503, "not now").to_patch());
    let result = apply(yaml, json!({}), replay(broken).0).await;
    assert!(result.as_ref().is_err_and(vapora_preflight::CheckError::is_transient), "{result:?}");
    sheet.add("no answer", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test(start_paused = true)]
async fn an_error_before_anything_is_applied_says_nothing_of_it() {
    let cluster = cluster();
    cluster.faults().set(FaultPlan::nth(3, Fault::Status(403)));
    let error = apply(WORLD, json!({}), client(&cluster)).await.unwrap_err();
    assert!(!error.to_string().contains("applied before"), "{error}");
    cluster.faults().set(FaultPlan::nth(8, Fault::Status(503)));
    let error = apply(WORLD, json!({}), client(&cluster)).await.unwrap_err();
    assert!(error.to_string().contains("these were applied before: `ConfigMap/vapora-config`"), "{error}");
    assert_eq!(level(&cluster), "info");
}

#[test]
fn a_protected_target_is_refused_when_the_checklist_is_read() {
    let mut registry = Registry::new();
    register(&mut registry);
    let checklist = |protected: bool| {
        format!(
            "checklist = \"x\"\n[phase.now]\n[target.staging]\nprotected = {protected}\n[target.staging.kubernetes]\n[check.it]\n\
             phase = \"now\"\nkind = \"k8s.applied\"\ntarget = \"staging\"\nfiles = [\"a.yaml\"]\nresources = [\"configmaps\"]\n"
        )
    };
    let built = |protected: bool| {
        let mut sources = Sources::default();
        sources.add("checklist.toml", checklist(protected));
        PlanBuilder::new(&registry).sources(&sources).overrides(Overrides::new()).build().map(|_| ())
    };
    assert!(built(false).is_ok());
    let error = format!("{:?}", built(true).unwrap_err());
    assert!(error.contains("would change `staging`, which is protected"), "{error}");
}
