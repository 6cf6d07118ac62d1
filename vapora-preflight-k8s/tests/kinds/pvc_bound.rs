//! `k8s.pvc_bound`

use serde_json::{Value, json};
use vapora_preflight_k8s::PvcBound;

use crate::{
    replay::{Recording, recorded, replay},
    said::{Sheet, ask, fails, passes, problems, warns},
};

const DATA: &str = "/api/v1/namespaces/vapora/persistentvolumeclaims/vapora-data";

/// The claim that is bound, with a change.
fn data(edit: impl FnOnce(&mut Value)) -> Recording {
    let list = Recording::of("persistentvolumeclaims-list");
    list.edited(|list| {
        let mut claim = list["items"][1].take();
        claim["kind"] = "PersistentVolumeClaim".into();
        edit(&mut claim);
        *list = claim;
    })
    .at(DATA)
}

fn class(name: &str, mode: &str) -> Recording {
    let path = format!("/apis/storage.k8s.io/v1/storageclasses/{name}");
    Recording::json(
        &path,
        json!({ "kind": "StorageClass", "metadata": { "name": name }, "volumeBindingMode": mode }),
    )
}

fn missing_class(name: &str) -> Recording {
    Recording::of("deployment-get-missing-404")
        .edited(|status| {
            status["details"]["name"] = name.into();
            status["details"]["kind"] = "storageclasses".into();
        })
        .at(&format!("/apis/storage.k8s.io/v1/storageclasses/{name}"))
}

#[tokio::test]
async fn a_claim_is_bound_as_it_is_wanted() {
    type Edit = fn(&mut Value);
    let same: Edit = |_| {};
    let named = |more: Value| {
        let mut parameters = json!({ "namespace": "vapora", "names": ["vapora-data"] });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        parameters
    };
    let mut sheet = Sheet::default();
    let cases: [(&str, Value, Edit, &str); 15] = [
        ("bound", json!({}), same, "pass"),
        (
            "as large as it has to be",
            json!({ "size": "10Gi", "access_modes": ["ReadWriteOnce"], "storage_class": "manual" }),
            same,
            "pass",
        ),
        ("too small", json!({ "size": "20Gi" }), same, "fail"),
        ("mounted otherwise", json!({ "access_modes": ["ReadWriteOnce", "ReadWriteMany"] }), same, "fail"),
        ("of another class", json!({ "storage_class": "fast" }), same, "fail"),
        ("lost", json!({}), |claim| claim["status"]["phase"] = "Lost".into(), "fail"),
        ("no phase", json!({}), |claim| claim["status"] = json!({}), "fail"),
        ("a phase that is not known", json!({}), |claim| claim["status"]["phase"] = "Odd".into(), "fail"),
        (
            "being deleted",
            json!({}),
            |claim| claim["metadata"]["deletionTimestamp"] = "2026-11-23T12:21:20Z".into(),
            "fail",
        ),
        (
            "no capacity",
            json!({}),
            |claim| drop(claim["status"].as_object_mut().unwrap().remove("capacity")),
            "fail",
        ),
        (
            "smaller than it asks for",
            json!({}),
            |claim| claim["spec"]["resources"]["requests"]["storage"] = "12Gi".into(),
            "warn",
        ),
        (
            "growing",
            json!({}),
            |claim| {
                claim["spec"]["resources"]["requests"]["storage"] = "12Gi".into();
                claim["status"]["conditions"] = json!([{ "type": "Resizing", "status": "True" }]);
            },
            "warn",
        ),
        (
            "waiting for its pod to grow",
            json!({}),
            |claim| {
                claim["spec"]["resources"]["requests"]["storage"] = "12Gi".into();
                claim["status"]["conditions"] =
                    json!([{ "type": "FileSystemResizePending", "status": "True" }]);
                claim["status"]["allocatedResourceStatuses"] = json!({ "storage": "NodeResizePending" });
            },
            "warn",
        ),
        (
            "cannot grow",
            json!({}),
            |claim| {
                claim["status"]["allocatedResourceStatuses"] =
                    json!({ "storage": "ControllerResizeInfeasible" });
            },
            "fail",
        ),
        (
            "could not grow",
            json!({}),
            |claim| {
                claim["status"]["conditions"] =
                    json!([{ "type": "NodeResizeError", "status": "True", "message": "no space left" }]);
            },
            "fail",
        ),
    ];
    for (title, more, edit, outcome) in cases {
        let result = ask::<PvcBound>(named(more), replay(vec![data(edit)]).0).await;
        let told = [("pass", passes(&result)), ("warn", warns(&result)), ("fail", fails(&result))];
        assert!(told.contains(&(outcome, true)), "{title}: {result:?}");
        assert_eq!(result.as_ref().unwrap().finding().lasting, title == "lost", "{title}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn what_a_pending_claim_waits_for_is_told() {
    let list = || Recording::of("persistentvolumeclaims-list");
    let all = || json!({ "namespace": "vapora" });
    let waits = || class("does-not-exist", "WaitForFirstConsumer");
    let mut sheet = Sheet::default();
    for (title, answers) in [
        ("a class that does not exist", vec![list(), missing_class("does-not-exist")]),
        ("a class that waits for a pod", vec![list(), waits()]),
        ("a class that has not made it yet", vec![list(), class("does-not-exist", "Immediate")]),
        (
            "a class that may not be looked at",
            vec![
                list(),
                Recording::of("nodes-list-restricted-403")
                    .at("/apis/storage.k8s.io/v1/storageclasses/does-not-exist"),
            ],
        ),
        (
            "no class",
            vec![list().edited(|list| {
                drop(list["items"][0]["spec"].as_object_mut().unwrap().remove("storageClassName"));
            })],
        ),
        (
            "a volume by its name",
            vec![list().edited(|list| list["items"][0]["spec"]["volumeName"] = "pv-1".into()), waits()],
        ),
    ] {
        let result = ask::<PvcBound>(all(), replay(answers).0).await;
        assert!(fails(&result), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    let mut allowed = all();
    allowed["allow_waiting"] = true.into();
    let result = ask::<PvcBound>(allowed.clone(), replay(vec![list(), waits()]).0).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("waiting is allowed", &result);
    let only = list().edited(|list| drop(list["items"].as_array_mut().unwrap().pop()));
    let result = ask::<PvcBound>(allowed.clone(), replay(vec![only, waits()]).0).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("waiting is allowed, and all of them wait", &result);
    // Only what waits for a pod is allowed to be pending.
    assert!(fails(&ask::<PvcBound>(allowed, replay(vec![list(), missing_class("does-not-exist")]).0).await));
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn no_claims_never_pass() {
    let mut sheet = Sheet::default();
    let empty = || Recording::of("persistentvolumeclaims-list").edited(|list| list["items"] = json!([]));
    let missing = Recording::of("deployment-get-missing-404").edited(|status| {
        status["details"]["name"] = "vapora-data".into();
        status["details"]["kind"] = "persistentvolumeclaims".into();
    });
    let selected = json!({ "namespace": "vapora", "selector": "app=database" });
    for (title, parameters, answers) in [
        ("none with the labels", selected.clone(), vec![empty(), Recording::of("namespace-get")]),
        (
            "none of the names",
            json!({ "namespace": "vapora", "names": ["vapora-data"] }),
            vec![missing.at(DATA), Recording::of("namespace-get")],
        ),
        (
            "no namespace",
            json!({ "namespace": "vapora-staging" }),
            vec![
                empty().at("/api/v1/namespaces/vapora-staging/persistentvolumeclaims"),
                Recording::of("namespace-get-missing-404"),
            ],
        ),
    ] {
        let result = ask::<PvcBound>(parameters, replay(answers).0).await;
        assert!(fails(&result), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
    let refused = Recording::of("pods-list-other-namespace-restricted-403")
        .at("/api/v1/namespaces/vapora/persistentvolumeclaims");
    assert!(ask::<PvcBound>(selected, replay(vec![refused]).0).await.is_err());
    assert!(ask::<PvcBound>(json!({ "namespace": "vapora" }), recorded(&[])).await.is_err());
}

#[test]
fn names_and_labels_do_not_go_together() {
    assert!(problems::<PvcBound>(json!({ "namespace": "a" })).is_empty());
    assert_eq!(
        problems::<PvcBound>(json!({ "namespace": "a", "names": ["b"], "selector": "c=d", "size": "0" }))
            .len(),
        2
    );
    assert!(
        serde_json::from_value::<PvcBound>(json!({ "namespace": "a", "access_modes": ["ReadWrite"] }))
            .is_err()
    );
}
