//! Lists in parts.

use std::sync::Arc;

use kube::Client;
use serde_json::{Value, json};
use vapora_preflight::{CheckResult, Decision, PlanBuilder, Registry, Resources, Run, Sources, TargetName};
use vapora_preflight_k8s::{K8sClient, PodsRunning, register};
use vapora_preflight_sim::Cluster;

use crate::{
    replay::{Asked, Recording, replay},
    said::{ask, passes},
};

const PARTS: [&str; 3] = ["pods-list-limit-2-first", "pods-list-limit-2-second", "pods-list-limit-2-chunk-3"];

async fn list(names: &[&str]) -> (CheckResult, Asked) {
    let (client, asked) = replay(names.iter().map(|name| Recording::of(name)).collect());
    (ask::<PodsRunning>(json!({ "namespace": "vapora" }), client).await, asked)
}

fn total(result: &CheckResult) -> Option<Value> {
    let outcome = result.as_ref().ok()?;
    serde_json::to_value(outcome.finding().evidence.get("total")?).ok()
}

#[tokio::test]
async fn a_list_is_read_to_its_end() {
    let last = Recording::of(PARTS[2]).edited(|list| list["metadata"] = json!({}));
    let (client, asked) = replay(vec![Recording::of(PARTS[0]), Recording::of(PARTS[1]), last]);
    let result = ask::<PodsRunning>(json!({ "namespace": "vapora" }), client).await;
    assert_eq!(total(&result), Some(json!(6)), "{result:?}");
    let targets: Vec<String> = asked.lock().unwrap().iter().map(|(_, target, _)| target.clone()).collect();
    assert_eq!(targets.len(), 3);
    assert!(!targets[0].contains("continue=") && targets[1].contains("continue=eyJ2"), "{targets:?}");
}

#[tokio::test]
async fn a_list_that_expires_is_begun_again_once() {
    let (result, asked) =
        list(&["pods-list-limit-2-first", "pods-list-expired-continue-410", "pods-list-all-running"]).await;
    assert!(passes(&result), "{result:?}");
    assert_eq!(asked.lock().unwrap().len(), 3);
    assert!(!asked.lock().unwrap()[2].1.contains("continue="));
    let expired = "pods-list-expired-continue-410";
    let (result, asked) = list(&[PARTS[0], expired, PARTS[0], expired]).await;
    let error = result.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!(asked.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn a_list_without_end_is_no_list() {
    let (result, asked) = list(&[PARTS[0]]).await;
    assert!(result.unwrap_err().to_string().ends_with("the list goes on after 2000 parts"));
    assert_eq!(asked.lock().unwrap().len(), 2000);
}

#[tokio::test]
async fn what_is_not_the_list_that_was_asked_for_is_never_an_empty_one() {
    let list = |edit: fn(&mut Value)| Recording::of("pods-list-all-running").edited(edit);
    for (title, recording) in [
        ("another kind", list(|list| list["kind"] = "NodeList".into())),
        ("no kind", list(|list| drop(list.as_object_mut().unwrap().remove("kind")))),
        ("no items", list(|list| drop(list.as_object_mut().unwrap().remove("items")))),
        ("null items", list(|list| list["items"] = Value::Null)),
        ("an item without a name", list(|list| list["items"][0]["metadata"] = json!({}))),
        ("a table", Recording::of("nodes-list-as-table").at("/api/v1/namespaces/vapora/pods")),
        ("metadata only", Recording::of("nodes-list-metadata-only").at("/api/v1/namespaces/vapora/pods")),
        ("no content", Recording::made("/api/v1/namespaces/vapora/pods", 204, "")),
        ("created", Recording::made("/api/v1/namespaces/vapora/pods", 201, "{}")),
    ] {
        let result = ask::<PodsRunning>(json!({ "namespace": "vapora" }), replay(vec![recording]).0).await;
        let error = result.expect_err(title);
        assert!(error.is_transient(), "{title}: {error}");
        assert!(error.message().ends_with("the answer could not be read"), "{title}: {error}");
    }
}

/// A checklist of checks that all need the same lists.
const SHARING: &str = r#"
checklist = "sharing"
[phase.now]
[target.production.kubernetes]
context = "production"
[check.first]
phase = "now"
kind = "k8s.pods_running"
target = "production"
namespace = "vapora"
[check.second]
phase = "now"
kind = "k8s.pods_running"
target = "production"
namespace = "vapora"
at_least = 2
[check.other-labels]
phase = "now"
kind = "k8s.pods_running"
target = "production"
namespace = "vapora"
selector = "app=vapora-backend"
[check.after-it]
phase = "now"
kind = "k8s.pods_running"
target = "production"
namespace = "vapora"
needs = ["first"]
[check.after-it-too]
phase = "now"
kind = "k8s.pods_running"
target = "production"
namespace = "vapora"
needs = ["second"]
"#;

#[tokio::test(start_paused = true)]
async fn one_list_serves_all_checks_that_may_use_it() {
    let cluster = Cluster::builder("production")
        .nodes(3)
        .deployment("vapora", "vapora-backend", 2, "registry.example.com/backend:1.0")
        .build();
    let client = K8sClient::new(Client::new(cluster.service(), "default"), "https://sim.example.com");
    let mut registry = Registry::new();
    register(&mut registry);
    let mut sources = Sources::new();
    sources.add("checklist.toml", SHARING);
    let plan = PlanBuilder::new(&registry).sources(&sources).build().unwrap().plan;
    let mut resources = Resources::new();
    resources.insert_for(&TargetName::new("production").unwrap(), client);
    let run = Run::new(&plan).resources(resources).clock(Arc::new(cluster.clock().clone()));
    assert_eq!(run.execute().await.unwrap().decision(), Decision::Go);
    // Of one moment, with and without the labels; and once more after what the last two waited for.
    assert_eq!(cluster.request_count(), 3, "{:?}", cluster.requests());
}
