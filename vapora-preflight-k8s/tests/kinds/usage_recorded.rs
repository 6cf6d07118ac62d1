//! `k8s.usage_recorded`

use std::sync::Arc;

use serde_json::{Value, json};
use vapora_preflight::{
    Decision, Outcome, PlanBuilder, Registry, Resources, Run, RunOutcome, Sources, Status, TargetName,
};
use vapora_preflight_k8s::{K8sClient, UsageRecorded, register};
use vapora_preflight_sim::SimClock;

use crate::{
    replay::{Recording, replay},
    said::{RECORDED, Sheet, ask_then, fails, passes, problems},
};

const METRICS: &str = "/apis/metrics.k8s.io/v1beta1/namespaces/vapora/pods";
const NOW: &str = "2026-11-23T12:09:00Z";

/// What the six pods of the recordings use.
fn metrics(cpu: &str, memory: &str) -> Recording {
    let items: Vec<Value> = [
        ("vapora-agents-764d68f59b-7w684", "agents"),
        ("vapora-agents-764d68f59b-vpfbn", "agents"),
        ("vapora-backend-67dd657545-cczvx", "backend"),
        ("vapora-backend-67dd657545-n4dft", "backend"),
        ("vapora-llm-router-b665bb647-qzhw4", "llm-router"),
        ("vapora-llm-router-b665bb647-tvw9n", "llm-router"),
    ]
    .into_iter()
    .map(|(pod, container)| {
        json!({
            "metadata": { "name": pod, "namespace": "vapora" },
            "timestamp": NOW, "window": "15s",
            "containers": [{ "name": container, "usage": { "cpu": cpu, "memory": memory } }],
        })
    })
    .collect();
    let list = json!({ "kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": items });
    Recording::json(METRICS, list)
}

fn pods() -> Recording {
    Recording::of("pods-list-all-namespaces").at("/api/v1/namespaces/vapora/pods")
}

fn answers(metrics: Recording, pods: Recording) -> Vec<Recording> {
    vec![Recording::of("deployments-list"), Recording::of("replicasets-list"), pods, metrics]
}

fn here(more: Value) -> Value {
    let mut parameters = json!({ "namespace": "vapora" });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

#[tokio::test]
async fn what_is_used_is_recorded_by_deployment() {
    type Edit = fn(&mut Value);
    type Case = (&'static str, Value, (&'static str, &'static str), Edit, &'static str);
    let same: Edit = |_| {};
    let mut sheet = Sheet::default();
    let cases: [Case; 8] = [
        ("only recorded", json!({}), ("123456789n", "100Mi"), same, "pass"),
        ("within its limits", json!({ "limit_percent": 90 }), ("1", "230Mi"), same, "pass"),
        ("near its limits", json!({ "limit_percent": 90 }), ("1", "231Mi"), same, "fail"),
        (
            "near the limit of the pod",
            json!({ "limit_percent": 90 }),
            ("190m", "100Mi"),
            |list| list["items"][0]["spec"]["resources"] = json!({ "limits": { "cpu": "200m" } }),
            "fail",
        ),
        (
            "no limit anywhere",
            json!({ "limit_percent": 90 }),
            ("190m", "100Mi"),
            |list| {
                for pod in list["items"].as_array_mut().unwrap() {
                    pod["spec"]["containers"][0]["resources"] = json!({});
                }
            },
            "fail",
        ),
        (
            "one that does not run",
            json!({}),
            ("190m", "100Mi"),
            |list| {
                list["items"][2]["status"]["phase"] = "Pending".into();
                list["items"][3]["metadata"]["deletionTimestamp"] = NOW.into();
            },
            "fail",
        ),
        (
            "a container that was not measured",
            json!({}),
            ("190m", "100Mi"),
            |list| {
                let mut second = list["items"][0]["spec"]["containers"][0].clone();
                second["name"] = "proxy".into();
                list["items"][0]["spec"]["containers"].as_array_mut().unwrap().push(second);
            },
            "error",
        ),
        (
            "near a limit, and one was not measured",
            json!({ "limit_percent": 10 }),
            ("190m", "100Mi"),
            |list| list["items"][0]["metadata"]["name"] = "vapora-agents-764d68f59b-other".into(),
            "fail",
        ),
    ];
    for (title, more, (cpu, memory), edit, outcome) in cases {
        let client = replay(answers(metrics(cpu, memory), pods().edited(edit))).0;
        let result = ask_then::<UsageRecorded>(here(more), client).await;
        let told = [("pass", passes(&result)), ("fail", fails(&result)), ("error", result.is_err())];
        assert!(told.contains(&(outcome, true)), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn what_could_not_be_measured_is_not_recorded() {
    let mut sheet = Sheet::default();
    let stale =
        metrics("1", "1Mi").edited(|list| list["items"][4]["timestamp"] = "2026-11-23T12:03:00Z".into());
    let no_cpu = metrics("1", "1Mi")
        .edited(|list| list["items"][1]["containers"][0]["usage"] = json!({ "memory": "1Mi" }));
    let empty = metrics("1", "1Mi").edited(|list| list["items"] = json!([]));
    let group = "/apis/metrics.k8s.io/v1beta1";
    for (title, metrics) in [
        (
            "not installed",
            vec![
                Recording::of("metrics-api-absent-404").at(METRICS),
                Recording::of("metrics-api-absent-404").at(group),
            ],
        ),
        ("down", vec![Recording::of("metrics-api-registered-but-down-503").at(METRICS)]),
        (
            "no right",
            vec![
                Recording::of("metrics-api-absent-pods-restricted-403"),
                Recording::json(
                    group,
                    json!({ "kind": "APIResourceList", "resources": [{ "name": "pods" }] }),
                ),
            ],
        ),
        ("old", vec![stale]),
        ("half", vec![no_cpu]),
        ("nothing", vec![empty]),
    ] {
        let mut all = vec![Recording::of("deployments-list"), Recording::of("replicasets-list"), pods()];
        all.extend(metrics);
        let result = ask_then::<UsageRecorded>(here(json!({})), replay(all).0).await;
        assert!(result.is_err(), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn no_deployments_never_pass() {
    let mut sheet = Sheet::default();
    let path = "/apis/apps/v1/namespaces/vapora/deployments";
    let empty = Recording::of("deployments-list-missing-namespace-200-empty").at(path);
    let result =
        ask_then::<UsageRecorded>(here(json!({})), replay(vec![empty, Recording::of("namespace-get")]).0)
            .await;
    assert!(fails(&result), "{result:?}");
    sheet.add("none", &result);
    let missing = Recording::of("deployment-get-missing-404");
    let mut all = answers(metrics("1", "1Mi"), pods());
    all.extend([Recording::of("deployment-get"), missing]);
    let named = here(json!({ "names": ["vapora-backend", "vapora-nothing"] }));
    let result = ask_then::<UsageRecorded>(named, replay(all).0).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("one of two", &result);
    insta::assert_snapshot!(sheet.text());
}

/// A checklist in which one check records and another compares.
fn checklist(before: &str, after: &str) -> String {
    format!(
        "checklist = \"usage\"\n[phase.now]\n[target.production.kubernetes]\ncontext = \"production\"\n\
         [check.before]\nphase = \"now\"\nkind = \"k8s.usage_recorded\"\ntarget = \"production\"\nnamespace = \"vapora\"\n{before}\n\
         [check.after]\nphase = \"now\"\nkind = \"k8s.usage_recorded\"\ntarget = \"production\"\nnamespace = \"vapora\"\n\
         baseline = \"before\"\n{after}\n"
    )
}

/// Runs it over two looks at the metrics.
async fn compare(looks: [(&str, &str); 2], before: &str, after: &str) -> RunOutcome {
    let mut all = answers(metrics(looks[0].0, looks[0].1), pods());
    all.push(metrics(looks[1].0, looks[1].1));
    all.extend([Recording::of("deployment-get")]);
    let (client, _) = replay(all);
    run(&checklist(before, after), client).await
}

async fn run(checklist: &str, client: K8sClient) -> RunOutcome {
    let mut registry = Registry::new();
    register(&mut registry);
    let mut sources = Sources::new();
    sources.add("checklist.toml", checklist);
    let plan = match PlanBuilder::new(&registry).sources(&sources).build() {
        Ok(compiled) => compiled.plan,
        Err(error) => panic!("{error:?}"),
    };
    let mut resources = Resources::new();
    resources.insert_for(&TargetName::new("production").unwrap(), client);
    let clock = Arc::new(SimClock::at_unix_seconds(RECORDED));
    Run::new(&plan).resources(resources).clock(clock).execute().await.unwrap()
}

fn after(outcome: &RunOutcome) -> vapora_preflight::CheckResult {
    match &outcome.report.check("after").unwrap().record.unwrap().status {
        Status::Done(outcome) => Ok(outcome.clone()),
        other => Err(vapora_preflight::CheckError::permanent(other.summary())),
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_used_is_compared_with_the_baseline() {
    let mut sheet = Sheet::default();
    let limits = "cpu_growth_percent = 50\nmemory_growth_percent = 25";
    let slack =
        "cpu_growth_percent = 50\nmemory_growth_percent = 25\ncpu_slack = \"1\"\nmemory_slack = \"1Gi\"";
    for (title, looks, parameters, good) in [
        ("about the same", [("200m", "100Mi"), ("210m", "101Mi")], limits, true),
        ("just within", [("200m", "1000Mi"), ("300m", "1250Mi")], limits, true),
        ("more CPU", [("200m", "100Mi"), ("300000001n", "100Mi")], limits, false),
        ("more memory", [("200m", "1000Mi"), ("200m", "1251Mi")], limits, false),
        ("more of little", [("1m", "10Mi"), ("20m", "40Mi")], limits, true),
        ("more, and that is allowed", [("200m", "100Mi"), ("600m", "500Mi")], slack, true),
        ("only told", [("200m", "100Mi"), ("900m", "50Mi")], "", true),
        ("nothing before", [("0", "0"), ("900m", "500Mi")], limits, false),
    ] {
        let outcome = compare(looks, "", parameters).await;
        assert_eq!(outcome.decision() == Decision::Go, good, "{title}");
        let result = after(&outcome);
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_compared_is_not_known() {
    let looks = [("200m", "100Mi"), ("200m", "100Mi")];
    let limit = "cpu_growth_percent = 50";
    let outcome = compare(looks, "names = [\"vapora-backend\"]", limit).await;
    assert!(after(&outcome).is_err());
    assert!(passes(&after(&compare(looks, "names = [\"vapora-backend\"]", "").await)));
    let alone = checklist("", limit).replace("baseline = \"before\"\n", "");
    let outcome = run(&alone, replay(answers(metrics("1", "1Mi"), pods())).0).await;
    let error = after(&outcome).unwrap_err();
    assert!(error.to_string().contains("nothing on record to compare with"), "{error}");
    let other = checklist("", limit).replacen("k8s.usage_recorded", "k8s.pods_running", 1);
    let outcome = run(&other, replay(answers(metrics("1", "1Mi"), pods())).0).await;
    let error = after(&outcome).unwrap_err();
    assert!(error.to_string().contains("`before` has not recorded what deployments use"), "{error}");
    assert!(matches!(after(&compare(looks, "", limit).await), Ok(Outcome::Pass(_))));
}

#[test]
fn what_cannot_be_a_limit_is_no_check() {
    assert!(problems::<UsageRecorded>(here(json!({}))).is_empty());
    let bad = here(json!({ "names": ["a"], "selector": "b=c", "limit_percent": 0, "cpu_slack": "-1" }));
    assert_eq!(problems::<UsageRecorded>(bad).len(), 3);
}
