//! `k8s.rollout_history`

use serde_json::{Value, json};
use vapora_preflight::{CheckResult, Outcome};
use vapora_preflight_k8s::RolloutHistory;

use crate::{
    replay::{Recording, recorded, replay},
    said::{Sheet, ask, fails, passes},
    workloads::{daemon_set, path, revision, stateful_set},
};

const SETS: &str = "/apis/apps/v1/namespaces/vapora/replicasets";
const REVISIONS: &str = "/apis/apps/v1/namespaces/vapora/controllerrevisions";

fn backend(at_least: u32) -> Value {
    json!({ "namespace": "vapora", "name": "deployment/vapora-backend", "at_least": at_least })
}

async fn with(
    deployment: impl FnOnce(&mut Value),
    sets: impl FnOnce(&mut Value),
    at_least: u32,
) -> CheckResult {
    let recordings = vec![
        Recording::of("deployment-get").edited(deployment),
        Recording::of("replicasets-list").edited(sets),
    ];
    ask::<RolloutHistory>(backend(at_least), replay(recordings).0).await
}

/// The recorded revisions of the backend, without those of these numbers.
fn without(list: &mut Value, numbers: &[&str]) {
    list["items"].as_array_mut().unwrap().retain(|set| {
        let number = &set["metadata"]["annotations"]["deployment.kubernetes.io/revision"];
        !numbers.iter().any(|gone| number == gone)
    });
}

#[tokio::test]
async fn the_revisions_of_a_deployment_are_its_own_replica_sets() {
    let mut sheet = Sheet::default();
    let result = ask::<RolloutHistory>(backend(3), recorded(&["deployment-get", "replicasets-list"])).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("recorded", &result);
    assert!(fails(
        &ask::<RolloutHistory>(backend(4), recorded(&["deployment-get", "replicasets-list"])).await
    ));
    // The order of their names is not that of their numbers.
    let tenth = with(
        |it| it["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "10".into(),
        |list| {
            let of_backend = |set: &&mut Value| set["metadata"]["labels"]["app"] == "vapora-backend";
            let first = list["items"].as_array_mut().unwrap().iter_mut().find(of_backend).unwrap();
            first["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "10".into();
        },
        2,
    )
    .await;
    let said = tenth.unwrap().finding().summary.clone();
    assert_eq!(said, "`deployment/vapora-backend` in `vapora` is at revision 10, before it 2");
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn without_something_to_go_back_to_it_fails() {
    let mut sheet = Sheet::default();
    let none: fn(&mut Value) = |_| {};
    let one = with(none, |list| without(list, &["1", "2"]), 2).await;
    let results = [
        ("one revision", one),
        ("no revision", with(none, |list| without(list, &["1", "2", "3"]), 1).await),
        ("of another deployment", with(|it| it["metadata"]["uid"] = "another".into(), none, 1).await),
        ("no history is kept", with(|it| it["spec"]["revisionHistoryLimit"] = 0.into(), none, 2).await),
        ("paused", with(|it| it["spec"]["paused"] = true.into(), none, 2).await),
        (
            "paused with a change",
            with(
                |it| {
                    it["spec"]["paused"] = true.into();
                    it["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:1.28.0".into();
                },
                none,
                2,
            )
            .await,
        ),
        ("not observed", with(|it| it["metadata"]["generation"] = 7.into(), none, 2).await),
        ("the newest was removed", with(none, |list| without(list, &["3"]), 2).await),
        (
            "being deleted",
            with(|it| it["metadata"]["deletionTimestamp"] = "2026-11-23T12:21:20Z".into(), none, 2).await,
        ),
        (
            "revisions that are going, or have no number",
            with(
                none,
                |list| {
                    for set in list["items"].as_array_mut().unwrap() {
                        let revision =
                            &mut set["metadata"]["annotations"]["deployment.kubernetes.io/revision"];
                        match revision.as_str().unwrap() {
                            "1" => *revision = "one".into(),
                            "2" => set["metadata"]["deletionTimestamp"] = "2026-11-23T12:21:20Z".into(),
                            _ => {}
                        }
                    }
                },
                2,
            )
            .await,
        ),
    ];
    for (title, result) in results {
        assert!(fails(&result), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    let missing = recorded(&["deployment-get-missing-404", "namespace-get"]);
    let parameters = json!({ "namespace": "vapora", "name": "vapora-nothing" });
    sheet.add("missing", &ask::<RolloutHistory>(parameters, missing).await);
    let no_namespace = recorded(&["deployment-get-missing-namespace-404", "namespace-get-missing-404"]);
    let parameters = json!({ "namespace": "vapora-staging", "name": "vapora-backend" });
    let result = ask::<RolloutHistory>(parameters, no_namespace).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("no namespace", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn one_revision_is_enough_where_it_is_what_is_gone_back_to() {
    let result = with(|_| {}, |list| without(list, &["1", "2"]), 1).await;
    assert!(passes(&result), "{result:?}");
    let evidence = result.unwrap().finding().evidence.clone();
    assert_eq!(
        evidence.get("return_to").unwrap().to_string(),
        "kubectl -n vapora rollout undo deployment/vapora-backend --to-revision=3"
    );
    assert_eq!(evidence.get("undo").unwrap().to_string(), "nothing");
}

async fn of(name: &str, plural: &str, set: Value, revisions: Vec<Value>) -> CheckResult {
    let short = name.rsplit('/').next().unwrap();
    let recordings = vec![
        Recording::object(&path(plural, short), set),
        Recording::list(REVISIONS, "ControllerRevision", revisions),
    ];
    ask::<RolloutHistory>(json!({ "namespace": "vapora", "name": name }), replay(recordings).0).await
}

#[tokio::test]
async fn the_revisions_of_other_workloads_are_controller_revisions() {
    let mut sheet = Sheet::default();
    let (db, agent) = (stateful_set(), daemon_set());
    let kept = |set: &Value| {
        vec![
            revision(set, "db-5f9b7d8c4", 1, "registry.example.com/db:1.0"),
            revision(set, "db-6bb8d9f5c7", 2, "registry.example.com/db:2.0"),
        ]
    };
    let mut both = kept(&db);
    both.extend(kept(&agent));
    let result = of("statefulset/db", "statefulsets", db.clone(), both.clone()).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("a stateful set", &result);
    let result = of("daemonset/agent", "daemonsets", agent.clone(), both).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("a daemon set", &result);
    let mut by_hand = agent;
    by_hand["spec"]["updateStrategy"] = json!({ "type": "OnDelete" });
    let result = of("ds/agent", "daemonsets", by_hand.clone(), kept(&by_hand)).await;
    assert!(matches!(result, Ok(Outcome::Warn(_))), "{result:?}");
    sheet.add("by hand", &result);
    let mut ahead = db.clone();
    ahead["status"]["updateRevision"] = "db-7c9f".into();
    let result = of("sts/db", "statefulsets", ahead, kept(&db)).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("the newest is not kept", &result);
    let mut foreign = kept(&db);
    foreign[0]["data"] = json!({ "something": "else" });
    let result = of("sts/db", "statefulsets", db, foreign).await;
    assert!(result.is_err(), "{result:?}");
    sheet.add("not a template", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_list_that_is_refused_is_an_error() {
    let refused = Recording::of("deployments-list-restricted-403").at(SETS);
    let result =
        ask::<RolloutHistory>(backend(2), replay(vec![Recording::of("deployment-get"), refused]).0).await;
    assert!(!result.unwrap_err().is_transient());
}
