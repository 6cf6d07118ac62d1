//! Watches of a simulated cluster, through the real `kube::Client`.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

use std::{pin::pin, time::Duration};

use futures::{Stream, StreamExt};
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::{
    Api, Client, Error,
    api::{ListParams, WatchEvent, WatchParams},
};
use vapora_preflight_sim::{Cluster, ClusterServer, Kubeconfig};

fn cluster() -> Cluster {
    Cluster::builder("staging")
        .nodes(3)
        .config_map("shop", "features", [("discounts", "on")])
        .config_map("shop", "prices", [("bread", "3")])
        .config_map("bakery", "features", [("ovens", "2")])
        .build()
}

fn maps(cluster: &Cluster) -> Api<ConfigMap> {
    Api::namespaced(Client::new(cluster.service(), "shop"), "shop")
}

fn told(event: Result<WatchEvent<ConfigMap>, Error>) -> String {
    let named = |what: &str, map: ConfigMap| format!("{what} {}", map.metadata.name.unwrap_or_default());
    match event {
        Ok(WatchEvent::Added(map)) => named("added", map),
        Ok(WatchEvent::Modified(map)) => named("modified", map),
        Ok(WatchEvent::Deleted(map)) => named("deleted", map),
        Ok(WatchEvent::Bookmark(bookmark)) => {
            let end = bookmark.metadata.annotations.contains_key("k8s.io/initial-events-end");
            format!("bookmark{}", if end { " of the end of the first events" } else { "" })
        }
        Ok(WatchEvent::Error(status)) => format!("error {}: {}", status.code, status.message),
        Err(error) => format!("failed: {error}"),
    }
}

/// The next few events.
async fn next(
    events: &mut (impl Stream<Item = Result<WatchEvent<ConfigMap>, Error>> + Unpin),
    count: usize,
) -> Vec<String> {
    events.take(count).map(told).collect().await
}

fn label(cluster: &Cluster, name: &str, label: &str) {
    cluster
        .edit("ConfigMap", "shop", name, |map| {
            map["metadata"]["labels"] = serde_json::json!({ "for": label });
        })
        .unwrap();
}

#[tokio::test]
async fn a_watch_tells_what_is_there_and_then_what_changes() {
    let cluster = cluster();
    let events = maps(&cluster).watch(&WatchParams::default(), "0").await.unwrap();
    let mut events = pin!(events);
    assert_eq!(next(&mut events, 2).await, ["added features", "added prices"]);
    label(&cluster, "prices", "customers");
    cluster.edit("ConfigMap", "bakery", "features", |map| map["data"]["ovens"] = "3".into()).unwrap();
    cluster.remove("ConfigMap", "shop", "features").unwrap();
    assert_eq!(next(&mut events, 2).await, ["modified prices", "deleted features"]);
}

#[tokio::test]
async fn what_begins_or_ceases_to_be_selected_is_added_or_deleted() {
    let cluster = cluster();
    let revision =
        maps(&cluster).list(&ListParams::default()).await.unwrap().metadata.resource_version.unwrap();
    let selected = WatchParams::default().labels("for=customers");
    let events = maps(&cluster).watch(&selected, &revision).await.unwrap();
    let mut events = pin!(events);
    label(&cluster, "prices", "customers");
    label(&cluster, "prices", "bakers");
    label(&cluster, "features", "bakers");
    label(&cluster, "features", "customers");
    assert_eq!(next(&mut events, 3).await, ["added prices", "deleted prices", "added features"]);
}

#[tokio::test]
async fn a_watch_ends_and_is_kept_alive_by_the_clock_of_the_cluster() {
    let cluster = cluster();
    let events = maps(&cluster).watch(&WatchParams::default().timeout(200), "0").await.unwrap();
    let mut events = pin!(events);
    assert_eq!(next(&mut events, 2).await.len(), 2);
    cluster.clock().advance(Duration::from_mins(1));
    assert_eq!(next(&mut events, 1).await, ["bookmark"]);
    cluster.clock().advance(Duration::from_secs(140));
    assert_eq!(next(&mut events, 9).await, ["bookmark"]);
}

#[tokio::test]
async fn first_events_end_with_a_bookmark_where_they_are_asked_for() {
    let cluster = cluster();
    let streaming = WatchParams::default().initial_events();
    let events = maps(&cluster).watch(&streaming, "0").await.unwrap();
    let mut events = pin!(events);
    let first = ["added features", "added prices", "bookmark of the end of the first events"];
    assert_eq!(next(&mut events, 3).await, first);
}

#[tokio::test]
async fn a_revision_that_is_forgotten_has_expired_for_watches_and_lists() {
    let cluster = cluster();
    let maps = maps(&cluster);
    let first = maps.list(&ListParams::default().limit(1)).await.unwrap();
    let (revision, token) = (first.metadata.resource_version.unwrap(), first.metadata.continue_.unwrap());
    label(&cluster, "prices", "customers");
    // What has changed since is not in a list that goes on with an older one.
    let rest = maps.list(&ListParams::default().limit(1).continue_token(&token)).await.unwrap();
    assert_eq!(rest.items[0].metadata.labels.as_ref().unwrap().get("for"), None);
    cluster.compact();
    let late = maps.list(&ListParams::default().limit(1).continue_token(&token)).await;
    assert!(matches!(late, Err(Error::Api(status)) if status.code == 410));
    let events = maps.watch(&WatchParams::default(), &revision).await.unwrap();
    let mut events = pin!(events);
    let gone = next(&mut events, 9).await;
    assert!(gone.len() == 1 && gone[0].starts_with("error 410: too old resource version"), "{gone:?}");
}

async fn over_tls(server: &ClusterServer) -> Client {
    let file = Kubeconfig::default().context("staging", server, "admin").to_string();
    let file = kube::config::Kubeconfig::from_yaml(&file).unwrap();
    let config =
        kube::Config::from_custom_kubeconfig(file, &kube::config::KubeConfigOptions::default()).await;
    Client::try_from(config.unwrap()).unwrap()
}

#[tokio::test]
async fn a_watch_over_tls_sees_a_rollout() {
    let server = Cluster::builder("staging")
        .nodes(3)
        .deployment("shop", "backend", 1, "registry.example.com/backend:1.0")
        .build()
        .serve()
        .await
        .unwrap();
    let pods = Api::<Pod>::namespaced(over_tls(&server).await, "shop");
    let events = pods.watch(&WatchParams::default().labels("app=backend"), "0").await.unwrap();
    let mut events = pin!(events);
    let old = match events.next().await {
        Some(Ok(WatchEvent::Added(pod))) => pod.metadata.name.unwrap(),
        other => panic!("{other:?}"),
    };
    server.remove("Pod", "shop", &old).unwrap();
    match events.next().await {
        Some(Ok(WatchEvent::Deleted(pod))) => assert_eq!(pod.metadata.name.unwrap(), old),
        other => panic!("{other:?}"),
    }
    server.stop().await;
}
