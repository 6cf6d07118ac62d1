//! `k8s.usage_recorded`

use serde_json::{Value, json};
use vapora_preflight::{CheckResult, Clock as _, SystemClock};
use vapora_preflight_k8s::UsageRecorded;
use vapora_preflight_sim::{ClusterBuilder, NodeTrouble};

use crate::{
    ground::{Ground, IMAGE, Skipped, everywhere},
    said::{errs, evidence, fails, passes},
};

/// Two deployments, measured by the clock of this machine.
fn two(cluster: ClusterBuilder, namespace: &str) -> ClusterBuilder {
    cluster
        .at(SystemClock.now().unix_seconds())
        .nodes(2)
        .deployment(namespace, "backend", 2, IMAGE)
        .deployment(namespace, "agents", 1, IMAGE)
}

fn measured(ground: &Ground) -> Result<(), Skipped> {
    match ground.real() {
        Some(_) => Err(Skipped("nothing runs, so that nothing is measured".to_owned())),
        None => Ok(()),
    }
}

/// Every container of a deployment uses so many thousandths of a core, and so many mebibytes.
fn use_of(ground: &Ground, deployment: &str, cpu: u64, mebibytes: u64) {
    let (cluster, namespace) = (ground.cluster(), ground.namespace());
    for pod in cluster.pods_of(namespace, deployment) {
        cluster.set_usage(namespace, &pod, deployment, cpu, mebibytes << 20).unwrap();
    }
}

async fn ask(ground: &Ground, more: Value) -> CheckResult {
    ground.ask_here::<UsageRecorded>(more).await
}

#[tokio::test]
async fn what_each_deployment_uses_is_recorded() {
    everywhere("usage", two, async |ground| {
        measured(ground)?;
        use_of(ground, "backend", 250, 100);
        use_of(ground, "agents", 100, 50);
        let result = ask(ground, json!({})).await;
        let finding =
            passes(&result, &["2 deployments", "0.6 cores and 250MiB in 3 pods", "39.1% of a memory limit"]);
        assert_eq!(evidence(&finding, "cpu"), "0.6");
        assert!(evidence(&finding, "deployments").contains("backend: pods: 2, cpu: 0.5"), "{finding:?}");
        let only = json!({ "names": ["agents"], "limit_percent": 90 });
        passes(&ask(ground, only.clone()).await, &["1 deployment", "0.1 cores and 50MiB in 1 pod"]);
        use_of(ground, "agents", 100, 240);
        fails(&ask(ground, only).await, &["uses 240MiB of its memory limit of 256MiB (93.8%)", "top pods"]);
        errs(
            &ask(ground, json!({ "cpu_growth_percent": 10 })).await,
            &["nothing on record to compare with", "baseline"],
        );
        fails(&ask(ground, json!({ "names": ["agents", "nothing"] })).await, &["`nothing` does not exist"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_is_not_measured_is_not_recorded() {
    everywhere("usage-unknown", two, async |ground| {
        measured(ground)?;
        passes(&ask(ground, json!({})).await, &["2 deployments"]);
        // The pods of a kubelet that is silent are not measured either.
        ground.cluster().trouble_node("node-2", NodeTrouble::Silent).unwrap();
        let error = ask(ground, json!({})).await.unwrap_err();
        assert!(error.is_transient() && error.to_string().contains("no metrics that count"), "{error}");
        ground.cluster().without_metrics();
        errs(&ask(ground, json!({})).await, &["the metrics API is not installed"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_server_without_metrics_is_told() {
    everywhere(
        "usage-none",
        |cluster, namespace| two(cluster.without_group("metrics.k8s.io"), namespace),
        async |ground| {
            ground.settle().await?;
            errs(
                &ask(ground, json!({})).await,
                &["the metrics API is not installed", "install the metrics server"],
            );
            Ok(())
        },
    )
    .await;
}
