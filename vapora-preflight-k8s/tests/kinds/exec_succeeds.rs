//! `k8s.exec_succeeds`, over a socket: a command is spoken with over a websocket.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use vapora_preflight::{
    Check as _, CheckResult, Effect, Kind as _, NoSecrets, SecretRef, SecretStore, SecretString,
};
use vapora_preflight_k8s::{ExecSucceeds, K8sClient, KubernetesTarget, connect};
use vapora_preflight_sim::{
    ADMIN, AccessRule, Cluster, ClusterServer, ExecAnswer, Kubeconfig, PodTrouble, RESTRICTED, Workload,
};

use crate::{
    replay::{Recording, replay},
    said::{Sheet, context, documented, fails, kind, passes, problems, text},
};

const OK: &str = "OK\n";

fn asked(more: Value) -> Value {
    let mut parameters = json!({
        "namespace": "vapora", "workloads": ["statefulset/surrealdb"], "argv": ["surreal", "isready"],
    });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

/// A database of two pods that can be asked whether it is ready, and that repeats what it is told.
async fn world() -> ClusterServer {
    let cluster = Cluster::builder("production")
        .nodes(2)
        .stateful_set("vapora", Workload::new("surrealdb", 2, "registry.example.com/surrealdb:2"))
        .deployment("vapora", "vapora-backend", 1, "registry.example.com/backend:1.0")
        .service_account(RESTRICTED, "vapora", [])
        .build();
    cluster.on_exec("vapora", "surrealdb-", answer);
    cluster.serve().await.unwrap()
}

fn answer(command: &[String]) -> ExecAnswer {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["surreal", "isready"] => ExecAnswer::new(OK, "", 0),
        ["surreal", "sql"] => ExecAnswer::new("[[{ answer: 42 }]]\n", "", 0).after_input(),
        ["false"] => ExecAnswer::new("", "it is not\nready\n", 3),
        ["long"] => ExecAnswer::new("x".repeat(20 << 10), "", 0),
        ["flood"] => ExecAnswer::flood("xxxx"),
        ["mixed"] => ExecAnswer::new([b"ab".as_slice(), &[0xff, 0xfe], "ü".as_bytes()].concat(), "", 0),
        _ => ExecAnswer::no_such_program(),
    }
}

async fn client_as(server: &ClusterServer, who: &str) -> K8sClient {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, Kubeconfig::default().context("production", server, who).to_string()).unwrap();
    connect(&KubernetesTarget::default(), Some(&path)).await.unwrap()
}

async fn ask_as(server: &ClusterServer, who: &str, more: Value) -> CheckResult {
    let cx = context(client_as(server, who).await, KubernetesTarget::default())
        .with_clock(Arc::new(server.clock().clone()));
    let result = kind::<ExecSucceeds>(asked(more)).run(&cx).await;
    documented::<ExecSucceeds>(&result);
    result
}

async fn ask(server: &ClusterServer, more: Value) -> CheckResult {
    ask_as(server, ADMIN, more).await
}

fn value(result: &CheckResult, name: &str) -> Value {
    let evidence = &result.as_ref().unwrap().finding().evidence;
    serde_json::to_value(evidence.get(name).unwrap()).unwrap()
}

#[tokio::test]
async fn what_a_command_says_is_judged() {
    let server = world().await;
    let mut sheet = Sheet::default();
    for (title, more, good) in [
        ("it is ready", json!({ "contains": ["OK"], "matches": ["^OK$"], "lacks": ["error"] }), true),
        ("in all of its pods", json!({ "all": true }), true),
        ("another text", json!({ "contains": ["YES"], "matches": ["\\d"], "lacks": ["O"] }), false),
        ("another exit code", json!({ "argv": ["false"] }), false),
        ("another exit code in all", json!({ "argv": ["false"], "all": true, "only_reads": true }), false),
        (
            "another exit code, where it may change something",
            json!({ "argv": ["false"], "all": true }),
            false,
        ),
        ("an exit code that is right", json!({ "argv": ["false"], "exit_codes": [0, 3] }), true),
        ("an answer to what it was told", json!({ "argv": ["surreal", "sql"], "input": "RETURN 42;" }), true),
        ("by name", json!({ "workloads": [], "pods": ["surrealdb-1"] }), true),
        ("by labels", json!({ "workloads": [], "selector": "app=surrealdb" }), true),
    ] {
        let result = ask(&server, more.clone()).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add_text(title, &text(&result));
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_pod_that_does_not_run_is_not_asked() {
    let server = world().await;
    let mut sheet = Sheet::default();
    server.trouble_pod("vapora", "surrealdb-0", PodTrouble::CrashLoop).unwrap();
    let result = ask(&server, json!({})).await;
    assert!(passes(&result) && value(&result, "runs")[0]["pod"] == "surrealdb-1", "{result:?}");
    let result = ask(&server, json!({ "all": true })).await;
    sheet.add_text("one does not run, and all are meant", &text(&result));
    server.trouble_pod("vapora", "surrealdb-1", PodTrouble::Unschedulable).unwrap();
    let result = ask(&server, json!({})).await;
    sheet.add_text("none runs", &text(&result));
    let result = ask(&server, json!({ "workloads": ["statefulset/other"] })).await;
    sheet.add_text("no such workload", &text(&result));
    let result = ask(&server, json!({ "workloads": [], "selector": "app=other" })).await;
    sheet.add_text("no such labels", &text(&result));
    let result = ask(&server, json!({ "namespace": "vapors" })).await;
    sheet.add_text("no such namespace", &text(&result));
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn what_cannot_be_run_is_an_error_with_its_remedy() {
    let server = world().await;
    let mut sheet = Sheet::default();
    for (title, more, transient) in [
        ("no such program", json!({ "argv": ["psql"] }), false),
        ("a container that the pod does not have", json!({ "container": "sidecar" }), false),
        ("more output than is wanted", json!({ "argv": ["flood"] }), false),
    ] {
        let result = ask(&server, more).await;
        let error = result.as_ref().unwrap_err();
        assert_eq!(error.is_transient(), transient, "{title}: {error}");
        sheet.add_text(title, &text(&result));
    }
    let two = |pod: &mut Value| {
        let mut second = pod["spec"]["containers"][0].clone();
        second["name"] = "exporter".into();
        pod["spec"]["containers"].as_array_mut().unwrap().push(second);
    };
    server.edit("Pod", "vapora", "surrealdb-0", two).unwrap();
    let result = ask(&server, json!({})).await;
    sheet.add_text("several containers", &text(&result));
    let named = |pod: &mut Value| {
        pod["metadata"]["annotations"] = json!({ "kubectl.kubernetes.io/default-container": "surrealdb" });
    };
    server.edit("Pod", "vapora", "surrealdb-0", named).unwrap();
    assert!(passes(&ask(&server, json!({})).await));
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn rights_that_are_missing_are_told_apart() {
    let server = world().await;
    let rule = |verbs: Vec<&'static str>, resource: &'static str| {
        AccessRule::new(verbs, [""], [resource]).in_namespaces(["vapora"])
    };
    let sets = AccessRule::new(["get"], ["apps"], ["statefulsets"]).in_namespaces(["vapora"]);
    let pods = rule(vec!["get", "list"], "pods");
    let mut sheet = Sheet::default();
    for (title, exec) in [("neither", vec![]), ("only get", vec!["get"]), ("only create", vec!["create"])] {
        let mut rules = vec![sets.clone(), pods.clone()];
        if !exec.is_empty() {
            rules.push(rule(exec, "pods/exec"));
        }
        server.set_rules(RESTRICTED, rules).unwrap();
        let result = ask_as(&server, RESTRICTED, json!({})).await;
        assert!(!result.as_ref().unwrap_err().is_transient(), "{title}: {result:?}");
        sheet.add_text(title, &text(&result));
    }
    server.set_rules(RESTRICTED, [sets, pods, rule(vec!["get", "create"], "pods/exec")]).unwrap();
    assert!(passes(&ask_as(&server, RESTRICTED, json!({})).await));
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn long_output_is_a_file_and_what_is_no_text_is_replaced() {
    let server = world().await;
    let result = ask(&server, json!({ "argv": ["long"] })).await;
    assert_eq!(value(&result, "stdout"), Value::Null);
    let evidence = &result.as_ref().unwrap().finding().evidence;
    let [file] = evidence.attachments() else { panic!("{evidence:?}") };
    assert_eq!((file.name.as_str(), file.content.as_deref().unwrap().len()), ("stdout.txt", 20 << 10));
    let result = ask(&server, json!({ "argv": ["mixed"] })).await;
    assert_eq!(value(&result, "stdout"), "ab\u{fffd}\u{fffd}ü");
    let result = ask(&server, json!({ "argv": ["long"], "output_limit": "20KiB" })).await;
    assert!(passes(&result), "{result:?}");
    let result = ask(&server, json!({ "argv": ["long"], "output_limit": "20479B" })).await;
    assert!(result.unwrap_err().to_string().contains("to its end"));
}

#[tokio::test]
async fn a_secret_input_is_resolved_and_sent() {
    struct Query;
    impl SecretStore for Query {
        fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String> {
            assert_eq!(*reference, SecretRef::Env("QUERY".to_owned()));
            Ok(SecretString::from("RETURN 42;"))
        }
    }
    let server = world().await;
    let parameters =
        json!({ "argv": ["surreal", "sql"], "input": { "env": "QUERY" }, "contains": ["answer: 42"] });
    let cx = context(client_as(&server, ADMIN).await, KubernetesTarget::default());
    let check = kind::<ExecSucceeds>(asked(parameters));
    let result = check.run(&cx.clone().with_secrets(Arc::new(Query))).await;
    assert!(passes(&result), "{result:?}");
    let error = check.run(&cx.with_secrets(Arc::new(NoSecrets))).await.unwrap_err();
    assert!(error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn a_command_that_goes_on_can_be_given_up() {
    let server = world().await;
    server.on_exec("vapora", "surrealdb-", |_| ExecAnswer::endless("begun\n"));
    let cx = context(client_as(&server, ADMIN).await, KubernetesTarget::default());
    let check = kind::<ExecSucceeds>(asked(json!({})));
    // real time: the answer never comes
    assert!(tokio::time::timeout(Duration::from_millis(200), check.run(&cx)).await.is_err());
}

#[tokio::test]
async fn a_server_that_does_not_reach_the_node_says_so() {
    let name = "vapora-backend-67dd657545-cczvx";
    let one = Recording::of("pods-list-all-running")
        .edited(|list| list["items"].as_array_mut().unwrap().retain(|pod| pod["metadata"]["name"] == name));
    let (client, asked_for) = replay(vec![one, Recording::of("pod-exec-websocket-v4-no-kubelet")]);
    let parameters =
        json!({ "workloads": [], "selector": "app=vapora-backend", "argv": ["sh", "-c", "a b"] });
    let cx = context(client, KubernetesTarget::default());
    let error = kind::<ExecSucceeds>(asked(parameters)).run(&cx).await.unwrap_err();
    assert!(error.is_transient() && error.report().causes[0].contains("error dialing backend"), "{error:?}");
    let asked_for = asked_for.lock().unwrap();
    let (method, target, _) = asked_for.last().unwrap();
    assert_eq!(
        (method.as_str(), target.split_once('?').unwrap().1),
        ("GET", "command=sh&command=-c&command=a+b&container=backend&stdout=true&stderr=true")
    );
}

#[test]
fn a_command_changes_its_target_unless_it_is_said_to_read() {
    assert_eq!(ExecSucceeds::EFFECT, Effect::Mutates);
    let effect = |more| kind::<ExecSucceeds>(asked(more)).effect();
    assert_eq!(effect(json!({})), Effect::Mutates);
    assert_eq!(effect(json!({ "only_reads": true })), Effect::Reads);
}

#[test]
fn what_cannot_be_meant_is_told_when_the_checklist_is_read() {
    for (more, said) in [
        (json!({ "workloads": [] }), "nothing says which pods it is about"),
        (json!({ "argv": [] }), "there is no program"),
        (json!({ "argv": [" "] }), "the program has no name"),
        (json!({ "argv": ["surreal isready"] }), "no shell that would split"),
        (json!({ "exit_codes": [] }), "no exit code is right"),
        (json!({ "contains": [""] }), "a text to look for is empty"),
        (json!({ "output_limit": "65MiB" }), "at most 64MiB"),
    ] {
        let told = problems::<ExecSucceeds>(asked(more.clone()));
        assert!(told.len() == 1 && told[0].contains(said), "{more}: {told:?}");
    }
    for bad in [json!({ "exit_codes": [256] }), json!({ "matches": ["("] }), json!({ "input": 3 })] {
        assert!(serde_json::from_value::<ExecSucceeds>(asked(bad.clone())).is_err(), "{bad}");
    }
}
