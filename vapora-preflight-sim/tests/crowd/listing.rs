//! Lists in parts and with selectors.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Large, place, places, text};

const PATHS: [(&str, usize); 8] = [
    ("/api/v1/nodes", 9),
    ("/api/v1/pods", 37),
    ("/api/v1/namespaces/shop/pods", 13),
    ("/api/v1/namespaces/tenants/pods", 23),
    ("/apis/apps/v1/deployments", 10),
    ("/apis/apps/v1/namespaces/tenants/deployments", 5),
    ("/apis/apps/v1/replicasets", 10),
    ("/apis/apps/v1/namespaces/nowhere/deployments", 0),
];

/// All parts of a list.
async fn in_parts(large: &Large, path: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), String::new());
    let mut whole = None;
    loop {
        let page = large.get(&format!("{path}?limit={limit}{next}")).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        all.extend(items.iter().cloned());
        let left = page["metadata"]["remainingItemCount"].as_u64().unwrap_or_default() as usize;
        let count = *whole.get_or_insert(all.len() + left);
        assert_eq!(all.len() + left, count, "{path} at {limit}");
        match page["metadata"]["continue"].as_str() {
            Some(token) => next = format!("&continue={token}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn the_parts_of_a_list_have_each_object_once_and_in_its_order() {
    let large = Large::new();
    for (path, count) in PATHS {
        let whole = large.list(path).await;
        assert_eq!(whole.len(), count, "{path}");
        assert!(places(&whole).is_sorted_by(|a, b| a < b), "{path}");
        for limit in [1, 2, 5, 7, 100] {
            assert_eq!(in_parts(&large, path, limit).await, whole, "{path} at {limit}");
        }
    }
}

#[tokio::test]
async fn each_object_of_a_list_can_be_got_and_no_other() {
    let large = Large::new();
    for path in
        ["/api/v1/nodes", "/api/v1/namespaces/shop/pods", "/apis/apps/v1/namespaces/tenants/deployments"]
    {
        for item in large.list(path).await {
            let mut one = large.get(&format!("{path}/{}", text(&item, "/metadata/name"))).await;
            let fields = one.as_object_mut().unwrap();
            assert!(fields.remove("kind").is_some() && fields.remove("apiVersion").is_some());
            assert_eq!(one, item);
        }
    }
    let missing = ["worker-0", "worker-8", "worker-01", "worker-", "worker-7x"];
    for name in missing {
        assert_eq!(large.refused("GET", &format!("/api/v1/nodes/{name}")).await.0, 404, "{name}");
    }
    let pod = text(&large.list("/api/v1/namespaces/tenants/pods").await[0], "/metadata/name").to_owned();
    assert_eq!(large.refused("GET", &format!("/api/v1/namespaces/shop/pods/{pod}")).await.0, 404);
}

#[tokio::test]
async fn two_clusters_of_one_name_have_the_same_crowd() {
    let (one, other) = (Large::new(), Large::new());
    for (path, _) in PATHS {
        assert_eq!(one.list(path).await, other.list(path).await, "{path}");
    }
}

#[tokio::test]
async fn what_is_the_own_of_each_object_is_another_in_each() {
    let large = Large::new();
    let mut seen = BTreeSet::new();
    let mut revisions = BTreeSet::new();
    for path in ["/api/v1/nodes", "/api/v1/pods", "/apis/apps/v1/deployments", "/apis/apps/v1/replicasets"] {
        let list = large.get(path).await;
        let current: u64 = text(&list, "/metadata/resourceVersion").parse().unwrap();
        for object in list["items"].as_array().unwrap() {
            assert!(seen.insert(text(object, "/metadata/uid").to_owned()), "{}", place(object));
            let revision: u64 = text(object, "/metadata/resourceVersion").parse().unwrap();
            assert!(revision <= current && revisions.insert(revision), "{}", place(object));
        }
    }
}

#[tokio::test]
async fn selectors_choose_among_all() {
    let large = Large::new();
    let of = async |query: &str| large.list(&format!("/api/v1/pods?{query}")).await;
    let two = of("labelSelector=app%3Dapp-2").await;
    let namespaces: Vec<&str> = two.iter().map(|pod| text(pod, "/metadata/namespace")).collect();
    assert_eq!(namespaces, [["shop"; 4].as_slice(), ["tenants"; 5].as_slice()].concat());
    assert_eq!(of("labelSelector=app%20in%20(backend,app-5)").await.len(), 6);
    assert_eq!(of("fieldSelector=status.phase!%3DRunning").await.len(), 0);
    let on = of("fieldSelector=spec.nodeName%3Dworker-3").await;
    assert!(on.len() >= 4 && on.iter().all(|pod| text(pod, "/status/hostIP") == "10.64.0.3"), "{on:?}");
    let name = text(&two[5], "/metadata/name");
    assert_eq!(places(&of(&format!("fieldSelector=metadata.name%3D{name}")).await), [place(&two[5])]);
    let path = "/api/v1/pods?labelSelector=app%3Dapp-2&limit=4";
    let first = large.get(path).await;
    assert!(first["metadata"].get("remainingItemCount").is_none());
    let rest = large.list(&format!("{path}&continue={}", text(&first, "/metadata/continue"))).await;
    assert_eq!(places(&rest), places(&two[4..8]));
}

#[tokio::test]
async fn a_list_that_has_expired_is_begun_again_or_goes_on_as_it_is_now() {
    let large = Large::new();
    let path = "/api/v1/pods?limit=10";
    let first = large.get(path).await;
    let token = text(&first, "/metadata/continue").to_owned();
    large.cluster.edit("Node", "", "node-1", |node| node["metadata"]["labels"]["a"] = "b".into()).unwrap();
    let second = large.list(&format!("{path}&continue={token}")).await;
    assert_eq!(second.len(), 10);
    large.cluster.compact();
    let request = http::Request::get(format!("{path}&continue={token}")).body(Vec::new()).unwrap();
    let gone: Value = serde_json::from_str(&large.client.request_text(request).await.map_or_else(
        |error| match error {
            kube::Error::Api(status) => serde_json::to_string(&*status).unwrap(),
            other => panic!("expected a status, found {other:?}"),
        },
        |text| panic!("expected a status, found {text}"),
    ))
    .unwrap();
    assert_eq!((gone["code"].as_u64(), text(&gone, "/reason")), (Some(410), "Expired"), "{gone}");
}

#[tokio::test]
async fn a_list_may_be_asked_for_as_a_table_or_as_metadata_only() {
    let large = Large::new();
    let ask = async |accept: &str| -> Value {
        let request = http::Request::get("/api/v1/namespaces/tenants/pods?limit=3").header("accept", accept);
        large.client.request(request.body(Vec::new()).unwrap()).await.unwrap()
    };
    let table = ask("application/json;as=Table;v=v1;g=meta.k8s.io").await;
    let cells = table["rows"][0]["cells"].as_array().unwrap();
    assert_eq!(cells[1..4], ["1/1", "Running", "0"].map(Value::from));
    let metadata = ask("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1").await;
    assert_eq!(metadata["items"].as_array().unwrap().len(), 3);
    assert!(metadata["items"][0].get("spec").is_none());
}
