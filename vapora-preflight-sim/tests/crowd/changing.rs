//! What is changed in a crowd.

use std::time::Duration;

use serde_json::{Value, json};
use vapora_preflight_sim::{Cluster, Crowd, NodeTrouble, PodTrouble};

use super::{Large, place, places, text};

const PODS: &str = "/api/v1/namespaces/tenants/pods";

#[tokio::test]
async fn a_pod_in_trouble_is_seen_and_its_deployment_notices() {
    let large = Large::new();
    let before = large.list(PODS).await;
    let pod = &before[11];
    large.cluster.trouble_pod("tenants", text(pod, "/metadata/name"), PodTrouble::CrashLoop).unwrap();
    let after = large.list(PODS).await;
    assert_eq!(places(&after), places(&before));
    let changed: Vec<&Value> = after.iter().filter(|now| !before.contains(now)).collect();
    assert_eq!(changed.len(), 1);
    assert_eq!(text(changed[0], "/status/containerStatuses/0/state/waiting/reason"), "CrashLoopBackOff");
    let deployment = large.get("/apis/apps/v1/namespaces/tenants/deployments/app-3").await;
    assert_eq!(
        (&deployment["status"]["readyReplicas"], &deployment["status"]["replicas"]),
        (&json!(4), &json!(5))
    );
    let other = large.get("/apis/apps/v1/namespaces/tenants/deployments/app-4").await;
    assert_eq!(other["status"]["readyReplicas"], 5);
}

#[tokio::test]
async fn a_node_in_trouble_is_seen() {
    let large = Large::new();
    large.cluster.trouble_node("worker-6", NodeTrouble::Cordoned).unwrap();
    let nodes = large.list("/api/v1/nodes").await;
    assert_eq!(nodes.len(), 9);
    let cordoned: Vec<String> =
        nodes.iter().filter(|node| node["spec"]["unschedulable"] == true).map(place).collect();
    assert_eq!(cordoned, ["/worker-6"]);
}

#[tokio::test]
async fn a_pod_that_is_deleted_is_gone_and_another_takes_its_place() {
    let large = Large::new();
    let before = large.list(PODS).await;
    let name = text(&before[4], "/metadata/name");
    large.ask("DELETE", &format!("{PODS}/{name}"), json!({ "gracePeriodSeconds": 0 })).await.unwrap();
    large.cluster.settle();
    large.cluster.clock().advance(Duration::from_mins(1));
    large.cluster.settle();
    let after = large.list(PODS).await;
    assert_eq!(after.len(), before.len());
    assert!(!places(&after).contains(&place(&before[4])));
    assert!(places(&after).is_sorted_by(|a, b| a < b));
    assert_eq!(large.refused("GET", &format!("{PODS}/{name}")).await.0, 404);
}

#[tokio::test]
async fn a_deployment_that_is_scaled_has_as_many_pods() {
    let large = Large::new();
    let path = "/apis/apps/v1/namespaces/tenants/deployments/app-2";
    let mut scale = large.get(&format!("{path}/scale")).await;
    assert_eq!(scale["spec"]["replicas"], 5);
    scale["spec"]["replicas"] = 2.into();
    large.ask("PUT", &format!("{path}/scale"), scale).await.unwrap();
    large.cluster.settle();
    large.cluster.clock().advance(Duration::from_mins(2));
    large.cluster.settle();
    assert_eq!(large.list(&format!("{PODS}?labelSelector=app%3Dapp-2")).await.len(), 2);
    assert_eq!(large.list(PODS).await.len(), 20);
}

#[tokio::test]
async fn a_list_of_before_is_as_it_was_before() {
    let large = Large::new();
    let path = format!("{PODS}?limit=3");
    let first = large.get(&path).await;
    let before = large.list(PODS).await;
    let name = text(&before[9], "/metadata/name");
    large.ask("DELETE", &format!("{PODS}/{name}"), json!({ "gracePeriodSeconds": 0 })).await.unwrap();
    let token = text(&first, "/metadata/continue");
    let rest = large.list(&format!("{PODS}?limit=100&continue={token}")).await;
    assert_eq!(places(&rest), places(&before[3..]));
}

#[tokio::test]
async fn the_log_of_a_pod_of_a_crowd_can_be_written_and_read() {
    let large = Large::new();
    let name = text(&large.list(PODS).await[0], "/metadata/name").to_owned();
    large.cluster.log("tenants", &name, "app", ["hello"]).unwrap();
    let request = http::Request::get(format!("{PODS}/{name}/log")).body(Vec::new()).unwrap();
    assert_eq!(large.client.request_text(request).await.unwrap(), "hello\n");
    assert_eq!(large.list(PODS).await.len(), 23);
}

#[tokio::test]
async fn a_name_of_the_crowd_is_taken_and_a_namespace_takes_its_crowd_with_it() {
    let large = Large::new();
    let mut pod = large.get(&format!("{PODS}/{}", text(&large.list(PODS).await[0], "/metadata/name"))).await;
    for field in ["uid", "resourceVersion", "managedFields", "creationTimestamp"] {
        pod["metadata"].as_object_mut().unwrap().remove(field);
    }
    let again = large.ask("POST", PODS, pod).await;
    assert!(matches!(&again, Err(kube::Error::Api(status)) if status.code == 409), "{again:?}");
    large.cluster.remove("Namespace", "", "tenants").unwrap();
    assert_eq!(large.list(PODS).await.len(), 0);
    assert_eq!(large.list("/api/v1/pods").await.len(), 14);
}

#[tokio::test]
async fn what_is_not_known_of_a_crowd_is_said() {
    let large = Large::new();
    for (method, path) in [
        ("GET", format!("{PODS}?watch=true")),
        ("GET", "/api/v1/nodes?watch=true".to_owned()),
        ("DELETE", PODS.to_owned()),
        ("DELETE", "/api/v1/nodes".to_owned()),
    ] {
        let (code, message) = large.refused(method, &path).await;
        assert_eq!(code, 501, "{path}");
        assert!(message.contains("the simulated cluster does not know"), "{message}");
    }
    assert_eq!(large.list("/api/v1/namespaces/zoo/pods").await.len(), 1);
}

#[test]
#[should_panic(expected = "expected a crowd of Nodes first")]
fn a_crowd_of_pods_needs_nodes() {
    drop(Cluster::builder("a").nodes(3).crowd(Crowd::new("shop", 1)));
}
