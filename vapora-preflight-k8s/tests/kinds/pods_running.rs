//! `k8s.pods_running`

use serde_json::{Value, json};
use vapora_preflight::Advice;
use vapora_preflight_k8s::PodsRunning;

use crate::{
    replay::{Recording, recorded, replay},
    said::{Sheet, ask, fails, passes},
};

const PODS: &str = "/api/v1/namespaces/vapora/pods";

fn vapora() -> Value {
    json!({ "namespace": "vapora" })
}

#[tokio::test]
async fn pods_are_judged_one_by_one() {
    let mut sheet = Sheet::default();
    for name in [
        "pods-list-all-running",
        "pods-list-one-crash-loop-back-off",
        "pods-list-one-image-pull-backoff",
        "pods-list-one-running-not-ready",
        "pods-list-running-with-restarts",
        "pods-list-etcd-down",
    ] {
        let result = ask::<PodsRunning>(vapora(), recorded(&[name])).await;
        let good = ["pods-list-all-running", "pods-list-running-with-restarts"].contains(&name);
        assert_eq!(passes(&result), good, "{name}: {result:?}");
        sheet.add(name, &result);
    }
    for name in ["pod-get-pending-unschedulable", "pod-get-pending-container-creating"] {
        let result = ask::<PodsRunning>(vapora(), replay(vec![Recording::of(name).listed(PODS)]).0).await;
        assert!(fails(&result), "{name}");
        sheet.add(name, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

/// The recorded list with a change to the status of its first pod.
fn with_first(edit: impl FnOnce(&mut Value)) -> Recording {
    Recording::of("pods-list-all-running").edited(|list| edit(&mut list["items"][0]))
}

#[tokio::test]
async fn states_that_were_not_recorded_fail_too() {
    let container =
        |state: Value| json!([{ "name": "migrate", "ready": false, "restartCount": 4, "state": state }]);
    let crash = json!({ "waiting": { "reason": "CrashLoopBackOff", "message": "back-off 1m20s" } });
    let mut sheet = Sheet::default();
    let states: [(&str, Value); 6] = [
        (
            "an init container in a crash loop",
            json!({
                "phase": "Pending", "initContainerStatuses": container(crash),
            }),
        ),
        (
            "evicted",
            json!({ "phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory." }),
        ),
        (
            "out of memory just now",
            json!({
                "phase": "Running",
                "containerStatuses": container(json!({ "terminated": { "exitCode": 137, "reason": "OOMKilled" } })),
            }),
        ),
        (
            "a missing secret",
            json!({
                "phase": "Pending",
                "containerStatuses": container(json!({ "waiting": {
                    "reason": "CreateContainerConfigError", "message": "secret \"vapora-secrets\" not found" } })),
            }),
        ),
        ("a lost node", json!({ "phase": "Unknown", "reason": "NodeLost" })),
        ("no status at all", json!({})),
    ];
    for (title, status) in states {
        let recording = with_first(|pod| pod["status"] = status);
        let result = ask::<PodsRunning>(vapora(), replay(vec![recording]).0).await;
        assert!(fails(&result), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn what_ends_is_counted_and_not_judged() {
    let failed = json!({ "phase": "Failed" });
    let recording = Recording::of("pods-list-all-running").edited(|list| {
        list["items"][0]["status"] = json!({ "phase": "Succeeded" });
        list["items"][1]["metadata"]["ownerReferences"][0]["kind"] = "Job".into();
        list["items"][1]["status"] = failed.clone();
        list["items"][2]["metadata"]["deletionTimestamp"] = "2026-11-23T12:21:20Z".into();
        list["items"][2]["status"] = failed;
    });
    let result = ask::<PodsRunning>(vapora(), replay(vec![recording.clone()]).0).await;
    assert!(passes(&result), "{result:?}");
    let summary = result.unwrap().finding().summary.clone();
    assert!(summary.ends_with("(besides 1 finished, 1 of jobs, 1 being deleted)"), "{summary}");
    // And so they do not make up the number.
    let total = Recording::of("pods-list-all-running");
    let mut number = 0;
    let _ = total.edited(|list| number = list["items"].as_array().unwrap().len());
    let all = json!({ "namespace": "vapora", "at_least": number });
    assert!(fails(&ask::<PodsRunning>(all, replay(vec![recording]).0).await));
}

#[tokio::test]
async fn restarts_are_judged_when_asked_for() {
    let client = || recorded(&["pods-list-running-with-restarts"]);
    for (allowed, good) in [(11, false), (12, true)] {
        let result =
            ask::<PodsRunning>(json!({ "namespace": "vapora", "allow_restarts": allowed }), client()).await;
        assert_eq!(passes(&result), good, "{allowed}: {result:?}");
    }
}

#[tokio::test]
async fn the_advice_is_that_of_the_worst() {
    let advice = async |recording: Recording| {
        let result = ask::<PodsRunning>(vapora(), replay(vec![recording]).0).await;
        result.unwrap().finding().advice
    };
    assert_eq!(advice(Recording::of("pods-list-one-crash-loop-back-off")).await, Some(Advice::RollBack));
    let no_room = Recording::of("pod-get-pending-unschedulable");
    assert_eq!(advice(no_room.clone().listed(PODS)).await, Some(Advice::RollBack));
    let taint = no_room.edited(|pod| {
        pod["status"]["conditions"][0]["message"] =
            "0/3 nodes are available: 3 node(s) had untolerated taint".into();
    });
    assert_eq!(advice(taint.listed(PODS)).await, Some(Advice::Investigate));
}

#[tokio::test]
async fn no_pods_never_pass_and_a_missing_namespace_is_told() {
    let empty = Recording::of("pods-list-all-running").edited(|list| list["items"] = json!([]));
    let mut sheet = Sheet::default();
    let there = vec![empty.clone(), Recording::of("namespace-get")];
    let result =
        ask::<PodsRunning>(json!({ "namespace": "vapora", "selector": "app=x" }), replay(there).0).await;
    assert!(fails(&result));
    sheet.add("no pods", &result);
    let gone =
        vec![empty.at("/api/v1/namespaces/vapora-staging/pods"), Recording::of("namespace-get-missing-404")];
    let result = ask::<PodsRunning>(json!({ "namespace": "vapora-staging" }), replay(gone).0).await;
    assert!(fails(&result));
    sheet.add("no namespace", &result);
    insta::assert_snapshot!(sheet.text());
}
