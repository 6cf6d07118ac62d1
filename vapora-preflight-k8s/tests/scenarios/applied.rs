//! `k8s.applied`

use serde_json::json;
use vapora_preflight_k8s::Applied;
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{IMAGE, everywhere},
    manifests::{config_map, deployment, folder, parameters},
    said::{evidence, fails, passes},
};

#[tokio::test]
async fn a_release_is_applied_and_applying_it_again_changes_nothing() {
    everywhere("applied", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let objects = [deployment("web", IMAGE), config_map("settings", json!({ "A": "1" }))];
        let release = folder(&objects);
        ground.standing_for(&format!("{}/", release.path().display()), "");
        let first = passes(
            &ground.ask_here::<Applied>(parameters(&release)).await,
            &["2 new, 0 changed, 0 unchanged"],
        );
        assert_eq!(evidence(&first, "created"), "ConfigMap/settings, Deployment/web");
        passes(&ground.ask_here::<Applied>(parameters(&release)).await, &["0 new, 0 changed, 2 unchanged"]);
        let next = folder(&[deployment("web", IMAGE), config_map("settings", json!({ "B": "2" }))]);
        ground.standing_for(&format!("{}/", next.path().display()), "");
        let changed =
            passes(&ground.ask_here::<Applied>(parameters(&next)).await, &["0 new, 1 changed, 1 unchanged"]);
        assert_eq!(evidence(&changed, "changed"), "ConfigMap/settings");
        // Who applies under another name meets what the first one has set.
        let other = folder(&[config_map("settings", json!({ "B": "4" }))]);
        ground.standing_for(&format!("{}/", other.path().display()), "");
        let mut by_another = parameters(&other);
        by_another["field_manager"] = "another".into();
        fails(&ground.ask_here::<Applied>(by_another.clone()).await, &["`kubectl` manages `.data.B`"]);
        by_another["force"] = true.into();
        passes(&ground.ask_here::<Applied>(by_another).await, &["0 new, 1 changed"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_release_that_cannot_be_applied_whole_is_not_applied_at_all() {
    everywhere("whole", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let before = folder(&[deployment("web", IMAGE), config_map("settings", json!({ "A": "1" }))]);
        passes(&ground.ask_here::<Applied>(parameters(&before)).await, &["2 new"]);
        let mut wrong = deployment("web", IMAGE);
        wrong["spec"]["selector"]["matchLabels"]["app"] = "other".into();
        wrong["spec"]["template"]["metadata"]["labels"]["app"] = "other".into();
        let wrong = folder(&[wrong, config_map("settings", json!({ "B": "3" }))]);
        ground.standing_for(&format!("{}/", wrong.path().display()), "");
        let told = ["1 of 2", "spec.selector", "field is immutable", "nothing was applied"];
        fails(&ground.ask_here::<Applied>(parameters(&wrong)).await, &told);
        // Servers of different versions show the field each in its own way.
        ground.forget();
        passes(&ground.ask_here::<Applied>(parameters(&before)).await, &["0 new, 0 changed, 2 unchanged"]);
        Ok(())
    })
    .await;
}
