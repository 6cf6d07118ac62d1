//! Answers that refuse.

use serde_json::json;
use vapora_preflight_k8s::{NodesReady, PodsRunning};

use crate::{
    replay::{Recording, replay},
    said::{Sheet, ask},
};

const NODES: &str = "/api/v1/nodes";

#[tokio::test]
async fn a_refusal_says_what_to_do() {
    let mut sheet = Sheet::default();
    let status = |code: u16, text: &str| Recording::made(NODES, code, text);
    for (title, recording) in [
        ("a bad token", Recording::of("deployments-list-bad-token-401").at(NODES)),
        ("no credentials", Recording::of("deployments-list-anonymous-403").at(NODES)),
        ("no right in the cluster", Recording::of("nodes-list-restricted-403")),
        ("no right in a namespace", Recording::of("pods-list-other-namespace-restricted-403").at(NODES)),
        ("an API that is not served", Recording::of("discovery-unknown-group-404").at(NODES)),
        ("another server altogether", status(404, "<html>\n<h1>Not\tFound</h1></html>")),
        ("a bad selector", Recording::of("pods-list-bad-label-selector-400").at(NODES)),
        ("too many requests", status(429, "").header("retry-after", "7")),
        ("a store that is down", Recording::of("pods-list-etcd-down").at(NODES)),
        ("a bad gateway", status(502, "upstream unavailable")),
        ("a redirect", status(302, "").header("location", "https://login.example.com")),
        ("an empty answer", status(200, "")),
        ("half an answer", status(200, "{\"kind\":\"NodeList\",\"items\":[")),
        ("not JSON", status(200, "<html>")),
    ] {
        let result = ask::<NodesReady>(json!({}), replay(vec![recording]).0).await;
        assert!(result.is_err(), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    let long = " ".repeat(64 * 1024 * 1024 + 1);
    let recording = Recording::made("/api/v1/namespaces/vapora/pods", 200, &long);
    let error =
        ask::<PodsRunning>(json!({ "namespace": "vapora" }), replay(vec![recording]).0).await.unwrap_err();
    assert_eq!(error.to_string(), "could not list the pods in `vapora`: the answer is longer than 64 MiB");
    assert!(!error.is_transient());
}
