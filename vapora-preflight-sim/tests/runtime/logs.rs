use std::time::Duration;

use futures::{AsyncBufReadExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, api::LogParams};
use serde_json::json;
use vapora_preflight_sim::{Cluster, ClusterError, PodTrouble};

use crate::{client, inside, refusal, shop};

fn pods(cluster: &Cluster) -> Api<Pod> {
    Api::namespaced(inside(cluster), "shop")
}

#[tokio::test]
async fn a_log_has_the_lines_that_were_written_in_the_time_asked_for() {
    let cluster = shop().build();
    let pods = pods(&cluster);
    let log = async |change: fn(&mut LogParams)| {
        let mut params = LogParams::default();
        change(&mut params);
        pods.logs("database-0", &params).await.unwrap()
    };
    assert_eq!(log(|_| ()).await, "");
    cluster.log("shop", "database-0", "database", ["one", "two"]).unwrap();
    cluster.clock().advance(Duration::from_mins(1));
    cluster.log("shop", "database-0", "database", ["three"]).unwrap();
    assert_eq!(log(|_| ()).await, "one\ntwo\nthree\n");
    assert_eq!(log(|params| params.tail_lines = Some(2)).await, "two\nthree\n");
    assert_eq!(log(|params| params.tail_lines = Some(0)).await, "");
    assert_eq!(log(|params| params.since_seconds = Some(30)).await, "three\n");
    assert_eq!(
        log(|params| params.since_time = Some("2026-12-01T12:00:01Z".parse().unwrap())).await,
        "three\n"
    );
    assert_eq!(log(|params| params.limit_bytes = Some(6)).await, "one\ntw");
    assert_eq!(
        log(|params| (params.timestamps, params.tail_lines) = (true, Some(1))).await,
        "2026-12-01T12:01:00.000000000Z three\n"
    );
}

#[tokio::test]
async fn a_log_that_cannot_be_had_is_refused_in_the_words_of_a_real_server() {
    let cluster = shop().build();
    let pods = pods(&cluster);
    let plain = LogParams::default();
    let of = |container: &str| LogParams { container: Some(container.to_owned()), ..LogParams::default() };
    let previous = LogParams { previous: true, ..LogParams::default() };
    let name = &cluster.pods_of("shop", "backend")[0];

    let missing = refusal(pods.logs("nothing", &plain).await);
    assert_eq!(missing, (404, "pods \"nothing\" not found".to_owned()));
    let unknown = refusal(pods.logs("database-0", &of("nope")).await);
    assert_eq!(unknown, (400, "container nope is not valid for pod database-0".to_owned()));
    let none = refusal(pods.logs("database-0", &previous).await);
    let message = "previous terminated container \"database\" in pod \"database-0\" not found";
    assert_eq!(none, (400, message.to_owned()));

    cluster
        .edit("Pod", "shop", "database-0", |pod| {
            let mut second = pod["spec"]["containers"][0].clone();
            second["name"] = "metrics".into();
            pod["spec"]["containers"].as_array_mut().unwrap().push(second);
            pod["spec"]["initContainers"] = json!([{ "name": "init", "image": "i" }]);
        })
        .unwrap();
    let many = refusal(pods.logs("database-0", &plain).await);
    let message = "a container name must be specified for pod database-0, choose one of: [database metrics] or one of \
                   the init containers: [init]";
    assert_eq!(many, (400, message.to_owned()));
    let early = refusal(pods.logs("database-0", &of("init")).await);
    assert_eq!(early, (400, "container \"init\" in pod \"database-0\" is not available".to_owned()));

    cluster.trouble_pod("shop", name, PodTrouble::Creating).unwrap();
    let waiting = refusal(pods.logs(name, &plain).await);
    let message = format!("container \"backend\" in pod \"{name}\" is waiting to start: ContainerCreating");
    assert_eq!(waiting, (400, message));
    cluster.trouble_pod("shop", name, PodTrouble::ImagePull).unwrap();
    let waiting = refusal(pods.logs(name, &plain).await);
    assert!(waiting.1.ends_with("is waiting to start: trying and failing to pull image"), "{waiting:?}");
    cluster.trouble_pod("shop", name, PodTrouble::Unschedulable).unwrap();
    assert_eq!(pods.logs(name, &plain).await.unwrap(), "", "204");

    let negative = LogParams { tail_lines: Some(-1), since_seconds: Some(0), ..of("database") };
    let (code, message) = refusal(pods.logs("database-0", &negative).await);
    assert_eq!(code, 422);
    assert_eq!(
        message,
        "PodLogOptions \"database-0\" is invalid: [tailLines: Invalid value: -1: must be greater than or equal to 0, \
         sinceSeconds: Invalid value: 0: must be greater than 0]"
    );
    let nowhere = cluster.log("shop", "database-0", "nope", ["x"]);
    assert!(matches!(nowhere, Err(ClusterError::Missing { .. })), "{nowhere:?}");
}

#[tokio::test]
async fn a_container_that_was_started_again_has_two_logs() {
    let cluster = shop().build();
    let pods = pods(&cluster);
    cluster.log_previous("shop", "database-0", "database", ["panic"]).unwrap();
    cluster.log("shop", "database-0", "database", ["ready"]).unwrap();
    let previous = LogParams { previous: true, ..LogParams::default() };
    assert_eq!(pods.logs("database-0", &previous).await.unwrap(), "panic\n");
    assert_eq!(pods.logs("database-0", &LogParams::default()).await.unwrap(), "ready\n");
    let status = &cluster.object("Pod", "shop", "database-0").unwrap()["status"]["containerStatuses"][0];
    assert_eq!(
        (&status["restartCount"], &status["lastState"]["terminated"]["exitCode"]),
        (&1.into(), &1.into())
    );

    // while it waits to be started again, what it wrote last is all there is
    let name = &cluster.pods_of("shop", "backend")[0];
    cluster.trouble_pod("shop", name, PodTrouble::CrashLoop).unwrap();
    cluster.log("shop", name, "backend", ["cannot bind"]).unwrap();
    assert_eq!(pods.logs(name, &LogParams::default()).await.unwrap(), "cannot bind\n");
}

#[tokio::test]
async fn without_kubelets_and_on_a_silent_node_there_are_no_logs() {
    let cluster = shop().build();
    let pods = pods(&cluster);
    let node = cluster.object("Pod", "shop", "database-0").unwrap()["spec"]["nodeName"].clone();
    cluster.trouble_node(node.as_str().unwrap(), vapora_preflight_sim::NodeTrouble::Silent).unwrap();
    let (code, message) = refusal(pods.logs("database-0", &LogParams::default()).await);
    assert_eq!(code, 500);
    assert!(message.contains(":10250: connect: connection refused"), "{message}");
    assert!(message.contains("/containerLogs/shop/database-0/database\""), "{message}");

    let elsewhere = cluster
        .pods_of("shop", "backend")
        .into_iter()
        .find(|name| cluster.object("Pod", "shop", name).unwrap()["spec"]["nodeName"] != node);
    let elsewhere = elsewhere.unwrap();
    pods.logs(&elsewhere, &LogParams::default()).await.unwrap();
    cluster.without_kubelets();
    assert_eq!(refusal(pods.logs(&elsewhere, &LogParams::default()).await).0, 500);
}

#[tokio::test]
async fn lines_that_come_again_and_again_are_there_for_the_pods_to_come() {
    let cluster = shop().build();
    cluster.log_every("shop", "backend-", None, Duration::from_secs(10), |n| format!("beat {n}"));
    cluster.log_every("shop", "backend-", Some("backend"), Duration::from_secs(25), |_| "ERROR x".to_owned());
    cluster.clock().advance(Duration::from_secs(30));
    let log = async || {
        let name = cluster.pods_of("shop", "backend").remove(0);
        pods(&cluster).logs(&name, &LogParams::default()).await.unwrap()
    };
    assert_eq!(log().await, "beat 0\nERROR x\nbeat 1\nbeat 2\nERROR x\nbeat 3\n");
    cluster.roll_out("shop", "backend", "registry.example.com/backend:1.1").unwrap();
    cluster.clock().advance(Duration::from_secs(9));
    assert_eq!(log().await, "beat 0\nERROR x\n");
}

#[tokio::test]
async fn who_follows_a_log_hears_what_is_written_until_it_ends() {
    let server = shop().build().serve().await.unwrap();
    let pods = Api::<Pod>::namespaced(client(&server, "admin").await, "shop");
    server.log("shop", "database-0", "database", ["one"]).unwrap();
    let follow = LogParams { follow: true, ..LogParams::default() };
    let mut lines = pods.log_stream("database-0", &follow).await.unwrap().lines();
    assert_eq!(lines.try_next().await.unwrap().as_deref(), Some("one"));
    server.log("shop", "database-0", "database", ["two"]).unwrap();
    assert_eq!(lines.try_next().await.unwrap().as_deref(), Some("two"));
    server.log("shop", "database-0", "database", ["three"]).unwrap();
    server.end_log("shop", "database-0", "database").unwrap();
    assert_eq!(lines.try_next().await.unwrap().as_deref(), Some("three"));
    assert_eq!(lines.try_next().await.unwrap(), None);

    let name = server.pods_of("shop", "backend").remove(0);
    let mut lines = pods.log_stream(&name, &follow).await.unwrap().lines();
    server.log("shop", &name, "backend", ["last"]).unwrap();
    assert_eq!(lines.try_next().await.unwrap().as_deref(), Some("last"));
    server.remove("Pod", "shop", &name).unwrap();
    assert_eq!(lines.try_next().await.unwrap(), None);
}

#[tokio::test]
async fn a_log_of_many_megabytes_is_sent_in_parts() {
    let server = shop().build().serve().await.unwrap();
    let pods = Api::<Pod>::namespaced(client(&server, "admin").await, "shop");
    server.log_many("shop", "database-0", "database", 300_000, |n| format!("{n:064}")).unwrap();
    let mut lines = pods.log_stream("database-0", &LogParams::default()).await.unwrap().lines();
    let mut count = 0_u64;
    while let Some(line) = lines.try_next().await.unwrap() {
        assert_eq!(line.len(), 64);
        count += 1;
    }
    assert_eq!(count, 300_000);
}
