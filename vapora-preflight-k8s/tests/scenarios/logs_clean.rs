//! `k8s.logs_clean`

use serde_json::json;
use vapora_preflight_k8s::{KubernetesTarget, LogsClean};
use vapora_preflight_sim::{ClusterBuilder, PodTrouble};

use crate::{
    ground::{Ended, Ground, IMAGE, Right, Skipped, everywhere},
    said::{errs, evidence, fails, passes, waits},
};

fn two(cluster: ClusterBuilder, namespace: &str) -> ClusterBuilder {
    let cluster = cluster.nodes(2);
    ["a-0", "a-1"].into_iter().fold(cluster, |cluster, name| cluster.pod(namespace, name, IMAGE))
}

/// Containers have logs only where a kubelet runs them.
fn needs_kubelets(ground: &Ground) -> Ended {
    match ground.real() {
        Some(_) => Err(Skipped("no kubelet runs the pods of a scenario".to_owned())),
        None => Ok(()),
    }
}

#[tokio::test]
async fn errors_are_found_in_the_logs_of_all_pods() {
    everywhere("logs", two, async |ground| {
        ground.settle().await?;
        needs_kubelets(ground)?;
        let (cluster, namespace) = (ground.cluster(), ground.namespace());
        for pod in ["a-0", "a-1"] {
            cluster.log(namespace, pod, "a", [" INFO listening on 0.0.0.0:8001"]).unwrap();
        }
        let ask = async |tail: u32| {
            ground.ask_here::<LogsClean>(json!({ "selector": "app=a", "tail": tail })).await
        };
        let finding = passes(&ask(50).await, &["2 logs of 2 pods", "2 lines read"]);
        assert_eq!(evidence(&finding, "matches"), "0");
        cluster.log(namespace, "a-1", "a", ["ERROR no route", " INFO again"]).unwrap();
        fails(&ask(50).await, &["1 line", "`a-1/a` at", "ERROR no route", "logs a-1 -c a --tail=50"]);
        passes(&ask(1).await, &["2 lines read"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_pod_without_a_log_is_not_clean() {
    everywhere("no-logs", two, async |ground| {
        let (cluster, namespace) = (ground.cluster(), ground.namespace());
        cluster.trouble_pod(namespace, "a-0", PodTrouble::Unschedulable).unwrap();
        cluster.trouble_pod(namespace, "a-1", PodTrouble::ImagePull).unwrap();
        ground.settle().await?;
        let result = ground.ask_here::<LogsClean>(json!({ "pods": ["a-0"] })).await;
        waits(&result, &["could not read the log of `a-0/a`", "describe pod a-0"]);
        let result = ground.ask_here::<LogsClean>(json!({ "pods": ["a-1"] })).await;
        waits(&result, &["could not read the log of `a-1/a`: it has not started (ImagePullBackOff"]);
        let result = ground.ask_here::<LogsClean>(json!({ "selector": "app=b" })).await;
        fails(&result, &["there are no pods with the labels `app=b`"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_node_that_does_not_answer_and_a_right_that_is_missing() {
    everywhere("unread-logs", two, async |ground| {
        ground.settle().await?;
        let rights = [Right { verbs: &["get", "list"], group: "", resources: &["pods"] }];
        let who = ground.restricted(&rights).await?;
        let here = json!({ "namespace": ground.namespace(), "pods": ["a-0"] });
        let result = ground.ask_as::<LogsClean>(&who, KubernetesTarget::default(), here.clone()).await;
        errs(&result, &["403", "`get` `pods/log`"]);
        // On the real ground the pod says that it runs and has no node, and the server answers 204.
        let words: &[&str] = if ground.real().is_some() {
            &["could not read the log of `a-0/a`", "the pod has no node yet"]
        } else {
            ground.cluster().without_kubelets();
            &["could not read the log of `a-0/a`", "500", "see whether the node `"]
        };
        waits(&ground.ask::<LogsClean>(here).await, words);
        // They are not in the same trouble.
        ground.forget();
        Ok(())
    })
    .await;
}
