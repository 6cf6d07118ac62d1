//! `k8s.backup_job_recent`

use serde_json::{Value, json};
use vapora_preflight::{Clock as _, SystemClock, Timestamp};
use vapora_preflight_k8s::BackupJobRecent;
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{IMAGE, everywhere},
    said::{evidence, fails, passes},
};

fn hours_ago(hours: i64) -> String {
    Timestamp::from_unix_seconds(SystemClock.now().unix_seconds() - hours * 3600).to_string()
}

/// A cron job whose next run is far away, and what it last did.
fn cron_job(name: &str, suspend: bool, status: Value) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": { "name": name },
        "spec": {
            "schedule": "0 0 29 2 *", "suspend": suspend,
            "jobTemplate": { "spec": { "template": { "spec": {
                "restartPolicy": "Never", "containers": [{ "name": "backup", "image": IMAGE }],
            } } } },
        },
        "status": status,
    })
}

#[tokio::test]
async fn a_cron_job_tells_of_its_last_success() {
    everywhere("backup", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let succeeded =
            |hours: i64| json!({ "lastScheduleTime": hours_ago(hours + 1), "lastSuccessfulTime": hours_ago(hours) });
        ground.make(cron_job("daily", false, succeeded(5))).await?;
        ground.make(cron_job("old", false, succeeded(50))).await?;
        ground.make(cron_job("never", false, json!({}))).await?;
        ground.make(cron_job("paused", true, succeeded(5))).await?;
        let ask = async |name: &str, more: Value| {
            let mut parameters = json!({ "cron_job": name, "max_age": "24h" });
            parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            ground.ask_here::<BackupJobRecent>(parameters).await
        };
        let finding = passes(&ask("daily", json!({})).await, &["the last backup by `cronjob/daily`", "is 5h old"]);
        assert_eq!(evidence(&finding, "suspended"), "no");
        fails(&ask("old", json!({})).await, &["the last success was 50h ago", "create job --from=cronjob/old"]);
        passes(&ask("old", json!({ "max_age": "3d" })).await, &["is 50h old"]);
        fails(&ask("never", json!({})).await, &["no job has succeeded"]);
        fails(&ask("paused", json!({})).await, &["it is suspended", "patch cronjob paused"]);
        passes(&ask("paused", json!({ "allow_suspended": true })).await, &["is 5h old"]);
        fails(&ask("nothing", json!({})).await, &["`cronjob/nothing` does not exist"]);
        Ok(())
    })
    .await;
}
