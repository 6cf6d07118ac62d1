//! Deployments with their ReplicaSets and Pods.

use serde_json::{Value, json};

use super::{
    metadata::Manager,
    pod,
    state::{ClusterError, State},
    store::meta,
};
use crate::ids::{hash, letters};

const REVISION: &str = "deployment.kubernetes.io/revision";

/// What a Deployment is to run.
///
/// ```
/// use vapora_preflight_sim::{Cluster, Workload};
///
/// let backend = Workload::new("backend", 2, "registry.example.com/backend:1.0").port(8001).env_from("backend-config");
/// let cluster = Cluster::builder("staging").nodes(3).workload("shop", backend).build();
/// assert_eq!(cluster.objects("Pod").len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    name: String,
    replicas: u32,
    image: String,
    container: Option<String>,
    port: u16,
    config_map: Option<String>,
}

impl Workload {
    /// A Deployment of that name with one container.
    pub fn new(name: impl Into<String>, replicas: u32, image: impl Into<String>) -> Self {
        let (name, image) = (name.into(), image.into());
        Self { name, replicas, image, container: None, port: 8080, config_map: None }
    }

    /// The name of the container; by default that of the Deployment without `<namespace>-` in front.
    pub fn container(self, name: impl Into<String>) -> Self {
        Self { container: Some(name.into()), ..self }
    }

    /// The port of the container, named `http`; 8080 by default.
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Takes the environment of the container from this ConfigMap.
    pub fn env_from(self, config_map: impl Into<String>) -> Self {
        Self { config_map: Some(config_map.into()), ..self }
    }

    fn deployment(&self, namespace: &str) -> Value {
        let name = &self.name;
        let prefix = format!("{namespace}-");
        let container = self.container.as_deref().unwrap_or(name.strip_prefix(&prefix).unwrap_or(name));
        let mut container = json!({
            "name": container,
            "image": self.image,
            "ports": [{ "name": "http", "containerPort": self.port, "protocol": "TCP" }],
            "resources": { "limits": { "memory": "256Mi" }, "requests": { "cpu": "100m", "memory": "64Mi" } },
            "readinessProbe": {
                "httpGet": { "path": "/health", "port": "http", "scheme": "HTTP" },
                "timeoutSeconds": 1, "periodSeconds": 5, "successThreshold": 1, "failureThreshold": 3,
            },
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "imagePullPolicy": "IfNotPresent",
        });
        if let Some(config_map) = &self.config_map {
            container["envFrom"] = json!([{ "configMapRef": { "name": config_map } }]);
        }
        json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "generation": 1,
                "labels": { "app": name, "app.kubernetes.io/part-of": namespace },
                "annotations": {},
            },
            "spec": {
                "replicas": self.replicas,
                "selector": { "matchLabels": { "app": name } },
                "template": {
                    "metadata": { "labels": { "app": name } },
                    "spec": {
                        "containers": [container],
                        "restartPolicy": "Always",
                        "terminationGracePeriodSeconds": 30,
                        "dnsPolicy": "ClusterFirst",
                        "securityContext": {},
                        "schedulerName": "default-scheduler",
                    },
                },
                "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": "25%", "maxSurge": "25%" } },
                "revisionHistoryLimit": 10,
                "progressDeadlineSeconds": 600,
            },
        })
    }
}

/// Makes the Deployment of a workload and lets it roll out.
pub(crate) fn create(
    state: &mut State,
    namespace: &str,
    workload: &Workload,
    now: &str,
) -> Result<(), ClusterError> {
    state.insert(workload.deployment(namespace), now, Manager::Person)?;
    reconcile(state, namespace, &workload.name, now)
}

/// Gives the first container another image and lets the Deployment roll out to its end.
pub(crate) fn roll_out(
    state: &mut State,
    namespace: &str,
    name: &str,
    image: &str,
    now: &str,
) -> Result<(), ClusterError> {
    state.edit("Deployment", namespace, name, |deployment| {
        deployment["spec"]["template"]["spec"]["containers"][0]["image"] = image.into();
    })?;
    reconcile(state, namespace, name, now)
}

/// Does what the controllers would: the ReplicaSet of the template, its Pods, and the status.
pub(crate) fn reconcile(
    state: &mut State,
    namespace: &str,
    name: &str,
    now: &str,
) -> Result<(), ClusterError> {
    let deployment = state.get("Deployment", namespace, name)?.clone();
    let current = current_set(&deployment);
    let replicas = deployment["spec"]["replicas"].as_u64().unwrap_or(1);
    let sets = owned(state, "ReplicaSet", namespace, meta(&deployment, "uid"));
    let revision = |set: &Value| {
        set["metadata"]["annotations"][REVISION]
            .as_str()
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or(0)
    };
    let newest = sets.iter().map(revision).max().unwrap_or(0);
    let known = sets.iter().find(|set| meta(set, "name") == current).cloned();
    let number = match &known {
        Some(set) if revision(set) == newest => newest,
        _ => newest + 1,
    };
    let mut set = known.unwrap_or_else(|| replica_set(&deployment, &current));
    set["metadata"]["annotations"] = json!({
        "deployment.kubernetes.io/desired-replicas": replicas.to_string(),
        "deployment.kubernetes.io/max-replicas": (replicas + replicas.div_ceil(4)).to_string(),
        REVISION: number.to_string(),
    });
    set["spec"]["replicas"] = replicas.into();
    state.insert(set, now, Manager::Controller)?;
    state.edit("Deployment", namespace, name, |deployment| {
        deployment["metadata"]["annotations"][REVISION] = number.to_string().into();
    })?;

    for old in sets.iter().filter(|set| meta(set, "name") != current) {
        scale(state, old, 0, now)?;
    }
    let set = state.get("ReplicaSet", namespace, &current)?.clone();
    scale(state, &set, replicas, now)?;
    refresh(state, namespace, name, now)
}

/// The name of the ReplicaSet of the template as it is now.
fn current_set(deployment: &Value) -> String {
    let template = deployment["spec"]["template"].to_string();
    format!("{}-{}", meta(deployment, "name"), letters(hash(&template), 10))
}

fn replica_set(deployment: &Value, name: &str) -> Value {
    let template_hash = name.rsplit_once('-').map_or(name, |(_, template_hash)| template_hash);
    let mut template = deployment["spec"]["template"].clone();
    let mut selector = deployment["spec"]["selector"].clone();
    template["metadata"]["labels"]["pod-template-hash"] = template_hash.into();
    selector["matchLabels"]["pod-template-hash"] = template_hash.into();
    json!({
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": name,
            "namespace": meta(deployment, "namespace"),
            "generation": 1,
            "labels": template["metadata"]["labels"],
            "ownerReferences": [{
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": meta(deployment, "name"),
                "uid": meta(deployment, "uid"),
                "controller": true,
                "blockOwnerDeletion": true,
            }],
        },
        "spec": { "replicas": 0, "selector": selector, "template": template },
    })
}

/// The objects of a kind that belong to an owner.
fn owned(state: &State, kind: &str, namespace: &str, owner: &str) -> Vec<Value> {
    let belongs = |object: &&Value| {
        meta(object, "namespace") == namespace && object["metadata"]["ownerReferences"][0]["uid"] == owner
    };
    state.kind(kind).into_iter().filter(belongs).cloned().collect()
}

fn scale(state: &mut State, set: &Value, replicas: u64, now: &str) -> Result<(), ClusterError> {
    let (namespace, name) = (meta(set, "namespace"), meta(set, "name"));
    state.edit("ReplicaSet", namespace, name, |set| set["spec"]["replicas"] = replicas.into())?;
    let set = state.get("ReplicaSet", namespace, name)?.clone();
    let pods = owned(state, "Pod", namespace, meta(&set, "uid"));
    for pod in pods.iter().skip(replicas as usize) {
        state.remove("Pod", namespace, meta(pod, "name"))?;
    }
    for _ in pods.len() as u64..replicas {
        let pod = pod::running(state, &set, now);
        state.insert(pod, now, Manager::Controller)?;
    }
    Ok(())
}

/// Writes the status of a Deployment and of its ReplicaSets from the Pods that there are.
pub(crate) fn refresh(state: &mut State, namespace: &str, name: &str, now: &str) -> Result<(), ClusterError> {
    let deployment = state.get("Deployment", namespace, name)?.clone();
    let current = current_set(&deployment);
    let (mut all, mut ready_in_all, mut updated) = (0, 0, 0);
    for set in owned(state, "ReplicaSet", namespace, meta(&deployment, "uid")) {
        let pods = owned(state, "Pod", namespace, meta(&set, "uid"));
        let ready = pods.iter().filter(|pod| pod::is_ready(pod)).count();
        all += pods.len();
        ready_in_all += ready;
        if meta(&set, "name") == current {
            updated = pods.len();
        }
        let mut status = json!({
            "replicas": pods.len(),
            "terminatingReplicas": 0,
            "observedGeneration": set["metadata"]["generation"],
        });
        count(&mut status, "fullyLabeledReplicas", pods.len());
        count(&mut status, "readyReplicas", ready);
        count(&mut status, "availableReplicas", ready);
        state.edit("ReplicaSet", namespace, meta(&set, "name"), |set| set["status"] = status)?;
    }
    let replicas = deployment["spec"]["replicas"].as_u64().unwrap_or(1) as usize;
    let paused = deployment["spec"]["paused"].as_bool().unwrap_or(false);
    state.edit("Deployment", namespace, name, |deployment| {
        let conditions = deployment["status"]["conditions"].clone();
        let mut status = json!({
            "observedGeneration": deployment["metadata"]["generation"],
            "terminatingReplicas": 0,
            "conditions": conditions,
        });
        count(&mut status, "replicas", all);
        count(&mut status, "updatedReplicas", updated);
        count(&mut status, "readyReplicas", ready_in_all);
        count(&mut status, "availableReplicas", ready_in_all);
        count(&mut status, "unavailableReplicas", replicas.max(all) - ready_in_all);
        deployment["status"] = status;
        // A quarter may be missing, rounded down.
        let available = ready_in_all >= replicas - replicas / 4;
        condition(
            deployment,
            now,
            if available {
                (
                    "Available",
                    "True",
                    "MinimumReplicasAvailable",
                    "Deployment has minimum availability.".to_owned(),
                )
            } else {
                let message = "Deployment does not have minimum availability.".to_owned();
                ("Available", "False", "MinimumReplicasUnavailable", message)
            },
        );
        let progressed = format!("ReplicaSet \"{current}\" has successfully progressed.");
        let complete = updated == replicas && all == replicas && ready_in_all == replicas;
        if paused {
            condition(
                deployment,
                now,
                ("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused".to_owned()),
            );
        } else if complete {
            condition(deployment, now, ("Progressing", "True", "NewReplicaSetAvailable", progressed));
        } else if !says(deployment, &progressed) {
            let message = format!("ReplicaSet \"{current}\" is progressing.");
            condition(deployment, now, ("Progressing", "True", "ReplicaSetUpdated", message));
        }
    })
}

/// Sets a number, or leaves it away where it is zero, as the API server does.
fn count(status: &mut Value, field: &str, number: usize) {
    if number > 0 {
        status[field] = number.into();
    }
}

/// Did the Deployment come to the end of its rollout before?
fn says(deployment: &Value, message: &str) -> bool {
    let conditions = deployment["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|one| one["message"] == message)
}

/// Sets a condition as the Deployment controller does: one with another status goes to the end.
fn condition(deployment: &mut Value, now: &str, (kind, status, reason, message): (&str, &str, &str, String)) {
    if !deployment["status"]["conditions"].is_array() {
        deployment["status"]["conditions"] = json!([]);
    }
    let Some(conditions) = deployment["status"]["conditions"].as_array_mut() else { return };
    let mut condition = json!({
        "type": kind,
        "status": status,
        "lastUpdateTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    });
    if let Some(at) = conditions.iter().position(|one| one["type"] == kind) {
        if conditions[at]["status"] == status {
            if conditions[at]["reason"] == reason && conditions[at]["message"] == condition["message"] {
                return;
            }
            condition["lastTransitionTime"] = conditions[at]["lastTransitionTime"].clone();
        }
        conditions.remove(at);
    }
    conditions.push(condition);
}

/// The name of the Deployment that a Pod belongs to.
pub(crate) fn deployment_of(state: &State, pod: &Value) -> Option<String> {
    let set = pod["metadata"]["ownerReferences"][0]["name"].as_str()?;
    let set = state.get("ReplicaSet", meta(pod, "namespace"), set).ok()?;
    set["metadata"]["ownerReferences"][0]["name"].as_str().map(str::to_owned)
}
