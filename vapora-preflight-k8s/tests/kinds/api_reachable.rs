//! `k8s.api_reachable`

use std::sync::Arc;

use serde_json::json;
use vapora_preflight::{Check, CheckResult, Clock};
use vapora_preflight_k8s::{ApiReachable, K8sClient, KubernetesTarget};
use vapora_preflight_sim::SimClock;

use crate::{
    replay::{Recording, SERVER, recorded, replay},
    said::{Sheet, context, documented, fails, kind, passes},
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
