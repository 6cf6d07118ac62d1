//! Server-side apply.

use serde_json::{Value, json};

use crate::{APPLY, BACKEND, CONFIG_MAPS, apply, ask, ask_as, config_map, shop};

#[tokio::test]
async fn applying_creates_then_changes_then_takes_away_then_does_nothing() {
    let cluster = shop();
    let target = format!("{CONFIG_MAPS}/applied");
    let first =
        apply(&cluster, &target, "mine", &config_map("applied", &json!({ "a": "1", "b": "2" }))).await;
    assert_eq!(first.code, 201);
    let owners = first.body["metadata"]["managedFields"].as_array().unwrap();
    assert_eq!(
        (owners.len(), &owners[0]["operation"], &owners[0]["manager"]),
        (1, &json!("Apply"), &json!("mine"))
    );

    let second = apply(&cluster, &target, "mine", &config_map("applied", &json!({ "b": "3" }))).await;
    assert_eq!((second.code, &second.body["data"]), (200, &json!({ "b": "3" })));
    let again = apply(&cluster, &target, "mine", &config_map("applied", &json!({ "b": "3" }))).await;
    assert_eq!(again.body, second.body);

    let other = apply(&cluster, &target, "other", &config_map("applied", &json!({ "b": "4" }))).await;
    assert_eq!(other.code, 409);
    assert_eq!(other.message(), "Apply failed with 1 conflict: conflict with \"mine\": .data.b");
    let forced = apply(
        &cluster,
        &format!("{target}?force=true"),
        "other",
        &config_map("applied", &json!({ "b": "4" })),
    )
    .await;
    assert_eq!((forced.code, &forced.body["data"]["b"]), (200, &json!("4")));
    // It is nobody's but the other's now: what the first applies without it stays.
    let without = apply(&cluster, &target, "mine", &config_map("applied", &json!({}))).await;
    assert_eq!(without.body["data"], json!({ "b": "4" }));
}

#[tokio::test]
async fn who_writes_an_object_may_give_its_fields_back_to_whoever_applied_them() {
    let cluster = shop();
    let target = format!("{CONFIG_MAPS}/shared");
    let applied = |value: &str| config_map("shared", &json!({ "a": value }));
    let owned =
        apply(&cluster, &target, "mine", &applied("1")).await.body["metadata"]["managedFields"].clone();
    let patch = async |operations: Value| {
        let target = format!("{target}?fieldManager=editor");
        ask(&cluster, ("PATCH", &target), "application/json-patch+json", &operations).await
    };
    for value in ["2", "1"] {
        let edited = patch(json!([{ "op": "replace", "path": "/data/a", "value": value }])).await;
        assert_eq!(edited.body["metadata"]["managedFields"][0]["manager"], "editor");
    }
    assert_eq!(apply(&cluster, &target, "mine", &applied("3")).await.code, 409);
    let back = patch(json!([{ "op": "replace", "path": "/metadata/managedFields", "value": owned }])).await;
    assert_eq!((back.code, &back.body["metadata"]["managedFields"]), (200, &owned));
    assert_eq!(apply(&cluster, &target, "mine", &applied("3")).await.code, 200);
}

#[tokio::test]
async fn yaml_and_json_are_applied_alike() {
    let cluster = shop();
    let yaml =
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: text\ndata:\n  text: |\n    two\n    lines\n";
    let target = format!("{CONFIG_MAPS}/text?fieldManager=m");
    let answer = ask_as(&cluster, "admin", ("PATCH", &target), APPLY, yaml).await;
    assert_eq!((answer.code, &answer.body["data"]["text"]), (201, &json!("two\nlines\n")));
    for (body, said) in
        [("a: [", "error decoding YAML"), ("- a", "error decoding YAML"), ("", "error decoding YAML")]
    {
        let answer = ask_as(&cluster, "admin", ("PATCH", &target), APPLY, body).await;
        assert_eq!(answer.code, 400, "{body}");
        assert!(answer.message().contains(said), "{}", answer.message());
    }
    let twice = format!("{yaml}  text: again\n");
    let strict = format!("{target}&fieldValidation=Strict");
    let answer = ask_as(&cluster, "admin", ("PATCH", &strict), APPLY, twice).await;
    assert_eq!(answer.code, 400);
    assert!(answer.message().ends_with("line 9: key \"text\" already set in map"), "{}", answer.message());
}

#[tokio::test]
async fn who_applies_says_who_it_is() {
    let cluster = shop();
    let body = config_map("config", &json!({})).to_string();
    let target = format!("{CONFIG_MAPS}/config");
    let answer = ask_as(&cluster, "admin", ("PATCH", &target), APPLY, body).await;
    assert_eq!((answer.code, answer.fields()), (422, vec!["fieldManager"]));
    let merge = format!("{target}?force=true");
    let answer = ask_as(&cluster, "admin", ("PATCH", &merge), crate::MERGE, "{}").await;
    assert_eq!((answer.code, answer.fields()), (422, vec!["force"]));
}

#[tokio::test]
async fn what_is_there_and_what_is_new_need_different_rights() {
    let cluster = shop();
    for (name, code) in [("config", 200), ("other", 403)] {
        let body = config_map(name, &json!({ "a": "b" })).to_string();
        let target = format!("{CONFIG_MAPS}/{name}?fieldManager=m&dryRun=All");
        let answer =
            ask_as(&cluster, vapora_preflight_sim::RESTRICTED, ("PATCH", &target), APPLY, body).await;
        assert_eq!(answer.code, code, "{}", answer.message());
    }
    let rules = [vapora_preflight_sim::AccessRule::new(["patch"], [""], ["configmaps"])];
    cluster.set_rules(vapora_preflight_sim::RESTRICTED, rules).unwrap();
    let body = config_map("other", &json!({})).to_string();
    let target = format!("{CONFIG_MAPS}/other?fieldManager=m");
    let answer = ask_as(&cluster, vapora_preflight_sim::RESTRICTED, ("PATCH", &target), APPLY, body).await;
    assert!(answer.message().contains("cannot create resource \"configmaps\""), "{}", answer.message());
}

#[tokio::test]
async fn an_object_that_nobody_applied_before_has_an_owner_for_what_it_had() {
    let cluster = shop();
    cluster
        .edit("Deployment", "shop", "backend", |deployment| {
            deployment["metadata"]["managedFields"] = Value::Null;
        })
        .unwrap();
    let what = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "backend" }, "spec": { "replicas": 5 },
    });
    let refused = apply(&cluster, BACKEND, "mine", &what).await;
    assert_eq!(
        refused.message(),
        "Apply failed with 1 conflict: conflict with \"before-first-apply\" using apps/v1: .spec.replicas"
    );
    let status = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "backend" },
        "status": { "collisionCount": 1 },
    });
    let applied = apply(&cluster, &format!("{BACKEND}/status"), "controller", &status).await;
    assert_eq!((applied.code, &applied.body["status"]["collisionCount"]), (200, &json!(1)));
    let target = "/apis/apps/v1/namespaces/shop/deployments/nothing/status";
    let mut nothing = status.clone();
    nothing["metadata"]["name"] = "nothing".into();
    assert_eq!(apply(&cluster, target, "controller", &nothing).await.code, 404);
}
