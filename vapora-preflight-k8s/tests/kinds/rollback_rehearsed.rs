//! `k8s.rollback_rehearsed`

mod ended;
mod meddling;
mod recorded;

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use vapora_preflight::{Check, CheckContext, CheckResult, Overrides, PlanBuilder, Registry, Sources};
use vapora_preflight_k8s::{K8sClient, KubernetesTarget, RollbackRehearsed, register};
use vapora_preflight_sim::{Cluster, PodTrouble, Workload};

use crate::{
    said::{Sheet, context, documented, fails, kind, passes, problems},
    world::client,
};

const OLD: &str = "registry.example.com/backend:1.0";
const NEW: &str = "registry.example.com/backend:2.0";
const CAUSE: &str = "kubernetes.io/change-cause";

/// Two deployments, of which the first has been rolled out anew.
fn cluster() -> Cluster {
    let workload =
        |name: &str, image: &str| Workload::new(name, 1, image).stops_after(Duration::from_secs(1));
    let cluster = Cluster::builder("staging")
        .nodes(2)
        .workload("vapora", workload("backend", OLD))
        .workload("vapora", workload("agents", "registry.example.com/agents:1.0"))
        .build();
    cluster
        .edit("Deployment", "vapora", "backend", |it| it["metadata"]["annotations"][CAUSE] = "first".into())
        .unwrap();
    cluster.settle();
    cluster
        .edit("Deployment", "vapora", "backend", |it| it["metadata"]["annotations"][CAUSE] = "second".into())
        .unwrap();
    cluster.roll_out("vapora", "backend", NEW).unwrap();
    cluster
}

fn with(more: Value) -> Value {
    let mut parameters =
        json!({ "namespace": "vapora", "names": ["backend"], "rollout_timeout": "15s", "poll": "1s" });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

fn in_time(cluster: &Cluster, client: K8sClient) -> CheckContext {
    context(client, KubernetesTarget::default()).with_clock(Arc::new(cluster.clock().clone()))
}

async fn rehearse_with(cluster: &Cluster, client: K8sClient, more: Value) -> CheckResult {
    let result = kind::<RollbackRehearsed>(with(more)).run(&in_time(cluster, client)).await;
    documented::<RollbackRehearsed>(&result);
    result
}

async fn rehearse(cluster: &Cluster, more: Value) -> CheckResult {
    rehearse_with(cluster, client(cluster), more).await
}

fn deployment(cluster: &Cluster) -> Value {
    cluster.object("Deployment", "vapora", "backend").unwrap()
}

/// What a rehearsal has to leave as it was.
fn state(cluster: &Cluster) -> Value {
    let deployment = deployment(cluster);
    let mut annotations = deployment["metadata"]["annotations"].clone();
    annotations.as_object_mut().unwrap().remove("deployment.kubernetes.io/revision");
    let owners = deployment["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    let owners: Vec<Value> = owners
        .into_iter()
        .filter(|entry| entry["subresource"] != "status")
        .map(|entry| json!([entry["manager"], entry["operation"], entry["fieldsV1"]]))
        .collect();
    let causes: Vec<Value> = cluster
        .objects("ReplicaSet")
        .iter()
        .map(|set| {
            json!([set["metadata"]["name"], set["metadata"]["annotations"][CAUSE], set["spec"]["replicas"]])
        })
        .collect();
    json!({ "spec": deployment["spec"], "labels": deployment["metadata"]["labels"], "annotations": annotations,
        "owners": owners, "sets": causes })
}

fn marks(cluster: &Cluster) -> Vec<String> {
    let labels = deployment(cluster)["metadata"]["labels"].clone();
    let labels = labels.as_object().cloned().unwrap_or_default();
    labels.keys().filter(|label| label.starts_with("vapora-preflight/")).cloned().collect()
}

fn image(cluster: &Cluster) -> String {
    deployment(cluster)["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap().to_owned()
}

fn revision(cluster: &Cluster) -> String {
    deployment(cluster)["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn pass_time(cluster: &Cluster, seconds: u64) {
    cluster.clock().advance(Duration::from_secs(seconds));
}

#[tokio::test]
async fn a_rollback_is_undone_and_restored_and_everything_is_as_before() {
    let cluster = cluster();
    let before = state(&cluster);
    let mut sheet = Sheet::default();
    let result = rehearse(&cluster, json!({ "previous_tag": "1.0" })).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("good", &result);
    assert_eq!(state(&cluster), before);
    assert_eq!((revision(&cluster).as_str(), marks(&cluster).len()), ("4", 0));
    let patches: Vec<String> =
        cluster.requests().iter().filter(|one| one.method == "PATCH").map(|one| one.query.clone()).collect();
    assert_eq!(patches, ["fieldManager=vapora-preflight"; 3]);
    // and again, from other numbers
    let result = rehearse(&cluster, json!({ "verify_image_ids": false })).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("again, without the pods", &result);
    assert_eq!((state(&cluster), revision(&cluster).as_str()), (before, "6"));
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn what_stands_against_it_is_told_before_anything_is_changed() {
    let mut sheet = Sheet::default();
    let mut refuse = async |title: &str, more: Value, arrange: &dyn Fn(&Cluster)| {
        let cluster = cluster();
        arrange(&cluster);
        let before = deployment(&cluster);
        let result = rehearse(&cluster, more).await;
        assert!(fails(&result), "{title}: {result:?}");
        sheet.add(title, &result);
        assert!(cluster.requests().iter().all(|request| request.method == "GET"), "{title}");
        let after = deployment(&cluster);
        assert_eq!((&after["spec"], &after["metadata"]), (&before["spec"], &before["metadata"]), "{title}");
    };
    let edit = |cluster: &Cluster, edit: &dyn Fn(&mut Value)| {
        cluster.edit("Deployment", "vapora", "backend", |it| edit(it)).unwrap();
        cluster.settle();
    };
    refuse("no namespace", json!({ "namespace": "vapor" }), &|_| {}).await;
    refuse("no deployment", json!({ "names": ["router", "agents"], "rollout_timeout": "7s" }), &|_| {}).await;
    refuse("rolled out once", json!({ "names": ["agents"] }), &|_| {}).await;
    refuse("paused", json!({}), &|cluster| edit(cluster, &|it| it["spec"]["paused"] = true.into())).await;
    refuse("not seen yet", json!({}), &|cluster| {
        cluster.hold_controllers(true);
        edit(cluster, &|it| it["spec"]["template"]["spec"]["containers"][0]["image"] = "other".into());
    })
    .await;
    refuse("in the middle of a rollout", json!({}), &|cluster| {
        edit(cluster, &|it| it["spec"]["template"]["spec"]["containers"][0]["image"] = "other:1".into());
    })
    .await;
    refuse("given up", json!({}), &|cluster| {
        cluster.image_fails("other:1", PodTrouble::ImagePull);
        edit(cluster, &|it| {
            it["spec"]["progressDeadlineSeconds"] = 20.into();
            it["spec"]["template"]["spec"]["containers"][0]["image"] = "other:1".into();
        });
        pass_time(cluster, 60);
    })
    .await;
    refuse("no replicas", json!({}), &|cluster| {
        edit(cluster, &|it| it["spec"]["replicas"] = 0.into());
        pass_time(cluster, 60);
    })
    .await;
    refuse("keeps nothing", json!({}), &|cluster| {
        edit(cluster, &|it| it["spec"]["revisionHistoryLimit"] = 0.into());
        pass_time(cluster, 60);
    })
    .await;
    refuse("the same images", json!({}), &|cluster| {
        edit(cluster, &|it| it["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 7.into());
        pass_time(cluster, 60);
    })
    .await;
    refuse("another tag", json!({ "previous_tag": "0.9" }), &|_| {}).await;
    refuse("no such container", json!({ "previous_tag": "1.0", "containers": ["sidecar"] }), &|_| {}).await;
    refuse("is going", json!({}), &|cluster| {
        edit(cluster, &|it| it["metadata"]["deletionTimestamp"] = "2026-12-01T12:00:00Z".into());
    })
    .await;
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_revision_of_the_same_images_may_be_meant() {
    let cluster = cluster();
    let edit = |it: &mut Value| it["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 7.into();
    cluster.edit("Deployment", "vapora", "backend", edit).unwrap();
    cluster.settle();
    pass_time(&cluster, 60);
    let before = state(&cluster);
    let result = rehearse(&cluster, json!({ "allow_same_images": true })).await;
    assert!(passes(&result), "{result:?}");
    assert_eq!(state(&cluster), before);
}

#[tokio::test]
async fn a_revision_that_does_not_come_up_is_undone_again() {
    let mut sheet = Sheet::default();
    for (title, trouble, deadline) in [
        ("its image is gone, and the controller gives it up", PodTrouble::ImagePull, 8),
        ("it never gets ready", PodTrouble::NotReady, 600),
    ] {
        let cluster = cluster();
        let deadline = |it: &mut Value| it["spec"]["progressDeadlineSeconds"] = deadline.into();
        cluster.edit("Deployment", "vapora", "backend", deadline).unwrap();
        cluster.settle();
        let before = state(&cluster);
        cluster.image_fails(OLD, trouble);
        let result = rehearse(&cluster, json!({})).await;
        assert!(fails(&result), "{title}: {result:?}");
        sheet.add(title, &result);
        assert_eq!((state(&cluster), marks(&cluster).len()), (before, 0), "{title}");
    }
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn the_images_that_run_are_looked_at() {
    let mut sheet = Sheet::default();
    // The tag of before was pushed from the release of now.
    let of_now = cluster();
    of_now.same_image(OLD, NEW);
    let result = rehearse(&of_now, json!({})).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("the same image under another tag", &result);
    assert_eq!((image(&of_now).as_str(), marks(&of_now).len()), (NEW, 0));
    // The tag of now was pushed anew since its pods were made.
    let anew = cluster();
    anew.same_image(NEW, "registry.example.com/backend:3.0");
    let result = rehearse(&anew, json!({})).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("another image under the same tag", &result);
    assert_eq!((image(&anew).as_str(), marks(&anew).len()), (NEW, 0));
    // Nobody knows what the pods run.
    let silent = cluster();
    let pod = silent.pods_of("vapora", "backend").remove(0);
    let unsay = |pod: &mut Value| pod["status"]["containerStatuses"][0]["imageID"] = "".into();
    silent.edit("Pod", "vapora", &pod, unsay).unwrap();
    let result = rehearse(&silent, json!({})).await;
    assert!(result.is_err(), "{result:?}");
    sheet.add("not known", &result);
    assert!(silent.requests().iter().all(|request| request.method == "GET"));
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn of_several_deployments_none_is_touched_unless_all_of_them_can_be() {
    let cluster = cluster();
    let both = json!({ "names": ["backend", "agents"], "rollout_timeout": "7s" });
    let mut sheet = Sheet::default();
    let result = rehearse(&cluster, both.clone()).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("the second one has nothing to go back to", &result);
    assert_eq!(revision(&cluster), "2");
    cluster.roll_out("vapora", "agents", "registry.example.com/agents:2.0").unwrap();
    let result = rehearse(&cluster, both.clone()).await;
    assert!(passes(&result), "{result:?}");
    sheet.add("both", &result);
    cluster.image_fails(OLD, PodTrouble::CrashLoop);
    let result = rehearse(&cluster, both).await;
    assert!(fails(&result), "{result:?}");
    sheet.add("the first one fails", &result);
    insta::assert_snapshot!(sheet.text());
}

#[tokio::test]
async fn a_check_without_the_time_for_it_changes_nothing() {
    let cluster = cluster();
    let result = rehearse(&cluster, json!({ "rollout_timeout": "16s" })).await;
    let error = result.unwrap_err();
    assert!(!error.is_transient());
    assert_eq!(error.to_string(), "the rehearsal may take 32s, and the check has only 30s");
    assert_eq!(cluster.request_count(), 0);
}

/// What was applied can be applied again with another image: nobody else has come to own it.
#[tokio::test]
async fn who_has_applied_the_release_meets_no_conflict_after_it() {
    let cluster = cluster();
    let apply = async |image: &str, force: bool| {
        let body = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "backend" },
            "spec": { "template": { "spec": { "containers": [{ "name": "backend", "image": image }] } } },
        });
        let path =
            format!("/apis/apps/v1/namespaces/vapora/deployments/backend?fieldManager=kubectl&force={force}");
        let request = http::Request::patch(path)
            .header("content-type", "application/apply-patch+yaml")
            .body(serde_json::to_vec(&body).unwrap())
            .unwrap();
        client(&cluster).client().request::<Value>(request).await
    };
    let owner = |cluster: &Cluster| deployment(cluster)["metadata"]["managedFields"].clone();
    // nobody else owns the fields, as after a release that was only ever applied
    cluster
        .edit("Deployment", "vapora", "backend", |it| it["metadata"]["managedFields"] = json!([]))
        .unwrap();
    apply("registry.example.com/backend:3.0", true).await.unwrap();
    pass_time(&cluster, 60);
    let before = (state(&cluster), owner(&cluster).as_array().unwrap().len());
    let result = rehearse(&cluster, json!({})).await;
    assert!(passes(&result), "{result:?}");
    assert_eq!((state(&cluster), owner(&cluster).as_array().unwrap().len()), before);
    apply("registry.example.com/backend:4.0", false).await.unwrap();
}

#[test]
fn a_protected_target_is_refused_when_the_checklist_is_read() {
    let mut registry = Registry::new();
    register(&mut registry);
    let built = |protected: bool| {
        let checklist = format!(
            "checklist = \"x\"\n[phase.now]\n[target.staging]\nprotected = {protected}\n[target.staging.kubernetes]\n[check.it]\n\
             phase = \"now\"\nkind = \"k8s.rollback_rehearsed\"\ntarget = \"staging\"\nnamespace = \"vapora\"\nnames = [\"a\"]\n"
        );
        let mut sources = Sources::default();
        sources.add("checklist.toml", checklist);
        PlanBuilder::new(&registry).sources(&sources).overrides(Overrides::new()).build().map(|_| ())
    };
    assert!(built(false).is_ok());
    let error = format!("{:?}", built(true).unwrap_err());
    assert!(error.contains("would change `staging`, which is protected"), "{error}");
}

#[test]
fn parameters_that_do_not_go_together_are_told() {
    assert_eq!(problems::<RollbackRehearsed>(with(json!({}))), [""; 0]);
    for (more, told) in [
        (json!({ "names": [] }), "no deployment is named"),
        (json!({ "names": ["a", "b", "a"] }), "`a` is named twice"),
        (json!({ "containers": ["a"] }), "`containers` is given without `previous_tag`"),
        (json!({ "poll": "0s" }), "expected more than no time at all"),
    ] {
        assert_eq!(problems::<RollbackRehearsed>(with(more)), [told]);
    }
}
