//! `k8s.nodes_have_headroom`

use serde_json::{Value, json};
use vapora_preflight::CheckResult;
use vapora_preflight_k8s::NodesHaveHeadroom;

use crate::{
    replay::{Asked, Recording, replay},
    said::{Sheet, ask_then, fails, passes, problems},
};

const METRICS: &str = "/apis/metrics.k8s.io/v1beta1/nodes";
const GROUP: &str = "/apis/metrics.k8s.io/v1beta1";

fn nodes() -> Recording {
    Recording::of("nodes-list-all-ready")
}

fn pods() -> Recording {
    Recording::of("pods-list-all-namespaces")
}

/// What the metrics API says of nodes: name, CPU, memory, when.
fn metrics(nodes: &[(&str, &str, &str, &str)]) -> Recording {
    let items: Vec<Value> = nodes
        .iter()
        .map(|(name, cpu, memory, at)| {
            json!({
                "metadata": { "name": name, "creationTimestamp": at },
                "timestamp": at, "window": "20.05s", "usage": { "cpu": cpu, "memory": memory },
            })
        })
        .collect();
    Recording::json(
        METRICS,
        json!({ "kind": "NodeMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": items }),
    )
}

const NOW: &str = "2026-11-23T12:09:00Z";

fn usual() -> Recording {
    metrics(&[
        ("node-1", "1234567890n", "3523220Ki", NOW),
        ("node-2", "392m", "704644Ki", "2026-11-23T12:08:50Z"),
        ("node-3", "1", "1Gi", NOW),
    ])
}

async fn ask(parameters: Value, answers: Vec<Recording>) -> (CheckResult, Asked) {
    let (client, asked) = replay(answers);
    (ask_then::<NodesHaveHeadroom>(parameters, client).await, asked)
}

async fn result(parameters: Value, answers: Vec<Recording>) -> CheckResult {
    ask(parameters, answers).await.0
}

#[tokio::test]
async fn what_is_used_is_compared_with_what_there_is() {
    let mut sheet = Sheet::default();
    let full = || {
        metrics(&[
            ("node-1", "3.2", "1Gi", NOW),
            ("node-2", "1", "6000000Ki", NOW),
            ("node-3", "1", "1Gi", NOW),
        ])
    };
    for (title, parameters, metrics, good) in [
        ("room everywhere", json!({}), usual(), true),
        ("two that are full", json!({}), full(), false),
        ("the same, and that is allowed", json!({ "cpu_percent": 82, "memory_percent": 86 }), full(), true),
        ("all together", json!({ "cluster_cpu_percent": 22, "cluster_memory_percent": 30 }), usual(), false),
        ("one node may be lost", json!({ "nodes_down": 1 }), usual(), true),
        (
            "two nodes may be lost",
            json!({ "nodes_down": 2, "cpu_percent": 90, "memory_percent": 90 }),
            full(),
            false,
        ),
    ] {
        let result = result(parameters, vec![nodes(), metrics]).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_limit_is_met_to_the_last_bit() {
    // 80% of 3920m are 3136m, and of 7046440Ki 5637152Ki.
    for (cpu, memory, good) in
        [("3136m", "5637152Ki", true), ("3136000001n", "5637152Ki", false), ("3136m", "5772443649", false)]
    {
        let all = ["node-1", "node-2", "node-3"].map(|name| (name, cpu, memory, NOW));
        let result = result(json!({}), vec![nodes(), metrics(&all)]).await;
        assert_eq!(passes(&result), good, "{cpu} {memory}: {result:?}");
    }
}

#[tokio::test]
async fn without_metrics_requests_are_counted_and_that_is_told() {
    let mut sheet = Sheet::default();
    let absent = || {
        vec![
            nodes(),
            Recording::of("metrics-api-absent-404"),
            Recording::of("metrics-api-absent-404").at(GROUP),
        ]
    };
    let with_pods = |pods: Recording| absent().into_iter().chain([pods]).collect::<Vec<_>>();
    let (result, asked) = ask(json!({}), with_pods(pods())).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("the metrics API is not installed", &result);
    let paths: Vec<String> = asked.lock().unwrap().iter().map(|(_, target, _)| target.clone()).collect();
    assert_eq!(paths.len(), 4, "{paths:?}");
    // A user with few rights is told that they are missing, before it is told that the API is.
    let hidden = Recording::of("metrics-api-absent-pods-restricted-403").at(METRICS);
    let answers = vec![nodes(), hidden, Recording::of("metrics-api-absent-404").at(GROUP), pods()];
    assert!(passes(&ask(json!({}), answers).await.0));
    let result = self::result(json!({ "source": "requests" }), vec![nodes(), pods()]).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("requests are what is asked for", &result);
    let full = pods().edited(|list| {
        for (pod, (cpu, phase)) in
            [("3", "Running"), ("30", "Succeeded"), ("30", "Failed")].into_iter().enumerate()
        {
            list["items"][pod]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = cpu.into();
            list["items"][pod]["status"]["phase"] = phase.into();
        }
        list["items"][3]["spec"].as_object_mut().unwrap().remove("nodeName");
        list["items"][3]["status"]["phase"] = "Pending".into();
    });
    let parameters = json!({ "cluster_cpu_percent": 25, "cpu_percent": 75 });
    let result = self::result(parameters, with_pods(full)).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("a full node, pods that ended, and one that waits", &result);
    let result = self::result(json!({ "source": "metrics" }), absent()).await;
    assert!(result.is_err());
    sheet.add("metrics are what is asked for", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn metrics_that_do_not_answer_are_never_replaced_by_requests() {
    let mut sheet = Sheet::default();
    let group = |names: &[&str]| {
        let resources: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
        Recording::json(
            GROUP,
            json!({ "kind": "APIResourceList", "groupVersion": "metrics.k8s.io/v1beta1", "resources": resources }),
        )
    };
    for (title, answers) in [
        ("registered and down", vec![Recording::of("metrics-api-registered-but-down-503")]),
        ("no right", vec![Recording::of("nodes-list-restricted-403").at(METRICS), group(&["nodes", "pods"])]),
        ("not found and served", vec![Recording::of("metrics-api-absent-404"), group(&["nodes"])]),
        (
            "not found, and it cannot be asked whether it is served",
            vec![
                Recording::of("metrics-api-absent-404"),
                Recording::of("metrics-api-registered-but-down-503").at(GROUP),
            ],
        ),
        ("another list", vec![nodes().at(METRICS)]),
        ("an amount that is none", vec![metrics(&[("node-1", "much", "1Gi", NOW)])]),
    ] {
        let answers = [nodes(), pods()].into_iter().chain(answers).collect();
        let (result, asked) = ask(json!({}), answers).await;
        assert!(result.is_err(), "{title}: {result:?}");
        assert!(
            asked.lock().unwrap().iter().all(|(_, target, _)| !target.starts_with("/api/v1/pods")),
            "{title}"
        );
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_node_without_metrics_that_count_is_not_taken_for_an_idle_one() {
    let mut sheet = Sheet::default();
    let old = "2026-11-23T12:04:00Z";
    let one = ("node-1", "1", "1Gi", NOW);
    for (title, metrics) in [
        ("no metrics at all", metrics(&[])),
        ("one is missing", metrics(&[one, ("node-2", "1", "1Gi", NOW)])),
        ("one is old", metrics(&[one, ("node-2", "1", "1Gi", old), ("node-3", "1", "1Gi", NOW)])),
        (
            "one is of the future",
            metrics(&[one, ("node-2", "1", "1Gi", "2026-11-23T12:30:00Z"), ("node-3", "1", "1Gi", NOW)]),
        ),
    ] {
        let result = result(json!({}), vec![nodes(), metrics]).await;
        assert!(result.is_err(), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    let known = metrics(&[("node-1", "3.9", "1Gi", NOW)]);
    let result = result(json!({}), vec![nodes(), known]).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("one is full and the others are not known", &result);
    let no_memory =
        usual().edited(|list| drop(list["items"][1]["usage"].as_object_mut().unwrap().remove("memory")));
    assert!(self::result(json!({}), vec![nodes(), no_memory]).await.is_err());
    let silent = nodes().edited(|list| list["items"][1]["status"]["allocatable"] = json!({ "cpu": "4" }));
    let result = self::result(json!({}), vec![silent, usual()]).await;
    sheet.add("a node that does not say what it has", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_node_that_takes_no_pods_is_no_room() {
    let mut sheet = Sheet::default();
    let cordoned = || nodes().edited(|list| list["items"][0]["spec"]["unschedulable"] = true.into());
    let not_ready = || {
        nodes().edited(|list| {
            list["items"][0]["status"]["conditions"] = json!([{ "type": "Ready", "status": "False" }]);
        })
    };
    let others = || metrics(&[("node-2", "1", "1Gi", NOW), ("node-3", "1", "1Gi", NOW)]);
    let result = result(json!({}), vec![cordoned(), usual()]).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("cordoned", &result);
    let result = self::result(json!({}), vec![not_ready(), others()]).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("not ready, and without metrics", &result);
    assert!(fails(&self::result(json!({ "nodes_down": 2 }), vec![cordoned(), usual()]).await));
    let none = nodes().edited(|list| list["items"] = json!([]));
    let result = self::result(json!({ "selector": "pool=a" }), vec![none, metrics(&[])]).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("no nodes", &result);
    insta::assert_snapshot!(sheet.text());
}

#[test]
fn a_share_is_between_one_and_a_hundred() {
    assert_eq!(problems::<NodesHaveHeadroom>(json!({})), Vec::<String>::new());
    let bad = json!({ "cpu_percent": 0, "memory_percent": 101, "cluster_cpu_percent": 0, "cluster_memory_percent": 100 });
    assert_eq!(problems::<NodesHaveHeadroom>(bad).len(), 3);
    assert!(serde_json::from_value::<NodesHaveHeadroom>(json!({ "source": "guess" })).is_err());
}
