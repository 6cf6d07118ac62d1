//! `k8s.dry_run_applies`

use serde_json::{Value, json};
use vapora_preflight::{CheckResult, Outcome};
use vapora_preflight_k8s::DryRunApplies;

use crate::{
    manifests::{absent, discovery, file, folder},
    replay::{Asked, Recording, replay},
    said::{Sheet, ask, fails, passes},
};

const CONFIG: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: vapora-config\ndata:\n  LOG_LEVEL: info\n";
const NEW: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: vapora-check\ndata:\n  A: b\n";
const DEPLOYMENT: &str =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: vapora-check\nspec:\n  replicas: 2\n";
const BACKEND: &str =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: vapora-backend\nspec:\n  replicas: 5\n";
const WIDGET: &str = "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  size: 3\n";

/// Asks about manifests, in words that do not depend on where they are.
async fn about(yaml: &str, more: Value, answers: Vec<Recording>) -> (CheckResult, Asked) {
    let folder = folder(yaml);
    let mut parameters = json!({ "files": [file(&folder)], "namespace": "vapora",
        "resources": ["configmaps", "secrets", "services", "namespaces", "deployments.apps", "widgets.example.com"] });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut all = discovery();
    all.extend(answers);
    let (client, asked) = replay(all);
    let result = ask::<DryRunApplies>(parameters, client).await;
    (crate::said::without(result, &format!("{}/", folder.path().display())), asked)
}

fn of(names: &[&str]) -> Vec<Recording> {
    names.iter().map(|name| Recording::of(name)).collect()
}

/// Answers to the manifest of a deployment that is not there yet.
fn new_deployment(name: &str) -> Vec<Recording> {
    let path = "/apis/apps/v1/namespaces/vapora/deployments/vapora-check";
    vec![absent(path), Recording::of(name).at(path)]
}

fn backend(name: &str) -> Vec<Recording> {
    of(&["rollout-undo-1-deployment-get", name])
}

fn attached(result: &CheckResult) -> String {
    let outcome = result.as_ref().unwrap();
    let files = outcome.finding().evidence.attachments();
    let text = |content: &[u8]| String::from_utf8(content.to_vec()).unwrap();
    let all = files.iter().map(|file| format!("{}\n{}", file.name, text(file.content.as_deref().unwrap())));
    all.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_applies_is_told_with_what_changes() {
    let mut sheet = Sheet::default();
    let (result, asked) =
        about(CONFIG, json!({}), of(&["configmap-get", "dry-run-apply-configmap-valid-existing-200"])).await;
    assert!(matches!(result, Ok(Outcome::Pass(_))), "{result:?}");
    sheet.add("an object that is there", &result);
    let files = attached(&result);
    let (method, target, body) = asked.lock().unwrap().last().unwrap().clone();
    assert_eq!(method, "PATCH");
    assert_eq!(
        target,
        "/api/v1/namespaces/vapora/configmaps/vapora-config?fieldManager=kubectl&fieldValidation=Strict&dryRun=All"
    );
    let sent: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(sent["metadata"], json!({ "name": "vapora-config", "namespace": "vapora" }));

    let both = format!("{DEPLOYMENT}---\n{CONFIG}");
    let mut answers = new_deployment("dry-run-apply-deployment-valid-new-201");
    answers.extend(of(&["configmap-get", "configmap-get"]));
    let same = Recording::of("configmap-get").edited(|_| {}).to_patch();
    answers.push(same);
    let (result, asked) = about(&both, json!({}), answers).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("one that is new and one that stays as it is", &result);
    let order: Vec<String> = asked
        .lock()
        .unwrap()
        .iter()
        .filter(|(method, ..)| method == "PATCH")
        .map(|(_, target, _)| target.clone())
        .collect();
    assert!(order[0].contains("configmaps") && order[1].contains("deployments"), "{order:?}");

    let forced = json!({ "force": true, "field_manager": "a manager" });
    let (result, asked) = about(BACKEND, forced, backend("dry-run-apply-conflict-forced-200")).await;
    assert!(passes(&result), "{result:?}");
    let target = asked.lock().unwrap().last().unwrap().1.clone();
    assert!(
        target.ends_with("?fieldManager=a%20manager&fieldValidation=Strict&dryRun=All&force=true"),
        "{target}"
    );
    sheet.add("fields that are taken over", &result);
    insta::assert_snapshot!(sheet.text());
    insta::assert_snapshot!("what_changes", format!("{files}{}", attached(&result)));
}

#[tokio::test]
async fn why_the_server_does_not_take_an_object_is_told_apart() {
    let mut sheet = Sheet::default();
    for name in [
        "dry-run-apply-unknown-fields-strict",
        "dry-run-apply-wrong-type",
        "dry-run-apply-bad-quantity",
        "dry-run-apply-duplicate-env-name",
        "dry-run-apply-deployment-invalid-422",
        "dry-run-apply-quota-exceeded-403",
        "dry-run-apply-webhook-denied-403",
        "dry-run-apply-validating-policy-deny",
    ] {
        let (result, _) = about(DEPLOYMENT, json!({}), new_deployment(name)).await;
        assert!(fails(&result), "{name}: {result:?}");
        sheet.add(name, &result);
    }
    for name in [
        "dry-run-apply-conflict-409",
        "dry-run-apply-conflict-several-409",
        "dry-run-apply-deployment-immutable-selector-422",
    ] {
        let (result, _) = about(BACKEND, json!({}), backend(name)).await;
        assert!(fails(&result), "{name}: {result:?}");
        sheet.add(name, &result);
    }
    for name in [
        "dry-run-apply-configmap-number-value",
        "dry-run-apply-body-over-3-mib-413",
        "dry-run-apply-wrong-namespace-404",
        "dry-run-apply-in-terminating-namespace-403",
        "dry-run-apply-managed-fields-set-400",
    ] {
        let path = "/api/v1/namespaces/vapora/configmaps/vapora-check";
        let answers = vec![absent(path), Recording::of(name).at(path)];
        let (result, _) = about(NEW, json!({}), answers).await;
        assert!(fails(&result), "{name}: {result:?}");
        sheet.add(name, &result);
    }
    for name in
        ["dry-run-apply-custom-resource-unknown-field-strict", "dry-run-apply-custom-resource-invalid-422"]
    {
        let answers = vec![absent("/apis/example.com/v1/namespaces/vapora/widgets/w"), Recording::of(name)];
        let (result, _) = about(WIDGET, json!({}), answers).await;
        assert!(fails(&result), "{name}: {result:?}");
        sheet.add(name, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn what_says_nothing_about_the_object_is_an_error() {
    let mut sheet = Sheet::default();
    for name in [
        "dry-run-apply-restricted-403",
        "dry-run-apply-bad-token-401",
        "dry-run-apply-webhook-unreachable-500",
        "dry-run-apply-unknown-kind-404",
    ] {
        let (result, _) = about(DEPLOYMENT, json!({}), new_deployment(name)).await;
        assert!(result.is_err(), "{name}: {result:?}");
        sheet.add(name, &result);
    }
    let (result, _) = about(CONFIG, json!({}), of(&["configmap-get-restricted-403"])).await;
    sheet.add("no right to get it", &result);
    // the answer of another object, and an object that comes while it is tried
    let other = Recording::of("dry-run-apply-configmap-valid-existing-200")
        .edited(|object| object["metadata"]["name"] = "vapora-other".into());
    let (result, _) = about(CONFIG, json!({}), vec![Recording::of("configmap-get"), other]).await;
    sheet.add("another object", &result);
    let path = "/api/v1/namespaces/vapora/configmaps/vapora-config";
    let came = vec![absent(path), Recording::of("dry-run-apply-configmap-valid-existing-200")];
    let (result, _) = about(CONFIG, json!({}), came).await;
    sheet.add("it came meanwhile", &result);
    let missing = json!({ "files": ["/nowhere/app.yaml"] });
    let (result, _) = about(CONFIG, missing, Vec::new()).await;
    sheet.add("no file", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn warnings_are_told_once() {
    let mut sheet = Sheet::default();
    for name in [
        "dry-run-apply-psa-warn-201",
        "dry-run-apply-webhook-warnings-201",
        "dry-run-apply-validating-policy-warn",
        "dry-run-apply-deployment-deprecated-annotation-warnings",
    ] {
        let (result, _) = about(DEPLOYMENT, json!({}), new_deployment(name)).await;
        assert!(matches!(result, Ok(Outcome::Warn(_))), "{name}: {result:?}");
        sheet.add(name, &result);
    }
    let answers = new_deployment("dry-run-apply-psa-warn-201");
    let (result, _) = about(DEPLOYMENT, json!({ "warnings": "fail" }), answers).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("warnings that fail", &result);
    let widgets = format!(
        "{}---\n{}",
        WIDGET.replace("/v1", "/v1beta1"),
        WIDGET.replace("/v1", "/v1beta1").replace("name: w", "name: x")
    );
    let path = |name: &str| format!("/apis/example.com/v1beta1/namespaces/vapora/widgets/{name}");
    let tried = |name: &str| {
        let name = name.to_owned();
        let edit = |object: &mut Value| object["metadata"]["name"] = name.as_str().into();
        Recording::of("dry-run-apply-custom-resource-deprecated-version").at(&path(&name)).edited(edit)
    };
    let (result, _) =
        about(&widgets, json!({}), vec![absent(&path("w")), absent(&path("x")), tried("w"), tried("x")])
            .await;
    sheet.add("a deprecated version of two objects", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_mistake_in_the_manifests_fails_before_anything_is_sent() {
    let mut sheet = Sheet::default();
    for (title, yaml) in [
        ("a key that is there twice", format!("{CONFIG}kind: ConfigMap\n")),
        ("no object at all", "# nothing\n---\n".to_owned()),
        ("the same object twice", format!("{CONFIG}---\n{CONFIG}")),
        (
            "another namespace",
            CONFIG.replace("name: vapora-config", "name: vapora-config\n  namespace: staging"),
        ),
        ("a resource that is not named", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n".to_owned()),
        ("a version that is gone", DEPLOYMENT.replace("apps/v1", "apps/v1beta1")),
        ("a group that is gone", DEPLOYMENT.replace("apps/v1", "extensions/v1beta1")),
        (
            "a kind of another version",
            "apiVersion: autoscaling/v1\nkind: Nothing\nmetadata: {name: a}\n".to_owned(),
        ),
        ("no YAML", "a: [1\n".to_owned()),
    ] {
        let (result, asked) =
            about(&yaml, json!({}), of(&["configmap-get", "dry-run-apply-configmap-valid-existing-200"]))
                .await;
        assert!(fails(&result), "{title}: {result:?}");
        let wrote = asked.lock().unwrap().iter().filter(|(method, ..)| method == "PATCH").count();
        assert!(wrote <= 2, "{title}: {wrote}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn what_waits_for_a_namespace_or_a_definition_is_not_known() {
    let mut sheet = Sheet::default();
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: vapora-staging\n";
    let path = "/api/v1/namespaces/vapora-staging/configmaps/vapora-check";
    let answers = vec![
        Recording::of("namespace-get-missing-404"),
        Recording::of("dry-run-apply-new-namespace-201"),
        absent(path),
        Recording::of("dry-run-apply-wrong-namespace-404"),
    ];
    let (result, _) =
        about(&format!("{NEW}---\n{namespace}"), json!({ "namespace": "vapora-staging" }), answers).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("a namespace that is made with what is in it", &result);
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: gadgets.example.org}\n\
               spec: {group: example.org, names: {kind: Gadget, plural: gadgets}}\n";
    let gadget = "apiVersion: example.org/v1\nkind: Gadget\nmetadata: {name: g}\n";
    let answers = vec![absent("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.example.org")];
    let resources = json!({ "resources": ["configmaps"] });
    let (result, _) = about(&format!("{gadget}---\n{crd}"), resources, answers).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("a custom resource that is made with its definition", &result);
    insta::assert_snapshot!(sheet.text());
}

/// A deployment that names all sorts of things, as the server would answer it.
const NEEDY: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: vapora-check
spec:
  template:
    spec:
      serviceAccountName: vapora
      imagePullSecrets: [{name: registry}]
      volumes:
      - {name: a, configMap: {name: vapora-config}}
      - {name: b, secret: {secretName: tls, optional: true}}
      - {name: c, persistentVolumeClaim: {claimName: data}}
      - {name: d, projected: {sources: [{configMap: {name: vapora-missing}}, {secret: {name: none, optional: true}}]}}
      containers:
      - name: web
        image: nginx:1.27.0
        envFrom: [{configMapRef: {name: vapora-config}}, {secretRef: {name: vapora-secrets}}]
        env:
        - {name: A, valueFrom: {configMapKeyRef: {name: vapora-check, key: A}}}
        - {name: B, valueFrom: {configMapKeyRef: {name: vapora-check, key: B}}}
        - {name: C, valueFrom: {configMapKeyRef: {name: vapora-check, key: C, optional: true}}}
";

#[tokio::test]
async fn what_is_named_has_to_be_there() {
    let core = |plural: &str, name: &str| format!("/api/v1/namespaces/vapora/{plural}/{name}");
    let there = |plural: &str, name: &str, kind: &str| {
        let (name, kind) = (name.to_owned(), kind.to_owned());
        Recording::of("configmap-get").at(&core(plural, &name)).edited(|object| {
            object["kind"] = kind.as_str().into();
            object["metadata"]["name"] = name.as_str().into();
            object.as_object_mut().unwrap().remove("data");
        })
    };
    let applied = |recording: Recording| recording;
    let answers = || {
        let mut all = new_deployment("dry-run-apply-deployment-valid-new-201");
        all.extend([
            absent(&core("configmaps", "vapora-check")),
            applied(Recording::of("dry-run-apply-configmap-valid-existing-200").edited(|object| {
                object["metadata"]["name"] = "vapora-check".into();
            }))
            .at(&core("configmaps", "vapora-check"))
            .status(201),
            there("configmaps", "vapora-config", "PartialObjectMetadata"),
            there("serviceaccounts", "vapora", "PartialObjectMetadata"),
            absent(&core("secrets", "registry")),
            absent(&core("persistentvolumeclaims", "data")),
            absent(&core("configmaps", "vapora-missing")),
            Recording::of("secret-get-missing-404"),
        ]);
        all
    };
    let both = format!("{NEEDY}---\n{NEW}");
    let mut sheet = Sheet::default();
    for weight in ["fail", "warn"] {
        let (result, _) = about(&both, json!({ "references": weight }), answers()).await;
        assert_eq!(fails(&result), weight == "fail", "{result:?}");
        sheet.add(weight, &result);
    }
    let (result, asked) = about(&both, json!({ "references": "ignore" }), answers()).await;
    assert!(passes(&result), "{result:?}");
    assert!(!asked.lock().unwrap().iter().any(|(_, target, _)| target.contains("secrets")));
    let denied = || {
        let mut all: Vec<Recording> = answers();
        let last = all.len() - 6;
        all[last] = Recording::of("configmap-get-restricted-403");
        all
    };
    for weight in ["fail", "warn"] {
        let (result, _) = about(&both, json!({ "references": weight }), denied()).await;
        sheet.add(&format!("{weight}, without a right"), &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_value_of_a_secret_is_never_told() {
    let path = "/api/v1/namespaces/vapora/secrets/vapora-secrets";
    let secret = |value: &str| {
        json!({ "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": { "name": "vapora-secrets", "namespace": "vapora" }, "data": { "token": value } })
    };
    let yaml = serde_json::to_string(&secret("bmV3LXNlY3JldA==")).unwrap();
    let live = Recording::of("configmap-get").at(path).edited(|object| *object = secret("b2xkLXNlY3JldA=="));
    let result = Recording::of("dry-run-apply-configmap-valid-existing-200")
        .at(path)
        .edited(|object| *object = secret("bmV3LXNlY3JldA=="));
    let (result, _) = about(&yaml, json!({}), vec![live.clone(), result]).await;
    assert!(passes(&result), "{result:?}");
    let told = format!("{result:?}\n{}", attached(&result));
    assert!(told.contains("token") && !told.contains("ldC1") && !told.contains("ZWNyZXQ"), "{told}");
    let refused = Recording::of("dry-run-apply-configmap-number-value").at(path).edited(|status| {
        status["message"] =
            "Secret \"vapora-secrets\" is invalid: data[token]: Invalid value: \"ZWNyZXQ\": must be right"
                .into();
        status["reason"] = "Invalid".into();
        status["details"] = json!({ "causes": [{ "reason": "FieldValueInvalid", "field": "data[token]",
            "message": "Invalid value: \"ZWNyZXQ\": must be right" }] });
        status["code"] = 422.into();
    });
    let (result, _) = about(&yaml, json!({}), vec![live, refused.status(422)]).await;
    let told = format!("{result:?}");
    assert!(
        told.contains("data[token]: Invalid value: must be right") && !told.contains("ZWNyZXQ"),
        "{told}"
    );
}

#[tokio::test]
async fn a_server_without_aggregated_discovery_is_asked_group_by_group() {
    let folder = folder(&format!("{CONFIG}---\n{DEPLOYMENT}"));
    let mut answers = of(&[
        "discovery-api-versions",
        "discovery-apis-legacy",
        "discovery-core-v1-resources",
        "discovery-apps-v1-resources",
        "configmap-get",
        "dry-run-apply-configmap-valid-existing-200",
    ]);
    answers.extend(new_deployment("dry-run-apply-deployment-valid-new-201"));
    let (client, asked) = replay(answers);
    let parameters = json!({ "files": [file(&folder)], "namespace": "vapora", "resources": ["configmaps", "deployments.apps"] });
    let result = ask::<DryRunApplies>(parameters, client).await;
    assert!(passes(&result), "{result:?}");
    let asked: Vec<String> = asked.lock().unwrap().iter().map(|(_, target, _)| target.clone()).collect();
    assert_eq!(asked[..4], ["/api", "/apis", "/api/v1", "/apis/apps/v1"]);
}
