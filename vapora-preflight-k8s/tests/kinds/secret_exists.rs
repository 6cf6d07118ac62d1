//! `k8s.secret_exists`

use serde_json::{Value, json};
use vapora_preflight::{Kind as _, Problems};
use vapora_preflight_k8s::SecretExists;

use crate::{
    replay::{Recording, recorded, replay},
    said::{Sheet, ask, fails, kind, passes, text},
};

const PATH: &str = "/api/v1/namespaces/vapora/secrets/vapora-secrets";

fn parameters(more: Value) -> Value {
    let mut parameters = json!({ "namespace": "vapora", "name": "vapora-secrets" });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

fn secret(more: Value) -> Recording {
    let mut object = json!({ "kind": "Secret", "apiVersion": "v1",
        "metadata": { "name": "vapora-secrets", "namespace": "vapora",
            "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"PASS\":\"c3dvcmRmaXNo\"}}" } },
        "data": { "EMPTY": "", "PASS": "c3dvcmRmaXNo", "USER": "cm9vdA==" }, "type": "Opaque" });
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Recording::made(PATH, 200, &object.to_string())
}

#[tokio::test]
async fn a_secret_has_its_keys_and_no_value_is_told() {
    let mut sheet = Sheet::default();
    for (title, more, recording, good) in [
        ("all keys", json!({ "keys": ["PASS", "USER"], "secret_type": "Opaque" }), secret(json!({})), true),
        ("an empty key", json!({ "keys": ["PASS", "EMPTY"] }), secret(json!({})), false),
        (
            "an empty key that may be",
            json!({ "keys": ["EMPTY"], "may_be_empty": ["EMPTY"] }),
            secret(json!({})),
            true,
        ),
        ("an empty key among all", json!({}), secret(json!({})), false),
        ("keys that are missing", json!({ "keys": ["PASS", "TOKEN", "URL"] }), secret(json!({})), false),
        (
            "another type",
            json!({ "secret_type": "kubernetes.io/tls" }),
            secret(json!({ "data": { "a": "YQ==" } })),
            false,
        ),
        ("nothing in it", json!({}), secret(json!({ "data": {} })), false),
        (
            "being deleted",
            json!({ "keys": ["PASS"] }),
            secret(
                json!({ "metadata": { "name": "vapora-secrets", "deletionTimestamp": "2026-11-23T12:21:20Z" } }),
            ),
            false,
        ),
    ] {
        let result = ask::<SecretExists>(parameters(more), replay(vec![recording]).0).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        let all = format!("{result:?}");
        for value in ["c3dvcmRmaXNo", "swordfish", "cm9vdA", "root"] {
            assert!(!all.contains(value), "{title}: {all}");
        }
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn one_that_is_not_there_is_told_from_one_that_may_not_be_seen() {
    let mut sheet = Sheet::default();
    for (title, recordings) in [
        ("no secret", vec![Recording::of("secret-get-missing-404"), Recording::of("namespace-get")]),
        (
            "no namespace",
            vec![
                Recording::of("secret-get-missing-404"),
                Recording::of("namespace-get-missing-404")
                    .at("/api/v1/namespaces/vapora")
                    .edited(|status| status["details"]["name"] = "vapora".into()),
            ],
        ),
    ] {
        let result = ask::<SecretExists>(parameters(json!({ "keys": ["PASS"] })), replay(recordings).0).await;
        assert!(fails(&result), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    for (title, recording) in [
        ("no right", Recording::of("configmap-get-restricted-403").at(PATH)),
        ("no such API", Recording::of("discovery-unknown-group-404").at(PATH)),
        ("no credentials that count", Recording::of("deployments-list-bad-token-401").at(PATH)),
    ] {
        let result = ask::<SecretExists>(parameters(json!({})), replay(vec![recording]).0).await;
        assert!(result.is_err(), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_not_quoted() {
    let list = secret(json!({ "data": ["c3dvcmRmaXNo"] }));
    let result = ask::<SecretExists>(parameters(json!({})), replay(vec![list]).0).await;
    assert!(result.is_err() && !text(&result).contains("c3dvcmRmaXNo"), "{result:?}");
    let other = recorded(&["configmap-get"]);
    assert!(ask::<SecretExists>(parameters(json!({})), other).await.is_err());
}

#[test]
fn a_key_that_may_be_empty_is_one_of_the_keys() {
    let mut problems = Problems::default();
    kind::<SecretExists>(parameters(json!({ "keys": ["A", ""], "may_be_empty": ["B"] })))
        .validate(&mut problems);
    assert_eq!(
        problems.messages().collect::<Vec<_>>(),
        ["a key is empty", "`B` may be empty, and is not among `keys`"]
    );
}
