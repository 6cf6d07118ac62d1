//! `k8s.logs_clean`

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{Request, Response};
use kube::{Client, client::Body};
use serde_json::{Value, json};
use vapora_preflight::{Check as _, CheckResult};
use vapora_preflight_k8s::{K8sClient, KubernetesTarget, LogsClean};
use vapora_preflight_sim::{Cluster, PodTrouble};

use crate::{
    replay::{Recording, replay},
    said::{Sheet, ask_then, context, documented, fails, kind, passes, problems, text, warns},
    world::client,
};

const POD: &str = "vapora-backend-67dd657545-n4dft";
const AT: &str = "2026-11-23T12:08:00.000000000Z";

fn backend(more: Value) -> Value {
    let mut parameters = json!({ "namespace": "vapora", "workloads": ["deployment/vapora-backend"] });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

/// Two pods of a backend, each of which has said that it listens.
fn cluster() -> (Cluster, Vec<String>) {
    let cluster = Cluster::builder("production")
        .nodes(2)
        .deployment("vapora", "vapora-backend", 2, "registry.example.com/backend:1.0")
        .deployment("vapora", "vapora-agents", 1, "registry.example.com/agents:1.0")
        .build();
    let pods = cluster.pods_of("vapora", "vapora-backend");
    for pod in &pods {
        cluster.log("vapora", pod, "backend", [" INFO listening on 0.0.0.0:8001"]).unwrap();
    }
    (cluster, pods)
}

async fn ask(cluster: &Cluster, more: Value) -> CheckResult {
    let cx =
        context(client(cluster), KubernetesTarget::default()).with_clock(Arc::new(cluster.clock().clone()));
    let result = kind::<LogsClean>(backend(more)).run(&cx).await;
    documented::<LogsClean>(&result);
    result
}

fn value(result: &CheckResult, name: &str) -> String {
    result.as_ref().unwrap().finding().evidence.get(name).unwrap().to_string()
}

/// The answer with the names of the pods put in words, since those are drawn.
fn words(result: &CheckResult, pods: &[String]) -> String {
    pods.iter()
        .enumerate()
        .fold(text(result), |text, (place, pod)| text.replace(pod, &format!("POD-{place}")))
}

#[tokio::test]
async fn a_line_that_speaks_of_an_error_is_found_in_every_log() {
    let (cluster, pods) = cluster();
    let mut sheet = Sheet::default();
    let result = ask(&cluster, json!({ "tail": 50 })).await;
    assert!(passes(&result), "{result:?}");
    sheet.add_text("clean", &words(&result, &pods));
    // The log of another deployment does not count.
    let other = cluster.pods_of("vapora", "vapora-agents").remove(0);
    cluster.log("vapora", &other, "agents", ["ERROR not mine"]).unwrap();
    cluster.clock().advance(Duration::from_mins(1));
    cluster
        .log("vapora", &pods[0], "backend", ["ERROR db: connection refused", " INFO trying again"])
        .unwrap();
    cluster.clock().advance(Duration::from_mins(1));
    let json = r#"{"level":"error","msg":"no such host"}"#;
    cluster.log("vapora", &pods[1], "backend", [json, "GET /health 200"]).unwrap();
    let result = ask(&cluster, json!({ "tail": 50 })).await;
    assert!(fails(&result), "{result:?}");
    sheet.add_text("errors", &words(&result, &pods));
    let result = ask(&cluster, json!({ "since": "90s" })).await;
    assert!(fails(&result), "{result:?}");
    sheet.add_text("errors of the last 90 seconds", &words(&result, &pods));
    insta::assert_snapshot!(sheet.text());
    for (more, good) in [
        (json!({ "ignore": ["connection refused", "no such host"] }), true),
        (json!({ "ignore": ["connection refused"] }), false),
        (json!({ "max_matches": 2 }), true),
        (json!({ "max_matches": 1 }), false),
        (json!({ "patterns": ["panicked"] }), true),
        (json!({ "patterns": ["panicked"], "also": ["trying again"] }), false),
        (json!({ "also": ["/health"] , "ignore": ["error", "ERROR"] }), false),
        (json!({ "tail": 1 }), true),
        (json!({ "containers": ["backend"] }), false),
        (json!({ "workloads": [], "selector": "app=vapora-backend" }), false),
        (json!({ "workloads": [], "pods": [pods[0]] }), false),
    ] {
        let result = ask(&cluster, more.clone()).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{more}: {result:?}");
    }
}

#[tokio::test]
async fn the_log_from_before_a_restart_counts() {
    let (cluster, pods) = cluster();
    cluster
        .log_previous("vapora", &pods[0], "backend", ["thread 'main' panicked at src/main.rs:4:5:"])
        .unwrap();
    let result = ask(&cluster, json!({})).await;
    assert!(fails(&result), "{result:?}");
    let said = words(&result, &pods);
    assert!(said.contains("`POD-0/backend before its restart` at"), "{said}");
    assert!(said.contains("logs POD-0 -c backend --previous"), "{said}");
    assert!(passes(&ask(&cluster, json!({ "previous": false })).await));
    // What ended before the time that counts is not read.
    cluster.clock().advance(Duration::from_hours(1));
    for pod in &pods {
        cluster.log("vapora", pod, "backend", [" INFO still there"]).unwrap();
    }
    let before = cluster.request_count();
    assert!(passes(&ask(&cluster, json!({ "since": "10m" })).await));
    assert!(cluster.requests()[before..].iter().all(|request| !request.query.contains("previous")));
    assert!(fails(&ask(&cluster, json!({ "since": "2h" })).await));
    assert!(fails(&ask(&cluster, json!({ "previous": true })).await));
    assert!(passes(&ask(&cluster, json!({ "previous": true, "since": "10m" })).await));
}

#[tokio::test]
async fn a_log_from_before_a_restart_that_is_gone_is_told() {
    let restarted = || {
        pod(|pod| {
            let status = &mut pod["status"]["containerStatuses"][0];
            status["restartCount"] = 1.into();
            status["lastState"] =
                json!({ "terminated": { "exitCode": 1, "finishedAt": "2026-11-23T12:06:50Z" } });
        })
    };
    let gone = "unable to retrieve container logs for containerd://326094d716d5ee3f9c4ea8c4e533d23bcce8ba3e";
    let unknown = format!("previous terminated container \"backend\" in pod \"{POD}\" not found");
    let mut sheet = Sheet::default();
    for (title, before) in [
        ("the node has removed it", Recording::made(&log_path(), 200, gone)),
        ("the kubelet knows of none", Recording::made(&log_path(), 400, "").refused(400, &unknown)),
    ] {
        let ask = async |more| by_name(more, vec![restarted(), before.clone(), logs(&["INFO a"])]).await;
        let result = ask(json!({})).await;
        assert!(warns(&result), "{title}: {result:?}");
        sheet.add(title, &result);
        let result = ask(json!({ "previous": true })).await;
        assert!(result.is_err(), "{title}: {result:?}");
        sheet.add(&format!("{title}, and it was asked for"), &result);
    }
    // That of the present run is never gone.
    let result = by_name(json!({}), vec![pod(|_| {}), Recording::made(&log_path(), 200, gone)]).await;
    assert!(result.is_err(), "{result:?}");
    sheet.add("the log of the present run", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_crash_loop_leaves_the_log_of_its_last_run() {
    let (cluster, pods) = cluster();
    cluster.trouble_pod("vapora", &pods[0], PodTrouble::CrashLoop).unwrap();
    cluster.log_previous("vapora", &pods[0], "backend", ["panic: no configuration"]).unwrap();
    let before = cluster.request_count();
    let result = ask(&cluster, json!({})).await;
    assert!(fails(&result) && text(&result).contains("panic: no configuration"), "{result:?}");
    assert!(cluster.requests()[before..].iter().all(|request| !request.query.contains("previous")));
}

#[tokio::test]
async fn init_containers_and_sidecars() {
    let (cluster, pods) = cluster();
    let running = json!({ "running": { "startedAt": "2026-12-01T12:00:00Z" } });
    cluster
        .edit("Pod", "vapora", &pods[0], |pod| {
            pod["spec"]["initContainers"] =
                json!([{ "name": "migrate", "image": "a" }, { "name": "proxy", "image": "b", "restartPolicy": "Always" }]);
            pod["status"]["initContainerStatuses"] = json!([
                { "name": "migrate", "restartCount": 0, "state": { "terminated": { "exitCode": 0 } } },
                { "name": "proxy", "restartCount": 0, "state": running },
            ]);
        })
        .unwrap();
    cluster.log("vapora", &pods[0], "proxy", ["[info] ready"]).unwrap();
    assert!(passes(&ask(&cluster, json!({ "init": true })).await), "an init container may say nothing");
    cluster.log("vapora", &pods[0], "migrate", ["ERROR relation exists"]).unwrap();
    let result = ask(&cluster, json!({})).await;
    assert!(passes(&result) && value(&result, "logs") == "3", "{result:?}");
    assert!(fails(&ask(&cluster, json!({ "init": true })).await));
    cluster.log("vapora", &pods[0], "proxy", ["[error] upstream timed out"]).unwrap();
    assert!(fails(&ask(&cluster, json!({})).await));
    assert!(passes(&ask(&cluster, json!({ "containers": ["backend"] })).await));
    let error = ask(&cluster, json!({ "containers": ["bakend"] })).await.unwrap_err();
    assert!(!error.is_transient());
    assert_eq!(error.report().remedy.as_deref(), Some("name one of `backend`, `proxy`"));
}

#[tokio::test]
async fn a_log_that_was_never_written_to_is_told_from_a_quiet_one() {
    let (cluster, pods) = cluster();
    cluster.clock().advance(Duration::from_hours(1));
    // Nothing of late, and something before.
    let result = ask(&cluster, json!({ "since": "2m" })).await;
    assert!(passes(&result) && value(&result, "lines") == "0", "{result:?}");
    let cluster = Cluster::builder("production")
        .nodes(2)
        .deployment("vapora", "vapora-backend", 2, "registry.example.com/backend:1.0")
        .build();
    let silent = cluster.pods_of("vapora", "vapora-backend");
    cluster.log("vapora", &silent[0], "backend", ["INFO"]).unwrap();
    for more in [json!({}), json!({ "since": "2m" }), json!({ "tail": 50 })] {
        let result = ask(&cluster, more).await;
        assert!(
            fails(&result) && words(&result, &silent).contains("nothing in `POD-1/backend`"),
            "{result:?}"
        );
    }
    assert!(passes(&ask(&cluster, json!({ "allow_silent": true })).await));
    // An answer that contradicts itself is none.
    let quiet = vec![pod(|_| {}), logs(&[]), logs(&["INFO a"])];
    let error = by_name(json!({ "since": "10m" }), quiet).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("the last one is of"), "{error}");
    drop(pods);
}

#[tokio::test]
async fn a_line_that_has_to_be_there_is_looked_for_in_every_pod() {
    let (cluster, pods) = cluster();
    let both = json!({ "require": [r"listening on \S+:8001", "INFO"] });
    assert!(passes(&ask(&cluster, both).await));
    cluster.log("vapora", &pods[1], "backend", ["migrations are done"]).unwrap();
    let result = ask(&cluster, json!({ "require": ["migrations are done", "listening"] })).await;
    assert!(fails(&result), "{result:?}");
    let mut sheet = Sheet::default();
    sheet.add_text("a line that only one pod has", &words(&result, &pods));
    insta::assert_snapshot!(sheet.text());
    assert!(passes(&ask(&cluster, json!({ "require": ["listening"], "patterns": [] })).await));
}

#[tokio::test]
async fn a_log_of_any_length_is_bounded() {
    let (cluster, pods) = cluster();
    let line = |number: u64| if number % 100 == 7 { format!("ERROR {number}") } else { "x".repeat(100) };
    cluster.log_many("vapora", &pods[0], "backend", 4_000, line).unwrap();
    let result = ask(&cluster, json!({})).await;
    assert!(fails(&result));
    assert_eq!((value(&result, "matches"), value(&result, "lines")), ("40".to_owned(), "4002".to_owned()));
    let said = words(&result, &pods);
    assert!(
        said.contains("ERROR 3907") && said.contains("and 34 before them") && said.len() < 15_000,
        "{said}"
    );
    // More than may be read: what was found counts, and otherwise it is not known.
    let result = ask(&cluster, json!({ "max_bytes": "200KiB" })).await;
    assert!(fails(&result) && text(&result).contains("at least "), "{result:?}");
    let error = ask(&cluster, json!({ "max_bytes": "200KiB", "ignore": ["ERROR"] })).await.unwrap_err();
    assert!(!error.is_transient());
    assert_eq!(error.message(), "there is more than 200KiB to read in the logs");
    assert!(passes(&ask(&cluster, json!({ "ignore": ["ERROR"] })).await));
}

fn log_path() -> String {
    format!("/api/v1/namespaces/vapora/pods/{POD}/log")
}

/// A pod that was recorded, with a change to it.
fn pod(edit: impl FnOnce(&mut Value)) -> Recording {
    let mut found = Value::Null;
    let _ = Recording::of("pods-list-all-running").edited(|list| {
        let is_it = |pod: &&Value| pod["metadata"]["name"] == POD;
        found = list["items"].as_array().unwrap().iter().find(is_it).unwrap().clone();
    });
    found["kind"] = "Pod".into();
    edit(&mut found);
    Recording::object(&format!("/api/v1/namespaces/vapora/pods/{POD}"), found)
}

fn logs(lines: &[&str]) -> Recording {
    let lines: String = lines.iter().flat_map(|line| [AT, " ", line, "\n"]).collect();
    Recording::made(&log_path(), 200, &lines)
}

async fn by_name(more: Value, recordings: Vec<Recording>) -> CheckResult {
    let mut parameters = json!({ "namespace": "vapora", "pods": [POD] });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ask_then::<LogsClean>(parameters, replay(recordings).0).await
}

#[tokio::test]
async fn a_log_that_cannot_be_read_is_never_clean() {
    let mut sheet = Sheet::default();
    let waiting = format!("container \"backend\" in pod \"{POD}\" is waiting to start: PodInitializing");
    for (title, recording, transient) in [
        ("no right", Recording::of("pod-log-restricted-403").at(&log_path()), false),
        ("no kubelet", Recording::of("pod-log-no-kubelet-500").at(&log_path()), true),
        ("no credentials that count", Recording::of("deployments-list-bad-token-401").at(&log_path()), false),
        (
            "a container that the kubelet does not know",
            Recording::of("pod-log-unknown-container-400").at(&log_path()),
            false,
        ),
        (
            "a pod that is gone",
            Recording::of("pod-log-missing-pod-404")
                .at(&log_path())
                .edited(|status| status["details"]["name"] = POD.into()),
            true,
        ),
        ("no node yet", Recording::made(&log_path(), 204, ""), true),
        ("not started yet", Recording::made(&log_path(), 400, "").refused(400, &waiting), true),
        ("another server", Recording::made(&log_path(), 200, "<html>\n<body>ERROR</body>"), true),
        ("lines without times", Recording::made(&log_path(), 200, "INFO a\nINFO b\n"), true),
        ("half a line", Recording::made(&log_path(), 200, &format!("{AT} INFO a\n{AT} INF")), true),
        ("half a time", Recording::made(&log_path(), 200, &format!("{AT} INFO a\n2026-11-23T")), true),
        ("nothing", Recording::made(&log_path(), 302, ""), false),
        ("no API", Recording::of("discovery-unknown-group-404").at(&log_path()), false),
    ] {
        let result = by_name(json!({}), vec![pod(|_| {}), recording]).await;
        let error = result.as_ref().expect_err(title);
        assert_eq!(error.is_transient(), transient, "{title}: {error}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_container_that_has_not_started_has_no_log_to_be_clean() {
    let mut sheet = Sheet::default();
    for (title, edit) in [
        (
            "no node",
            (|pod: &mut Value| {
                pod["spec"].as_object_mut().unwrap().remove("nodeName");
                pod["status"] = json!({ "phase": "Pending" });
            }) as fn(&mut Value),
        ),
        ("creating", |pod| {
            pod["status"]["containerStatuses"][0]["state"] =
                json!({ "waiting": { "reason": "ContainerCreating" } });
        }),
        ("no image", |pod| {
            let state =
                json!({ "waiting": { "reason": "ImagePullBackOff", "message": "Back-off pulling image" } });
            pod["status"]["containerStatuses"][0]["state"] = state;
        }),
    ] {
        // Its log is not even asked for.
        let result = by_name(json!({}), vec![pod(edit)]).await;
        assert!(
            result.as_ref().is_err_and(vapora_preflight::CheckError::is_transient),
            "{title}: {result:?}"
        );
        sheet.add(title, &result);
    }
    // An evicted pod took its log along; its like may go on without it.
    let evicted = |pod: &mut Value| pod["status"] = json!({ "phase": "Failed", "reason": "Evicted" });
    let result = by_name(json!({}), vec![pod(evicted)]).await;
    assert!(result.is_err(), "{result:?}");
    sheet.add("evicted", &result);
    let (cluster, pods) = cluster();
    cluster.edit("Pod", "vapora", &pods[1], evicted).unwrap();
    let result = ask(&cluster, json!({})).await;
    assert!(warns(&result), "{result:?}");
    sheet.add_text("one of two evicted", &words(&result, &pods));
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn an_error_that_was_found_counts_whatever_could_not_be_read() {
    let (cluster, pods) = cluster();
    cluster.log("vapora", &pods[0], "backend", ["ERROR"]).unwrap();
    cluster.trouble_pod("vapora", &pods[1], PodTrouble::Creating).unwrap();
    let result = ask(&cluster, json!({})).await;
    assert!(fails(&result), "{result:?}");
    assert!(
        words(&result, &pods).contains("unread = POD-1/backend: could not read"),
        "{}",
        words(&result, &pods)
    );
    let result = ask(&cluster, json!({ "ignore": ["ERROR"] })).await;
    assert!(result.is_err(), "{result:?}");
}

#[tokio::test]
async fn what_is_not_there_has_no_clean_log() {
    let (cluster, pods) = cluster();
    let mut sheet = Sheet::default();
    for (title, more) in [
        ("no such deployment", json!({ "workloads": ["vapora-backend", "vapora-bakend"] })),
        ("no pods with these labels", json!({ "workloads": [], "selector": "app=x" })),
        ("no such pod", json!({ "workloads": [], "pods": ["x"] })),
        ("no such namespace", json!({ "namespace": "vapora-2", "workloads": [], "selector": "app=x" })),
    ] {
        let result = ask(&cluster, more).await;
        assert!(fails(&result), "{title}: {result:?}");
        sheet.add_text(title, &words(&result, &pods));
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn eight_logs_are_read_at_a_time() {
    let mut listed = Value::Null;
    let _ = Recording::of("pods-list-all-running").edited(|list| {
        let one = list["items"][0].clone();
        let made = |number: u32| {
            let mut pod = one.clone();
            pod["metadata"]["name"] = format!("p{number}").into();
            pod
        };
        list["items"] = (0..40).map(made).collect();
        listed = list.clone();
    });
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = (Arc::clone(&open), Arc::clone(&most));
    let service = tower::service_fn(move |request: Request<Body>| {
        let ((open, most), listed) = (counted.clone(), listed.to_string());
        async move {
            let body = if request.uri().path().ends_with("/log") {
                let now = open.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
                open.fetch_sub(1, Ordering::SeqCst);
                format!("{AT} INFO\n")
            } else {
                listed
            };
            Ok::<_, Infallible>(Response::new(Body::from(body.into_bytes())))
        }
    });
    let client = K8sClient::new(Client::new(service, "default"), "https://k8s.example.com");
    let parameters = json!({ "namespace": "vapora", "selector": "app=x" });
    let result = ask_then::<LogsClean>(parameters, client).await;
    assert!(passes(&result) && value(&result, "logs") == "40", "{result:?}");
    assert_eq!((open.load(Ordering::SeqCst), most.load(Ordering::SeqCst)), (0, 8));
}

#[test]
fn what_cannot_be_meant_is_told_when_the_checklist_is_read() {
    for (more, said) in [
        (json!({ "workloads": [] }), "nothing says which pods it is about"),
        (json!({ "selector": "a=b" }), "`workloads`, `selector` are given"),
        (json!({ "since": "0s" }), "expected a `since` of more than nothing"),
        (json!({ "patterns": [] }), "`patterns` is empty"),
        (json!({ "max_bytes": "0B" }), "no byte of a log may be read"),
    ] {
        let told = problems::<LogsClean>(backend(more.clone()));
        assert!(told.len() == 1 && told[0].contains(said), "{more}: {told:?}");
    }
    for bad in [json!({ "tail": 0 }), json!({ "patterns": ["("] }), json!({ "workloads": ["pod/a"] })] {
        assert!(serde_json::from_value::<LogsClean>(backend(bad.clone())).is_err(), "{bad}");
    }
}
