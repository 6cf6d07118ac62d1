//! `k8s.pods_stable`

use serde_json::{Value, json};
use vapora_preflight::{Advice, Clock as _, SystemClock};
use vapora_preflight_k8s::PodsStable;
use vapora_preflight_sim::{ClusterBuilder, PodTrouble};

use crate::{
    ground::{Ground, IMAGE, everywhere},
    said::{evidence, fails, passes},
};

/// Three pods that run since an hour ago by the clock of this machine.
fn three(cluster: ClusterBuilder, namespace: &str) -> ClusterBuilder {
    let cluster = cluster.at(SystemClock.now().unix_seconds() - 3600).nodes(2);
    ["a-0", "a-1", "b-0"].into_iter().fold(cluster, |cluster, name| cluster.pod(namespace, name, IMAGE))
}

fn edit(ground: &Ground, edit: impl FnOnce(&mut Value)) {
    let container = |pod: &mut Value| edit(&mut pod["status"]["containerStatuses"][0]);
    ground.cluster().edit("Pod", ground.namespace(), "a-1", container).unwrap();
}

/// The container was ended and started again at that time.
fn restart(ground: &Ground, reason: &str, seconds_ago: i64) {
    let at = vapora_preflight::Timestamp::from_unix_seconds(SystemClock.now().unix_seconds() - seconds_ago);
    edit(ground, |container| {
        let before = container["state"]["running"]["startedAt"].clone();
        container["restartCount"] = (container["restartCount"].as_u64().unwrap() + 1).into();
        container["lastState"] = json!({ "terminated": { "exitCode": 137, "reason": reason, "startedAt": before,
            "finishedAt": at.to_string(), "containerID": container["containerID"] } });
        container["state"] = json!({ "running": { "startedAt": at.to_string() } });
    });
}

#[tokio::test]
async fn restarts_are_compared_with_those_of_before() {
    everywhere("stable", three, async |ground| {
        ground.settle().await?;
        let before = ground.ask_here::<PodsStable>(json!({ "at_least": 3 })).await;
        passes(&before, &["0 restarts of 3 pods", "recorded"]);
        let ask = async |more| ground.ask_after::<PodsStable>(&before, more).await;
        passes(
            &ask(json!({})).await,
            &["no container of 3 pods", "was restarted since 1970-01-01 00:00 UTC"],
        );
        restart(ground, "Error", 60);
        ground.settle().await?;
        let finding = fails(
            &ask(json!({})).await,
            &[
                "1 of 3 pods",
                "`a-1`: container `a` was restarted 1 time, last ended with exit code 137 (Error)",
            ],
        );
        assert_eq!(finding.advice, Some(Advice::Investigate));
        passes(&ask(json!({ "allow_restarts": 1 })).await, &["none of 3 pods", "more than 1 time"]);
        restart(ground, "OOMKilled", 30);
        ground.settle().await?;
        let finding = fails(&ask(json!({ "allow_restarts": 1 })).await, &["1 killed for memory", "2 times"]);
        assert_eq!(finding.advice, Some(Advice::RollBack));
        // A pod that was not there before.
        let mut pod = ground.cluster().object("Pod", ground.namespace(), "b-0").unwrap();
        pod["metadata"] = json!({ "name": "b-1", "namespace": ground.namespace(), "labels": { "app": "b" } });
        ground.cluster().insert(pod).unwrap();
        ground.settle().await?;
        let finding = fails(
            &ask(json!({ "allow_restarts": 2 })).await,
            &["1 of 4 pods", "`b-1`: is new since the baseline"],
        );
        assert_eq!(evidence(&finding, "new"), "b-1");
        passes(&ask(json!({ "allow_restarts": 2, "allow_new_pods": true })).await, &["none of 4 pods"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn restarts_within_a_time_are_told_by_the_clock() {
    everywhere("stable-since", three, async |ground| {
        ground.settle().await?;
        let ask = async |since: &str| ground.ask_here::<PodsStable>(json!({ "since": since })).await;
        passes(&ask("10m").await, &["no container of 3 pods", "in the last 10m"]);
        restart(ground, "Error", 300);
        ground.settle().await?;
        fails(&ask("10m").await, &["`a-1`: container `a` was restarted 5m", "ago"]);
        ground.forget();
        passes(&ask("4m").await, &["in the last 4m"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_crash_loop_is_never_stable() {
    everywhere("stable-loop", three, async |ground| {
        ground.cluster().trouble_pod(ground.namespace(), "a-1", PodTrouble::CrashLoop).unwrap();
        ground.settle().await?;
        let finding = fails(
            &ground.ask_here::<PodsStable>(json!({})).await,
            &[
                "1 of 3 pods",
                "`a-1`: crash loop of container `a`: 7 restarts",
                "logs a-1 --all-containers --previous",
            ],
        );
        assert_eq!(finding.advice, Some(Advice::RollBack));
        passes(&ground.ask_here::<PodsStable>(json!({ "selector": "app=b" })).await, &["1 pod of `app=b`"]);
        Ok(())
    })
    .await;
}
