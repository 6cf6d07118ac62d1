//! Kinds with several versions.

use serde_json::{Value, json};
use vapora_preflight_sim::Cluster;

use crate::{JSON, ask, post, shop};

#[tokio::test]
async fn an_event_of_one_group_is_an_event_of_the_other() {
    let cluster = shop();
    let event = json!({
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": { "name": "e" },
        "eventTime": "2026-12-01T12:00:00.000000Z",
        "reason": "Failed",
        "note": "it did not work",
        "type": "Warning",
        "action": "Working",
        "regarding": { "kind": "Pod", "name": "p", "namespace": "shop" },
        "reportingController": "example.com/it",
        "reportingInstance": "it-1",
    });
    let created = post(&cluster, "/apis/events.k8s.io/v1/namespaces/shop/events", &event).await;
    assert_eq!((created.code, &created.body["note"]), (201, &json!("it did not work")));
    let core = ask(&cluster, ("GET", "/api/v1/namespaces/shop/events/e"), JSON, &Value::Null).await.body;
    assert_eq!((&core["apiVersion"], &core["message"]), (&json!("v1"), &json!("it did not work")));
    assert_eq!(core["involvedObject"]["name"], "p");
    let patch = json!({ "count": 3 });
    let target = "/api/v1/namespaces/shop/events/e";
    assert_eq!(ask(&cluster, ("PATCH", target), crate::MERGE, &patch).await.code, 200);
    let target = "/apis/events.k8s.io/v1/namespaces/shop/events/e";
    let new = ask(&cluster, ("GET", target), JSON, &Value::Null).await.body;
    assert_eq!(new["deprecatedCount"], 3);
}

#[tokio::test]
async fn an_autoscaler_of_version_1_is_one_of_version_2() {
    let cluster = shop();
    let scaler = json!({
        "apiVersion": "autoscaling/v1",
        "kind": "HorizontalPodAutoscaler",
        "metadata": { "name": "backend" },
        "spec": {
            "maxReplicas": 5,
            "targetCPUUtilizationPercentage": 70,
            "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": "backend" },
        },
    });
    let created =
        post(&cluster, "/apis/autoscaling/v1/namespaces/shop/horizontalpodautoscalers", &scaler).await;
    assert_eq!((created.code, &created.body["spec"]["minReplicas"]), (201, &json!(1)));
    let target = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/backend";
    let new = ask(&cluster, ("GET", target), JSON, &Value::Null).await.body;
    assert_eq!(new["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 70);
}

#[tokio::test]
async fn a_group_or_a_version_can_be_taken_away_while_others_stay() {
    let cluster = shop();
    let group = "/apis/autoscaling";
    cluster.serve_group("autoscaling/v1", false);
    assert_eq!(ask(&cluster, ("GET", &format!("{group}/v1")), JSON, &Value::Null).await.code, 404);
    let versions = ask(&cluster, ("GET", group), JSON, &Value::Null).await.body["versions"].clone();
    assert_eq!(versions, json!([{ "groupVersion": "autoscaling/v2", "version": "v2" }]));
    cluster.serve_group("policy", false);
    let budgets = "/apis/policy/v1/namespaces/shop/poddisruptionbudgets";
    assert_eq!(ask(&cluster, ("GET", budgets), JSON, &Value::Null).await.code, 404);
    cluster.serve_group("policy", true);
    assert_eq!(ask(&cluster, ("GET", budgets), JSON, &Value::Null).await.code, 200);
}

#[tokio::test]
async fn an_old_server_has_versions_that_it_warns_of() {
    let old = "policy/v1beta1";
    let cluster = Cluster::builder("old")
        .deprecated_version(old, "PodDisruptionBudget", "old")
        .namespace("shop")
        .build();
    let target = "/apis/policy/v1beta1/namespaces/shop/poddisruptionbudgets";
    let mut budget = json!({
        "apiVersion": old,
        "kind": "PodDisruptionBudget",
        "metadata": { "name": "b" },
        "spec": { "minAvailable": 1, "nope": 1 },
    });
    let strict = post(&cluster, &format!("{target}?fieldValidation=Strict"), &budget).await;
    assert_eq!((strict.code, strict.warnings.as_slice()), (400, ["299 - \"old\"".to_owned()].as_slice()));
    budget["spec"].as_object_mut().unwrap().remove("nope");
    let created = post(&cluster, target, &budget).await;
    assert_eq!((created.code, &created.body["apiVersion"]), (201, &json!(old)));
    let shown =
        ask(&cluster, ("GET", "/apis/policy/v1/namespaces/shop/poddisruptionbudgets/b"), JSON, &Value::Null)
            .await;
    assert_eq!((&shown.body["apiVersion"], shown.warnings.len()), (&json!("policy/v1"), 0));
    let group = ask(&cluster, ("GET", "/apis/policy"), JSON, &Value::Null).await.body;
    let versions: Vec<&Value> =
        group["versions"].as_array().unwrap().iter().map(|one| &one["version"]).collect();
    assert_eq!(versions, ["v1", "v1beta1"]);
}
