//! `k8s.deployments_available`

use serde_json::{Value, json};
use vapora_preflight::{Kind, Outcome, Problems, Registry};
use vapora_preflight_k8s::DeploymentsAvailable;

use crate::{
    replay::{Recording, recorded, replay},
    said::{Sheet, ask, fails, kind, passes},
};

type Edit = fn(&mut Value);

fn named(names: &[&str]) -> Value {
    json!({ "namespace": "vapora", "names": names })
}

#[tokio::test]
async fn deployments_are_judged_one_by_one() {
    let mut sheet = Sheet::default();
    for (recording, name) in [
        ("deployment-get", "vapora-backend"),
        ("deployment-get-one-replica-unavailable", "vapora-backend"),
        ("deployment-get-just-patched-generation-ahead", "vapora-roll"),
        ("deployment-get-paused", "vapora-roll"),
        ("deployment-get-missing-404", "vapora-nothing"),
    ] {
        let client = recorded(&[recording, "namespace-get"]);
        let result = ask::<DeploymentsAvailable>(named(&[name]), client).await;
        assert_eq!(passes(&result), recording == "deployment-get", "{recording}");
        assert_eq!(fails(&result), recording != "deployment-get", "{recording}");
        sheet.add(recording, &result);
    }
    let edits: [(&str, Edit); 6] = [
        ("scaled to zero", |it| {
            it["spec"]["replicas"] = 0.into();
            it["status"]["replicas"] = 0.into();
            it["status"]["updatedReplicas"] = 0.into();
        }),
        ("deadline exceeded beside available", |it| {
            it["status"]["conditions"] = json!([
                { "type": "Available", "status": "True" },
                { "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
                  "message": "ReplicaSet \"vapora-backend-1\" has timed out progressing." },
            ]);
        }),
        ("quota exceeded", |it| {
            it["status"]["availableReplicas"] = 1.into();
            it["status"]["conditions"] = json!([
                { "type": "Available", "status": "True" },
                { "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota" },
            ]);
        }),
        ("old pods are still there", |it| it["status"]["replicas"] = 3.into()),
        ("never observed", |it| it["status"] = json!({})),
        ("being deleted", |it| it["metadata"]["deletionTimestamp"] = "2026-11-23T12:21:20Z".into()),
    ];
    for (title, edit) in edits {
        let recording = Recording::of("deployment-get").edited(edit);
        let result = ask::<DeploymentsAvailable>(named(&["vapora-backend"]), replay(vec![recording]).0).await;
        assert!(fails(&result), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn the_selected_deployments_are_listed() {
    let parameters = json!({ "namespace": "vapora", "selector": "app.kubernetes.io/part-of=vapora" });
    let result =
        ask::<DeploymentsAvailable>(parameters.clone(), recorded(&["deployments-list-label-selector"])).await;
    assert!(passes(&result), "{result:?}");
    let mut sheet = Sheet::default();
    sheet.add("listed", &result);
    let empty = Recording::of("deployments-list-missing-namespace-200-empty")
        .at("/apis/apps/v1/namespaces/vapora/deployments");
    let there = vec![empty, Recording::of("namespace-get")];
    let result = ask::<DeploymentsAvailable>(parameters, replay(there).0).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("nothing listed", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_missing_namespace_is_told_from_a_missing_deployment() {
    let in_staging = |rest: Value| {
        let mut parameters = json!({ "namespace": "vapora-staging" });
        parameters.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        parameters
    };
    for (parameters, recording) in [
        (in_staging(json!({ "selector": "a=b" })), "deployments-list-missing-namespace-200-empty"),
        (in_staging(json!({ "names": ["vapora-backend"] })), "deployment-get-missing-namespace-404"),
    ] {
        let told = recorded(&[recording, "namespace-get-missing-404"]);
        let result = ask::<DeploymentsAvailable>(parameters.clone(), told).await;
        assert!(fails(&result), "{recording}");
        let actual = result.unwrap().finding().actual.clone().unwrap();
        assert_eq!(actual, "the namespace `vapora-staging` does not exist", "{recording}");
        let untold = recorded(&[recording, "namespace-get-missing-restricted-403"]);
        assert!(fails(&ask::<DeploymentsAvailable>(parameters, untold).await), "{recording}");
    }
}

#[tokio::test]
async fn a_complete_deployment_that_is_paused_is_a_warning() {
    let paused = Recording::of("deployment-get").edited(|it| it["spec"]["paused"] = true.into());
    let result = ask::<DeploymentsAvailable>(named(&["vapora-backend"]), replay(vec![paused]).0).await;
    assert!(matches!(result, Ok(Outcome::Warn(_))), "{result:?}");
}

#[tokio::test]
async fn scaled_to_zero_is_allowed_only_when_said() {
    let zero = Recording::of("deployment-get").edited(|it| {
        it["spec"]["replicas"] = 0.into();
        for number in ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"] {
            it["status"].as_object_mut().unwrap().remove(number);
        }
    });
    let mut parameters = named(&["vapora-backend"]);
    parameters["allow_scaled_to_zero"] = true.into();
    let result = ask::<DeploymentsAvailable>(parameters, replay(vec![zero.clone()]).0).await;
    assert!(passes(&result), "{result:?}");
    assert!(fails(&ask::<DeploymentsAvailable>(named(&["vapora-backend"]), replay(vec![zero]).0).await));
}

#[tokio::test]
async fn every_missing_one_is_named() {
    let missing = |name: &str| {
        Recording::of("deployment-get-missing-404")
            .edited(|status| status["details"]["name"] = name.into())
            .at(&format!("/apis/apps/v1/namespaces/vapora/deployments/{name}"))
    };
    let answers = vec![Recording::of("deployment-get"), missing("a"), missing("b")];
    let result = ask::<DeploymentsAvailable>(named(&["a", "vapora-backend", "b"]), replay(answers).0).await;
    assert!(fails(&result), "{result:?}");
    let actual = result.unwrap().finding().actual.clone().unwrap();
    assert_eq!(actual, "`a` does not exist; `b` does not exist");
}

#[test]
fn names_or_a_selector_has_to_be_given_and_not_both() {
    for (parameters, wrong) in [
        (json!({ "namespace": "a" }), true),
        (json!({ "namespace": "a", "names": ["b"], "selector": "c=d" }), true),
        (json!({ "namespace": "a", "names": ["b"] }), false),
        (json!({ "namespace": "a", "selector": "c=d" }), false),
    ] {
        let mut problems = Problems::default();
        kind::<DeploymentsAvailable>(parameters.clone()).validate(&mut problems);
        assert_eq!(problems.messages().count() == 1, wrong, "{parameters}");
    }
    let mut registry = Registry::new();
    registry.add::<DeploymentsAvailable>();
    assert_eq!(registry.kind("k8s.deployments_available").unwrap().required(), ["namespace"]);
}

#[tokio::test]
async fn a_deployment_can_be_asked_for_more_replicas_than_it_is_scaled_to() {
    for (at_least, good) in [(2, true), (3, false)] {
        let parameters = json!({ "namespace": "vapora", "names": ["vapora-backend"], "at_least": at_least });
        let result = ask::<DeploymentsAvailable>(parameters, recorded(&["deployment-get"])).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{at_least}: {result:?}");
    }
    let contrary = json!({ "namespace": "a", "names": ["b"], "at_least": 1, "allow_scaled_to_zero": true });
    let mut problems = Problems::default();
    kind::<DeploymentsAvailable>(contrary).validate(&mut problems);
    assert_eq!(problems.messages().count(), 1);
}
