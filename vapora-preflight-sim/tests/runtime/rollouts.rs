use std::time::Duration;

use k8s_openapi::api::{
    apps::v1::{Deployment, ReplicaSet},
    core::v1::Pod,
};
use kube::{
    Api,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use vapora_preflight_sim::{Cluster, PodTrouble, Workload};

use crate::inside;

const IMAGE: &str = "registry.example.com/backend";

fn cluster(replicas: u32) -> Cluster {
    let backend = Workload::new("backend", replicas, format!("{IMAGE}:1"));
    Cluster::builder("rollouts")
        .nodes(3)
        .workload("shop", backend.stops_after(Duration::from_secs(2)))
        .build()
}

async fn set_image(cluster: &Cluster, tag: &str) {
    let deployments = Api::<Deployment>::namespaced(inside(cluster), "shop");
    let containers = json!([{ "name": "backend", "image": format!("{IMAGE}:{tag}") }]);
    let patch = json!({ "spec": { "template": { "spec": { "containers": containers } } } });
    deployments.patch("backend", &PatchParams::default(), &Patch::Strategic(patch)).await.unwrap();
}

async fn set_spec(cluster: &Cluster, spec: Value) {
    let deployments = Api::<Deployment>::namespaced(inside(cluster), "shop");
    let patch = Patch::Merge(json!({ "spec": spec }));
    deployments.patch("backend", &PatchParams::default(), &patch).await.unwrap();
}

/// How many Pods there are, of the new template, ready, and unavailable; and why it progresses or not.
fn status(cluster: &Cluster) -> (i64, i64, i64, i64, String) {
    let deployment = cluster.object("Deployment", "shop", "backend").unwrap();
    let status = &deployment["status"];
    assert_eq!(status["observedGeneration"], deployment["metadata"]["generation"]);
    let of = |field: &str| status[field].as_i64().unwrap_or(0);
    let conditions = status["conditions"].as_array().unwrap();
    let progressing = conditions.iter().find(|one| one["type"] == "Progressing").unwrap();
    let reason = progressing["reason"].as_str().unwrap().to_owned();
    (of("replicas"), of("updatedReplicas"), of("readyReplicas"), of("unavailableReplicas"), reason)
}

fn pass(cluster: &Cluster, seconds: u64) {
    cluster.clock().advance(Duration::from_secs(seconds));
}

/// The revisions of the ReplicaSets, by their images.
fn revisions(cluster: &Cluster) -> Vec<(String, String, i64)> {
    let mut found: Vec<_> = cluster
        .objects("ReplicaSet")
        .into_iter()
        .map(|set| {
            let image =
                set["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap().to_owned();
            let tag = image.rsplit_once(':').unwrap().1.to_owned();
            let revision = &set["metadata"]["annotations"]["deployment.kubernetes.io/revision"];
            (revision.as_str().unwrap().to_owned(), tag, set["spec"]["replicas"].as_i64().unwrap())
        })
        .collect();
    found.sort();
    found
}

fn named(revision: &str, tag: &str, replicas: i64) -> (String, String, i64) {
    (revision.to_owned(), tag.to_owned(), replicas)
}

#[tokio::test]
async fn a_rolling_update_goes_on_with_the_clock() {
    let cluster = cluster(4);
    let fine = "NewReplicaSetAvailable".to_owned();
    assert_eq!(status(&cluster), (4, 4, 4, 0, fine.clone()));
    set_image(&cluster, "2").await;
    // one more than there are to be, and one of the old is taken away
    let (replicas, updated, ready, _, reason) = status(&cluster);
    assert_eq!((replicas, updated, ready, reason.as_str()), (5, 2, 3, "ReplicaSetUpdated"));
    let going =
        cluster.objects("Pod").iter().filter(|pod| !pod["metadata"]["deletionTimestamp"].is_null()).count();
    assert_eq!(going, 1);
    pass(&cluster, 4);
    assert_eq!(status(&cluster).2, 3, "not ready yet");
    pass(&cluster, 1);
    let (replicas, updated, ready, ..) = status(&cluster);
    assert_eq!((replicas, updated, ready), (5, 4, 3));
    pass(&cluster, 5);
    assert_eq!(status(&cluster), (4, 4, 4, 0, fine));
    assert_eq!(revisions(&cluster), [named("1", "1", 0), named("2", "2", 4)]);
    pass(&cluster, 2);
    assert_eq!(cluster.objects("Pod").len(), 4);

    let deployment = cluster.object("Deployment", "shop", "backend").unwrap();
    let conditions = deployment["status"]["conditions"].as_array().unwrap();
    let progressing = conditions.iter().find(|one| one["type"] == "Progressing").unwrap();
    assert_eq!(progressing["lastUpdateTime"], "2026-12-01T12:00:10Z");
    let ready: Vec<_> = cluster
        .objects("Pod")
        .iter()
        .map(|pod| {
            let conditions = pod["status"]["conditions"].as_array().unwrap().clone();
            conditions.into_iter().find(|one| one["type"] == "Ready").unwrap()["lastTransitionTime"].clone()
        })
        .collect();
    assert!(ready.contains(&json!("2026-12-01T12:00:05Z")) && ready.contains(&json!("2026-12-01T12:00:10Z")));
}

#[tokio::test]
async fn what_happens_while_nobody_looks_has_happened_at_its_time() {
    let cluster = cluster(4);
    set_image(&cluster, "2").await;
    pass(&cluster, 3600);
    assert_eq!(status(&cluster).4, "NewReplicaSetAvailable");
    let deployment = cluster.object("Deployment", "shop", "backend").unwrap();
    let times = deployment["status"]["conditions"].to_string();
    assert!(times.contains("2026-12-01T12:00:10Z") && !times.contains("2026-12-01T13"), "{times}");
}

#[tokio::test]
async fn an_undo_is_a_new_revision_of_an_old_replica_set() {
    let cluster = cluster(2);
    for tag in ["2", "3"] {
        set_image(&cluster, tag).await;
        pass(&cluster, 60);
    }
    assert_eq!(revisions(&cluster), [named("1", "1", 0), named("2", "2", 0), named("3", "3", 2)]);
    set_image(&cluster, "1").await;
    pass(&cluster, 60);
    assert_eq!(revisions(&cluster), [named("2", "2", 0), named("3", "3", 0), named("4", "1", 2)]);
    let deployment = cluster.object("Deployment", "shop", "backend").unwrap();
    assert_eq!(deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "4");
    let sets = cluster.objects("ReplicaSet");
    let back = sets.iter().find(|set| set["spec"]["replicas"] == 2).unwrap();
    assert_eq!(back["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"], "1");
    // and back again
    set_image(&cluster, "3").await;
    pass(&cluster, 60);
    assert_eq!(revisions(&cluster), [named("2", "2", 0), named("4", "1", 0), named("5", "3", 2)]);
}

#[tokio::test]
async fn old_replica_sets_are_forgotten_beyond_the_limit() {
    let cluster = cluster(1);
    set_spec(&cluster, json!({ "revisionHistoryLimit": 2 })).await;
    for tag in ["2", "3", "4", "5"] {
        set_image(&cluster, tag).await;
        pass(&cluster, 60);
    }
    assert_eq!(revisions(&cluster), [named("3", "3", 0), named("4", "4", 0), named("5", "5", 1)]);
}

#[tokio::test]
async fn a_rollout_that_gets_nowhere_is_late_after_its_deadline() {
    for trouble in [PodTrouble::ImagePull, PodTrouble::CrashLoop, PodTrouble::NotReady] {
        let cluster = cluster(4);
        set_spec(&cluster, json!({ "progressDeadlineSeconds": 60 })).await;
        cluster.image_fails(&format!("{IMAGE}:broken"), trouble);
        set_image(&cluster, "broken").await;
        pass(&cluster, 50);
        assert_eq!(status(&cluster), (5, 2, 3, 2, "ReplicaSetUpdated".to_owned()), "{trouble:?}");
        pass(&cluster, 30);
        assert_eq!(status(&cluster).4, "ProgressDeadlineExceeded", "{trouble:?}");
        let deployment = cluster.object("Deployment", "shop", "backend").unwrap();
        let conditions = deployment["status"]["conditions"].as_array().unwrap();
        assert!(conditions.iter().any(|one| one["type"] == "Available" && one["status"] == "True"));
        let broken = cluster
            .objects("Pod")
            .into_iter()
            .find(|pod| pod["spec"]["containers"][0]["image"] == format!("{IMAGE}:broken"));
        let state = broken.unwrap()["status"]["containerStatuses"][0]["state"].clone();
        match trouble {
            PodTrouble::ImagePull => assert_eq!(state["waiting"]["reason"], "ImagePullBackOff"),
            PodTrouble::CrashLoop => assert_eq!(state["waiting"]["reason"], "CrashLoopBackOff"),
            _ => assert!(state["running"].is_object(), "{state}"),
        }
        // a good image ends it
        set_image(&cluster, "2").await;
        pass(&cluster, 60);
        assert_eq!(status(&cluster), (4, 4, 4, 0, "NewReplicaSetAvailable".to_owned()), "{trouble:?}");
    }
}

#[tokio::test]
async fn a_container_that_crashes_is_started_again_later_and_later() {
    let cluster = cluster(1);
    cluster.image_fails(&format!("{IMAGE}:broken"), PodTrouble::CrashLoop);
    set_image(&cluster, "broken").await;
    let restarts = |after: u64| {
        pass(&cluster, after);
        let pods = cluster.objects("Pod");
        let broken =
            pods.iter().find(|pod| pod["spec"]["containers"][0]["image"] == format!("{IMAGE}:broken"));
        broken.unwrap()["status"]["containerStatuses"][0].clone()
    };
    assert_eq!(restarts(3)["restartCount"], 0);
    let after = restarts(11);
    assert_eq!(after["restartCount"], 1);
    assert!(
        after["state"]["waiting"]["message"].as_str().unwrap().starts_with("back-off 20s restarting failed")
    );
    assert_eq!(restarts(21)["restartCount"], 2);
    let many = restarts(3600);
    assert!(many["restartCount"].as_i64().unwrap() > 10, "{many}");
    assert!(many["state"]["waiting"]["message"].as_str().unwrap().starts_with("back-off 5m0s"), "{many}");
}

#[tokio::test]
async fn scaling_is_no_new_revision() {
    let cluster = cluster(2);
    set_spec(&cluster, json!({ "replicas": 5 })).await;
    assert_eq!((status(&cluster).0, status(&cluster).2), (5, 2));
    pass(&cluster, 5);
    assert_eq!(status(&cluster).2, 5);
    set_spec(&cluster, json!({ "replicas": 1 })).await;
    assert_eq!(status(&cluster), (1, 1, 1, 0, "NewReplicaSetAvailable".to_owned()));
    assert_eq!(revisions(&cluster), [named("1", "1", 1)]);
    // in the middle of a rollout, both ReplicaSets get their share
    set_spec(&cluster, json!({ "replicas": 4 })).await;
    pass(&cluster, 60);
    cluster.image_fails(&format!("{IMAGE}:broken"), PodTrouble::NotReady);
    set_image(&cluster, "broken").await;
    pass(&cluster, 20);
    assert_eq!(revisions(&cluster), [named("1", "1", 3), named("2", "broken", 2)]);
    set_spec(&cluster, json!({ "replicas": 8 })).await;
    pass(&cluster, 20);
    let sizes: Vec<i64> = revisions(&cluster).into_iter().map(|(.., replicas)| replicas).collect();
    assert_eq!(sizes, [6, 4]);
}

#[tokio::test]
async fn a_paused_deployment_says_so_and_goes_on_when_it_is_resumed() {
    let cluster = cluster(2);
    set_spec(&cluster, json!({ "paused": true })).await;
    set_image(&cluster, "2").await;
    pass(&cluster, 60);
    let (replicas, updated, ready, _, reason) = status(&cluster);
    assert_eq!((replicas, updated, ready, reason.as_str()), (2, 0, 2, "DeploymentPaused"));
    set_spec(&cluster, json!({ "paused": false })).await;
    pass(&cluster, 60);
    assert_eq!(status(&cluster), (2, 2, 2, 0, "NewReplicaSetAvailable".to_owned()));
    assert_eq!(revisions(&cluster), [named("1", "1", 0), named("2", "2", 2)]);
}

#[tokio::test]
async fn recreating_ends_the_old_pods_first() {
    let cluster = cluster(2);
    set_spec(&cluster, json!({ "strategy": { "type": "Recreate", "rollingUpdate": null } })).await;
    set_image(&cluster, "2").await;
    let (replicas, updated, ready, ..) = status(&cluster);
    assert_eq!((replicas, updated, ready), (0, 0, 0));
    pass(&cluster, 2);
    assert_eq!((status(&cluster).0, status(&cluster).2), (2, 0));
    pass(&cluster, 5);
    assert_eq!(status(&cluster), (2, 2, 2, 0, "NewReplicaSetAvailable".to_owned()));
}

#[tokio::test]
async fn held_controllers_see_nothing_until_they_are_let_go() {
    let cluster = cluster(2);
    cluster.hold_controllers(true);
    set_image(&cluster, "2").await;
    pass(&cluster, 60);
    let deployment = cluster.object("Deployment", "shop", "backend").unwrap();
    assert_eq!(
        (&deployment["metadata"]["generation"], &deployment["status"]["observedGeneration"]),
        (&2.into(), &1.into())
    );
    cluster.hold_controllers(false);
    pass(&cluster, 60);
    assert_eq!(status(&cluster).4, "NewReplicaSetAvailable");
}

#[tokio::test]
async fn what_a_test_edits_is_seen_when_it_settles_or_at_once_where_that_was_asked_for() {
    let edit = |deployment: &mut Value| deployment["spec"]["replicas"] = 3.into();
    let cluster = cluster(2);
    cluster.edit("Deployment", "shop", "backend", edit).unwrap();
    pass(&cluster, 60);
    assert_eq!(cluster.objects("Pod").len(), 2);
    cluster.settle();
    assert_eq!(cluster.objects("Pod").len(), 3);
    pass(&cluster, 5);
    assert_eq!(status(&cluster).2, 3);

    let live =
        Cluster::builder("live").controllers().nodes(2).deployment("shop", "backend", 2, IMAGE).build();
    live.edit("Deployment", "shop", "backend", edit).unwrap();
    live.remove("Pod", "shop", &live.pods_of("shop", "backend")[0]).unwrap();
    pass(&live, 5);
    assert_eq!(status(&live).2, 3);
}

#[tokio::test]
async fn a_pod_that_is_deleted_or_created_is_taken_care_of() {
    let cluster = cluster(2);
    let pods = Api::<Pod>::namespaced(inside(&cluster), "shop");
    let victim = cluster.pods_of("shop", "backend").remove(0);
    pods.delete(&victim, &DeleteParams::default()).await.unwrap();
    let left = cluster.pods_of("shop", "backend");
    assert_eq!((left.len(), left.contains(&victim)), (3, true));
    pass(&cluster, 2);
    assert!(!cluster.pods_of("shop", "backend").contains(&victim));
    pass(&cluster, 3);
    assert_eq!(status(&cluster).2, 2);

    let own = json!({ "metadata": { "name": "own" }, "spec": { "containers": [{ "name": "c", "image": "nginx" }] } });
    let own: Pod = serde_json::from_value(own).unwrap();
    pods.create(&PostParams::default(), &own).await.unwrap();
    assert_eq!(cluster.object("Pod", "shop", "own").unwrap()["status"]["phase"], "Pending");
    pass(&cluster, 5);
    let own = cluster.object("Pod", "shop", "own").unwrap();
    assert_eq!(
        (&own["status"]["phase"], &own["status"]["containerStatuses"][0]["ready"]),
        (&"Running".into(), &true.into())
    );

    let deployments = Api::<Deployment>::namespaced(inside(&cluster), "shop");
    deployments.delete("backend", &DeleteParams::default()).await.unwrap();
    let sets = Api::<ReplicaSet>::namespaced(inside(&cluster), "shop");
    assert!(sets.list(&ListParams::default()).await.unwrap().items.is_empty());
    pass(&cluster, 60);
    assert_eq!(cluster.objects("Pod").len(), 1);
}

#[tokio::test]
async fn a_node_that_comes_takes_the_pods_that_wait() {
    let cluster = Cluster::builder("empty").controllers().deployment("shop", "backend", 2, IMAGE).build();
    assert!(cluster.objects("Pod").iter().all(|pod| pod["status"]["phase"] == "Pending"));
    let other = Cluster::builder("other").node("node-1").build();
    cluster.insert(other.object("Node", "", "node-1").unwrap()).unwrap();
    pass(&cluster, 5);
    assert_eq!(status(&cluster).2, 2);
}
