use std::time::Duration;

use k8s_openapi::api::{core::v1::Pod, policy::v1::PodDisruptionBudget};
use kube::{
    Api,
    api::{EvictParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use vapora_preflight_sim::{Claim, Cluster, PodTrouble, ScheduledJob, Workload};

use crate::{inside, refusal};

const IMAGE: &str = "registry.example.com/backend";

fn pass(cluster: &Cluster, seconds: u64) {
    cluster.clock().advance(Duration::from_secs(seconds));
}

fn shop(replicas: u32) -> Cluster {
    Cluster::builder("shop")
        .nodes(3)
        .service("shop", "backend", "backend", 80)
        .budget("shop", "backend", "backend", 2)
        .workload("shop", Workload::new("backend", replicas, format!("{IMAGE}:1")).port(8001))
        .build()
}

/// The addresses of a Service: ready, serving, ending.
fn endpoints(cluster: &Cluster) -> Vec<(bool, bool, bool)> {
    let slices = cluster.objects("EndpointSlice");
    let [slice] = slices.as_slice() else { panic!("{slices:?}") };
    assert_eq!(slice["metadata"]["labels"]["kubernetes.io/service-name"], "backend");
    let mut found: Vec<_> = slice["endpoints"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|endpoint| {
            let is = |what: &str| endpoint["conditions"][what].as_bool().unwrap();
            (is("ready"), is("serving"), is("terminating"))
        })
        .collect();
    found.sort_unstable();
    found
}

fn budget(cluster: &Cluster) -> (i64, i64, i64, i64) {
    let budget = cluster.object("PodDisruptionBudget", "shop", "backend").unwrap();
    let of = |field: &str| budget["status"][field].as_i64().unwrap();
    (of("expectedPods"), of("currentHealthy"), of("desiredHealthy"), of("disruptionsAllowed"))
}

#[tokio::test]
async fn addresses_follow_the_pods_of_a_service() {
    let cluster = shop(2);
    let ready = (true, true, false);
    assert_eq!(endpoints(&cluster), [ready, ready]);
    let slice = &cluster.objects("EndpointSlice")[0];
    assert_eq!(slice["ports"], json!([{ "name": "http", "protocol": "TCP", "port": 8001 }]));
    let pod = cluster.object("Pod", "shop", &cluster.pods_of("shop", "backend")[0]).unwrap();
    let first = &slice["endpoints"][0];
    assert_eq!(first["targetRef"]["name"], pod["metadata"]["name"]);
    assert_eq!(
        (&first["addresses"][0], &first["nodeName"]),
        (&pod["status"]["podIP"], &pod["spec"]["nodeName"])
    );

    cluster.trouble_pod("shop", &cluster.pods_of("shop", "backend")[0], PodTrouble::NotReady).unwrap();
    assert_eq!(endpoints(&cluster), [(false, false, false), ready]);
    cluster.roll_out("shop", "backend", &format!("{IMAGE}:2")).unwrap();
    assert_eq!(endpoints(&cluster), [ready, ready]);

    let pods = Api::<Pod>::namespaced(inside(&cluster), "shop");
    pods.delete(&cluster.pods_of("shop", "backend")[0], &kube::api::DeleteParams::default()).await.unwrap();
    let ending = (false, true, true);
    assert_eq!(endpoints(&cluster), [ending, ready], "the new one has no address yet");
    pass(&cluster, 1);
    assert_eq!(endpoints(&cluster), [(false, false, false), ending, ready]);
    pass(&cluster, 60);
    assert_eq!(endpoints(&cluster), [ready, ready]);

    let lonely = Cluster::builder("lonely").service("shop", "backend", "backend", 80).build();
    assert!(endpoints(&lonely).is_empty());
    assert_eq!(lonely.objects("EndpointSlice")[0]["endpoints"], Value::Null);
}

#[tokio::test]
async fn a_budget_counts_the_healthy_pods_and_refuses_evictions() {
    let cluster = shop(3);
    assert_eq!(budget(&cluster), (3, 3, 2, 1));
    let pods = Api::<Pod>::namespaced(inside(&cluster), "shop");
    let names = cluster.pods_of("shop", "backend");
    let dry = EvictParams {
        post_options: kube::api::PostParams { dry_run: true, ..Default::default() },
        ..EvictParams::default()
    };
    pods.evict(&names[0], &dry).await.unwrap();
    assert_eq!(budget(&cluster), (3, 3, 2, 1));
    pods.evict(&names[0], &EvictParams::default()).await.unwrap();
    assert_eq!(budget(&cluster).3, 0);
    let (code, message) = refusal(pods.evict(&names[1], &EvictParams::default()).await);
    assert_eq!(
        (code, message.as_str()),
        (429, "Cannot evict pod as it would violate the pod's disruption budget.")
    );
    pass(&cluster, 60);
    assert_eq!(budget(&cluster), (3, 3, 2, 1));
    assert_eq!(refusal(pods.evict("nothing", &EvictParams::default()).await).0, 404);

    // a changed budget is seen
    let budgets = Api::<PodDisruptionBudget>::namespaced(inside(&cluster), "shop");
    let spec = json!({ "spec": { "minAvailable": "50%" } });
    budgets.patch("backend", &PatchParams::default(), &Patch::Merge(spec)).await.unwrap();
    assert_eq!(budget(&cluster), (3, 3, 2, 1));
    let spec = json!({ "spec": { "minAvailable": null, "maxUnavailable": 2 } });
    budgets.patch("backend", &PatchParams::default(), &Patch::Merge(spec)).await.unwrap();
    assert_eq!(budget(&cluster), (3, 3, 1, 2));
    cluster.hold_controllers(true);
    let spec = json!({ "spec": { "maxUnavailable": 1 } });
    budgets.patch("backend", &PatchParams::default(), &Patch::Merge(spec)).await.unwrap();
    let object = cluster.object("PodDisruptionBudget", "shop", "backend").unwrap();
    assert_ne!(object["metadata"]["generation"], object["status"]["observedGeneration"]);
    let names = cluster.pods_of("shop", "backend");
    assert_eq!(refusal(pods.evict(&names[0], &EvictParams::default()).await).0, 429, "not yet counted");
}

#[tokio::test]
async fn a_stateful_set_has_pods_by_number() {
    let cluster = Cluster::builder("data")
        .nodes(2)
        .claim("shop", Claim::new("data-database-0", 20 << 30))
        .stateful_set("shop", Workload::new("database", 2, "database:1").claim("data-database-0"))
        .build();
    let names = |cluster: &Cluster| -> Vec<String> {
        cluster
            .objects("Pod")
            .iter()
            .map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&cluster), ["database-0", "database-1"]);
    let status =
        |cluster: &Cluster| cluster.object("StatefulSet", "shop", "database").unwrap()["status"].clone();
    assert_eq!(
        (&status(&cluster)["readyReplicas"], &status(&cluster)["updatedReplicas"]),
        (&2.into(), &2.into())
    );
    let pod = cluster.object("Pod", "shop", "database-0").unwrap();
    let claim = pod["spec"]["volumes"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|one| one["persistentVolumeClaim"]["claimName"].as_str());
    assert_eq!(claim, Some("data-database-0"));

    let sets = Api::<k8s_openapi::api::apps::v1::StatefulSet>::namespaced(inside(&cluster), "shop");
    let containers = json!([{ "name": "database", "image": "database:2" }]);
    let image = json!({ "spec": { "template": { "spec": { "containers": containers } } } });
    sets.patch("database", &PatchParams::default(), &Patch::Strategic(image)).await.unwrap();
    assert_ne!(status(&cluster)["currentRevision"], status(&cluster)["updateRevision"]);
    pass(&cluster, 40);
    assert_eq!(status(&cluster)["updatedReplicas"], 1, "the last one first");
    pass(&cluster, 40);
    assert_eq!(status(&cluster)["updatedReplicas"], 2);
    assert_eq!(status(&cluster)["currentRevision"], status(&cluster)["updateRevision"]);
    assert_eq!(names(&cluster), ["database-0", "database-1"]);
}

#[tokio::test]
async fn a_daemon_set_has_a_pod_on_each_node() {
    let cluster = Cluster::builder("nodes")
        .controllers()
        .nodes(3)
        .daemon_set("shop", Workload::new("agent", 1, IMAGE))
        .build();
    let nodes = |cluster: &Cluster| -> Vec<String> {
        let mut nodes: Vec<_> = cluster
            .objects("Pod")
            .iter()
            .map(|pod| pod["spec"]["nodeName"].as_str().unwrap().to_owned())
            .collect();
        nodes.sort();
        nodes
    };
    assert_eq!(nodes(&cluster), ["node-1", "node-2", "node-3"]);
    cluster
        .insert(Cluster::builder("other").node("node-4").build().object("Node", "", "node-4").unwrap())
        .unwrap();
    let status = |cluster: &Cluster| cluster.object("DaemonSet", "shop", "agent").unwrap()["status"].clone();
    let counts = |status: Value| (status["desiredNumberScheduled"].clone(), status["numberReady"].clone());
    assert_eq!(counts(status(&cluster)), (4.into(), 3.into()));
    pass(&cluster, 5);
    assert_eq!(counts(status(&cluster)), (4.into(), 4.into()));
    assert_eq!(nodes(&cluster).len(), 4);
}

#[tokio::test]
async fn a_cron_job_goes_on_with_the_clock() {
    let backup = ScheduledJob::new("backup", "0 9 * * *", "backup:1")
        .failed("2026-11-30T09:02:00Z".parse().unwrap())
        .succeeded("2026-12-01T09:02:00Z".parse().unwrap())
        .every(Duration::from_hours(24));
    let once =
        ScheduledJob::new("once", "0 9 * * *", "backup:1").running("2026-12-01T11:59:00Z".parse().unwrap());
    let cluster = Cluster::builder("jobs").cron_job("shop", backup).cron_job("shop", once).build();
    let jobs = |cluster: &Cluster| -> Vec<String> {
        let kinds = |job: &Value| {
            let conditions = job["status"]["conditions"].as_array().into_iter().flatten();
            conditions.last().map_or("Active", |one| one["type"].as_str().unwrap()).to_owned()
        };
        cluster.objects("Job").iter().map(kinds).collect()
    };
    assert_eq!(jobs(&cluster), ["Failed", "Complete", "Active"]);
    let status = |cluster: &Cluster| cluster.object("CronJob", "shop", "backup").unwrap()["status"].clone();
    assert_eq!(status(&cluster)["lastScheduleTime"], "2026-12-01T09:00:00Z");
    cluster.clock().advance(Duration::from_hours(21));
    assert_eq!(status(&cluster)["lastSuccessfulTime"], "2026-12-01T09:02:00Z");
    pass(&cluster, 120);
    assert_eq!(status(&cluster)["lastSuccessfulTime"], "2026-12-02T09:02:00Z");
    cluster.clock().advance(Duration::from_hours(24 * 5));
    assert_eq!(status(&cluster)["lastScheduleTime"], "2026-12-07T09:00:00Z");
    assert_eq!(jobs(&cluster).iter().filter(|kind| *kind == "Complete").count(), 3);
    let active = cluster.object("CronJob", "shop", "once").unwrap()["status"]["active"].clone();
    assert_eq!(active[0]["kind"], "Job");
}

#[tokio::test]
async fn claims_and_quotas_are_as_they_were_described() {
    let cluster = Cluster::builder("storage")
        .claim("shop", Claim::new("data", 10 << 30))
        .claim("shop", Claim::new("disk", 512 << 20).block().class("fast").shared().lost())
        .claim("shop", Claim::new("cache", 1000).pending())
        .quota("shop", "limits", [("requests.cpu", "4", "3500m"), ("pods", "10", "2")])
        .build();
    let claim = |name: &str| cluster.object("PersistentVolumeClaim", "shop", name).unwrap();
    let data = claim("data");
    assert_eq!(
        (&data["status"]["phase"], &data["status"]["capacity"]["storage"]),
        (&"Bound".into(), &"10Gi".into())
    );
    assert!(data["spec"]["volumeName"].as_str().unwrap().starts_with("pvc-"));
    let disk = claim("disk");
    assert_eq!((&disk["status"]["phase"], &disk["spec"]["volumeMode"]), (&"Lost".into(), &"Block".into()));
    assert_eq!(
        (&disk["spec"]["storageClassName"], &disk["spec"]["accessModes"][0]),
        (&"fast".into(), &"ReadWriteMany".into())
    );
    assert_eq!(claim("cache")["spec"]["volumeName"], Value::Null);
    let quota = cluster.object("ResourceQuota", "shop", "limits").unwrap();
    assert_eq!(quota["status"]["used"]["requests.cpu"], "3500m");
    assert_eq!(quota["status"]["hard"], quota["spec"]["hard"]);
}

#[tokio::test]
async fn a_pod_may_restart_again_and_again_while_it_is_ready() {
    let cluster = shop(2);
    let name = cluster.pods_of("shop", "backend").remove(0);
    cluster.keep_restarting("shop", &name, Duration::from_mins(10)).unwrap();
    let status = || cluster.object("Pod", "shop", &name).unwrap()["status"]["containerStatuses"][0].clone();
    assert_eq!(status()["restartCount"], 0);
    pass(&cluster, 3600);
    assert_eq!((&status()["restartCount"], &status()["ready"]), (&6.into(), &true.into()));
    assert_eq!(status()["lastState"]["terminated"]["finishedAt"], "2026-12-01T13:00:00Z");
}

#[tokio::test]
async fn an_image_may_be_another_one_under_its_name() {
    let cluster = shop(1);
    let id = || {
        let pod = cluster.object("Pod", "shop", &cluster.pods_of("shop", "backend")[0]).unwrap();
        pod["status"]["containerStatuses"][0]["imageID"].as_str().unwrap().to_owned()
    };
    let before = id();
    cluster.same_image(&format!("{IMAGE}:2"), &format!("{IMAGE}:1"));
    cluster.roll_out("shop", "backend", &format!("{IMAGE}:2")).unwrap();
    assert_eq!(id(), before);
    cluster.roll_out("shop", "backend", &format!("{IMAGE}:3")).unwrap();
    assert_ne!(id(), before);
}
