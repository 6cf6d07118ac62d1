//! `k8s.images_updated`

use serde_json::{Value, json};
use vapora_preflight::CheckResult;
use vapora_preflight_k8s::{ImagesUpdated, PodsRunning};

use crate::{
    replay::{Recording, recorded, replay},
    said::{RECORDED, Sheet, ask, ask_at, fails, passes, problems},
    workloads::{daemon_set, path, stateful_set},
};

const PODS: &str = "/api/v1/namespaces/vapora/pods";
const DIGEST: &str = "sha256:00baaee6664f79db3d5855d21960a8de2e96442a84eb3997cc822342ab39bf04";

fn digest(digit: &str) -> String {
    format!("sha256:{}", digit.repeat(64))
}

fn backend(more: Value) -> Value {
    let mut parameters = json!({ "namespace": "vapora", "names": ["vapora-backend"] });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

/// What the server answers, with a change to the deployment and one to each pod of the backend.
fn answers(deployment: impl FnOnce(&mut Value), mut pod: impl FnMut(usize, &mut Value)) -> Vec<Recording> {
    let pods = Recording::of("pods-list-all-running").edited(|list| {
        let items = list["items"].as_array_mut().unwrap();
        let own = items.iter_mut().filter(|one| one["metadata"]["labels"]["app"] == "vapora-backend");
        own.enumerate().for_each(|(index, one)| pod(index, one));
    });
    vec![Recording::of("deployment-get").edited(deployment), pods, Recording::of("replicasets-list")]
}

/// The image of the pod and its digest.
fn runs(pod: &mut Value, image: &str, id: &str) {
    pod["spec"]["containers"][0]["image"] = image.into();
    pod["status"]["containerStatuses"][0]["imageID"] = id.into();
}

async fn record() -> CheckResult {
    ask::<ImagesUpdated>(backend(json!({})), replay(answers(|_| {}, |_, _| {})).0).await
}

async fn compare(recordings: Vec<Recording>, more: Value) -> CheckResult {
    let before = record().await;
    assert!(passes(&before), "{before:?}");
    ask_at::<ImagesUpdated>(RECORDED, Some(&before), backend(more), replay(recordings).0).await
}

fn image_of(deployment: &mut Value, image: &str) {
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = image.into();
}

#[tokio::test]
async fn the_images_are_recorded_and_compared() {
    let mut sheet = Sheet::default();
    sheet.add("recorded", &record().await);
    let new = format!("docker.io/library/nginx@{}", digest("a"));
    let updated = |to: &str| {
        let (image, id) = ("nginx:1.28.0", to.to_owned());
        answers(|it| image_of(it, image), move |_, pod| runs(pod, image, &id))
    };
    for (title, recordings, more, good) in [
        ("new images", updated(&new), json!({}), true),
        ("new images, with their tag", updated(&new), json!({ "tag": "1.28.0" }), true),
        (
            "new images, with their digest",
            updated(&new),
            json!({ "digests": { "backend": digest("a") } }),
            true,
        ),
        (
            "new images, and not those of the release",
            updated(&new),
            json!({ "digests": { "backend": digest("b") } }),
            false,
        ),
        ("another tag", updated(&new), json!({ "tag": "1.29.0" }), false),
        ("nothing was applied", answers(|_| {}, |_, _| {}), json!({}), false),
        (
            "a new tag of the same image",
            updated(&format!("docker.io/library/nginx@{DIGEST}")),
            json!({}),
            false,
        ),
        (
            "the same image of a mirror",
            updated(&format!("mirror.example.com/nginx@{DIGEST}")),
            json!({}),
            false,
        ),
        (
            "a tag that was pushed again",
            answers(|_| {}, |_, pod| runs(pod, "nginx:1.27.0", &new)),
            json!({}),
            true,
        ),
        (
            "pulled at different times",
            answers(
                |it| image_of(it, "nginx:1.28.0"),
                |index, pod| runs(pod, "nginx:1.28.0", &format!("nginx@{}", digest(["a", "b"][index]))),
            ),
            json!({}),
            false,
        ),
        (
            "half of the pods are of before",
            answers(
                |it| {
                    image_of(it, "nginx:1.28.0");
                    it["status"]["updatedReplicas"] = 1.into();
                },
                |index, pod| {
                    if index == 0 {
                        runs(pod, "nginx:1.28.0", &new);
                    }
                },
            ),
            json!({}),
            false,
        ),
        (
            "not observed",
            answers(|it| it["metadata"]["generation"] = 7.into(), |_, pod| runs(pod, "nginx:1.28.0", &new)),
            json!({}),
            false,
        ),
        (
            "a pod too few",
            answers(|it| it["spec"]["replicas"] = 3.into(), |_, pod| runs(pod, "nginx:1.28.0", &new)),
            json!({}),
            false,
        ),
        ("a container that is not there", updated(&new), json!({ "containers": ["proxy"] }), false),
        (
            "a digest for nothing",
            updated(&new),
            json!({ "digests": { "backend": digest("a"), "x": digest("b") } }),
            false,
        ),
    ] {
        let result = compare(recordings, more).await;
        assert_eq!((passes(&result), fails(&result)), (good, !good), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn what_cannot_be_compared_is_not_known() {
    let mut sheet = Sheet::default();
    let new = format!("docker.io/library/nginx@{}", digest("a"));
    let nothing: fn(&mut Value) = |_| {};
    for (title, recordings, more) in [
        ("no image id yet", answers(nothing, |_, pod| runs(pod, "nginx:1.28.0", "")), json!({})),
        (
            "one pod is being made",
            answers(nothing, |index, pod| {
                runs(pod, "nginx:1.28.0", &new);
                if index == 1 {
                    pod["status"] = json!({ "phase": "Pending" });
                }
            }),
            json!({}),
        ),
        ("no digest", answers(nothing, |_, pod| runs(pod, "nginx:1.28.0", "nginx:1.28.0")), json!({})),
        ("loaded by hand", answers(nothing, |_, pod| runs(pod, "nginx:1.28.0", &digest("c"))), json!({})),
        (
            "loaded by hand on one node",
            answers(nothing, |index, pod| {
                runs(pod, "nginx:1.28.0", [new.as_str(), &digest("c")][index]);
            }),
            json!({}),
        ),
        (
            "loaded by hand, with a digest expected",
            answers(nothing, |_, pod| runs(pod, "nginx:1.28.0", &digest("c"))),
            json!({ "digests": { "backend": digest("c") } }),
        ),
    ] {
        let result = compare(recordings, more).await;
        assert!(result.as_ref().unwrap_err().is_transient(), "{title}: {result:?}");
        sheet.add(title, &result);
    }
    // What is known to be wrong is told all the same.
    let one_old = answers(nothing, |index, pod| {
        if index == 1 {
            runs(pod, "nginx:1.28.0", "");
        }
    });
    let result = compare(one_old, json!({})).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("one of before, one not known", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn the_owners_decide_which_pods_belong() {
    let new = format!("docker.io/library/nginx@{}", digest("a"));
    let (old, ended) = (format!("nginx@{DIGEST}"), json!({ "phase": "Failed", "reason": "Evicted" }));
    // Pods of before that are going, that have ended, and that only carry the labels.
    let mut recordings = answers(|_| {}, |_, pod| runs(pod, "nginx:1.28.0", &new));
    recordings[1] = recordings[1].clone().edited(|list| {
        let items = list["items"].as_array_mut().unwrap();
        let own =
            items.iter().find(|one| one["metadata"]["labels"]["app"] == "vapora-backend").unwrap().clone();
        let mut add = |name: &str, edit: &dyn Fn(&mut Value)| {
            let mut pod = own.clone();
            pod["metadata"]["name"] = name.into();
            pod["metadata"]["uid"] = name.into();
            runs(&mut pod, "nginx:1.27.0", &old);
            edit(&mut pod);
            items.push(pod);
        };
        add("going", &|pod| pod["metadata"]["deletionTimestamp"] = "2026-11-23T12:21:20Z".into());
        add("ended", &|pod| pod["status"] = ended.clone());
        add("alike", &|pod| drop(pod["metadata"].as_object_mut().unwrap().remove("ownerReferences")));
    });
    let result = compare(recordings, json!({})).await;
    assert!(passes(&result), "{result:?}");
    let finding = result.unwrap().finding().clone();
    assert!(finding.summary.ends_with("(besides 1 pod ending)"), "{}", finding.summary);
    assert_eq!(finding.evidence.get("finished").unwrap().to_string(), "1");
}

#[tokio::test]
async fn pods_of_other_workloads_are_owned_by_them() {
    let pod = |owner: &Value, name: &str, id: &str| {
        json!({
            "metadata": { "name": name, "namespace": "vapora", "uid": name, "ownerReferences": [{
                "kind": owner["kind"], "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"],
                "controller": true }] },
            "spec": { "containers": owner["spec"]["template"]["spec"]["containers"] },
            "status": { "phase": "Running", "containerStatuses": [{
                "name": owner["spec"]["template"]["spec"]["containers"][0]["name"], "imageID": id }] },
        })
    };
    let (db, agent) = (stateful_set(), daemon_set());
    let id = |digit: &str| format!("registry.example.com/x@{}", digest(digit));
    let pods = |db_id: &str, agent_id: &str| {
        let mut pods: Vec<Value> =
            (0..3).map(|number| pod(&db, &format!("db-{number}"), &id(db_id))).collect();
        pods.extend((0..2).map(|number| pod(&agent, &format!("agent-{number}"), &id(agent_id))));
        vec![
            Recording::object(&path("statefulsets", "db"), db.clone()),
            Recording::object(&path("daemonsets", "agent"), agent.clone()),
            Recording::list(PODS, "Pod", pods),
        ]
    };
    let parameters = json!({ "namespace": "vapora", "names": ["statefulset/db", "daemonset/agent"] });
    let before = ask::<ImagesUpdated>(parameters.clone(), replay(pods("a", "b")).0).await;
    assert!(passes(&before), "{before:?}");
    let after = async |db_id: &str, agent_id: &str| {
        let client = replay(pods(db_id, agent_id)).0;
        ask_at::<ImagesUpdated>(RECORDED, Some(&before), parameters.clone(), client).await
    };
    assert!(passes(&after("c", "d").await));
    let result = after("c", "b").await;
    assert!(fails(&result), "{result:?}");
    let actual = result.unwrap().finding().actual.clone().unwrap();
    assert!(actual.starts_with("`daemonset/agent` still runs the image of before in `agent`"), "{actual}");
}

#[tokio::test]
async fn a_workload_that_is_new_is_told() {
    let before = record().await;
    let new = format!("docker.io/library/nginx@{}", digest("a"));
    let mut recordings = answers(|_| {}, |_, pod| runs(pod, "nginx:1.28.0", &new));
    let agents = Recording::of("deployments-list").edited(|list| {
        let mut agents = list["items"][0].clone();
        agents["kind"] = "Deployment".into();
        *list = agents;
    });
    recordings.push(agents.at(&path("deployments", "vapora-agents")));
    let parameters = json!({ "namespace": "vapora", "names": ["vapora-backend", "vapora-agents"] });
    let result = ask_at::<ImagesUpdated>(RECORDED, Some(&before), parameters, replay(recordings).0).await;
    assert!(passes(&result), "{result:?}");
    let summary = result.unwrap().finding().summary.clone();
    assert_eq!(summary, "2 workloads in `vapora` run new images, 1 of which is not in the baseline");
}

#[tokio::test]
async fn a_baseline_has_to_be_about_the_same_workloads() {
    let pods =
        ask::<PodsRunning>(json!({ "namespace": "vapora" }), recorded(&["pods-list-all-running"])).await;
    let result = ask_at::<ImagesUpdated>(
        RECORDED,
        Some(&pods),
        backend(json!({})),
        replay(answers(|_| {}, |_, _| {})).0,
    )
    .await;
    assert!(!result.unwrap_err().is_transient());
    let before = record().await;
    for other in [
        json!({ "namespace": "vapora", "names": ["vapora-agents"] }),
        json!({ "namespace": "vapora-staging", "names": ["vapora-backend"] }),
    ] {
        let client = recorded(&[]);
        let error = ask_at::<ImagesUpdated>(RECORDED, Some(&before), other, client).await.unwrap_err();
        assert!(!error.is_transient(), "{error}");
        assert_eq!(error.message(), "`before` cannot be compared with");
    }
}

#[tokio::test]
async fn a_missing_namespace_is_told_from_a_missing_workload() {
    let parameters = json!({ "namespace": "vapora-staging", "names": ["vapora-backend"] });
    let recordings = ["deployment-get-missing-namespace-404", "namespace-get-missing-404"];
    let result = ask::<ImagesUpdated>(parameters, recorded(&recordings)).await;
    assert!(fails(&result), "{result:?}");
    let actual = result.unwrap().finding().actual.clone().unwrap();
    assert_eq!(actual, "the namespace `vapora-staging` does not exist");
    let zero = answers(|it| it["spec"]["replicas"] = 0.into(), |_, _| {});
    assert!(fails(&ask::<ImagesUpdated>(backend(json!({})), replay(zero).0).await));
    assert_eq!(problems::<ImagesUpdated>(json!({ "namespace": "a", "names": [] })).len(), 1);
    let short = backend(json!({ "digests": { "backend": "sha256:abc" } }));
    assert!(serde_json::from_value::<ImagesUpdated>(short).is_err());
}
