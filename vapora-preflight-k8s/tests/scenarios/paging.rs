//! Lists that come in parts.

use serde_json::json;
use vapora_preflight_k8s::PodsRunning;
use vapora_preflight_sim::PodTrouble;

use crate::{
    ground::{IMAGE, Skipped, everywhere},
    said::{evidence, fails},
};

/// One more than a part has.
const MANY: usize = 501;

#[tokio::test]
async fn the_last_pod_of_a_long_list_is_judged_too() {
    everywhere(
        "long-list",
        |cluster, namespace| {
            let cluster = cluster.nodes(1);
            (0..MANY)
                .fold(cluster, |cluster, number| cluster.pod(namespace, &format!("p-{number:03}"), IMAGE))
        },
        async |ground| {
            if ground.real().is_some_and(|real| real.has.nodes) {
                return Err(Skipped(format!(
                    "it has nodes; {MANY} pods are not made in a cluster that may be in use"
                )));
            }
            ground.cluster().trouble_pod(ground.namespace(), "p-500", PodTrouble::CrashLoop).unwrap();
            ground.settle().await?;
            let result = ground.ask_here::<PodsRunning>(json!({})).await;
            let finding = fails(&result, &["1 of 501 pods", "`p-500`: crash loop"]);
            assert_eq!(evidence(&finding, "total"), MANY.to_string());
            assert_eq!(evidence(&finding, "running"), (MANY - 1).to_string());
            if ground.real().is_none() {
                let asked = ground.cluster().requests();
                let lists = asked.iter().filter(|request| request.path.ends_with("/pods"));
                assert_eq!(lists.count(), 2, "{asked:?}");
            }
            Ok(())
        },
    )
    .await;
}
