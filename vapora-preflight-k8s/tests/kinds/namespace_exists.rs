//! `k8s.namespace_exists`

use serde_json::json;
use vapora_preflight_k8s::NamespaceExists;

use crate::{
    replay::{Recording, recorded, replay},
    said::{Sheet, ask, fails, passes},
};

#[tokio::test]
async fn a_namespace_is_active_or_it_fails() {
    let mut sheet = Sheet::default();
    for (recording, namespace) in [
        ("namespace-get", "vapora"),
        ("namespace-get-terminating", "vapora-going"),
        ("namespace-get-missing-404", "vapora-staging"),
        ("namespace-get-restricted-403", "vapora"),
        ("namespace-get-missing-restricted-403", "vapora-staging"),
    ] {
        let result = ask::<NamespaceExists>(json!({ "namespace": namespace }), recorded(&[recording])).await;
        assert_eq!(passes(&result), recording == "namespace-get", "{recording}");
        sheet.add(recording, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_phase_that_is_not_known_fails() {
    for phase in [json!({ "phase": "Odd" }), json!({})] {
        let recording = Recording::of("namespace-get").edited(|namespace| namespace["status"] = phase);
        let result =
            ask::<NamespaceExists>(json!({ "namespace": "vapora" }), replay(vec![recording]).0).await;
        assert!(fails(&result), "{result:?}");
    }
}

#[tokio::test]
async fn an_answer_about_another_namespace_is_no_answer() {
    let recording = Recording::of("namespace-get").at("/api/v1/namespaces/other");
    let result = ask::<NamespaceExists>(json!({ "namespace": "other" }), replay(vec![recording]).0).await;
    assert!(result.unwrap_err().to_string().ends_with("it is about `vapora`"));
}
