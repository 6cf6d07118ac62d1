//! `k8s.no_warning_events`

use serde_json::{Value, json};
use vapora_preflight::CheckResult;
use vapora_preflight_k8s::{K8sClient, NoWarningEvents};

use crate::{
    replay::{Asked, Recording, replay},
    said::{Sheet, ask_then, fails, passes, problems, text, warns},
};

const V1: &str = "/apis/events.k8s.io/v1/namespaces/vapora/events";
const CORE: &str = "/api/v1/namespaces/vapora/events";

/// The recorded warnings as `events.k8s.io/v1` gives the same events.
fn warnings() -> Recording {
    Recording::of("events-list-warnings").at(V1).edited(|list| {
        list["apiVersion"] = "events.k8s.io/v1".into();
        for event in list["items"].as_array_mut().unwrap() {
            let event = event.as_object_mut().unwrap();
            for (core, v1) in [
                ("involvedObject", "regarding"),
                ("message", "note"),
                ("firstTimestamp", "deprecatedFirstTimestamp"),
                ("lastTimestamp", "deprecatedLastTimestamp"),
                ("count", "deprecatedCount"),
                ("source", "deprecatedSource"),
                ("reportingComponent", "reportingController"),
            ] {
                if let Some(value) = event.remove(core) {
                    event.insert(v1.to_owned(), value);
                }
            }
        }
    })
}

fn without_any() -> Recording {
    warnings().edited(|list| list["items"] = json!([]))
}

fn vapora(more: Value) -> Value {
    let mut parameters = json!({ "namespace": "vapora" });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

async fn found(more: Value) -> CheckResult {
    ask_then::<NoWarningEvents>(vapora(more), replay(vec![warnings()]).0).await
}

/// A server that does not have the group.
fn old(more: Vec<Recording>) -> (K8sClient, Asked) {
    let unknown = Recording::of("discovery-unknown-group-404");
    replay([unknown.clone().at(V1), unknown.at("/apis/events.k8s.io/v1")].into_iter().chain(more).collect())
}

fn value(result: &CheckResult, name: &str) -> String {
    result.as_ref().unwrap().finding().evidence.get(name).unwrap().to_string()
}

#[tokio::test]
async fn warnings_are_taken_together_by_reason_and_object() {
    let mut sheet = Sheet::default();
    for (title, more) in [
        ("the last hour", json!({})),
        ("the last 8 minutes", json!({ "since": "8m" })),
        ("pods only", json!({ "involved": ["Pod/vapora-backend-*"] })),
        ("some allowed", json!({ "allow": ["ProvisioningFailed", "NodeNotReady"] })),
    ] {
        let result = found(more).await;
        assert!(fails(&result), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn both_apis_say_the_same() {
    let (client, asked) = old(vec![Recording::of("events-list-warnings")]);
    let core = ask_then::<NoWarningEvents>(vapora(json!({})), client).await;
    let v1 = found(json!({})).await;
    assert_eq!((value(&v1, "api"), value(&core, "api")), ("events.k8s.io/v1".to_owned(), "v1".to_owned()));
    assert_eq!(text(&v1).replace("events.k8s.io/v1", "v1"), text(&core));
    let targets: Vec<String> = asked.lock().unwrap().iter().map(|(_, target, _)| target.clone()).collect();
    assert!(
        targets[2].starts_with(CORE) && targets[2].contains("fieldSelector=type%3DWarning"),
        "{targets:?}"
    );
}

#[tokio::test]
async fn what_is_allowed_does_not_fail() {
    let every = json!(["NodeNotReady", "Unhealthy", "ProvisioningFailed", "FailedScheduling"]);
    let result = found(json!({ "allow": every })).await;
    assert!(passes(&result), "{result:?}");
    assert_eq!((value(&result, "warnings"), value(&result, "allowed")), ("0".to_owned(), "9".to_owned()));
    let narrow = |object: &str, message: &str| {
        json!({ "involved": ["*/vapora-cache"],
            "allow": [{ "reason": "ProvisioningFailed", "object": object, "message": message }] })
    };
    assert!(passes(&found(narrow("PersistentVolumeClaim/vapora-cache", "does-not-exist")).await));
    for (object, message) in [("PersistentVolumeClaim/other", "not found"), ("*/*", "denied"), ("Pod/*", ".")]
    {
        assert!(fails(&found(narrow(object, message)).await), "{object} {message}");
    }
    assert!(fails(&found(json!({ "allow": [{ "reason": "Unhealthy", "message": "Liveness" }] })).await));
}

#[tokio::test]
async fn the_last_time_counts_and_not_the_first() {
    // It began before the window, and happened 42 times until 12:02:16; now it is 12:09:10.
    for (since, fails_) in [("7m", true), ("6m", false)] {
        let one = warnings().edited(|list| {
            list["items"].as_array_mut().unwrap().retain(|event| event["deprecatedCount"] == 42);
        });
        let result =
            ask_then::<NoWarningEvents>(vapora(json!({ "since": since })), replay(vec![one]).0).await;
        assert_eq!(fails(&result), fails_, "{since}: {result:?}");
        assert_eq!(value(&result, "older"), if fails_ { "0" } else { "1" });
    }
}

#[tokio::test]
async fn no_events_pass_in_a_namespace_that_is_there() {
    let mut sheet = Sheet::default();
    let ask = async |recordings| ask_then::<NoWarningEvents>(vapora(json!({})), replay(recordings).0).await;
    let result = ask(vec![without_any(), Recording::of("namespace-get")]).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("no events", &result);
    let gone = Recording::of("namespace-get-missing-404")
        .at("/api/v1/namespaces/vapora")
        .edited(|status| status["details"]["name"] = "vapora".into());
    let result = ask(vec![without_any(), gone]).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("no namespace", &result);
    let result = ask(vec![without_any(), Recording::of("namespace-get-restricted-403")]).await;
    assert!(result.is_err(), "{result:?}");
    sheet.add("no right to see the namespace", &result);
    // The whole cluster needs no namespace.
    let all = without_any().at("/apis/events.k8s.io/v1/events");
    let result = ask_then::<NoWarningEvents>(json!({}), replay(vec![all]).0).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("the whole cluster", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_window_that_nobody_remembers_and_clocks_that_differ_are_told() {
    let mut sheet = Sheet::default();
    let ask = async |more, recordings| ask_then::<NoWarningEvents>(vapora(more), replay(recordings).0).await;
    let none = || vec![without_any(), Recording::of("namespace-get")];
    let result = ask(json!({ "since": "3h" }), none()).await;
    assert!(warns(&result), "{result:?}");
    sheet.add("a window of 3 hours", &result);
    assert!(passes(&ask(json!({ "since": "3h", "kept_for": "4h" }), none()).await));
    let ahead = || {
        vec![warnings().edited(|list| {
            let items = list["items"].as_array_mut().unwrap();
            items.retain(|event| event["reason"] == "FailedScheduling");
            items.truncate(1);
            items[0]["eventTime"] = "2026-11-23T12:14:10.5Z".into();
        })]
    };
    let result = ask(json!({ "allow": ["FailedScheduling"] }), ahead()).await;
    assert!(warns(&result), "{result:?}");
    sheet.add("an allowed event of the future", &result);
    let result = ask(json!({ "since": "1s" }), ahead()).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("an event of the future", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_refusal_is_no_empty_list() {
    let forbidden = Recording::of("pods-list-other-namespace-restricted-403").at(V1);
    let group = json!({ "kind": "APIResourceList", "groupVersion": "events.k8s.io/v1",
        "resources": [{ "name": "events", "kind": "Event", "namespaced": true, "verbs": ["list"] }] });
    let served = Recording::made("/apis/events.k8s.io/v1", 200, &group.to_string());
    let ask = async |recordings| ask_then::<NoWarningEvents>(vapora(json!({})), replay(recordings).0).await;
    // The other API would answer, and is not asked: the right of this one is what is missing.
    let result = ask(vec![forbidden, served, Recording::of("events-list-warnings")]).await;
    assert!(result.unwrap_err().to_string().contains("403"));
    for recording in [
        Recording::of("deployments-list-bad-token-401").at(V1),
        Recording::of("pods-list-etcd-down").at(V1),
        Recording::of("events-list-warnings").at(V1).edited(|list| list["items"][0]["metadata"] = json!({})),
        Recording::of("events-list-warnings")
            .at(V1)
            .edited(|list| list["items"][0]["lastTimestamp"] = "soon".into()),
    ] {
        assert!(ask(vec![recording]).await.is_err());
    }
}

#[tokio::test]
async fn events_in_great_numbers_are_counted_in_groups() {
    let many = warnings().edited(|list| {
        let pattern = list["items"][1].clone();
        let made = |number: u32| {
            let mut event = pattern.clone();
            event["regarding"]["name"] = format!("p{number}").into();
            event["note"] = "x".repeat(10_000).into();
            event
        };
        list["items"] = (0..3_000).map(made).collect();
    });
    let result = ask_then::<NoWarningEvents>(vapora(json!({})), replay(vec![many]).0).await;
    assert_eq!(value(&result, "warnings"), "3000");
    let said = text(&result);
    assert!(said.len() < 20_000, "{}", said.len());
    assert!(said.contains("; and 989 more"), "{said}");
}

#[test]
fn what_cannot_be_meant_is_told_when_the_checklist_is_read() {
    for (more, said) in [
        (json!({ "since": "0s" }), "expected a `since` of more than nothing"),
        (json!({ "allow": [{}] }), "would allow everything"),
        (json!({ "allow": [""] }), "would allow everything"),
    ] {
        let told = problems::<NoWarningEvents>(more.clone());
        assert!(told.len() == 1 && told[0].contains(said), "{more}: {told:?}");
    }
    for bad in [json!({ "allow": [{ "reson": "a" }] }), json!({ "involved": ["Pod"] })] {
        assert!(serde_json::from_value::<NoWarningEvents>(bad).is_err());
    }
}
