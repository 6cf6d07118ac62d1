//! VAPORA's world, and what goes wrong in it.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

use std::time::Duration;

use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{ConfigMap, Namespace, Node, Pod},
};
use kube::{
    Api, Client, Config, Error,
    api::ListParams,
    config::{KubeConfigOptions, Kubeconfig},
};
use tokio::task::JoinSet;
use vapora_preflight_sim::{World, WorldFault};

const NOW: i64 = 1_796_133_600;

async fn client(world: &World, context: &str) -> Client {
    let file = Kubeconfig::from_yaml(&world.kubeconfig()).unwrap();
    let options = KubeConfigOptions { context: Some(context.to_owned()), ..KubeConfigOptions::default() };
    let mut config = Config::from_custom_kubeconfig(file, &options).await.unwrap();
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

/// What can be seen of a world, one line for each thing.
async fn seen(world: &World, context: &str) -> Result<Vec<String>, Error> {
    let client = client(world, context).await;
    let all = ListParams::default();
    let mut seen = Vec::new();
    for node in Api::<Node>::all(client.clone()).list(&all).await? {
        let bad: Vec<String> = node
            .status
            .and_then(|status| status.conditions)
            .unwrap_or_default()
            .into_iter()
            .filter(|condition| (condition.type_ == "Ready") != (condition.status == "True"))
            .map(|condition| format!("{}={}", condition.type_, condition.status))
            .collect();
        let cordoned = node.spec.and_then(|spec| spec.unschedulable).unwrap_or(false);
        seen.push(
            format!("{} cordoned={cordoned} {}", node.metadata.name.unwrap(), bad.join(" "))
                .trim()
                .to_owned(),
        );
    }
    seen.push(format!(
        "namespace {}",
        Api::<Namespace>::all(client.clone()).get_opt("vapora").await?.is_some()
    ));
    for deployment in Api::<Deployment>::namespaced(client.clone(), "vapora").list(&all).await? {
        let status = deployment.status.unwrap();
        let image = deployment.spec.unwrap().template.spec.unwrap().containers.remove(0).image.unwrap();
        let ready = status.ready_replicas.unwrap_or(0);
        seen.push(format!("{image} {ready}/{}", status.replicas.unwrap_or(0)));
    }
    for pod in Api::<Pod>::namespaced(client.clone(), "vapora").list(&all).await? {
        let status = pod.status.unwrap();
        let waiting = status
            .container_statuses
            .into_iter()
            .flatten()
            .find_map(|status| status.state?.waiting?.reason)
            .unwrap_or_default();
        let app = pod.metadata.labels.unwrap()["app"].clone();
        seen.push(format!("{app} {} {waiting}", status.phase.unwrap()).trim().to_owned());
    }
    seen.push(format!(
        "configmaps {}",
        Api::<ConfigMap>::namespaced(client, "vapora").list(&all).await?.items.len()
    ));
    Ok(seen)
}

#[tokio::test]
async fn a_world_without_faults_is_healthy() {
    let world = World::start(&[], NOW).await.unwrap();
    let expected = [
        "node-1 cordoned=false",
        "node-2 cordoned=false",
        "node-3 cordoned=false",
        "namespace true",
        "registry.example.com/vapora/vapora-agents:1.3.0 2/2",
        "registry.example.com/vapora/vapora-backend:1.3.0 2/2",
        "registry.example.com/vapora/vapora-llm-router:1.3.0 1/1",
        "surrealdb Running",
        "vapora-agents Running",
        "vapora-agents Running",
        "vapora-backend Running",
        "vapora-backend Running",
        "vapora-llm-router Running",
        "configmaps 1",
    ];
    for context in ["staging", "production"] {
        assert_eq!(seen(&world, context).await.unwrap(), expected, "{context}");
    }
    let created = &world.production().objects("Node")[0]["metadata"]["creationTimestamp"];
    assert_eq!(created, "2026-12-01T14:00:00Z");
    assert!(world.disks().iter().all(|disk| disk.free_bytes > disk.total_bytes / 2));
}

/// What is different from a healthy world.
async fn changed(world: &World, context: &str, healthy: &[String]) -> Vec<String> {
    let seen = seen(world, context).await.unwrap();
    seen.into_iter().filter(|line| !healthy.contains(line)).collect()
}

#[tokio::test]
async fn each_fault_of_a_cluster_is_seen_where_it_is_and_only_there() {
    let healthy = seen(&World::start(&[], NOW).await.unwrap(), "production").await.unwrap();
    let unavailable = "registry.example.com/vapora/vapora-backend:1.3.0 1/2";
    for (fault, expected) in [
        (WorldFault::NodeNotReady, &["node-2 cordoned=false Ready=False"] as &[&str]),
        (WorldFault::NodeCordoned, &["node-3 cordoned=true"]),
        (WorldFault::NodeMemoryPressure, &["node-3 cordoned=false MemoryPressure=True"]),
        (WorldFault::DeploymentUnavailable, &[unavailable]),
        (WorldFault::PodCrashLoop, &[unavailable, "vapora-backend Running CrashLoopBackOff"]),
        (WorldFault::PodImagePull, &[unavailable, "vapora-backend Pending ImagePullBackOff"]),
        (WorldFault::PodPending, &[unavailable, "vapora-backend Pending"]),
    ] {
        let world = World::start(&[fault], NOW).await.unwrap();
        assert_eq!(changed(&world, "production", &healthy).await, expected, "{fault}");
        assert!(changed(&world, "staging", &healthy).await.is_empty(), "{fault}");
    }
    let world = World::start(&[WorldFault::NamespaceMissing], NOW).await.unwrap();
    assert_eq!(changed(&world, "staging", &healthy).await, ["namespace false", "configmaps 0"]);
    assert!(changed(&world, "production", &healthy).await.is_empty());
}

#[tokio::test]
async fn a_fault_of_access_is_an_error_of_the_client() {
    for (fault, code) in [(WorldFault::AccessDenied, 403), (WorldFault::TokenRejected, 401)] {
        let world = World::start(&[fault], NOW).await.unwrap();
        let refused = seen(&world, "production").await;
        assert!(matches!(&refused, Err(Error::Api(status)) if status.code == code), "{fault}: {refused:?}");
        seen(&world, "staging").await.unwrap();
    }
    let world = World::start(&[WorldFault::ApiUnreachable], NOW).await.unwrap();
    let refused = seen(&world, "production").await;
    assert!(matches!(refused, Err(Error::Service(_) | Error::HyperError(_))), "{refused:?}");

    let world = World::start(&[WorldFault::ApiSlow], NOW).await.unwrap();
    let client = client(&world, "production").await;
    let mut waiting = JoinSet::new();
    waiting.spawn(async move { client.apiserver_version().await });
    while world.production().faults().struck() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(waiting.try_join_next().is_none());
}

#[tokio::test]
async fn a_deployment_changes_the_images_and_a_fault_may_come_after_it() {
    let world = World::start(&[], NOW).await.unwrap();
    let before = world.production().pods_of("vapora", "vapora-backend");
    world.clock().advance(Duration::from_mins(10));
    world.deploy("1.4.0").unwrap();
    let lines = seen(&world, "production").await.unwrap();
    assert!(lines.contains(&"registry.example.com/vapora/vapora-backend:1.4.0 2/2".to_owned()), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("1.3.0")), "{lines:?}");
    let pods = world.production().pods_of("vapora", "vapora-backend");
    assert!(pods.len() == 2 && pods.iter().all(|pod| !before.contains(pod)), "{pods:?}");
    let pod = world.production().object("Pod", "vapora", &pods[0]).unwrap();
    assert_eq!(pod["metadata"]["creationTimestamp"], "2026-12-01T14:10:00Z");
    assert!(seen(&world, "staging").await.unwrap().iter().any(|line| line.contains("1.3.0 2/2")));

    world.inject(WorldFault::PodCrashLoop).unwrap();
    let lines = seen(&world, "production").await.unwrap();
    assert!(lines.contains(&"registry.example.com/vapora/vapora-backend:1.4.0 1/2".to_owned()), "{lines:?}");
    world.deploy("1.3.0").unwrap();
    let lines = seen(&world, "production").await.unwrap();
    assert!(lines.contains(&"registry.example.com/vapora/vapora-backend:1.3.0 2/2".to_owned()), "{lines:?}");
}

#[tokio::test]
async fn every_fault_can_be_injected_while_the_world_runs() {
    for fault in WorldFault::ALL {
        let world = World::start(&[], NOW).await.unwrap();
        world.inject(*fault).unwrap();
    }
    let world = World::start(&[WorldFault::DiskFull], NOW).await.unwrap();
    assert!(world.disks().iter().all(|disk| disk.free_bytes <= disk.total_bytes / 100));
}

#[tokio::test]
async fn the_files_of_the_release_machine_are_there_and_a_fault_damages_them() {
    let world = World::start(&[], NOW).await.unwrap();
    let names = |world: &World| world.artifacts().into_iter().map(|file| file.name).collect::<Vec<_>>();
    assert_eq!(names(&world).len(), 12);
    let backups = world.backups().unwrap();
    let (newest, sum) = (&backups[0], String::from_utf8(backups[1].content.clone()).unwrap());
    assert_eq!((newest.name.as_str(), newest.modified), ("vapora-2026-12-01.surql.zip", NOW - 12 * 60 * 60));
    let digest = vapora_preflight::Digest::of(&newest.content).to_string();
    assert!(digest.ends_with(sum.split(' ').next().unwrap()), "{sum}");

    world.inject(WorldFault::BackupDamaged).unwrap();
    assert!(world.backups().unwrap()[0].content.len() < newest.content.len() / 2);
    assert_eq!(world.backups().unwrap()[2..], backups[2..]);
    world.inject(WorldFault::BackupStale).unwrap();
    assert_eq!(world.backups().unwrap()[0].name, "vapora-2026-11-28.surql.zip");

    let whole = world.artifacts_archive().unwrap();
    assert_eq!(world.artifacts_archive().unwrap(), whole);
    world.inject(WorldFault::ManifestBroken).unwrap();
    world.inject(WorldFault::ArtifactMissing).unwrap();
    assert_eq!(names(&world).len(), 11);
    assert_ne!(world.artifacts_archive().unwrap(), whole);
    let manifest = world.artifacts().into_iter().find(|file| file.name == "deployment.yaml").unwrap();
    let text = String::from_utf8(manifest.content).unwrap();
    assert_eq!(
        (text.matches("\"kind\":").count(), text.matches("\"metadata\": {\n    \"name\"").count()),
        (4, 3)
    );
}
