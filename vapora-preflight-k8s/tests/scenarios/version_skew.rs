//! `k8s.version_skew`

use serde_json::json;
use vapora_preflight_k8s::VersionSkew;
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{Ground, Who, everywhere},
    said::{evidence, fails, passes},
};

async fn version(ground: &Ground) -> String {
    ground.client(&Who::Admin).await.client().apiserver_version().await.unwrap().git_version
}

fn two(cluster: ClusterBuilder, namespace: &str) -> ClusterBuilder {
    ["a", "b"].into_iter().fold(cluster, |cluster, name| cluster.node(&format!("{namespace}-{name}")))
}

#[tokio::test]
async fn a_kubectl_goes_with_the_server_or_not() {
    everywhere(
        "kubectl",
        |cluster, _| cluster,
        async |ground| {
            let own = version(ground).await;
            let ask = async |version: &str| {
                ground.ask::<VersionSkew>(json!({ "kubectl_version": version, "nodes": false })).await
            };
            let finding = passes(&ask(&own).await, &["kubectl", "goes with the API server"]);
            assert_eq!(evidence(&finding, "server"), own);
            ground.forget();
            fails(&ask("1.5").await, &["not all versions go with the API server", "minor versions older"]);
            // How many they are apart depends on the server.
            ground.forget();
            Ok(())
        },
    )
    .await;
}

#[tokio::test]
async fn an_old_kubelet_is_told() {
    everywhere("kubelets", two, async |ground| {
        let name = format!("{}-b", ground.namespace());
        let old =
            |node: &mut serde_json::Value| node["status"]["nodeInfo"]["kubeletVersion"] = "v1.5.0".into();
        ground.cluster().edit("Node", "", &name, old).unwrap();
        ground.settle().await?;
        let result = ground.ask::<VersionSkew>(json!({ "kubectl": false })).await;
        let finding =
            fails(&result, &[&format!("on `{name}` the kubelet v1.5.0 is"), "older than the API server"]);
        assert!(evidence(&finding, "skewed").contains(&name), "{finding:?}");
        assert_eq!(evidence(&finding, "oldest_kubelet"), "v1.5.0");
        // The nodes of other scenarios are seen too.
        ground.forget();
        Ok(())
    })
    .await;
}
