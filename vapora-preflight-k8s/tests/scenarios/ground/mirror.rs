//! From the pattern to a real cluster.
//!
//! No pod is ever run: a scheduler that does not exist is to place them, so that no kubelet says anything about them, and
//! their statuses are those of the pattern. Where there are controllers, a deployment gets its pods and its status from
//! them; where there are none, its status too is that of the pattern. A server drops what it does not know: one of 1.20 has
//! no `terminatingReplicas`, `hostIPs` and `observedGeneration` of pods, which those of today have.

use serde_json::{Value, json};
use vapora_preflight_sim::Cluster;

use super::{Ended, Skipped, api::until, real::Real};

/// No scheduler has this name.
const NOBODY: &str = "vapora-preflight-test-nobody";

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

fn number(object: &Value, field: &str) -> u64 {
    object["status"][field].as_u64().unwrap_or(0)
}

/// A pod as its owner would describe it, without what the server adds.
fn pod_spec(pattern: &Value) -> Value {
    let mut spec = pattern.clone();
    for field in ["nodeName", "volumes", "tolerations", "serviceAccount", "serviceAccountName", "priority"] {
        spec.as_object_mut().unwrap().remove(field);
    }
    for container in spec["containers"].as_array_mut().unwrap() {
        container.as_object_mut().unwrap().remove("volumeMounts");
    }
    spec["schedulerName"] = NOBODY.into();
    spec["automountServiceAccountToken"] = false.into();
    spec
}

impl Real {
    /// Brings the namespace of the pattern and its own nodes to the real cluster. What is there already gets the statuses
    /// that the pattern has now.
    pub(super) async fn mirror(&self, pattern: &Cluster, namespace: &str) -> Ended {
        let here = |object: &&Value| object["metadata"]["namespace"] == namespace;
        let nodes = pattern.objects("Node");
        let nodes: Vec<&Value> = nodes.iter().filter(|node| name(node).starts_with(namespace)).collect();
        if !nodes.is_empty() && self.has.nodes {
            return Err(Skipped("it has nodes of its own, which are only read".to_owned()));
        }
        for node in nodes {
            self.node(node).await;
        }
        let Ok(pattern_namespace) = pattern.object("Namespace", "", namespace) else { return Ok(()) };
        let metadata = json!({ "metadata": { "name": namespace } });
        self.objects.create("Namespace", None, metadata).await;
        // The controllers make it too, a little later; without it, no pod is admitted.
        let account = json!({ "metadata": { "name": "default" } });
        self.objects.create("ServiceAccount", Some(namespace), account).await;
        for job in pattern.objects("Job").iter().filter(here) {
            self.job(job, namespace).await;
        }
        for deployment in pattern.objects("Deployment").iter().filter(here) {
            self.deployment(pattern, deployment, namespace).await?;
        }
        let pods = pattern.objects("Pod");
        for pod in pods.iter().filter(here) {
            let owner = pod["metadata"]["ownerReferences"][0]["kind"].as_str();
            if owner != Some("ReplicaSet") {
                self.pod(pod, namespace).await;
            }
        }
        if pattern_namespace["status"]["phase"] == "Terminating" {
            self.terminate(namespace).await;
        }
        Ok(())
    }

    async fn node(&self, pattern: &Value) {
        let metadata = json!({ "name": name(pattern), "labels": pattern["metadata"]["labels"] });
        let spec = json!({ "unschedulable": pattern["spec"]["unschedulable"].as_bool().unwrap_or(false) });
        self.objects.create("Node", None, json!({ "metadata": metadata, "spec": spec })).await;
        self.objects.patch("Node", None, name(pattern), json!({ "spec": spec })).await;
        let said = ["conditions", "capacity", "allocatable", "nodeInfo"];
        let status: Value =
            said.into_iter().map(|field| (field.to_owned(), pattern["status"][field].clone())).collect();
        self.objects.patch_status("Node", None, name(pattern), &status).await;
    }

    async fn pod(&self, pattern: &Value, namespace: &str) {
        let mut metadata = json!({ "name": name(pattern), "labels": pattern["metadata"]["labels"] });
        let owner = &pattern["metadata"]["ownerReferences"][0];
        if owner["kind"] == "Job" {
            // One that does not exist would take the pod with it, and its controller deletes pods that are too many.
            let job = owner["name"].as_str().unwrap();
            let job = self.objects.get("Job", Some(namespace), job).await.expect("the job of the pod");
            metadata["ownerReferences"] = json!([{ "apiVersion": "batch/v1", "kind": "Job",
                "name": job["metadata"]["name"], "uid": job["metadata"]["uid"], "controller": !self.has.controllers }]);
        }
        let mut spec = pod_spec(&pattern["spec"]);
        if owner["kind"] == "Job" {
            spec["restartPolicy"] = "Never".into();
        }
        self.objects.create("Pod", Some(namespace), json!({ "metadata": metadata, "spec": spec })).await;
        self.pod_status(pattern, namespace, name(pattern)).await;
    }

    async fn pod_status(&self, pattern: &Value, namespace: &str, name: &str) {
        let mut status = pattern["status"].clone();
        // The server knows the class itself, and lets nobody change it.
        status.as_object_mut().unwrap().remove("qosClass");
        self.objects.patch_status("Pod", Some(namespace), name, &status).await;
    }

    /// A job that makes no pods.
    async fn job(&self, pattern: &Value, namespace: &str) {
        let labels = json!({ "pods-of-job": name(pattern) });
        let spec = json!({
            "parallelism": 0,
            "manualSelector": true,
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": pod_spec(&pattern["spec"]["template"]["spec"]),
            },
        });
        let job = json!({ "metadata": { "name": name(pattern) }, "spec": spec });
        self.objects.create("Job", Some(namespace), job).await;
    }

    async fn deployment(&self, cluster: &Cluster, pattern: &Value, namespace: &str) -> Ended {
        let generation = pattern["metadata"]["generation"].as_u64().unwrap();
        let behind = number(pattern, "observedGeneration") < generation;
        if behind && self.has.controllers {
            let reason = "its controllers leave no change to a deployment unseen";
            return Err(Skipped(reason.to_owned()));
        }
        let here = Some(namespace);
        let metadata = json!({ "name": name(pattern), "labels": pattern["metadata"]["labels"] });
        let mut spec = pattern["spec"].clone();
        spec["template"]["spec"] = pod_spec(&spec["template"]["spec"]);
        let mut first = spec.clone();
        if self.has.controllers {
            // A paused one would get no pods.
            first["paused"] = false.into();
        } else {
            first["minReadySeconds"] = (generation - 1).into();
        }
        let object = json!({ "metadata": metadata, "spec": first });
        self.objects.create("Deployment", here, object).await;
        if self.has.controllers {
            self.roll(cluster, pattern, namespace, &spec["template"]).await;
            self.controlled(cluster, pattern, namespace).await;
            return Ok(());
        }
        let mut now = self.objects.get("Deployment", here, name(pattern)).await.unwrap();
        while let Some(bump) = now["spec"]["minReadySeconds"].as_u64().filter(|bump| *bump > 0) {
            let patch = json!({ "spec": { "minReadySeconds": bump - 1 } });
            now = self.objects.patch("Deployment", here, name(pattern), patch).await;
        }
        now = self.objects.patch("Deployment", here, name(pattern), json!({ "spec": spec })).await;
        assert_eq!(now["metadata"]["generation"], generation, "the generation of {}", name(pattern));
        self.objects.patch_status("Deployment", here, name(pattern), &pattern["status"]).await;
        Ok(())
    }

    /// Gives a deployment the template of the pattern, where it has another one, and the new pods that its controller makes
    /// a status of the pattern, until those of before are gone.
    async fn roll(&self, cluster: &Cluster, pattern: &Value, namespace: &str, template: &Value) {
        let here = Some(namespace);
        let image = |template: &Value| template["spec"]["containers"][0]["image"].clone();
        let now = self.objects.get("Deployment", here, name(pattern)).await.unwrap();
        if image(&now["spec"]["template"]) == image(template) {
            return;
        }
        let paused = pattern["spec"]["paused"].as_bool().unwrap_or(false);
        let patch = json!({ "spec": { "paused": paused, "template": template } });
        self.objects.patch("Deployment", here, name(pattern), patch).await;
        if paused {
            return;
        }
        let pods = cluster.pods_of(namespace, name(pattern));
        let status = cluster.object("Pod", namespace, &pods[0]).unwrap();
        let labels = format!("app={}", pattern["spec"]["selector"]["matchLabels"]["app"].as_str().unwrap());
        let done = async || {
            let now = self.objects.list("Pod", here, &labels).await;
            let new = |pod: &&Value| pod["spec"]["containers"][0]["image"] == image(template);
            for pod in now.iter().filter(new) {
                if pod["status"]["containerStatuses"].is_null() {
                    self.pod_status(&status, namespace, name(pod)).await;
                }
            }
            now.len() == pods.len() && now.iter().all(|pod| new(&pod))
        };
        assert!(until(60, done).await, "{} does not roll out", name(pattern));
    }

    /// Gives the pods of a deployment the statuses of the pattern, and waits until its controller has seen them.
    async fn controlled(&self, cluster: &Cluster, pattern: &Value, namespace: &str) {
        let here = Some(namespace);
        let labels = format!("app={}", pattern["spec"]["selector"]["matchLabels"]["app"].as_str().unwrap());
        let statuses: Vec<Value> = cluster
            .pods_of(namespace, name(pattern))
            .iter()
            .map(|pod| cluster.object("Pod", namespace, pod).unwrap())
            .collect();
        let all = async || self.objects.list("Pod", here, &labels).await.len() == statuses.len();
        assert!(until(30, all).await, "the pods of {} are not there", name(pattern));
        for (pod, status) in self.objects.list("Pod", here, &labels).await.iter().zip(&statuses) {
            self.pod_status(status, namespace, name(pod)).await;
        }
        let paused = json!({ "spec": { "paused": pattern["spec"]["paused"].as_bool().unwrap_or(false) } });
        let seen = async || {
            let now = self.objects.get("Deployment", here, name(pattern)).await.unwrap();
            let same = ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"]
                .into_iter()
                .all(|field| number(&now, field) == number(pattern, field));
            same && Some(number(&now, "observedGeneration")) == now["metadata"]["generation"].as_u64()
        };
        assert!(until(30, seen).await, "the controller does not see the pods of {}", name(pattern));
        self.objects.patch("Deployment", here, name(pattern), paused).await;
        assert!(until(30, seen).await, "the controller does not see the change of {}", name(pattern));
    }

    /// Begins to delete the namespace, which a finalizer in it holds back.
    async fn terminate(&self, namespace: &str) {
        let metadata = json!({ "name": "held", "finalizers": ["example.com/hold"] });
        self.objects.create("ConfigMap", Some(namespace), json!({ "metadata": metadata })).await;
        self.objects.delete("Namespace", None, namespace).await;
        if self.has.controllers {
            let said = async || {
                let now = self.objects.get("Namespace", None, namespace).await.unwrap();
                let conditions = now["status"]["conditions"].as_array();
                conditions
                    .into_iter()
                    .flatten()
                    .any(|one| one["type"] == "NamespaceFinalizersRemaining" && one["status"] == "True")
            };
            assert!(until(60, said).await, "the namespace controller does not say what holds it back");
        }
    }
}
