use std::time::Duration;

use k8s_openapi::api::{core::v1::Event, events::v1::Event as NewEvent};
use kube::{Api, api::ListParams};
use serde_json::Value;
use vapora_preflight_sim::{Cluster, PodTrouble};

use crate::{inside, shop};

/// What was told, shortly.
fn told(cluster: &Cluster, kind: &str) -> Vec<String> {
    let mut told: Vec<String> = cluster
        .objects("Event")
        .iter()
        .filter(|event| event["type"] == kind)
        .map(|event| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            format!("{} {}", text(&event["involvedObject"]["kind"]), text(&event["reason"]))
        })
        .collect();
    told.sort();
    told.dedup();
    told
}

#[tokio::test]
async fn an_event_is_told_in_both_apis_and_counted() {
    let cluster = shop().build();
    assert!(cluster.objects("Event").is_empty());
    let tell = |count| {
        cluster.event("shop", ("Pod", "database-0"), "Warning", "BackOff", "it failed", count).unwrap();
    };
    tell(3);
    cluster.clock().advance(Duration::from_mins(10));
    tell(1);
    let events = Api::<Event>::namespaced(inside(&cluster), "shop");
    let warnings = events.list(&ListParams::default().fields("type=Warning")).await.unwrap().items;
    let [event] = warnings.as_slice() else { panic!("{warnings:?}") };
    assert_eq!((event.count, event.reason.as_deref()), (Some(4), Some("BackOff")));
    let uid =
        cluster.object("Pod", "shop", "database-0").unwrap()["metadata"]["uid"].as_str().unwrap().to_owned();
    assert_eq!(event.involved_object.uid.as_ref(), Some(&uid));
    assert_eq!(event.source.as_ref().unwrap().component.as_deref(), Some("kubelet"));
    let times = |time: &Option<k8s_openapi::apimachinery::pkg::apis::meta::v1::Time>| {
        time.as_ref().unwrap().0.to_string()
    };
    assert_eq!(times(&event.first_timestamp), "2026-12-01T12:00:00Z");
    assert_eq!(times(&event.last_timestamp), "2026-12-01T12:10:00Z");

    let events = Api::<NewEvent>::namespaced(inside(&cluster), "shop");
    let all = events.list(&ListParams::default()).await.unwrap().items;
    assert_eq!((all[0].deprecated_count, all[0].note.as_deref()), (Some(4), Some("it failed")));

    cluster.clock().advance(Duration::from_mins(59));
    assert_eq!(cluster.objects("Event").len(), 1);
    cluster.clock().advance(Duration::from_mins(1));
    assert!(cluster.objects("Event").is_empty(), "an hour later it is forgotten");
    tell(1);
    assert_eq!(cluster.objects("Event")[0]["count"], 1);

    cluster.event("shop", ("Deployment", "gone"), "Normal", "Deleted", "it was here", 1).unwrap();
    cluster.event("default", ("Node", "node-1"), "Warning", "Rebooted", "it was away", 1).unwrap();
    let node = cluster.objects("Event").into_iter().find(|event| event["reason"] == "Rebooted").unwrap();
    assert_eq!(node["metadata"]["namespace"], "default");
    assert!(cluster.event("shop", ("Unknown", "x"), "Normal", "X", "x", 1).is_err());
}

#[tokio::test]
async fn troubles_and_rollouts_are_told() {
    let cluster = shop().build();
    let pods = cluster.pods_of("shop", "backend");
    cluster.trouble_pod("shop", &pods[0], PodTrouble::CrashLoop).unwrap();
    cluster.trouble_pod("shop", &pods[1], PodTrouble::ImagePull).unwrap();
    assert_eq!(told(&cluster, "Warning"), ["Pod BackOff", "Pod Failed"]);
    cluster.trouble_pod("shop", &pods[0], PodTrouble::NotReady).unwrap();
    cluster.trouble_pod("shop", &pods[1], PodTrouble::Unschedulable).unwrap();
    assert_eq!(
        told(&cluster, "Warning"),
        ["Pod BackOff", "Pod Failed", "Pod FailedScheduling", "Pod Unhealthy"]
    );
    let scheduling =
        cluster.objects("Event").into_iter().find(|event| event["reason"] == "FailedScheduling").unwrap();
    assert_eq!(
        (&scheduling["eventTime"], &scheduling["count"]),
        (&"2026-12-01T12:00:00.000000Z".into(), &Value::Null)
    );

    let cluster = shop().build();
    cluster.roll_out("shop", "backend", "registry.example.com/backend:2").unwrap();
    assert!(told(&cluster, "Warning").is_empty());
    assert_eq!(
        told(&cluster, "Normal"),
        [
            "Deployment ScalingReplicaSet",
            "Pod Created",
            "Pod Pulled",
            "Pod Scheduled",
            "Pod Started",
            "ReplicaSet SuccessfulCreate",
            "ReplicaSet SuccessfulDelete",
        ]
    );
}
