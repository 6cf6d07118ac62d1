//! Deleting, and what goes with what is deleted.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{BACKEND, CONFIG_MAPS, JSON, MERGE, ask, config_map, post, shop};

#[tokio::test]
async fn what_belongs_to_an_object_goes_with_it_or_stays() {
    let cluster = shop();
    let count = || (cluster.objects("ReplicaSet").len(), cluster.objects("Pod").len());
    assert_eq!(count(), (1, 2));
    let stays = json!({ "propagationPolicy": "Orphan" });
    assert_eq!(ask(&cluster, ("DELETE", BACKEND), JSON, &stays).await.code, 200);
    assert_eq!(count(), (1, 2));
    let set = cluster.objects("ReplicaSet").remove(0);
    assert_eq!(set["metadata"].get("ownerReferences").cloned().unwrap_or(json!([])), json!([]));
    let target =
        format!("/apis/apps/v1/namespaces/shop/replicasets/{}", set["metadata"]["name"].as_str().unwrap());
    let gone = ask(&cluster, ("DELETE", &target), JSON, &Value::Null).await;
    assert_eq!(
        (&gone.body["status"], &gone.body["details"]["uid"]),
        (&json!("Success"), &set["metadata"]["uid"])
    );
    assert_eq!(count(), (0, 0));
}

#[tokio::test]
async fn a_pod_takes_its_time_to_end() {
    let cluster = shop();
    let pod = cluster.pods_of("shop", "backend").remove(0);
    let target = format!("/api/v1/namespaces/shop/pods/{pod}");
    let ending = ask(&cluster, ("DELETE", &target), JSON, &Value::Null).await;
    assert_eq!((ending.code, &ending.body["metadata"]["deletionGracePeriodSeconds"]), (200, &json!(30)));
    cluster.clock().advance(Duration::from_secs(29));
    assert_eq!(ask(&cluster, ("GET", &target), JSON, &Value::Null).await.code, 200);
    cluster.clock().advance(Duration::from_secs(1));
    assert_eq!(ask(&cluster, ("GET", &target), JSON, &Value::Null).await.code, 404);

    let pod = cluster.pods_of("shop", "backend").remove(0);
    let target = format!("/api/v1/namespaces/shop/pods/{pod}?gracePeriodSeconds=0");
    assert_eq!(ask(&cluster, ("DELETE", &target), JSON, &Value::Null).await.body["status"], "Success");
    assert!(!cluster.pods_of("shop", "backend").contains(&pod));
}

#[tokio::test]
async fn a_finalizer_holds_an_object_until_it_is_taken_away() {
    let cluster = shop();
    let mut held = config_map("held", &json!({}));
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    assert_eq!(post(&cluster, CONFIG_MAPS, &held).await.code, 201);
    let target = format!("{CONFIG_MAPS}/held");
    let left = ask(&cluster, ("DELETE", &target), JSON, &Value::Null).await;
    assert_eq!((left.code, left.body["metadata"]["deletionTimestamp"].is_string()), (200, true));
    let let_go = json!({ "metadata": { "finalizers": null } });
    assert_eq!(ask(&cluster, ("PATCH", &target), MERGE, &let_go).await.code, 200);
    assert_eq!(ask(&cluster, ("GET", &target), JSON, &Value::Null).await.code, 404);
}

#[tokio::test]
async fn only_the_object_that_is_meant_is_deleted() {
    let cluster = shop();
    let target = format!("{CONFIG_MAPS}/config");
    for field in ["uid", "resourceVersion"] {
        let body = json!({ "preconditions": { field: "another" } });
        let refused = ask(&cluster, ("DELETE", &target), JSON, &body).await;
        assert_eq!(refused.code, 409);
        assert!(refused.message().contains("Precondition failed"), "{}", refused.message());
    }
    let policy = json!({ "propagationPolicy": "Nonsense" });
    assert_eq!(ask(&cluster, ("DELETE", &target), JSON, &policy).await.code, 422);
    assert!(cluster.object("ConfigMap", "shop", "config").is_ok());
}

#[tokio::test]
async fn many_objects_are_deleted_by_their_labels() {
    let cluster = shop();
    for name in ["a", "b", "c"] {
        let mut body = config_map(name, &json!({}));
        body["metadata"]["labels"] = json!({ "keep": (name == "c").to_string() });
        assert_eq!(post(&cluster, CONFIG_MAPS, &body).await.code, 201);
    }
    let target = format!("{CONFIG_MAPS}?labelSelector=keep%3Dfalse");
    let deleted = ask(&cluster, ("DELETE", &target), JSON, &Value::Null).await;
    assert_eq!((deleted.code, deleted.body["items"].as_array().unwrap().len()), (200, 2));
    let left: Vec<_> =
        cluster.objects("ConfigMap").into_iter().map(|map| map["metadata"]["name"].clone()).collect();
    assert_eq!(left, ["c", "config"]);
}

#[tokio::test]
async fn with_a_namespace_goes_all_that_nothing_holds() {
    let cluster = shop();
    let protected = ask(&cluster, ("DELETE", "/api/v1/namespaces/default"), JSON, &Value::Null).await;
    assert_eq!(protected.code, 403);
    let mut held = config_map("held", &json!({}));
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    post(&cluster, CONFIG_MAPS, &held).await;
    let target = "/api/v1/namespaces/shop";
    let going = ask(&cluster, ("DELETE", target), JSON, &Value::Null).await;
    assert_eq!((going.code, &going.body["status"]["phase"]), (200, &json!("Terminating")));
    let namespace = ask(&cluster, ("GET", target), JSON, &Value::Null).await;
    assert_eq!(namespace.body["status"]["phase"], "Terminating");
    assert!(cluster.objects("Pod").is_empty() && cluster.objects("ConfigMap").len() == 1);

    let other = post(&cluster, "/api/v1/namespaces", &json!({ "metadata": { "name": "brief" } })).await;
    assert_eq!(other.code, 201);
    assert_eq!(ask(&cluster, ("DELETE", "/api/v1/namespaces/brief"), JSON, &Value::Null).await.code, 200);
    assert_eq!(ask(&cluster, ("GET", "/api/v1/namespaces/brief"), JSON, &Value::Null).await.code, 404);
}
