use serde_json::{Value, json};
use vapora_preflight_sim::{AccessRule, Cluster, RESTRICTED};

use crate::{inside, refusal, shop};

/// What the kubelet of a Node tells, as the client gets it.
async fn summary(client: kube::Client, node: &str) -> Result<Value, kube::Error> {
    let path = format!("/api/v1/nodes/{node}/proxy/stats/summary");
    client.request(http::Request::get(path).body(Vec::new()).unwrap()).await
}

fn with_a_claim() -> Cluster {
    let cluster = shop()
        .object(json!({
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": { "name": "data", "namespace": "shop" },
            "spec": { "resources": { "requests": { "storage": "10Gi" } } },
            "status": { "phase": "Bound", "capacity": { "storage": "20Gi" } },
        }))
        .build();
    cluster
        .edit("Pod", "shop", "database-0", |pod| {
            let volume = json!({ "name": "disk", "persistentVolumeClaim": { "claimName": "data" } });
            pod["spec"]["volumes"].as_array_mut().unwrap().push(volume);
        })
        .unwrap();
    cluster
}

fn volume(summary: &Value) -> Value {
    let pods = summary["pods"].as_array().unwrap();
    let pod = pods.iter().find(|pod| pod["podRef"]["name"] == "database-0").unwrap();
    pod["volume"][0].clone()
}

#[tokio::test]
async fn a_volume_is_seen_on_the_node_of_the_pod_that_mounts_it() {
    let cluster = with_a_claim();
    let home =
        cluster.object("Pod", "shop", "database-0").unwrap()["spec"]["nodeName"].as_str().unwrap().to_owned();
    let usual = volume(&summary(inside(&cluster), &home).await.unwrap());
    assert_eq!(usual["capacityBytes"], 20_u64 << 30);
    assert_eq!(usual["pvcRef"], json!({ "name": "data", "namespace": "shop" }));
    assert_eq!(usual["name"], "disk");

    cluster.set_volume("shop", "data", 100 << 20, 97 << 20).unwrap();
    cluster.set_volume_inodes("shop", "data", 1000, 990).unwrap();
    let told = summary(inside(&cluster), &home).await.unwrap();
    let full = volume(&told);
    assert_eq!((&full["usedBytes"], &full["availableBytes"]), (&(97 << 20).into(), &(3 << 20).into()));
    assert_eq!((&full["inodesFree"], &full["inodesUsed"]), (&10.into(), &990.into()));
    let fs = &told["node"]["fs"];
    assert!(fs["usedBytes"].as_u64().unwrap() < fs["capacityBytes"].as_u64().unwrap() / 2, "{fs}");

    for other in ["node-1", "node-2"].into_iter().filter(|node| *node != home) {
        let told = summary(inside(&cluster), other).await.unwrap();
        assert!(told["pods"].as_array().unwrap().iter().all(|pod| pod["volume"].is_null()), "{told}");
    }
    assert!(cluster.set_volume("shop", "nope", 1, 1).is_err());
}

#[tokio::test]
async fn a_kubelet_is_asked_with_a_right_of_its_own() {
    let cluster = with_a_claim();
    assert_eq!(refusal(summary(inside(&cluster), "node-9").await).0, 404);
    let restricted = kube::Client::new(cluster.service_as(RESTRICTED), "shop");
    let (code, message) = refusal(summary(restricted.clone(), "node-1").await);
    assert_eq!(code, 403);
    assert!(message.contains("cannot get resource \"nodes/proxy\""), "{message}");
    cluster.set_rules(RESTRICTED, [AccessRule::new(["get"], [""], ["nodes/proxy"])]).unwrap();
    summary(restricted.clone(), "node-1").await.unwrap();
    cluster.without_kubelets();
    let (code, message) = refusal(summary(restricted, "node-1").await);
    assert_eq!(code, 503);
    assert!(message.starts_with("error trying to reach service: dial tcp 10.0.0."), "{message}");
}
