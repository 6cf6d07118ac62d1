//! The kinds of patches.

use serde_json::{Value, json};

use crate::{BACKEND, JSON, JSON_PATCH, MERGE, STRATEGIC, ask, shop};

#[tokio::test]
async fn a_list_is_replaced_by_one_kind_of_patch_and_merged_by_another() {
    let cluster = shop();
    let env = json!({ "spec": { "template": { "spec": { "containers": [
        { "name": "backend", "env": [{ "name": "A", "value": "1" }] },
    ] } } } });
    let merged = ask(&cluster, ("PATCH", BACKEND), STRATEGIC, &env).await;
    let container = &merged.body["spec"]["template"]["spec"]["containers"][0];
    assert_eq!((merged.code, &container["env"][0]["name"]), (200, &json!("A")));
    assert_eq!(container["image"], "registry.example.com/backend:1.0");
    // The same as a merge patch leaves a container without an image.
    let replaced = ask(&cluster, ("PATCH", BACKEND), MERGE, &env).await;
    assert_eq!(replaced.code, 422);
    assert_eq!(replaced.fields(), ["spec.template.spec.containers[0].image"]);
}

#[tokio::test]
async fn a_json_patch_is_done_whole_or_not_at_all() {
    let cluster = shop();
    let before = cluster.object("Deployment", "shop", "backend").unwrap();
    let operations = |expected: u32| {
        json!([
            { "op": "replace", "path": "/spec/replicas", "value": 4 },
            { "op": "test", "path": "/spec/revisionHistoryLimit", "value": expected },
        ])
    };
    let refused = ask(&cluster, ("PATCH", BACKEND), JSON_PATCH, &operations(3)).await;
    assert_eq!((refused.code, &refused.body["details"]), (422, &json!({})));
    assert_eq!(cluster.object("Deployment", "shop", "backend").unwrap(), before);
    let done = ask(&cluster, ("PATCH", BACKEND), JSON_PATCH, &operations(10)).await;
    assert_eq!((done.code, &done.body["spec"]["replicas"]), (200, &json!(4)));
}

#[tokio::test]
async fn a_patch_of_another_revision_is_a_conflict() {
    let cluster = shop();
    for (revision, code) in [("1", 409), ("", 200)] {
        let patch = json!({ "metadata": { "resourceVersion": revision }, "spec": { "paused": true } });
        assert_eq!(ask(&cluster, ("PATCH", BACKEND), MERGE, &patch).await.code, code);
    }
}

#[tokio::test]
async fn what_is_no_patch_is_refused() {
    let cluster = shop();
    for (content, body, code) in [
        (MERGE, json!([]), 400),
        (JSON_PATCH, json!({}), 400),
        (JSON, json!({}), 415),
        (STRATEGIC, json!({ "spec": { "template": { "spec": { "containers": [{ "image": "x" }] } } } }), 400),
        (MERGE, json!({ "metadata": { "name": "other" } }), 400),
        (MERGE, json!({ "spec": { "replicas": "two" } }), 422),
        (MERGE, Value::from("x"), 400),
    ] {
        let answer = ask(&cluster, ("PATCH", BACKEND), content, &body).await;
        assert_eq!(answer.code, code, "{content} {body}: {}", answer.message());
    }
}
