//! `k8s.images_updated`

use serde_json::json;
use vapora_preflight_k8s::{ImagesUpdated, KubernetesTarget};
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{IMAGE, Right, everywhere},
    said::{errs, evidence, fails, passes},
};

const NEXT: &str = "registry.k8s.io/pause:3.9";

fn two(cluster: ClusterBuilder, namespace: &str) -> ClusterBuilder {
    cluster.nodes(2).deployment(namespace, "backend", 2, IMAGE).deployment(namespace, "agents", 1, IMAGE)
}

#[tokio::test]
async fn the_images_after_a_release_are_others_than_before() {
    everywhere("images", two, async |ground| {
        ground.settle().await?;
        let both = json!({ "names": ["backend", "agents"] });
        let before = ground.ask_here::<ImagesUpdated>(both.clone()).await;
        passes(&before, &["the images of 2 workloads", "recorded"]);
        let ask = async |more| ground.ask_after::<ImagesUpdated>(&before, more).await;
        fails(
            &ask(both.clone()).await,
            &["2 of 2 workloads", "`deployment/agents` still runs the image of before in `agents`"],
        );
        ground.cluster().roll_out(ground.namespace(), "backend", NEXT).unwrap();
        ground.settle().await?;
        let finding = fails(&ask(both.clone()).await, &["1 of 2 workloads"]);
        assert_eq!(evidence(&finding, "unchanged"), "deployment/agents");
        passes(
            &ask(json!({ "names": ["backend"], "tag": "3.9" })).await,
            &["1 workload", "runs the new images of the release"],
        );
        ground.cluster().roll_out(ground.namespace(), "agents", NEXT).unwrap();
        ground.settle().await?;
        passes(&ask(both).await, &["2 workloads", "run new images"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_same_image_under_another_tag_is_none_that_is_new() {
    everywhere("images-retagged", two, async |ground| {
        ground.settle().await?;
        let (cluster, namespace) = (ground.cluster(), ground.namespace());
        let backend = json!({ "names": ["backend"] });
        let before = ground.ask_here::<ImagesUpdated>(backend.clone()).await;
        let old = cluster.object("Pod", namespace, &cluster.pods_of(namespace, "backend")[0]).unwrap();
        cluster.roll_out(namespace, "backend", NEXT).unwrap();
        for pod in cluster.pods_of(namespace, "backend") {
            let id = old["status"]["containerStatuses"][0]["imageID"].clone();
            cluster
                .edit("Pod", namespace, &pod, |pod| pod["status"]["containerStatuses"][0]["imageID"] = id)
                .unwrap();
        }
        ground.settle().await?;
        fails(
            &ground.ask_after::<ImagesUpdated>(&before, backend).await,
            &[
                "runs the same image as before under another name in `backend`",
                "pause:3.10` before",
                "pause:3.9` now",
            ],
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn without_the_rights_it_is_not_known() {
    everywhere("images-rights", two, async |ground| {
        ground.settle().await?;
        let rights = [
            Right { verbs: &["get"], group: "apps", resources: &["deployments"] },
            Right { verbs: &["list"], group: "", resources: &["pods"] },
        ];
        let who = ground.restricted(&rights).await?;
        let parameters = json!({ "namespace": ground.namespace(), "names": ["backend"] });
        let result = ground.ask_as::<ImagesUpdated>(&who, KubernetesTarget::default(), parameters).await;
        errs(
            &result,
            &["could not list the replica sets", "the right to `list` `replicasets` of the group `apps`"],
        );
        Ok(())
    })
    .await;
}
