//! Custom resources and their definitions.

use serde_json::{Value, json};

use crate::{JSON, MERGE, STRATEGIC, apply, ask, post, shop};

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WIDGETS: &str = "/apis/example.com/v1/namespaces/shop/widgets";

fn definition() -> Value {
    let schema = json!({ "openAPIV3Schema": {
        "type": "object",
        "properties": { "spec": {
            "type": "object",
            "required": ["size"],
            "properties": {
                "size": { "type": "integer", "minimum": 1 },
                "mode": { "type": "string", "enum": ["slow", "fast"], "default": "slow" },
                "free": { "type": "object", "x-kubernetes-preserve-unknown-fields": true },
            },
        }, "status": { "type": "object", "properties": { "ready": { "type": "boolean" } } } },
    } });
    let version = |name: &str, storage: bool| {
        json!({
            "name": name, "served": true, "storage": storage, "schema": schema,
            "subresources": { "status": {} },
            "deprecated": !storage, "deprecationWarning": if storage { Value::Null } else { "use v1".into() },
        })
    };
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": "widgets.example.com" },
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": { "plural": "widgets", "kind": "Widget" },
            "versions": [version("v1alpha1", false), version("v1", true)],
        },
    })
}

fn widget(spec: &Value) -> Value {
    json!({ "apiVersion": "example.com/v1", "kind": "Widget", "metadata": { "name": "w" }, "spec": spec })
}

#[tokio::test]
async fn a_definition_serves_its_kind_until_it_is_deleted() {
    let cluster = shop();
    assert_eq!(post(&cluster, WIDGETS, &widget(&json!({ "size": 1 }))).await.code, 404);
    let defined = post(&cluster, DEFINITIONS, &definition()).await;
    assert_eq!(defined.code, 201, "{}", defined.message());
    let target = format!("{DEFINITIONS}/widgets.example.com");
    let kept = ask(&cluster, ("GET", &target), JSON, &Value::Null).await;
    assert_eq!(kept.body["status"]["conditions"][1]["type"], "Established");
    let group = ask(&cluster, ("GET", "/apis/example.com"), JSON, &Value::Null).await;
    assert_eq!(group.body["preferredVersion"]["version"], "v1");

    let created = post(&cluster, WIDGETS, &widget(&json!({ "size": 1 }))).await;
    assert_eq!((created.code, &created.body["spec"]["mode"]), (201, &json!("slow")));
    let old = format!("{}/w", WIDGETS.replace("v1", "v1alpha1"));
    let shown = ask(&cluster, ("GET", &old), JSON, &Value::Null).await;
    assert_eq!((&shown.body["apiVersion"], shown.warnings.len()), (&json!("example.com/v1alpha1"), 1));
    assert!(shown.warnings[0].contains("use v1"));

    assert_eq!(ask(&cluster, ("DELETE", &target), JSON, &Value::Null).await.code, 200);
    assert_eq!(ask(&cluster, ("GET", &format!("{WIDGETS}/w")), JSON, &Value::Null).await.code, 404);
    assert_eq!(ask(&cluster, ("GET", "/apis/example.com"), JSON, &Value::Null).await.code, 404);
}

#[tokio::test]
async fn a_resource_is_held_to_its_schema() {
    let cluster = shop();
    post(&cluster, DEFINITIONS, &definition()).await;
    for (spec, field) in [
        (json!({}), "spec.size"),
        (json!({ "size": 0 }), "spec.size"),
        (json!({ "size": "big" }), "spec.size"),
        (json!({ "size": 1, "mode": "odd" }), "spec.mode"),
    ] {
        let answer = post(&cluster, WIDGETS, &widget(&spec)).await;
        assert_eq!((answer.code, answer.fields()), (422, vec![field]), "{spec}");
    }
    let spec = json!({ "size": 1, "nope": 1, "free": { "any": [1] } });
    let strict = post(&cluster, &format!("{WIDGETS}?fieldValidation=Strict"), &widget(&spec)).await;
    assert_eq!(strict.code, 400);
    let warned = post(&cluster, WIDGETS, &widget(&spec)).await;
    assert_eq!((warned.code, warned.warnings.len()), (201, 1));
    assert_eq!(warned.body["spec"], json!({ "size": 1, "mode": "slow", "free": { "any": [1] } }));

    let target = format!("{WIDGETS}/w");
    let unknown = apply(&cluster, &target, "m", &widget(&json!({ "size": 1, "nope": 1 }))).await;
    assert_eq!(unknown.code, 500);
    let strategic = ask(&cluster, ("PATCH", &target), STRATEGIC, &json!({})).await;
    assert_eq!(strategic.code, 415);
    let put = ask(&cluster, ("PUT", &target), JSON, &widget(&json!({ "size": 2 }))).await;
    assert_eq!((put.code, put.fields()), (422, vec!["metadata.resourceVersion"]));

    let status = json!({ "status": { "ready": true }, "spec": { "size": 5 } });
    let written = ask(&cluster, ("PATCH", &format!("{target}/status")), MERGE, &status).await;
    assert_eq!((&written.body["status"]["ready"], &written.body["spec"]["size"]), (&json!(true), &json!(1)));
    let grown = ask(&cluster, ("PATCH", &target), MERGE, &json!({ "spec": { "size": 5 } })).await;
    assert_eq!(
        (&grown.body["metadata"]["generation"], &grown.body["status"]["ready"]),
        (&json!(2), &json!(true))
    );
}

#[tokio::test]
async fn a_definition_itself_is_checked() {
    let cluster = shop();
    let mut wrong = definition();
    wrong["metadata"]["name"] = "gadgets.example.com".into();
    wrong["spec"]["versions"][0]["storage"] = true.into();
    let answer = post(&cluster, DEFINITIONS, &wrong).await;
    assert_eq!((answer.code, answer.fields()), (422, vec!["metadata.name", "spec.versions"]));
}
