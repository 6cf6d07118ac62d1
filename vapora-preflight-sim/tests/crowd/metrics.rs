//! What a crowd uses.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vapora_preflight_sim::PodTrouble;

use super::{Large, place, places, text};

const PODS: &str = "/apis/metrics.k8s.io/v1beta1/pods";
const NODES: &str = "/apis/metrics.k8s.io/v1beta1/nodes";

fn millicores(usage: &Value) -> u64 {
    text(usage, "/cpu").strip_suffix('n').unwrap().parse::<u64>().unwrap() / 1_000_000
}

#[tokio::test]
async fn each_pod_is_measured_once_and_with_its_labels() {
    let large = Large::new();
    let mut pods = large.list("/api/v1/pods").await;
    let mut measured = large.list(PODS).await;
    for list in [&mut pods, &mut measured] {
        list.sort_by_key(place);
    }
    assert_eq!(places(&measured), places(&pods));
    for (pod, measured) in pods.iter().zip(&measured) {
        assert_eq!(measured["metadata"]["labels"], pod["metadata"]["labels"]);
        let containers = pod["spec"]["containers"].as_array().unwrap();
        assert_eq!(measured["containers"].as_array().unwrap().len(), containers.len());
        assert_eq!(measured["containers"][0]["name"], containers[0]["name"]);
    }
    let path = "/apis/metrics.k8s.io/v1beta1/namespaces/tenants/pods";
    assert_eq!(large.list(path).await.len(), 23);
    assert_eq!(large.list(&format!("{path}?labelSelector=app%3Dapp-2")).await.len(), 5);
    let name = text(&large.list(path).await[7], "/metadata/name").to_owned();
    let one = large.get(&format!("{path}/{name}")).await;
    assert_eq!((text(&one, "/kind"), text(&one, "/metadata/name")), ("PodMetrics", name.as_str()));
    assert_eq!(large.refused("GET", &format!("{path}/{name}x")).await.0, 404);
}

#[tokio::test]
async fn nodes_use_what_their_pods_use() {
    let large = Large::new();
    let mut used = BTreeMap::<String, u64>::new();
    let sum = async |used: &mut BTreeMap<String, u64>| {
        let mut on = BTreeMap::new();
        for pod in large.list("/api/v1/pods").await {
            on.insert(place(&pod), text(&pod, "/spec/nodeName").to_owned());
        }
        for pod in large.list(PODS).await {
            *used.entry(on[&place(&pod)].clone()).or_default() += millicores(&pod["containers"][0]["usage"]);
        }
    };
    sum(&mut used).await;
    let compare = |used: &BTreeMap<String, u64>, nodes: &[Value]| {
        assert_eq!(nodes.len(), 9);
        for node in nodes {
            let own = used.get(text(node, "/metadata/name")).copied().unwrap_or_default();
            assert_eq!(millicores(&node["usage"]), 180 + own, "{node}");
        }
    };
    compare(&used, &large.list(NODES).await);
    // The same when some of them are kept.
    let pod = large.list("/api/v1/namespaces/tenants/pods").await.remove(3);
    large.cluster.set_usage("tenants", text(&pod, "/metadata/name"), "app", 3_000, 1 << 30).unwrap();
    used.clear();
    sum(&mut used).await;
    assert!(used[text(&pod, "/spec/nodeName")] > 3_000);
    compare(&used, &large.list(NODES).await);
    large.cluster.set_node_usage("worker-2", 77, 1 << 30).unwrap();
    assert_eq!(millicores(&large.get(&format!("{NODES}/worker-2")).await["usage"]), 77);
}

#[tokio::test]
async fn the_kubelet_of_a_node_knows_the_pods_of_the_crowd() {
    let large = Large::new();
    let pods = large.list("/api/v1/pods?fieldSelector=spec.nodeName%3Dworker-4").await;
    let summary = large.get("/api/v1/nodes/worker-4/proxy/stats/summary").await;
    let mut told: Vec<String> = summary["pods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pod| format!("{}/{}", text(pod, "/podRef/namespace"), text(pod, "/podRef/name")))
        .collect();
    told.sort();
    assert_eq!(told, places(&pods));
    assert!(told.len() >= 4);
}

#[tokio::test]
async fn a_pod_that_does_not_run_is_not_measured() {
    let large = Large::new();
    let pod = large.list("/api/v1/namespaces/tenants/pods").await.remove(3);
    let name = text(&pod, "/metadata/name");
    large.cluster.trouble_pod("tenants", name, PodTrouble::ImagePull).unwrap();
    let measured = large.list("/apis/metrics.k8s.io/v1beta1/namespaces/tenants/pods").await;
    assert_eq!(measured.len(), 22);
    assert!(measured.iter().all(|pod| pod["metadata"]["name"] != json!(name)));
}
