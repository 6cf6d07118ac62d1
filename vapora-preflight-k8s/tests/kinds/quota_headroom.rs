//! `k8s.quota_headroom`

use serde_json::{Value, json};
use vapora_preflight::CheckResult;
use vapora_preflight_k8s::QuotaHeadroom;

use crate::{
    replay::{Recording, replay},
    said::{Sheet, ask, fails, passes, problems},
};

const QUOTAS: &str = "/api/v1/namespaces/vapora/resourcequotas";

fn quota(name: &str, hard: Value, used: Value) -> Value {
    json!({ "metadata": { "name": name }, "spec": { "hard": hard }, "status": { "hard": hard, "used": used } })
}

fn list(items: &[Value]) -> Recording {
    Recording::json(
        QUOTAS,
        json!({ "kind": "ResourceQuotaList", "apiVersion": "v1", "metadata": {}, "items": items }),
    )
}

fn compute() -> Value {
    quota(
        "compute",
        json!({ "requests.cpu": "4", "requests.memory": "8Gi", "limits.memory": "16Gi", "pods": "20", "services.loadbalancers": "0" }),
        json!({ "requests.cpu": "2500m", "requests.memory": "4Gi", "limits.memory": "8Gi", "pods": "12", "services.loadbalancers": "0" }),
    )
}

async fn result(more: Value, answers: Vec<Recording>) -> CheckResult {
    let mut parameters = json!({ "namespace": "vapora" });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ask::<QuotaHeadroom>(parameters, replay(answers).0).await
}

#[tokio::test]
async fn what_is_left_is_compared_with_what_has_to_be() {
    let mut scoped = quota("best-effort", json!({ "pods": "2" }), json!({ "pods": "2" }));
    scoped["spec"]["scopes"] = json!(["BestEffort"]);
    scoped["spec"]["scopeSelector"] = json!({ "matchExpressions": [
        { "scopeName": "PriorityClass", "operator": "In", "values": ["high", "low"] },
        { "scopeName": "Terminating", "operator": "Exists" },
    ] });
    let over =
        quota("over", json!({ "count/deployments.apps": "3" }), json!({ "count/deployments.apps": "4" }));
    let mut sheet = Sheet::default();
    for (title, more, quotas, good) in [
        ("enough left", json!({}), vec![compute()], true),
        ("too little left", json!({ "left_percent": 40 }), vec![compute()], false),
        ("just enough left", json!({ "left_percent": 37 }), vec![compute()], true),
        (
            "what is needed fits",
            json!({ "fits": { "cpu": "1500m", "memory": "4Gi", "pods": 8 } }),
            vec![compute()],
            true,
        ),
        (
            "too much is needed",
            json!({ "fits": { "cpu": 1.501, "requests.memory": "5Gi", "count/pods": 9 } }),
            vec![compute()],
            false,
        ),
        (
            "what is forbidden is needed",
            json!({ "fits": { "services.loadbalancers": 1 } }),
            vec![compute()],
            false,
        ),
        (
            "nothing limits what is needed",
            json!({ "fits": { "count/jobs.batch": 1, "pods": 1 } }),
            vec![compute()],
            true,
        ),
        ("one of two, with scopes", json!({}), vec![compute(), scoped], false),
        ("more is used than allowed", json!({ "left_percent": 0 }), vec![over], false),
        (
            "all is forbidden",
            json!({}),
            vec![quota("none", json!({ "pods": "0" }), json!({ "pods": "0" }))],
            true,
        ),
    ] {
        let result = result(more, vec![list(&quotas)]).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn no_quota_passes_only_where_that_is_allowed() {
    let mut sheet = Sheet::default();
    let there = || vec![list(&[]), Recording::of("namespace-get")];
    let result = result(json!({}), there()).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("no quota", &result);
    let result = self::result(json!({ "allow_none": true }), there()).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("no quota, and that is allowed", &result);
    let nowhere = || {
        vec![
            list(&[]).at("/api/v1/namespaces/vapora-staging/resourcequotas"),
            Recording::of("namespace-get-missing-404"),
        ]
    };
    let result = self::result(json!({ "namespace": "vapora-staging", "allow_none": true }), nowhere()).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("no namespace", &result);
    let missing = Recording::of("deployment-get-missing-404").edited(|status| {
        status["details"]["name"] = "compute".into();
        status["details"]["kind"] = "resourcequotas".into();
    });
    let answers = vec![missing.at(&format!("{QUOTAS}/compute")), Recording::of("namespace-get")];
    let result = self::result(json!({ "names": ["compute"] }), answers).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("the quota that is named does not exist", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn what_is_not_counted_yet_is_not_known() {
    let mut sheet = Sheet::default();
    let mut fresh = compute();
    fresh["status"] = json!({});
    let mut raised = compute();
    raised["spec"]["hard"]["pods"] = "40".into();
    let mut uncounted = compute();
    uncounted["status"]["used"].as_object_mut().unwrap().remove("pods");
    for (title, quota) in [
        ("just made", fresh),
        ("just changed", raised),
        ("a number is missing", uncounted),
        ("it limits nothing", quota("empty", json!({}), json!({}))),
    ] {
        let result = result(json!({}), vec![list(&[quota])]).await;
        assert!(result.is_err(), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
    let refused = Recording::of("pods-list-other-namespace-restricted-403").at(QUOTAS);
    assert!(result(json!({ "allow_none": true }), vec![refused]).await.is_err());
}

#[tokio::test]
async fn the_same_amount_in_other_words_is_the_same_limit() {
    let mut quota = compute();
    quota["status"]["hard"]["requests.cpu"] = "4000m".into();
    assert!(passes(&result(json!({}), vec![list(&[quota])]).await));
}

#[test]
fn what_contradicts_itself_is_no_check() {
    let of = |more: Value| {
        let mut parameters = json!({ "namespace": "a" });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        problems::<QuotaHeadroom>(parameters).len()
    };
    assert_eq!(of(json!({ "fits": { "cpu": "1" } })), 0);
    assert_eq!(of(json!({ "left_percent": 101 })), 1);
    assert_eq!(of(json!({ "fits": { "cpu": "0", "pods": -1 } })), 2);
    assert_eq!(of(json!({ "names": ["b"], "allow_none": true })), 1);
}
