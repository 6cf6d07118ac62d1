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

/// The first pod with an init container and a sidecar, and these statuses of theirs.
fn with_init(pod: &mut Value, init: &Value, sidecar: &Value) {
    pod["spec"]["initContainers"] =
        json!([{ "name": "migrate" }, { "name": "proxy", "restartPolicy": "Always" }]);
    let status = |name: &str, state: &Value| json!({ "name": name, "ready": false, "restartCount": 0, "state": state });
    pod["status"]["initContainerStatuses"] = json!([status("migrate", init), status("proxy", sidecar)]);
}

#[tokio::test]
async fn what_holds_a_pod_back_is_told() {
    let at = "2026-11-23T12:00:00Z";
    let (done, runs) =
        (json!({ "terminated": { "exitCode": 0 } }), json!({ "running": { "startedAt": at } }));
    let waits = json!({ "waiting": { "reason": "PodInitializing" } });
    let mut sheet = Sheet::default();
    let gated = json!([{ "type": "PodScheduled", "status": "False", "reason": "SchedulingGated",
        "message": "Scheduling is blocked due to non-empty scheduling gates" }]);
    let gate = json!([{ "type": "ContainersReady", "status": "True" }, { "type": "Ready", "status": "False",
        "reason": "ReadinessGatesNotReady",
        "message": "corresponding condition of pod readiness gate \"target-health\" does not exist." }]);
    let pending = |init: &Value, sidecar: &Value| {
        with_first(|pod| {
            with_init(pod, init, sidecar);
            pod["status"]["phase"] = "Pending".into();
            pod["status"]["containerStatuses"][0]["state"] = waits.clone();
        })
    };
    for (title, recording) in [
        (
            "scheduling gates",
            with_first(|pod| pod["status"] = json!({ "phase": "Pending", "conditions": gated })),
        ),
        ("a readiness gate", with_first(|pod| pod["status"]["conditions"] = gate)),
        ("an init container runs", pending(&runs, &waits)),
        ("a sidecar is not started yet", pending(&done, &waits)),
        ("the containers are not started yet", pending(&done, &runs)),
        (
            "a sidecar has ended",
            with_first(|pod| {
                with_init(pod, &done, &json!({ "terminated": { "exitCode": 2, "reason": "Error" } }));
            }),
        ),
    ] {
        let result = ask::<PodsRunning>(vapora(), replay(vec![recording]).0).await;
        assert!(fails(&result), "{title}: {result:?}");
        let finding = result.unwrap().finding().clone();
        let (actual, evidence) = (finding.actual.unwrap(), &finding.evidence);
        sheet.add(title, &Ok(vapora_preflight::Outcome::Fail(vapora_preflight::Finding::new(actual))));
        let pending = evidence.get("pending").unwrap().to_string().contains("7w684");
        assert_eq!(
            pending,
            title.contains("scheduling") || title.contains("start") || title.contains("runs"),
            "{title}"
        );
    }
    let fine = with_first(|pod| with_init(pod, &done, &runs));
    assert!(passes(&ask::<PodsRunning>(vapora(), replay(vec![fine]).0).await));
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn the_pods_of_a_deployment_are_told_by_their_owners() {
    let client = || recorded(&["pods-list-all-running", "replicasets-list"]);
    let with = |more: Value| {
        let mut parameters = vapora();
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        parameters
    };
    let ask = async |more: Value| ask::<PodsRunning>(with(more), client()).await;
    let mut sheet = Sheet::default();
    for (title, more, good) in [
        ("one", json!({ "deployment": "vapora-backend", "at_least": 2 }), true),
        ("one, and too few", json!({ "deployment": "vapora-backend", "at_least": 3 }), false),
        ("one that is not there", json!({ "deployment": "vapora-nothing" }), false),
        ("several", json!({ "deployments": { "vapora-backend": 2, "vapora-agents": 1 } }), true),
        ("several, one short", json!({ "deployments": { "vapora-backend": 2, "vapora-agents": 3 } }), false),
        (
            "several, one not there",
            json!({ "deployments": { "vapora-backend": 2, "vapora-nothing": 1 } }),
            false,
        ),
    ] {
        let result = ask(more).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
    let both = with(json!({ "deployment": "a", "deployments": { "b": 1 } }));
    assert_eq!(crate::said::problems::<PodsRunning>(both).len(), 1);
    // Labels alone make no owner.
    let alike = with_first(|pod| drop(pod["metadata"].as_object_mut().unwrap().remove("ownerReferences")));
    let client = replay(vec![alike, Recording::of("replicasets-list")]).0;
    let result = crate::said::ask::<PodsRunning>(
        with(json!({ "deployment": "vapora-agents", "at_least": 2 })),
        client,
    )
    .await;
    assert!(fails(&result), "{result:?}");
    // Without the replica sets it cannot be told.
    let refused =
        Recording::of("deployments-list-restricted-403").at("/apis/apps/v1/namespaces/vapora/replicasets");
    let client = replay(vec![Recording::of("pods-list-all-running"), refused]).0;
    let result =
        crate::said::ask::<PodsRunning>(with(json!({ "deployment": "vapora-agents" })), client).await;
    assert!(result.is_err(), "{result:?}");
}

#[tokio::test]
async fn what_failed_and_was_replaced_is_kept_for_its_record_only() {
    let evicted =
        json!({ "phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory." });
    // One more pod, that of this replica set.
    let with_evicted = |set: Option<&str>| {
        Recording::of("pods-list-all-running").edited(|list| {
            let items = list["items"].as_array_mut().unwrap();
            let mut pod = items[2].clone();
            pod["metadata"]["name"] = "evicted".into();
            pod["status"] = evicted.clone();
            match set {
                Some(uid) => pod["metadata"]["ownerReferences"][0]["uid"] = uid.into(),
                None => drop(pod["metadata"].as_object_mut().unwrap().remove("ownerReferences")),
            }
            items.push(pod);
        })
    };
    let (current, older) = ("b3673b06-efaa-40d3-8c31-22f84f293b49", "a6978db5-ec99-44a6-9cd5-76c4e8943e1b");
    let allowed = json!({ "namespace": "vapora", "allow_evicted": true });
    for (title, set, parameters, good) in [
        ("of the present one", Some(current), vapora(), false),
        ("of an older one", Some(older), vapora(), true),
        ("of one that is gone", Some("gone"), vapora(), true),
        ("of the present one, and allowed", Some(current), allowed.clone(), true),
        ("of nobody, whom nobody replaces", None, allowed, false),
    ] {
        let recordings = vec![with_evicted(set), Recording::of("replicasets-list")];
        let result = ask::<PodsRunning>(parameters, replay(recordings).0).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        if good {
            let summary = result.unwrap().finding().summary.clone();
            assert!(summary.ends_with("(besides 1 failed and left over)"), "{title}: {summary}");
        }
    }
    // Where the replica sets cannot be read, nothing is excused.
    let unread = replay(vec![with_evicted(Some(older))]).0;
    assert!(fails(&ask::<PodsRunning>(vapora(), unread).await));
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
