//! `k8s.pods_stable`

use serde_json::{Value, json};
use vapora_preflight::{Advice, CheckResult};
use vapora_preflight_k8s::{PodsRunning, PodsStable};

use crate::{
    replay::{Recording, recorded, replay},
    said::{RECORDED, Sheet, ask, ask_at, fails, passes, problems},
};

/// Half an hour after the recordings, when each container runs for longer than any `since` here.
const LATER: i64 = RECORDED + 1800;

fn vapora(more: Value) -> Value {
    let mut parameters = json!({ "namespace": "vapora" });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

fn pods() -> Recording {
    Recording::of("pods-list-all-running")
}

/// The recorded list with a change to its first pod.
fn with_first(edit: impl FnOnce(&mut Value)) -> Recording {
    pods().edited(|list| edit(&mut list["items"][0]))
}

fn container(pod: &mut Value) -> &mut Value {
    &mut pod["status"]["containerStatuses"][0]
}

/// The container was restarted so often, the last time then.
fn restarted(pod: &mut Value, times: u32, reason: &str, at: &str) {
    let status = container(pod);
    status["restartCount"] = times.into();
    status["state"] = json!({ "running": { "startedAt": at } });
    status["lastState"] = json!({ "terminated": { "exitCode": 137, "reason": reason, "finishedAt": at } });
}

async fn record() -> CheckResult {
    ask::<PodsStable>(vapora(json!({})), recorded(&["pods-list-all-running"])).await
}

async fn compare(recording: Recording, more: Value) -> CheckResult {
    let before = record().await;
    assert!(passes(&before), "{before:?}");
    ask_at::<PodsStable>(LATER, Some(&before), vapora(more), replay(vec![recording]).0).await
}

#[tokio::test]
async fn the_restarts_are_recorded_and_compared() {
    let mut sheet = Sheet::default();
    sheet.add("recorded", &record().await);
    let at = "2026-11-23T12:30:00Z";
    for (title, recording, more, good) in [
        ("nothing has happened", pods(), json!({}), true),
        ("restarted", with_first(|pod| restarted(pod, 1, "Error", at)), json!({}), false),
        ("killed for memory", with_first(|pod| restarted(pod, 2, "OOMKilled", at)), json!({}), false),
        (
            "one restart is allowed",
            with_first(|pod| restarted(pod, 1, "Error", at)),
            json!({ "allow_restarts": 1 }),
            true,
        ),
        (
            "two are not",
            with_first(|pod| restarted(pod, 2, "Error", at)),
            json!({ "allow_restarts": 1 }),
            false,
        ),
        ("replaced", with_first(|pod| pod["metadata"]["uid"] = "another".into()), json!({}), false),
        (
            "replaced, and allowed",
            with_first(|pod| pod["metadata"]["uid"] = "x".into()),
            json!({ "allow_new_pods": true }),
            true,
        ),
        (
            "replaced and restarted",
            with_first(|pod| {
                pod["metadata"]["uid"] = "another".into();
                restarted(pod, 3, "Error", at);
            }),
            json!({ "allow_new_pods": true }),
            false,
        ),
        (
            "gone",
            pods().edited(|list| drop(list["items"].as_array_mut().unwrap().remove(0))),
            json!({}),
            true,
        ),
        (
            "too few are left",
            pods().edited(|list| drop(list["items"].as_array_mut().unwrap().remove(0))),
            json!({ "at_least": 6 }),
            false,
        ),
    ] {
        let result = compare(recording, more).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_container_that_does_not_run_is_not_stable() {
    let mut sheet = Sheet::default();
    for (title, recording) in [
        ("crash loop", Recording::of("pods-list-one-crash-loop-back-off")),
        (
            "between two restarts",
            with_first(|pod| {
                let ended = json!({ "exitCode": 1, "reason": "Error", "finishedAt": "2026-11-23T12:09:00Z" });
                container(pod)["state"] = json!({ "terminated": ended });
            }),
        ),
        (
            "being made",
            with_first(|pod| {
                container(pod)["state"] = json!({ "waiting": { "reason": "ContainerCreating" } });
            }),
        ),
        ("nothing is said of it", with_first(|pod| container(pod)["state"] = json!({}))),
        ("no statuses", with_first(|pod| pod["status"]["containerStatuses"] = json!([]))),
        (
            "a container without a status",
            with_first(|pod| {
                let more = json!({ "name": "proxy", "image": "x:1" });
                pod["spec"]["containers"].as_array_mut().unwrap().push(more);
            }),
        ),
        ("pending", with_first(|pod| pod["status"] = json!({ "phase": "Pending" }))),
        ("evicted", with_first(|pod| pod["status"] = json!({ "phase": "Failed", "reason": "Evicted" }))),
        ("no phase", with_first(|pod| pod["status"] = json!({}))),
        ("a lost node", with_first(|pod| pod["status"]["phase"] = "Unknown".into())),
    ] {
        let result = ask::<PodsStable>(vapora(json!({})), replay(vec![recording]).0).await;
        assert!(fails(&result), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

/// An init container and a sidecar beside the container.
fn with_init(pod: &mut Value, init: Value, sidecar: Value) {
    pod["spec"]["initContainers"] =
        json!([{ "name": "migrate" }, { "name": "proxy", "restartPolicy": "Always" }]);
    pod["status"]["initContainerStatuses"] = json!([init, sidecar]);
}

#[tokio::test]
async fn init_containers_end_and_sidecars_do_not() {
    let done = json!({ "name": "migrate", "restartCount": 0,
        "state": { "terminated": { "exitCode": 0, "finishedAt": "2026-11-23T12:07:00Z" } } });
    let runs = json!({ "name": "proxy", "restartCount": 0,
        "state": { "running": { "startedAt": "2026-11-23T12:07:01Z" } } });
    let ended = json!({ "name": "proxy", "restartCount": 0, "state": { "terminated": { "exitCode": 0 } } });
    let again = json!({ "name": "migrate", "restartCount": 4, "state": { "waiting": { "reason": "CrashLoopBackOff" } } });
    for (title, init, sidecar, good) in [
        ("both as they should be", done.clone(), runs.clone(), true),
        ("the sidecar has ended", done.clone(), ended, false),
        ("the init container is in a crash loop", again, runs, false),
    ] {
        let recording = with_first(|pod| with_init(pod, init, sidecar));
        let result =
            ask_at::<PodsStable>(LATER, None, vapora(json!({ "since": "10m" })), replay(vec![recording]).0)
                .await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
    }
}

#[tokio::test]
async fn restarts_are_told_by_their_times() {
    let mut sheet = Sheet::default();
    let since = json!({ "since": "10m" });
    let new = json!({ "since": "10m", "allow_new_pods": true });
    for (title, recording, more, good) in [
        ("all run for longer", pods(), since.clone(), true),
        (
            "restarted long ago",
            with_first(|pod| restarted(pod, 7, "Error", "2026-11-23T12:20:00Z")),
            since.clone(),
            true,
        ),
        (
            "restarted just now",
            with_first(|pod| restarted(pod, 1, "OOMKilled", "2026-11-23T12:35:00Z")),
            since.clone(),
            false,
        ),
        (
            "restarted in the future",
            with_first(|pod| restarted(pod, 1, "Error", "2026-11-24T12:35:00Z")),
            since.clone(),
            false,
        ),
        (
            "restarted, and nobody knows when",
            with_first(|pod| {
                container(pod)["restartCount"] = 1.into();
                container(pod)["state"] = json!({ "running": {} });
            }),
            since.clone(),
            false,
        ),
        (
            "started just now",
            with_first(|pod| container(pod)["state"]["running"]["startedAt"] = "2026-11-23T12:36:00Z".into()),
            since.clone(),
            false,
        ),
        (
            "started just now, and allowed",
            with_first(|pod| container(pod)["state"]["running"]["startedAt"] = "2026-11-23T12:36:00Z".into()),
            new.clone(),
            true,
        ),
        (
            "restarted, and new pods allowed",
            with_first(|pod| restarted(pod, 1, "Error", "2026-11-23T12:36:00Z")),
            new,
            false,
        ),
        (
            "nobody knows since when it runs",
            with_first(|pod| container(pod)["state"] = json!({ "running": {} })),
            since,
            false,
        ),
    ] {
        let result = ask_at::<PodsStable>(LATER, None, vapora(more), replay(vec![recording]).0).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_count_that_fell_tells_nothing() {
    let recorded = |times: u32| with_first(|pod| restarted(pod, times, "Error", "2026-11-23T12:05:00Z"));
    let before = ask::<PodsStable>(vapora(json!({})), replay(vec![recorded(5)]).0).await;
    for (times, good) in [(5, true), (4, false), (6, false)] {
        let client = replay(vec![recorded(times)]).0;
        let result = ask_at::<PodsStable>(LATER, Some(&before), vapora(json!({})), client).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{times}: {result:?}");
    }
    let client = replay(vec![recorded(4)]).0;
    let allowing = vapora(json!({ "allow_restarts": 9 }));
    let result = ask_at::<PodsStable>(LATER, Some(&before), allowing, client).await;
    assert!(result.unwrap().finding().actual.as_ref().unwrap().contains("fell from 5 to 4"));
}

#[tokio::test]
async fn what_ends_is_counted_and_not_judged() {
    let recording = pods().edited(|list| {
        list["items"][0]["status"] = json!({ "phase": "Succeeded" });
        list["items"][1]["metadata"]["ownerReferences"][0]["kind"] = "Job".into();
        list["items"][1]["status"] = json!({ "phase": "Failed" });
        list["items"][2]["metadata"]["deletionTimestamp"] = "2026-11-23T12:21:20Z".into();
        list["items"][2]["status"] = json!({ "phase": "Failed" });
    });
    let result = ask::<PodsStable>(vapora(json!({})), replay(vec![recording.clone()]).0).await;
    assert!(passes(&result), "{result:?}");
    assert!(result.unwrap().finding().summary.ends_with("(besides 1 finished, 1 of jobs, 1 being deleted)"));
    assert!(fails(&ask::<PodsStable>(vapora(json!({ "at_least": 4 })), replay(vec![recording]).0).await));
}

#[tokio::test]
async fn the_advice_is_that_of_the_worst() {
    let at = "2026-11-23T12:30:00Z";
    for (reason, advice) in [("Error", Advice::Investigate), ("OOMKilled", Advice::RollBack)] {
        let result = compare(with_first(|pod| restarted(pod, 1, reason, at)), json!({})).await;
        assert_eq!(result.unwrap().finding().advice, Some(advice), "{reason}");
    }
    // What killed it before the baseline is no news.
    let old = with_first(|pod| restarted(pod, 1, "OOMKilled", "2026-11-23T12:05:00Z"));
    let before = ask::<PodsStable>(vapora(json!({})), replay(vec![old.clone()]).0).await;
    assert!(passes(&before), "{before:?}");
    assert!(passes(
        &ask_at::<PodsStable>(LATER, Some(&before), vapora(json!({})), replay(vec![old]).0).await
    ));
}

#[tokio::test]
async fn a_baseline_has_to_be_about_the_same_pods() {
    let client = || recorded(&["pods-list-all-running"]);
    let other_kind = ask::<PodsRunning>(vapora(json!({})), client()).await;
    let other_pods = ask::<PodsStable>(vapora(json!({ "selector": "app" })), client()).await;
    let empty = Ok(vapora_preflight::Outcome::Pass(vapora_preflight::Finding::new("nothing")));
    let mut sheet = Sheet::default();
    for (title, before) in [("another kind", other_kind), ("other pods", other_pods), ("nothing", empty)] {
        let result = ask_at::<PodsStable>(LATER, Some(&before), vapora(json!({})), client()).await;
        assert!(!result.as_ref().unwrap_err().is_transient(), "{title}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn no_pods_never_pass_and_a_missing_namespace_is_told() {
    let empty = pods().edited(|list| list["items"] = json!([]));
    let there = replay(vec![empty.clone(), Recording::of("namespace-get")]).0;
    assert!(fails(&ask::<PodsStable>(vapora(json!({})), there).await));
    let gone =
        vec![empty.at("/api/v1/namespaces/vapora-staging/pods"), Recording::of("namespace-get-missing-404")];
    let result = ask::<PodsStable>(json!({ "namespace": "vapora-staging" }), replay(gone).0).await;
    assert_eq!(
        result.unwrap().finding().actual.as_deref(),
        Some("the namespace `vapora-staging` does not exist")
    );
    assert_eq!(problems::<PodsStable>(vapora(json!({ "since": "0s" }))).len(), 1);
}
