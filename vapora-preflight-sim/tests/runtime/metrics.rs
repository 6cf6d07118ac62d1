use std::time::Duration;

use kube::{
    Api, Client,
    api::{ApiResource, DynamicObject, GroupVersionKind, ListParams},
};
use serde_json::{Value, json};
use vapora_preflight_sim::{NodeTrouble, PodTrouble};

use crate::{inside, refusal, shop};

fn metrics(client: Client, plural: &str) -> Api<DynamicObject> {
    let kind = if plural == "nodes" { "NodeMetrics" } else { "PodMetrics" };
    let kind = GroupVersionKind::gvk("metrics.k8s.io", "v1beta1", kind);
    let resource = ApiResource::from_gvk_with_plural(&kind, plural);
    if plural == "nodes" {
        Api::all_with(client, &resource)
    } else {
        Api::namespaced_with(client, "shop", &resource)
    }
}

fn number(quantity: &Value, unit: &str) -> u64 {
    quantity.as_str().unwrap().strip_suffix(unit).unwrap().parse().unwrap()
}

#[tokio::test]
async fn usage_is_a_share_of_the_requests_and_what_was_said() {
    let cluster = shop().build();
    let pods = metrics(inside(&cluster), "pods");
    let all = pods.list(&ListParams::default()).await.unwrap().items;
    assert_eq!(all.len(), 3);
    let backends = pods.list(&ListParams::default().labels("app=backend")).await.unwrap().items;
    assert_eq!(backends.len(), 2);
    for pod in &backends {
        let container = &pod.data["containers"][0];
        assert_eq!(container["name"], "backend");
        let cpu = number(&container["usage"]["cpu"], "n") / 1_000_000;
        let memory = number(&container["usage"]["memory"], "Ki") >> 10;
        assert!((30..70).contains(&cpu) && (20..44).contains(&memory), "{container}");
        assert_eq!(
            (&pod.data["timestamp"], &pod.data["window"]),
            (&json!("2026-12-01T12:00:00Z"), &json!("15s"))
        );
    }
    cluster.set_usage("shop", "database-0", "database", 1500, 3 << 30).unwrap();
    let database = pods.get("database-0").await.unwrap();
    assert_eq!(
        database.data["containers"][0]["usage"],
        json!({ "cpu": "1500000000n", "memory": "3145728Ki" })
    );

    let nodes = metrics(inside(&cluster), "nodes");
    let home = cluster.object("Pod", "shop", "database-0").unwrap()["spec"]["nodeName"].clone();
    let usage = nodes.get(home.as_str().unwrap()).await.unwrap().data["usage"].clone();
    assert!(number(&usage["memory"], "Ki") > 3 << 20, "{usage}");
    cluster.set_node_usage("node-2", 3_500, 6 << 30).unwrap();
    cluster.set_metrics_age(Duration::from_mins(10));
    let node = nodes.get("node-2").await.unwrap();
    assert_eq!(node.data["usage"], json!({ "cpu": "3500000000n", "memory": "6291456Ki" }));
    assert_eq!(node.data["timestamp"], "2026-12-01T11:50:00Z");
    assert_eq!(refusal(pods.get("nothing").await).1, "podmetrics.metrics.k8s.io \"shop/nothing\" not found");
    assert_eq!(refusal(nodes.get("nothing").await).1, "nodemetrics.metrics.k8s.io \"nothing\" not found");
    assert!(cluster.set_usage("shop", "database-0", "nope", 1, 1).is_err());
}

#[tokio::test]
async fn what_does_not_run_or_is_not_heard_of_is_not_measured() {
    let cluster = shop().build();
    let name = &cluster.pods_of("shop", "backend")[0];
    cluster.trouble_pod("shop", name, PodTrouble::ImagePull).unwrap();
    let pods = metrics(inside(&cluster), "pods").list(&ListParams::default()).await.unwrap();
    assert_eq!(pods.items.len(), 2);
    cluster.trouble_node("node-1", NodeTrouble::Silent).unwrap();
    let nodes = metrics(inside(&cluster), "nodes").list(&ListParams::default()).await.unwrap();
    assert_eq!(nodes.items.len(), 1);
}

#[tokio::test]
async fn a_metrics_server_may_be_missing_or_down() {
    let cluster = shop().build();
    let nodes = metrics(inside(&cluster), "nodes");
    cluster.metrics_down();
    assert_eq!(refusal(nodes.list(&ListParams::default()).await).0, 503);
    let service = cluster.object("APIService", "", "v1beta1.metrics.k8s.io").unwrap();
    assert_eq!(service["status"]["conditions"][0]["status"], "False");

    let cluster = shop().build();
    cluster.without_metrics();
    let nodes = metrics(inside(&cluster), "nodes");
    let (code, message) = refusal(nodes.list(&ListParams::default()).await);
    assert_eq!((code, message.trim_end()), (404, "404 page not found"));
}
