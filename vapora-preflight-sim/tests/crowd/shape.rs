//! What is made is what would be kept.

use std::collections::BTreeMap;

use serde_json::Value;
use vapora_preflight_sim::{Cluster, Crowd, Workload};

use super::{Large, place, text};

/// An object with nothing in it but the names of its fields and the types of what stands in them.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                // Uids, addresses and names stand in the names of managed fields.
                let own = ["k:{\"uid\"", "k:{\"ip\"", "k:{\"name\":\"kube-api-access"];
                let name = own.into_iter().find(|own| name.starts_with(own)).unwrap_or(name).to_owned();
                (name, shape(value))
            })
            .collect(),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::String(_) => "text".into(),
        Value::Number(_) => "number".into(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn an_object_of_a_crowd_has_the_shape_of_one_that_is_kept() {
    let crowd = Cluster::builder("a").crowd_of_nodes(3).crowd(Crowd::new("shop", 4).replicas(2)).build();
    let kept = Cluster::builder("a")
        .node("worker-1")
        .workload("shop", Workload::new("app-1", 2, "registry.example.com/crowd/app:1.0").container("app"))
        .build();
    let (crowd, kept) = (Large::of(crowd), Large::of(kept));
    for path in ["/api/v1/nodes", "/api/v1/pods", "/apis/apps/v1/replicasets", "/apis/apps/v1/deployments"] {
        let (made, like) = (crowd.list(path).await, kept.list(path).await);
        for made in &made {
            if path == "/api/v1/pods" {
                let owners = made["metadata"]["managedFields"].to_string();
                for own in ["/status/podIP", "/metadata/ownerReferences/0/uid", "/spec/volumes/0/name"] {
                    assert!(owners.contains(text(made, own)), "{own}");
                }
            }
            assert_eq!(shape(made), shape(&like[0]), "{path}");
            let text = made.to_string();
            assert!(!text.contains("pattern-of"), "{text}");
        }
    }
    let (mut made, mut like) =
        (crowd.get("/api/v1/nodes/worker-1").await, kept.get("/api/v1/nodes/worker-1").await);
    for node in [&mut made, &mut like] {
        for field in ["uid", "resourceVersion"] {
            node["metadata"][field] = Value::Null;
        }
        node["status"]["addresses"] = Value::Null;
    }
    assert_eq!(made, like);
    let deployment = crowd.list("/apis/apps/v1/deployments").await.remove(1);
    assert_eq!(deployment["status"]["readyReplicas"], 2);
    assert_eq!(deployment["spec"]["selector"]["matchLabels"]["app"], "app-2");
}

#[tokio::test]
async fn without_managed_fields_a_crowd_has_none() {
    let builder = Cluster::builder("a").without_managed_fields();
    let large = Large::of(builder.crowd_of_nodes(1).crowd(Crowd::new("shop", 1)).build());
    for path in ["/api/v1/nodes", "/api/v1/pods"] {
        assert!(large.list(path).await[0]["metadata"].get("managedFields").is_none());
    }
}

#[tokio::test]
async fn pods_belong_to_replica_sets_and_these_to_deployments() {
    let large = Large::new();
    let by_uid = async |path: &str| -> BTreeMap<String, Value> {
        let objects = large.list(path).await.into_iter();
        objects.map(|object| (text(&object, "/metadata/uid").to_owned(), object)).collect()
    };
    let sets = by_uid("/apis/apps/v1/namespaces/tenants/replicasets").await;
    let deployments = by_uid("/apis/apps/v1/namespaces/tenants/deployments").await;
    let mut count = BTreeMap::<String, u64>::new();
    for pod in large.list("/api/v1/namespaces/tenants/pods").await {
        let set = &sets[text(&pod, "/metadata/ownerReferences/0/uid")];
        assert_eq!(text(set, "/metadata/name"), text(&pod, "/metadata/ownerReferences/0/name"));
        assert!(text(&pod, "/metadata/name").starts_with(&format!("{}-", text(set, "/metadata/name"))));
        let deployment = &deployments[text(set, "/metadata/ownerReferences/0/uid")];
        assert_eq!(pod["metadata"]["labels"]["app"], deployment["metadata"]["name"]);
        *count.entry(place(deployment)).or_default() += 1;
    }
    for deployment in deployments.values() {
        let pods = count[&place(deployment)];
        for field in ["replicas", "readyReplicas", "availableReplicas", "updatedReplicas"] {
            assert_eq!(deployment["status"][field], pods, "{field}");
        }
        assert_eq!(deployment["spec"]["replicas"], pods);
    }
    assert_eq!(count.values().sum::<u64>(), 23);
}

#[tokio::test]
async fn pods_are_on_nodes_and_one_in_ten_was_started_again() {
    let large = Large::new();
    let nodes = large.list("/api/v1/nodes").await;
    let address = |name: &str| {
        let node = nodes.iter().find(|node| node["metadata"]["name"] == name).unwrap();
        text(node, "/status/addresses/0/address").to_owned()
    };
    let mut on = BTreeMap::<String, usize>::new();
    let pods = large.list("/api/v1/namespaces/tenants/pods").await;
    for pod in &pods {
        let node = text(pod, "/spec/nodeName");
        assert_eq!(text(pod, "/status/hostIP"), address(node));
        *on.entry(node.to_owned()).or_default() += 1;
    }
    assert_eq!((on.len(), on.values().max(), on.values().min()), (7, Some(&4), Some(&3)));
    let restarted: Vec<usize> = (0..pods.len())
        .filter(|index| pods[*index]["status"]["containerStatuses"][0]["restartCount"] == 1)
        .collect();
    assert_eq!(restarted, [9, 19]);
    assert_eq!(text(&pods[9], "/status/containerStatuses/0/lastState/terminated/reason"), "OOMKilled");
}
