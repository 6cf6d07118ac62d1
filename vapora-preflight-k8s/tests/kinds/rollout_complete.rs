//! `k8s.rollout_complete`

use serde_json::{Value, json};
use vapora_preflight::{Advice, CheckResult, Outcome};
use vapora_preflight_k8s::RolloutComplete;

use crate::{
    replay::{Recording, recorded, replay},
    said::{Sheet, ask, fails, passes, problems},
    workloads::{daemon_set, path, stateful_set},
};

type Edit = fn(&mut Value);

fn named(name: &str) -> Value {
    json!({ "namespace": "vapora", "names": [name] })
}

fn with(name: &str, more: Value) -> Value {
    let mut parameters = named(name);
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

async fn of(name: &str, plural: &str, object: Value, more: Value) -> CheckResult {
    let short = name.rsplit('/').next().unwrap();
    let recording = Recording::object(&path(plural, short), object);
    ask::<RolloutComplete>(with(name, more), replay(vec![recording]).0).await
}

#[tokio::test]
async fn deployments_are_judged_one_by_one() {
    let mut sheet = Sheet::default();
    for (recording, name) in [
        ("deployment-get", "deployment/vapora-backend"),
        ("deployment-get-one-replica-unavailable", "deploy/vapora-backend"),
        ("deployment-get-just-patched-generation-ahead", "vapora-roll"),
        ("deployment-get-paused", "vapora-roll"),
        ("deployment-get-missing-404", "vapora-nothing"),
    ] {
        let result = ask::<RolloutComplete>(named(name), recorded(&[recording, "namespace-get"])).await;
        assert_eq!(passes(&result), recording == "deployment-get", "{recording}");
        assert_eq!(fails(&result), recording != "deployment-get", "{recording}");
        sheet.add(recording, &result);
    }
    let edits: [(&str, Edit); 8] = [
        ("deadline exceeded beside available", |it| {
            it["status"]["conditions"][1] = json!({ "type": "Progressing", "status": "False",
                "reason": "ProgressDeadlineExceeded", "message": "ReplicaSet \"a-1\" has timed out progressing." });
        }),
        ("quota exceeded", |it| {
            it["status"]["updatedReplicas"] = 1.into();
            let refused = json!({ "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
                "message": "exceeded quota" });
            it["status"]["conditions"].as_array_mut().unwrap().push(refused);
        }),
        ("old replicas are still there", |it| it["status"]["replicas"] = 3.into()),
        ("pods are still ending", |it| it["status"]["terminatingReplicas"] = 1.into()),
        ("updated and not available yet", |it| it["status"]["availableReplicas"] = 1.into()),
        ("never observed", |it| it["status"] = json!({})),
        ("scaled to zero", |it| {
            it["spec"]["replicas"] = 0.into();
            it["status"] = json!({ "observedGeneration": 6 });
        }),
        ("being deleted", |it| it["metadata"]["deletionTimestamp"] = "2026-11-23T12:21:20Z".into()),
    ];
    for (title, edit) in edits {
        let recording = Recording::of("deployment-get").edited(edit);
        let result = ask::<RolloutComplete>(named("vapora-backend"), replay(vec![recording]).0).await;
        assert!(fails(&result), "{title}: {result:?}");
        let finding = result.as_ref().unwrap().finding();
        let advice = finding.advice;
        assert_eq!(finding.lasting, title.contains("deadline"), "{title}");
        let stuck = title.contains("exceeded");
        assert_eq!(advice, Some(if stuck { Advice::RollBack } else { Advice::Investigate }), "{title}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn what_is_allowed_passes() {
    let edits: [(Edit, &str); 2] = [
        (|it| it["status"]["terminatingReplicas"] = 1.into(), "allow_terminating"),
        (
            |it| {
                it["spec"]["replicas"] = 0.into();
                it["status"] = json!({ "observedGeneration": 6 });
            },
            "allow_scaled_to_zero",
        ),
    ];
    for (edit, allow) in edits {
        let recording = Recording::of("deployment-get").edited(edit);
        let parameters = with("vapora-backend", json!({ allow: true }));
        let result = ask::<RolloutComplete>(parameters, replay(vec![recording]).0).await;
        assert!(passes(&result), "{allow}: {result:?}");
    }
    // A server that does not count the pods that are ending cannot be asked about them.
    let old = Recording::of("deployment-get").edited(|it| {
        it["status"].as_object_mut().unwrap().remove("terminatingReplicas");
    });
    assert!(passes(&ask::<RolloutComplete>(named("vapora-backend"), replay(vec![old]).0).await));
}

#[tokio::test]
async fn a_complete_deployment_that_is_paused_is_a_warning() {
    let paused = Recording::of("deployment-get").edited(|it| it["spec"]["paused"] = true.into());
    let result = ask::<RolloutComplete>(named("vapora-backend"), replay(vec![paused]).0).await;
    assert!(matches!(result, Ok(Outcome::Warn(_))), "{result:?}");
}

#[tokio::test]
async fn the_rollout_has_to_be_that_of_the_release() {
    let mut sheet = Sheet::default();
    for (title, more, good) in [
        ("the image", json!({ "images": { "backend": "nginx:1.27.0" } }), true),
        ("another spelling", json!({ "images": { "backend": "docker.io/library/nginx:1.27.0" } }), true),
        (
            "of one workload",
            json!({ "images": { "vapora-backend/backend": "nginx:1.27.0", "backend": "x:1" } }),
            true,
        ),
        ("the tag", json!({ "tag": "1.27.0" }), true),
        ("the tag of one container", json!({ "tag": "1.27.0", "containers": ["backend"] }), true),
        ("another image", json!({ "images": { "backend": "nginx:1.28.0" } }), false),
        ("another tag", json!({ "tag": "1.28.0" }), false),
        (
            "another repository",
            json!({ "images": { "backend": "registry.example.com/nginx:1.27.0" } }),
            false,
        ),
        ("another container", json!({ "images": { "agents": "nginx:1.27.0" } }), false),
        ("a container too many", json!({ "images": { "backend": "nginx:1.27.0", "proxy": "x:1" } }), false),
        ("a tag for nothing", json!({ "tag": "1.27.0", "containers": ["proxy"] }), false),
    ] {
        let result =
            ask::<RolloutComplete>(with("vapora-backend", more), recorded(&["deployment-get"])).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn stateful_sets_are_judged_one_by_one() {
    let mut sheet = Sheet::default();
    let edits: [(&str, Edit); 8] = [
        ("rolled out", |_| {}),
        ("never observed", |it| it["status"] = json!({ "replicas": 0 })),
        ("one pod not ready", |it| {
            it["status"]["readyReplicas"] = 2.into();
            it["status"]["availableReplicas"] = 2.into();
        }),
        ("on its way", |it| {
            it["status"]["updatedReplicas"] = 1.into();
            it["status"]["updateRevision"] = "db-7c9f".into();
        }),
        ("the last pod is updated, and not the revision", |it| {
            it["status"]["updateRevision"] = "db-7c9f".into();
        }),
        ("a partition", |it| {
            it["spec"]["updateStrategy"]["rollingUpdate"]["partition"] = 2.into();
            it["status"]["updatedReplicas"] = 1.into();
            it["status"]["updateRevision"] = "db-7c9f".into();
        }),
        ("by hand, nobody has begun", |it| {
            it["spec"]["updateStrategy"] = json!({ "type": "OnDelete" });
            it["status"]["updatedReplicas"] = 1.into();
            it["status"]["updateRevision"] = "db-7c9f".into();
        }),
        ("by hand, done", |it| {
            it["spec"]["updateStrategy"] = json!({ "type": "OnDelete" });
            it["status"]["updateRevision"] = "db-7c9f".into();
        }),
    ];
    for (title, edit) in edits {
        let mut set = stateful_set();
        edit(&mut set);
        let result = of("statefulset/db", "statefulsets", set, json!({})).await;
        let good = ["rolled out", "by hand, done"].contains(&title);
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    let mut set = stateful_set();
    edits[5].1(&mut set);
    let allowed = json!({ "allow_partition": true });
    assert!(passes(&of("sts/db", "statefulsets", set.clone(), allowed.clone()).await));
    set["status"]["updatedReplicas"] = 0.into();
    let result =
        of("db", "statefulsets", set, json!({ "allow_partition": true, "resource": "statefulset" })).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("a partition that is not reached", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn daemon_sets_are_judged_one_by_one() {
    let mut sheet = Sheet::default();
    let edits: [(&str, Edit); 7] = [
        ("rolled out", |_| {}),
        ("never observed", |it| it["status"]["observedGeneration"] = 1.into()),
        ("on its way", |it| it["status"]["updatedNumberScheduled"] = 1.into()),
        ("one node not available", |it| {
            it["status"]["numberReady"] = 1.into();
            it["status"]["numberAvailable"] = 1.into();
        }),
        ("one node without a pod", |it| it["status"]["desiredNumberScheduled"] = 3.into()),
        ("no nodes", |it| {
            for field in ["desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled"] {
                it["status"][field] = 0.into();
            }
        }),
        ("by hand", |it| {
            it["spec"]["updateStrategy"] = json!({ "type": "OnDelete" });
            it["status"]["updatedNumberScheduled"] = 0.into();
        }),
    ];
    for (title, edit) in edits {
        let mut set = daemon_set();
        edit(&mut set);
        let result = of("daemonset/agent", "daemonsets", set, json!({ "tag": "2.0" })).await;
        let good = title == "rolled out";
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_missing_namespace_is_told_from_a_missing_workload() {
    let parameters = json!({ "namespace": "vapora-staging", "names": ["vapora-backend"] });
    let recordings = ["deployment-get-missing-namespace-404", "namespace-get-missing-404"];
    let result = ask::<RolloutComplete>(parameters, recorded(&recordings)).await;
    assert!(fails(&result), "{result:?}");
    let actual = result.unwrap().finding().actual.clone().unwrap();
    assert_eq!(actual, "the namespace `vapora-staging` does not exist");
    // Where another one is there, it is only missing.
    let missing = Recording::of("deployment-get-missing-404")
        .edited(|status| status["details"]["name"] = "a".into())
        .at(&path("deployments", "a"));
    let both =
        json!({ "namespace": "vapora", "names": ["vapora-backend", "a"], "images": { "agents": "x:1" } });
    let result = ask::<RolloutComplete>(both, replay(vec![Recording::of("deployment-get"), missing]).0).await;
    let actual = result.unwrap().finding().actual.clone().unwrap();
    assert!(actual.ends_with("`deployment/a` does not exist"), "{actual}");
}

#[test]
fn names_have_to_be_given_and_containers_go_with_a_tag() {
    assert_eq!(problems::<RolloutComplete>(json!({ "namespace": "a", "names": [] })).len(), 1);
    let containers = with("a", json!({ "containers": ["b"] }));
    assert_eq!(problems::<RolloutComplete>(containers).len(), 1);
    assert!(problems::<RolloutComplete>(with("a", json!({ "containers": ["b"], "tag": "1" }))).is_empty());
    for bad in [
        json!({ "namespace": "a", "names": ["pod/a"] }),
        json!({ "namespace": "a", "names": ["a"], "tag": "not a tag" }),
        json!({ "namespace": "a", "names": ["a"], "images": { "B": "x:1" } }),
        json!({ "namespace": "a", "names": ["a"], "resource": "pod" }),
    ] {
        assert!(serde_json::from_value::<RolloutComplete>(bad.clone()).is_err(), "{bad}");
    }
}
