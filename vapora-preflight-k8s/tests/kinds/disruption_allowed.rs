//! `k8s.disruption_allowed`

use serde_json::{Value, json};
use vapora_preflight_k8s::DisruptionAllowed;

use crate::{
    replay::{Recording, recorded, replay},
    said::{Sheet, ask, fails, passes, problems},
    workloads::path,
};

const BUDGETS: &str = "/apis/policy/v1/namespaces/vapora/poddisruptionbudgets";
const PODS: &str = "/api/v1/namespaces/vapora/pods";

type Edit = fn(&mut Value);

fn vapora(more: Value) -> Value {
    let mut parameters = json!({ "namespace": "vapora" });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

/// The recorded budget, where one more pod than needed is healthy.
fn roomy(budget: &mut Value) {
    budget["spec"]["minAvailable"] = 1.into();
    budget["status"]["disruptionsAllowed"] = 1.into();
    budget["status"]["desiredHealthy"] = 1.into();
    budget["status"]["conditions"][0]["status"] = "True".into();
    budget["status"]["conditions"][0]["reason"] = "SufficientPods".into();
}

fn budgets(edit: impl FnOnce(&mut Value)) -> Recording {
    Recording::of("poddisruptionbudgets-list").edited(|list| edit(&mut list["items"][0]))
}

#[tokio::test]
async fn budgets_are_judged_one_by_one() {
    let mut sheet = Sheet::default();
    let cases: [(&str, Edit, Value, bool); 12] = [
        ("it never allows one", |_| {}, json!({}), false),
        ("there is room", roomy, json!({}), true),
        ("there is not room for two", roomy, json!({ "at_least": 2 }), false),
        (
            "a pod is not healthy",
            |it| {
                roomy(it);
                it["status"]["disruptionsAllowed"] = 0.into();
                it["status"]["currentHealthy"] = 1.into();
            },
            json!({}),
            false,
        ),
        (
            "not observed",
            |it| {
                roomy(it);
                it["metadata"]["generation"] = 2.into();
            },
            json!({}),
            false,
        ),
        (
            "no status",
            |it| {
                it.as_object_mut().unwrap().remove("status");
            },
            json!({}),
            false,
        ),
        (
            "it could not be worked out",
            |it| {
                it["status"]["conditions"][0]["reason"] = "SyncFailed".into();
                it["status"]["conditions"][0]["message"] = "found no controllers for pod \"a\"".into();
            },
            json!({}),
            false,
        ),
        (
            "no pods",
            |it| {
                it["status"]["expectedPods"] = 0.into();
                it["status"]["currentHealthy"] = 0.into();
            },
            json!({}),
            false,
        ),
        (
            "no pods, and nothing else",
            |it| it["status"]["expectedPods"] = 0.into(),
            json!({ "allow_without_pods": true }),
            false,
        ),
        (
            "the numbers and the condition contradict each other",
            |it| {
                roomy(it);
                it["status"]["conditions"][0]["status"] = "False".into();
            },
            json!({}),
            false,
        ),
        (
            "being deleted",
            |it| {
                roomy(it);
                it["metadata"]["deletionTimestamp"] = "2026-11-23T12:21:20Z".into();
            },
            json!({}),
            false,
        ),
        ("one that is not there", roomy, json!({ "names": ["backend", "agents"] }), false),
    ];
    for (title, edit, more, good) in cases {
        let result = ask::<DisruptionAllowed>(vapora(more), replay(vec![budgets(edit)]).0).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

/// A second budget, over these labels.
fn second(selector: Value) -> Recording {
    Recording::of("poddisruptionbudgets-list").edited(|list| {
        roomy(&mut list["items"][0]);
        let mut second = list["items"][0].clone();
        second["metadata"]["name"] = "second".into();
        second["spec"]["selector"] = selector;
        list["items"].as_array_mut().unwrap().push(second);
    })
}

/// The metadata of two pods.
fn metadata_of_pods() -> Recording {
    let pod = |name: &str| json!({ "metadata": { "name": name, "uid": name, "labels": { "app": name } } });
    Recording::list(PODS, "PartialObjectMetadata", vec![pod("vapora-backend"), pod("vapora-agents")])
}

#[tokio::test]
async fn a_pod_in_two_budgets_cannot_be_evicted() {
    let mut sheet = Sheet::default();
    for (title, selector, good) in [
        ("another pod", json!({ "matchLabels": { "app": "vapora-agents" } }), true),
        (
            "the same pod",
            json!({ "matchExpressions": [{ "key": "app", "operator": "In", "values": ["vapora-backend"] }] }),
            false,
        ),
        ("all pods", json!({}), false),
        ("no pods", Value::Null, true),
    ] {
        let (client, asked) = replay(vec![second(selector), metadata_of_pods()]);
        let result = ask::<DisruptionAllowed>(vapora(json!({})), client).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        assert_eq!(asked.lock().unwrap().len(), 2);
        sheet.add(title, &result);
    }
    // Those that are not judged are told only where they meet one that is.
    let (client, _) = replay(vec![second(json!({})), metadata_of_pods()]);
    assert!(fails(&ask::<DisruptionAllowed>(vapora(json!({ "names": ["backend"] })), client).await));
    let whole = Recording::of("pods-list-all-running");
    let result = ask::<DisruptionAllowed>(vapora(json!({})), replay(vec![second(json!({})), whole]).0).await;
    assert!(result.is_err(), "{result:?}");
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn workloads_have_to_be_in_one_budget() {
    let mut sheet = Sheet::default();
    let missing = || {
        Recording::of("deployment-get-missing-404")
            .edited(|status| status["details"]["name"] = "vapora-agents".into())
            .at(&path("deployments", "vapora-agents"))
    };
    let agents = || {
        let of_agents = |list: &mut Value| {
            let mut agents = list["items"][0].clone();
            agents["kind"] = "Deployment".into();
            *list = agents;
        };
        Recording::of("deployments-list").edited(of_agents).at(&path("deployments", "vapora-agents"))
    };
    for (title, selector, names, more, good) in [
        ("covered", json!({ "matchLabels": { "app": "x" } }), json!(["vapora-backend"]), vec![], true),
        (
            "not covered",
            json!({ "matchLabels": { "app": "x" } }),
            json!(["vapora-backend", "vapora-agents"]),
            vec![agents()],
            false,
        ),
        (
            "both covered",
            json!({ "matchLabels": { "app": "vapora-agents" } }),
            json!(["vapora-backend", "vapora-agents"]),
            vec![agents()],
            true,
        ),
        (
            "missing",
            json!({ "matchLabels": { "app": "x" } }),
            json!(["vapora-backend", "vapora-agents"]),
            vec![missing()],
            false,
        ),
        (
            "covered twice",
            json!({ "matchLabels": { "app": "vapora-backend" } }),
            json!(["vapora-backend"]),
            vec![],
            false,
        ),
    ] {
        let no_pods = Recording::list(PODS, "PartialObjectMetadata", Vec::new());
        let mut recordings = vec![second(selector), Recording::of("deployment-get"), no_pods];
        recordings.extend(more);
        let result = ask::<DisruptionAllowed>(vapora(json!({ "covers": names })), replay(recordings).0).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn no_budgets_never_pass() {
    let empty = || Recording::list(BUDGETS, "PodDisruptionBudget", Vec::new());
    let there = replay(vec![empty(), Recording::of("namespace-get")]).0;
    assert!(fails(&ask::<DisruptionAllowed>(vapora(json!({})), there).await));
    let gone = vec![
        empty().at("/apis/policy/v1/namespaces/vapora-staging/poddisruptionbudgets"),
        Recording::of("namespace-get-missing-404"),
    ];
    let result = ask::<DisruptionAllowed>(json!({ "namespace": "vapora-staging" }), replay(gone).0).await;
    assert_eq!(
        result.unwrap().finding().actual.as_deref(),
        Some("the namespace `vapora-staging` does not exist")
    );
    // A group that is not served is no empty list.
    let unknown = Recording::of("discovery-unknown-group-404").at(BUDGETS);
    assert!(
        !ask::<DisruptionAllowed>(vapora(json!({})), replay(vec![unknown]).0)
            .await
            .unwrap_err()
            .is_transient()
    );
    let refused = recorded(&["deployments-list-restricted-403"]);
    assert!(ask::<DisruptionAllowed>(vapora(json!({})), refused).await.is_err());
    assert_eq!(problems::<DisruptionAllowed>(vapora(json!({ "names": ["a"], "selector": "b" }))).len(), 1);
}
