//! `k8s.api_reachable`

use std::{sync::Arc, time::Duration};

use serde_json::json;
use vapora_preflight::{Check, CheckResult, Clock, Timestamp, async_trait};
use vapora_preflight_k8s::{ApiReachable, K8sClient, KubernetesTarget};
use vapora_preflight_sim::SimClock;

use crate::{
    replay::{Recording, SERVER, recorded, replay},
    said::{Sheet, context, documented, fails, kind, passes, problems, warns},
};

async fn ask(client: K8sClient, settings: KubernetesTarget) -> CheckResult {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::at_unix_seconds(1_796_133_600));
    let result = kind::<ApiReachable>(json!({})).run(&context(client, settings).with_clock(clock)).await;
    documented::<ApiReachable>(&result);
    result
}

fn server(server: &str) -> KubernetesTarget {
    KubernetesTarget { server: Some(server.to_owned()), ..KubernetesTarget::default() }
}

fn uid(uid: &str) -> KubernetesTarget {
    KubernetesTarget { cluster_uid: Some(uid.to_owned()), ..KubernetesTarget::default() }
}

fn system() -> Recording {
    let system = Recording::of("namespace-get").at("/api/v1/namespaces/kube-system");
    system.edited(|namespace| {
        namespace["metadata"]["name"] = "kube-system".into();
        namespace["metadata"]["uid"] = "11111111-2222".into();
    })
}

#[tokio::test]
async fn a_cluster_is_reachable_ready_and_the_one_that_is_meant() {
    let ready = || vec![Recording::of("version-get"), Recording::of("readyz-verbose"), system()];
    let mut sheet = Sheet::default();
    let result = ask(replay(ready()).0, KubernetesTarget::default()).await;
    assert!(passes(&result));
    sheet.add("ready, and not compared", &result);
    assert!(passes(&ask(replay(ready()).0, server("https://K8S.example.com:6443/")).await));
    let result = ask(replay(ready()).0, uid("11111111-2222")).await;
    assert!(passes(&result));
    sheet.add("the uid that is meant", &result);
    let result = ask(replay(ready()).0, uid("33333333-4444")).await;
    assert!(fails(&result));
    sheet.add("another uid", &result);
    let result = ask(recorded(&["version-get", "readyz-verbose-etcd-down"]), server(SERVER)).await;
    assert!(fails(&result));
    sheet.add("etcd is down", &result);
    let result = ask(recorded(&["version-get-bad-token-401", "readyz-verbose"]), server(SERVER)).await;
    assert!(result.is_err());
    sheet.add("a bad token", &result);
    insta::assert_snapshot!(sheet.text());
    assert!(passes(&ask(recorded(&["version-get", "readyz-plain"]), server(SERVER)).await));
}

#[tokio::test]
async fn another_server_is_not_asked_at_all() {
    let (client, asked) = replay(vec![Recording::of("version-get"), Recording::of("readyz-verbose")]);
    let result = ask(client, server("https://other.example.com:6443")).await;
    assert!(fails(&result));
    assert!(asked.lock().unwrap().is_empty());
    let mut sheet = Sheet::default();
    sheet.add("another server", &result);
    insta::assert_snapshot!(sheet.text());
    let error = ask(recorded(&[]), server("k8s.example.com")).await.unwrap_err();
    assert!(!error.is_transient());
}

#[tokio::test]
async fn an_answer_that_does_not_say_ready_is_no_pass() {
    for (status, body) in [
        (200, ""),
        (200, "<html>welcome</html>"),
        (200, "[+]ping ok\n[+]etc"),
        (200, "ok, but not really"),
        (500, "internal error"),
        (503, "[-]etcd failed: reason withheld"),
        (302, ""),
    ] {
        let answers = vec![Recording::of("version-get"), Recording::made("/readyz?verbose", status, body)];
        let result = ask(replay(answers).0, server(SERVER)).await;
        assert!(result.is_err(), "{status} {body}: {result:?}");
    }
    let answers = vec![
        Recording::of("version-get"),
        Recording::made(
            "/readyz?verbose",
            200,
            "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check passed",
        ),
    ];
    assert!(fails(&ask(replay(answers).0, server(SERVER)).await));
}

/// A clock that goes on by a second each time it is looked at.
#[derive(Debug)]
struct Ticking(SimClock);

#[async_trait]
impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        self.0.advance(Duration::from_secs(1));
        self.0.now()
    }
    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }
    async fn timer(&self, duration: Duration) {
        self.0.timer(duration).await;
    }
}

#[tokio::test]
async fn a_server_may_be_too_old_or_too_slow() {
    let mut sheet = Sheet::default();
    for (title, parameters, outcome) in [
        ("old enough", json!({ "at_least_version": "1.36.3" }), "pass"),
        ("too old", json!({ "at_least_version": "1.37" }), "fail"),
        ("fast enough", json!({ "warn_latency": "1s", "max_latency": "2s" }), "pass"),
        ("slow", json!({ "warn_latency": "900ms", "max_latency": "2s" }), "warn"),
        ("too slow", json!({ "warn_latency": "500ms", "max_latency": "900ms" }), "fail"),
    ] {
        let client = recorded(&["version-get", "readyz-verbose"]);
        let clock: Arc<dyn Clock> = Arc::new(Ticking(SimClock::at_unix_seconds(1_796_133_600)));
        let cx = context(client, server(SERVER)).with_clock(clock);
        let result = kind::<ApiReachable>(parameters).run(&cx).await;
        documented::<ApiReachable>(&result);
        let told = [("pass", passes(&result)), ("warn", warns(&result)), ("fail", fails(&result))];
        assert!(told.contains(&(outcome, true)), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
    let odd = vec![
        Recording::of("version-get").edited(|version| version["gitVersion"] = "devel".into()),
        Recording::of("readyz-verbose"),
    ];
    let asked = kind::<ApiReachable>(json!({ "at_least_version": "1.30" }));
    assert!(asked.run(&context(replay(odd).0, server(SERVER))).await.is_err());
}

#[test]
fn a_limit_that_cannot_trigger_is_no_limit() {
    assert!(problems::<ApiReachable>(json!({ "warn_latency": "1s", "max_latency": "2s" })).is_empty());
    assert_eq!(problems::<ApiReachable>(json!({ "warn_latency": "2s", "max_latency": "2s" })).len(), 1);
    assert_eq!(problems::<ApiReachable>(json!({ "warn_latency": "0s" })).len(), 1);
    assert!(serde_json::from_value::<ApiReachable>(json!({ "at_least_version": "new" })).is_err());
}
