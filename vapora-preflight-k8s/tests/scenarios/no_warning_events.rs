//! `k8s.no_warning_events`

use serde_json::{Value, json};
use vapora_preflight::{Clock as _, SystemClock, Timestamp};
use vapora_preflight_k8s::{KubernetesTarget, NoWarningEvents};
use vapora_preflight_sim::ClusterBuilder;

use crate::{
    ground::{Ended, Ground, Right, everywhere},
    said::{errs, evidence, fails, passes},
};

/// The moment so many minutes before now; the checks of the scenarios go by the machine's clock on both grounds.
fn ago(minutes: u64) -> Timestamp {
    SystemClock.now().minus(std::time::Duration::from_secs(minutes * 60))
}

fn event(ground: &Ground, name: &str, reason: &str, at: Timestamp) -> Value {
    json!({ "apiVersion": "v1", "kind": "Event", "metadata": { "name": name }, "type": "Warning",
        "reason": reason, "message": "something went wrong", "count": 3,
        "firstTimestamp": at.to_string(), "lastTimestamp": at.to_string(),
        "source": { "component": "kubelet", "host": "node-1" },
        "involvedObject": { "apiVersion": "v1", "kind": "Pod", "namespace": ground.namespace(),
            "name": format!("vapora-backend-67dd657545-{name}"), "uid": "5c9e8f0e-5d2c-4a47-9a3e-2f4c7a0d7d11" } })
}

/// A time without the parts of a second, which the times of an event do not have.
fn seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_unix_seconds(time.unix_seconds())
}

#[tokio::test]
async fn recent_warnings_fail_and_older_or_allowed_ones_do_not() {
    everywhere("events", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let ask = async |more: Value| ground.ask_here::<NoWarningEvents>(more).await;
        let finding = passes(&ask(json!({})).await, &["no warning events"]);
        assert_eq!(evidence(&finding, "newest"), "nothing");
        for (name, reason, minutes) in
            [("kg66f", "Unhealthy", 5), ("2qbvw", "Unhealthy", 6), ("wx7b2", "BackOff", 30)]
        {
            ground.make(event(ground, name, reason, seconds(ago(minutes)))).await?;
        }
        let finding =
            fails(&ask(json!({})).await, &["3 warning events", "`BackOff`", "something went wrong"]);
        assert_eq!(evidence(&finding, "api"), "events.k8s.io/v1");
        assert_eq!(
            (evidence(&finding, "times"), evidence(&finding, "older")),
            ("9".to_owned(), "0".to_owned())
        );
        fails(
            &ask(json!({ "since": "15m" })).await,
            &["2 warning events", "`Unhealthy`", "Pod/vapora-backend-*` 6 times"],
        );
        fails(&ask(json!({ "allow": ["Unhealthy"] })).await, &["1 warning event", "besides 2 allowed"]);
        passes(&ask(json!({ "since": "3m" })).await, &["no warning events"]);
        passes(&ask(json!({ "since": "15m", "allow": ["Unhealthy"] })).await, &["besides 2 allowed"]);
        passes(&ask(json!({ "involved": ["Deployment/*"] })).await, &["no warning events"]);
        // The times are those of the moment.
        ground.forget();
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_namespace_without_events_is_told_from_none() {
    everywhere("no-events", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let missing = format!("{}-x", ground.namespace());
        let result = ground.ask::<NoWarningEvents>(json!({ "namespace": missing })).await;
        fails(&result, &[&format!("the namespace `{missing}` does not exist")]);
        let right = Right { verbs: &["list"], group: "", resources: &["events"] };
        refused(ground, right, "`list` `events`").await
    })
    .await;
}

#[tokio::test]
async fn without_events_the_namespace_has_to_be_seen() {
    everywhere("unseen-events", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        let right = Right { verbs: &["list"], group: "events.k8s.io", resources: &["events"] };
        refused(ground, right, "`get` `namespaces`").await
    })
    .await;
}

/// It cannot find out with this right alone.
async fn refused(ground: &Ground, right: Right, words: &str) -> Ended {
    let who = ground.restricted(&[right]).await?;
    let here = json!({ "namespace": ground.namespace() });
    let result = ground.ask_as::<NoWarningEvents>(&who, KubernetesTarget::default(), here).await;
    errs(&result, &["403", words]);
    Ok(())
}
