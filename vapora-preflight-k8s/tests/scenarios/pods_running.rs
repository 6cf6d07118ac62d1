//! `k8s.pods_running`

use serde_json::{Value, json};
use vapora_preflight::Advice;
use vapora_preflight_k8s::PodsRunning;
use vapora_preflight_sim::{ClusterBuilder, PodTrouble};

use crate::{
    ground::{Ground, IMAGE, everywhere},
    said::{evidence, fails, passes},
};

/// Three pods that run and are ready.
fn three(cluster: ClusterBuilder, namespace: &str) -> ClusterBuilder {
    let cluster = cluster.nodes(2);
    ["a-0", "a-1", "b-0"].into_iter().fold(cluster, |cluster, name| cluster.pod(namespace, name, IMAGE))
}

/// Changes the status of the pod `a-1` of the pattern.
fn edit(ground: &Ground, edit: impl FnOnce(&mut Value)) {
    ground.cluster().edit("Pod", ground.namespace(), "a-1", |pod| edit(&mut pod["status"])).unwrap();
}

#[tokio::test]
async fn pods_that_run_and_are_ready_pass() {
    everywhere("pods", three, async |ground| {
        ground.settle().await?;
        let ask = async |more| ground.ask_here::<PodsRunning>(more).await;
        let finding = passes(&ask(json!({ "at_least": 3, "allow_restarts": 0 })).await, &["3 pods"]);
        assert_eq!(evidence(&finding, "running"), "3");
        fails(&ask(json!({ "at_least": 4 })).await, &["3 pods", "at least 4 are needed"]);
        let finding = passes(&ask(json!({ "selector": "app=a" })).await, &["2 pods of `app=a`"]);
        assert_eq!(evidence(&finding, "total"), "2");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn one_pod_in_trouble_is_enough() {
    for (title, trouble, words, field, advice) in [
        (
            "crash-loop",
            PodTrouble::CrashLoop,
            "crash loop of container `a`: 7 restarts, last ended with exit code 1 (Error)",
            "crash_looping",
            Advice::RollBack,
        ),
        (
            "image-pull",
            PodTrouble::ImagePull,
            "the image of container `a` cannot be pulled (ImagePullBackOff: Back-off pulling image",
            "image_pull",
            Advice::Investigate,
        ),
        (
            "no-room",
            PodTrouble::Unschedulable,
            "finds no node (Unschedulable: 0/2 nodes are available: 2 Insufficient cpu",
            "pending",
            Advice::RollBack,
        ),
        (
            "not-ready",
            PodTrouble::NotReady,
            "runs and is not ready (ContainersNotReady: containers with unready status: [a])",
            "not_ready",
            Advice::Investigate,
        ),
    ] {
        everywhere(title, three, async |ground| {
            ground.cluster().trouble_pod(ground.namespace(), "a-1", trouble).unwrap();
            ground.settle().await?;
            let result = ground.ask_here::<PodsRunning>(json!({})).await;
            let finding = fails(&result, &["1 of 3 pods", &format!("`a-1`: {words}")]);
            assert!(evidence(&finding, field).contains("a-1"), "{finding:?}");
            assert_eq!(finding.advice, Some(advice), "{finding:?}");
            // What is asked for by other labels is not touched.
            passes(&ground.ask_here::<PodsRunning>(json!({ "selector": "app=b" })).await, &["1 pod"]);
            Ok(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_crash_loop_is_none_any_more_when_it_is_over() {
    everywhere("recovers", three, async |ground| {
        let well = ground.cluster().object("Pod", ground.namespace(), "a-1").unwrap()["status"].clone();
        ground.cluster().trouble_pod(ground.namespace(), "a-1", PodTrouble::CrashLoop).unwrap();
        ground.settle().await?;
        fails(&ground.ask_here::<PodsRunning>(json!({})).await, &["crash loop"]);
        edit(ground, |status| {
            *status = well;
            status["containerStatuses"][0]["restartCount"] = 8.into();
        });
        ground.settle().await?;
        passes(&ground.ask_here::<PodsRunning>(json!({})).await, &["3 pods"]);
        let strict = ground.ask_here::<PodsRunning>(json!({ "allow_restarts": 7 })).await;
        fails(&strict, &["`a-1`: was restarted 8 times, 7 are allowed"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_pod_that_was_made_just_now_is_not_running_yet() {
    everywhere("just-made", three, async |ground| {
        // As the API server makes it: nobody has said anything about it.
        edit(ground, |status| *status = json!({ "phase": "Pending" }));
        ground.settle().await?;
        fails(&ground.ask_here::<PodsRunning>(json!({})).await, &["1 of 3 pods", "`a-1`: is pending"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_pod_that_was_evicted_has_failed() {
    everywhere("evicted", three, async |ground| {
        let message = "The node was low on resource: memory.";
        edit(ground, |status| {
            *status = json!({ "phase": "Failed", "reason": "Evicted", "message": message });
        });
        ground.settle().await?;
        let result = ground.ask_here::<PodsRunning>(json!({})).await;
        fails(&result, &["1 of 3 pods", "`a-1`: failed (Evicted: The node was low on resource: memory)"]);
        Ok(())
    })
    .await;
}

/// The end of the pod of a job, well or not.
fn ended(status: &mut Value, well: bool) {
    let (phase, code, reason) = if well { ("Succeeded", 0, "Completed") } else { ("Failed", 1, "Error") };
    status["phase"] = phase.into();
    let at = status["startTime"].clone();
    let container = &mut status["containerStatuses"][0];
    container["ready"] = false.into();
    container["started"] = false.into();
    container["state"] = json!({ "terminated": {
        "exitCode": code, "reason": reason, "startedAt": at, "finishedAt": at } });
}

#[tokio::test]
async fn pods_of_jobs_are_counted_and_not_judged() {
    everywhere("jobs", three, async |ground| {
        let (cluster, namespace) = (ground.cluster(), ground.namespace());
        let template = cluster.object("Pod", namespace, "b-0").unwrap();
        let metadata = json!({ "name": "migrate", "namespace": namespace });
        cluster
            .insert(json!({ "apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {
                "template": { "spec": { "containers": template["spec"]["containers"], "restartPolicy": "Never" } } } }))
            .unwrap();
        let job = cluster.object("Job", namespace, "migrate").unwrap();
        for (name, well) in [("migrate-1", false), ("migrate-2", true)] {
            let mut pod = template.clone();
            pod["metadata"] = json!({ "name": name, "namespace": namespace, "labels": { "job": "migrate" },
                "ownerReferences": [{ "apiVersion": "batch/v1", "kind": "Job", "name": "migrate",
                    "uid": job["metadata"]["uid"], "controller": true }] });
            ended(&mut pod["status"], well);
            cluster.insert(pod).unwrap();
        }
        edit(ground, |status| ended(status, true));
        ground.settle().await?;
        let ask = async |more| ground.ask_here::<PodsRunning>(more).await;
        let finding = passes(&ask(json!({})).await, &["2 pods", "besides 1 finished, 2 of jobs"]);
        assert_eq!(evidence(&finding, "total"), "5");
        // They make up no number, and alone they are not enough.
        fails(&ask(json!({ "at_least": 3 })).await, &["2 pods", "at least 3"]);
        fails(&ask(json!({ "selector": "job=migrate" })).await, &["0 pods of `job=migrate`"]);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_pods_of_each_deployment_are_counted_by_their_owners() {
    let two = |cluster: ClusterBuilder, namespace: &str| {
        cluster.nodes(2).deployment(namespace, "backend", 2, IMAGE).deployment(namespace, "agents", 1, IMAGE)
    };
    everywhere("of-deployments", two, async |ground| {
        let pods = ground.cluster().pods_of(ground.namespace(), "agents");
        ground.cluster().trouble_pod(ground.namespace(), &pods[0], PodTrouble::NotReady).unwrap();
        ground.settle().await?;
        let ask = async |more| ground.ask_here::<PodsRunning>(more).await;
        let finding = passes(
            &ask(json!({ "deployment": "backend", "at_least": 2 })).await,
            &["2 pods of deployment `backend`"],
        );
        assert_eq!(evidence(&finding, "by_deployment"), "backend: 2");
        fails(
            &ask(json!({ "deployment": "backend", "at_least": 3 })).await,
            &["`backend` has 2 of 3 pods running"],
        );
        fails(&ask(json!({ "deployment": "router" })).await, &["there are no pods of deployment `router`"]);
        let each = json!({ "deployments": { "backend": 2, "agents": 1 } });
        let finding = fails(&ask(each).await, &["1 of 3 pods", "`agents` has 0 of 1 pod running"]);
        assert_eq!(evidence(&finding, "by_deployment"), "agents: 0, backend: 2");
        ground.forget();
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn no_pods_never_pass() {
    everywhere("no-pods", ClusterBuilder::namespace, async |ground| {
        ground.settle().await?;
        fails(&ground.ask_here::<PodsRunning>(json!({})).await, &["there are no pods", "was deployed there"]);
        let missing = format!("{}-x", ground.namespace());
        let result = ground.ask::<PodsRunning>(json!({ "namespace": missing })).await;
        fails(&result, &[&format!("the namespace `{missing}` does not exist"), "spelt right"]);
        Ok(())
    })
    .await;
}
