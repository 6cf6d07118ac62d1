//! `k8s.volumes_have_space`

use serde_json::{Value, json};
use vapora_preflight::CheckResult;
use vapora_preflight_k8s::VolumesHaveSpace;

use crate::{
    replay::{Asked, Recording, replay},
    said::{Sheet, ask_then, fails, passes, problems},
};

const PODS: &str = "/api/v1/namespaces/vapora/pods";

/// The claim `vapora-data` alone, with a change.
fn claims(edit: impl FnOnce(&mut Value)) -> Recording {
    Recording::of("persistentvolumeclaims-list").edited(|list| {
        list["items"].as_array_mut().unwrap().remove(0);
        edit(list);
    })
}

fn pod(name: &str, node: &str, claims: &[&str]) -> Value {
    let volumes: Vec<Value> = claims
        .iter()
        .map(|claim| json!({ "name": claim, "persistentVolumeClaim": { "claimName": claim } }))
        .collect();
    json!({
        "metadata": { "name": name, "namespace": "vapora" },
        "spec": { "nodeName": node, "containers": [], "volumes": volumes },
        "status": { "phase": "Running" },
    })
}

fn pods(items: &[Value]) -> Recording {
    Recording::json(PODS, json!({ "kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items }))
}

fn mounted() -> Recording {
    pods(&[pod("database-0", "node-1", &["vapora-data"])])
}

/// What a kubelet says of one volume of a claim: capacity, free, inodes, free inodes.
fn volume(claim: &str, numbers: [u64; 4]) -> Value {
    let [capacity, free, inodes, inodes_free] = numbers;
    json!({
        "time": "2026-11-23T12:09:00Z", "name": "data", "pvcRef": { "name": claim, "namespace": "vapora" },
        "capacityBytes": capacity, "usedBytes": capacity - free, "availableBytes": free,
        "inodes": inodes, "inodesFree": inodes_free, "inodesUsed": inodes - inodes_free,
    })
}

fn summary(node: &str, volumes: &[Value]) -> Recording {
    let other = json!({
        "time": "2026-11-23T12:09:00Z", "name": "kube-api-access", "capacityBytes": 4096, "availableBytes": 0, "usedBytes": 4096,
    });
    let elsewhere = json!({ "pvcRef": { "name": "vapora-data", "namespace": "other" }, "capacityBytes": 1, "availableBytes": 0 });
    let pods = json!([
        { "podRef": { "name": "other" }, "volume": [other, elsewhere] },
        { "podRef": { "name": "database-0" }, "volume": volumes },
        { "podRef": { "name": "without-volumes" } },
    ]);
    Recording::json(&path(node), json!({ "node": { "nodeName": node }, "pods": pods }))
}

fn path(node: &str) -> String {
    format!("/api/v1/nodes/{node}/proxy/stats/summary")
}

const GIB: u64 = 1 << 30;

fn half() -> Recording {
    summary("node-1", &[volume("vapora-data", [10 * GIB, 5 * GIB, 1000, 900])])
}

fn here(more: Value) -> Value {
    let mut parameters = json!({ "namespace": "vapora" });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

async fn ask(more: Value, answers: Vec<Recording>) -> (CheckResult, Asked) {
    let (client, asked) = replay(answers);
    (ask_then::<VolumesHaveSpace>(here(more), client).await, asked)
}

async fn result(more: Value, answers: Vec<Recording>) -> CheckResult {
    ask(more, answers).await.0
}

#[tokio::test]
async fn what_is_free_is_compared_with_what_has_to_be() {
    let mut sheet = Sheet::default();
    for (title, more, good) in [
        ("enough", json!({ "free": "5GiB", "free_percent": 50, "inodes_percent": 90 }), true),
        ("too few bytes", json!({ "free": "5121MiB" }), false),
        ("too small a share", json!({ "free_percent": 51 }), false),
        ("too few inodes", json!({ "inodes_percent": 91 }), false),
        ("too little of all", json!({ "free": "6GiB", "free_percent": 60, "inodes_percent": 99 }), false),
    ] {
        let result = result(more, vec![claims(|_| {}), mounted(), half()]).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn as_few_kubelets_as_possible_are_asked() {
    let claims = claims(|list| {
        let claim = list["items"][0].clone();
        let named = ["a", "b", "c"].map(|name| {
            let mut claim = claim.clone();
            claim["metadata"]["name"] = name.into();
            claim
        });
        list["items"] = json!(named);
    });
    // `a` is on both nodes, `b` on the second one only, and `c` on the third.
    let pods = pods(&[
        pod("one", "node-1", &["a"]),
        pod("two", "node-2", &["a", "b"]),
        pod("three", "node-3", &["c"]),
        pod("four", "node-4", &[]),
    ]);
    let of = |claim| volume(claim, [GIB, GIB, 10, 10]);
    let answers = vec![claims, pods, summary("node-2", &[of("a"), of("b")]), summary("node-3", &[of("c")])];
    let (result, asked) = ask(json!({ "free_percent": 10 }), answers).await;
    assert!(passes(&result), "{result:?}");
    let asked: Vec<String> = asked.lock().unwrap().iter().map(|(_, target, _)| target.clone()).collect();
    let kubelets: Vec<&String> = asked.iter().filter(|target| target.contains("/proxy/")).collect();
    assert_eq!(kubelets, [&path("node-2"), &path("node-3")]);
}

#[tokio::test]
async fn what_is_not_measured_is_not_known() {
    let mut sheet = Sheet::default();
    let percent = || json!({ "free_percent": 10 });
    let odd = |edit: fn(&mut Value)| {
        let mut volume = volume("vapora-data", [10 * GIB, 5 * GIB, 1000, 900]);
        edit(&mut volume);
        summary("node-1", &[volume])
    };
    let waiting = pods(&[pod("database-0", "node-1", &["vapora-data"])])
        .edited(|list| list["items"][0]["status"]["phase"] = "Pending".into());
    for (title, more, answers) in [
        ("no pod mounts it", percent(), vec![pods(&[])]),
        ("its pod does not run yet", percent(), vec![waiting]),
        (
            "no pod mounts any, and that is allowed",
            json!({ "free_percent": 10, "allow_unmounted": true }),
            vec![pods(&[])],
        ),
        ("the kubelet says nothing of it", percent(), vec![mounted(), summary("node-1", &[])]),
        (
            "the kubelet does not say how full it is",
            percent(),
            vec![mounted(), odd(|it| drop(it.as_object_mut().unwrap().remove("availableBytes")))],
        ),
        ("it has no size", percent(), vec![mounted(), odd(|it| it["capacityBytes"] = 0.into())]),
        (
            "it was measured long ago",
            percent(),
            vec![mounted(), odd(|it| it["time"] = "2026-11-23T11:00:00Z".into())],
        ),
        (
            "it was measured at no time",
            percent(),
            vec![mounted(), odd(|it| drop(it.as_object_mut().unwrap().remove("time")))],
        ),
        (
            "it does not count inodes",
            json!({ "inodes_percent": 10 }),
            vec![mounted(), odd(|it| it["inodes"] = 0.into())],
        ),
        (
            "no right",
            percent(),
            vec![mounted(), Recording::of("nodes-list-restricted-403").at(&path("node-1"))],
        ),
        (
            "no kubelet",
            percent(),
            vec![
                mounted(),
                Recording::made(
                    &path("node-1"),
                    503,
                    "error trying to reach service: dial tcp 10.0.0.1:10250: connect: connection refused",
                ),
            ],
        ),
        ("another kubelet", percent(), vec![mounted(), summary("node-2", &[]).at(&path("node-1"))]),
        (
            "not a summary",
            percent(),
            vec![mounted(), Recording::json(&path("node-1"), json!({ "pods": [] }))],
        ),
    ] {
        let answers = [claims(|_| {})].into_iter().chain(answers).collect();
        let result = result(more, answers).await;
        assert!(result.is_err(), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    let block = claims(|list| list["items"][0]["spec"]["volumeMode"] = "Block".into());
    let result = result(percent(), vec![block, mounted(), summary("node-1", &[])]).await;
    assert!(result.is_err());
    sheet.add("a device without a file system", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_volume_that_is_full_fails_whatever_else_is_not_known() {
    let mut sheet = Sheet::default();
    let three = || {
        claims(|list| {
            let mut silent = list["items"][0].clone();
            silent["metadata"]["name"] = "vapora-silent".into();
            let mut unmounted = silent.clone();
            unmounted["metadata"]["name"] = "vapora-unmounted".into();
            list["items"].as_array_mut().unwrap().extend([silent, unmounted]);
        })
    };
    let both = || pods(&[pod("database-0", "node-1", &["vapora-data", "vapora-silent"])]);
    let result = result(json!({ "free": "6GiB" }), vec![three(), both(), half()]).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("one full, one silent, one unmounted", &result);
    let allowed = json!({ "free": "1GiB", "allow_unmounted": true });
    let result = self::result(allowed.clone(), vec![three(), both(), half()]).await;
    assert!(result.is_err(), "{result:?}");
    sheet.add("one with room, one silent, one unmounted", &result);
    let two = summary(
        "node-1",
        &[volume("vapora-data", [GIB * 10, GIB * 5, 9, 9]), volume("vapora-silent", [GIB * 2, GIB, 9, 9])],
    );
    let result = self::result(allowed, vec![three(), both(), two]).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("two with room, and one unmounted, which is allowed", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn no_claims_never_pass() {
    let mut sheet = Sheet::default();
    let empty = claims(|list| list["items"] = json!([]));
    let result = result(json!({ "free_percent": 10 }), vec![empty, Recording::of("namespace-get")]).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("none", &result);
    let missing = Recording::of("deployment-get-missing-404").edited(|status| {
        status["details"]["name"] = "vapora-data".into();
        status["details"]["kind"] = "persistentvolumeclaims".into();
    });
    let path = "/api/v1/namespaces/vapora/persistentvolumeclaims/vapora-data";
    let named = json!({ "names": ["vapora-data"], "free_percent": 10 });
    let result = self::result(named, vec![missing.at(path), Recording::of("namespace-get")]).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("none of the names", &result);
    insta::assert_snapshot!(sheet.text());
}

#[test]
fn a_limit_has_to_be_given() {
    let of = |more: Value| problems::<VolumesHaveSpace>(here(more)).len();
    assert_eq!(of(json!({})), 1);
    assert_eq!(of(json!({ "free": "1GiB" })), 0);
    assert_eq!(of(json!({ "free": "0B", "free_percent": 0, "inodes_percent": 101 })), 3);
    assert_eq!(of(json!({ "free": "1GiB", "names": ["a"], "selector": "b=c" })), 1);
}
