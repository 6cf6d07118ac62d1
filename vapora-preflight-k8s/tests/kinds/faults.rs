//! Whatever goes wrong with a request, no check passes.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use vapora_preflight::{Check, Kind};
use vapora_preflight_k8s::{
    AccessAllowed, ApiReachable, ApisServed, Applied, BackedUp, BackupJobRecent, ConfigMapMatches,
    DeploymentsAvailable, DisruptionAllowed, DryRunApplies, EndpointsReady, ImagesUpdated, KubeconfigValid,
    KubernetesTarget, LogsClean, NamespaceExists, NoWarningEvents, NodesHaveHeadroom, NodesReady,
    PodsRunning, PodsStable, PvcBound, QuotaHeadroom, RollbackRehearsed, RolloutComplete, RolloutHistory,
    SecretExists, UsageRecorded, VersionSkew, VolumesHaveSpace,
};
use vapora_preflight_sim::{Cluster, Fault, FaultPlan};

use crate::{
    manifests::{WORLD, file, folder},
    said::{context, kind, passes},
    world::{client, cluster, rolled_out_twice},
};

fn settings(cluster: &Cluster) -> KubernetesTarget {
    let system = cluster.object("Namespace", "", "kube-system").unwrap();
    let uid = system["metadata"]["uid"].as_str().unwrap().to_owned();
    KubernetesTarget {
        server: Some("https://sim.example.com".to_owned()),
        cluster_uid: Some(uid),
        ..KubernetesTarget::default()
    }
}

async fn survives<K: Kind>(parameters: Value, requests: usize) {
    let cluster = if K::NAME == RollbackRehearsed::NAME { rolled_out_twice() } else { cluster() };
    let check = kind::<K>(parameters);
    let client = client(&cluster);
    let cx = context(client.clone(), settings(&cluster)).with_clock(Arc::new(cluster.clock().clone()));
    let result = check.run(&cx.next_attempt()).await;
    assert!(passes(&result), "{}: {result:?}", K::NAME);
    assert_eq!(cluster.request_count(), requests, "{}", K::NAME);
    assert_eq!(client.requests(), requests as u64);
    for number in 1..=requests {
        for fault in Fault::ALL {
            cluster.faults().set(FaultPlan::nth(number, fault));
            let result = tokio::time::timeout(Duration::from_secs(30), check.run(&cx.next_attempt())).await;
            assert!(
                !result.as_ref().is_ok_and(passes),
                "{}: {fault} at request {number}: {result:?}",
                K::NAME
            );
            assert_eq!(cluster.faults().struck(), 1, "{}: {fault} at request {number}", K::NAME);
            assert_eq!(result.is_err(), fault == Fault::Slow, "{}: {fault} at request {number}", K::NAME);
        }
    }
    cluster.faults().clear();
    assert!(passes(&check.run(&cx.next_attempt()).await), "{} does not recover", K::NAME);
}

#[tokio::test(start_paused = true)]
async fn no_fault_of_any_request_gives_a_pass() {
    survives::<ApiReachable>(json!({}), 3).await;
    survives::<NodesReady>(json!({ "at_least": 3 }), 1).await;
    survives::<KubeconfigValid>(json!({ "outlasts": "4h" }), 1).await;
    survives::<VersionSkew>(json!({ "kubectl_version": "1.36" }), 2).await;
    survives::<NodesHaveHeadroom>(json!({ "source": "requests" }), 2).await;
    survives::<NodesHaveHeadroom>(json!({}), 2).await;
    survives::<UsageRecorded>(json!({ "namespace": "vapora", "limit_percent": 90 }), 4).await;
    survives::<VolumesHaveSpace>(json!({ "namespace": "vapora", "free_percent": 10 }), 3).await;
    survives::<QuotaHeadroom>(json!({ "namespace": "vapora" }), 1).await;
    survives::<PvcBound>(json!({ "namespace": "vapora", "selector": "!app" }), 1).await;
    survives::<PvcBound>(json!({ "namespace": "vapora", "names": ["vapora-data"] }), 1).await;
    survives::<NamespaceExists>(json!({ "namespace": "vapora" }), 1).await;
    let names = json!({ "namespace": "vapora", "names": ["vapora-backend", "vapora-agents"] });
    survives::<DeploymentsAvailable>(names, 2).await;
    survives::<DeploymentsAvailable>(
        json!({ "namespace": "vapora", "selector": "app in (vapora-backend)" }),
        1,
    )
    .await;
    survives::<PodsRunning>(json!({ "namespace": "vapora", "at_least": 3 }), 1).await;
    survives::<NoWarningEvents>(json!({ "namespace": "vapora" }), 2).await;
    survives::<NoWarningEvents>(json!({}), 1).await;
    survives::<LogsClean>(json!({ "namespace": "vapora", "workloads": ["vapora-backend"] }), 5).await;
    survives::<LogsClean>(
        json!({ "namespace": "vapora", "selector": "app=vapora-backend", "since": "1h" }),
        3,
    )
    .await;
    let named = |name: &str, key: &str| json!({ "namespace": "vapora", "name": name, "keys": [key] });
    survives::<ConfigMapMatches>(named("vapora-config", "config.toml"), 1).await;
    survives::<SecretExists>(named("vapora-secrets", "PASS"), 1).await;
    let of_each =
        json!({ "namespace": "vapora", "deployments": { "vapora-backend": 2, "vapora-agents": 1 } });
    survives::<PodsRunning>(of_each, 2).await;
    let names = json!({ "namespace": "vapora", "names": ["vapora-backend", "vapora-agents"] });
    survives::<RolloutComplete>(names.clone(), 2).await;
    survives::<RolloutHistory>(json!({ "namespace": "vapora", "name": "vapora-backend", "at_least": 1 }), 2)
        .await;
    survives::<PodsStable>(json!({ "namespace": "vapora" }), 1).await;
    survives::<ImagesUpdated>(names, 4).await;
    survives::<EndpointsReady>(json!({ "namespace": "vapora", "names": ["vapora-backend"] }), 2).await;
    survives::<EndpointsReady>(json!({ "namespace": "vapora", "selector": "!app" }), 2).await;
    survives::<DisruptionAllowed>(json!({ "namespace": "vapora", "covers": ["vapora-backend"] }), 3).await;
    let backup = json!({ "namespace": "vapora", "cron_job": "vapora-db-backup", "max_age": "24h" });
    survives::<BackupJobRecent>(backup, 2).await;
    let rights =
        json!({ "namespace": "vapora", "verbs": ["get", "list"], "resources": ["pods", "deployments.apps"] });
    survives::<AccessAllowed>(rights, 4).await;
    let folder = folder(WORLD);
    let manifests = json!({ "files": [file(&folder)], "namespace": "vapora", "resources": ["configmaps", "deployments.apps"] });
    survives::<ApisServed>(manifests.clone(), 3).await;
    survives::<DryRunApplies>(manifests.clone(), 6).await;
    survives::<Applied>(manifests, 8).await;
    let rehearsal =
        json!({ "namespace": "vapora", "names": ["vapora-agents"], "rollout_timeout": "15s", "poll": "5s" });
    survives::<RollbackRehearsed>(rehearsal, 18).await;
    let objects =
        json!({ "namespace": "vapora", "objects": ["configmaps/vapora-config"], "resources": ["services"] });
    survives::<BackedUp>(objects.clone(), 6).await;
    let mut anew = objects;
    anew["anew"] = true.into();
    survives::<BackedUp>(anew, 8).await;
}

#[tokio::test]
async fn a_request_that_was_refused_for_now_says_when_to_come_back() {
    let cluster = cluster();
    cluster.faults().set(FaultPlan::every(Fault::Status(429)));
    let error =
        kind::<NodesReady>(json!({})).run(&context(client(&cluster), settings(&cluster))).await.unwrap_err();
    assert!(error.is_transient());
    assert!(error.to_string().contains("429"), "{error}");
}
