//! Deployments with their ReplicaSets and Pods.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    controllers::{self, Habit, Key, Pace, at_once},
    metadata::Manager,
    pod::PodTrouble,
    state::{ClusterError, State},
    store::meta,
};
use crate::clock::seconds_text;

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
    claim: Option<String>,
    habit: Habit,
}

impl Workload {
    /// A Deployment of that name with one container.
    pub fn new(name: impl Into<String>, replicas: u32, image: impl Into<String>) -> Self {
        let (name, image) = (name.into(), image.into());
        let (container, config_map, claim, habit) = (None, None, None, Habit::default());
        Self { name, replicas, image, container, port: 8080, config_map, claim, habit }
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

    /// Its Pods mount this claim, at `/data`.
    pub fn claim(self, claim: impl Into<String>) -> Self {
        Self { claim: Some(claim.into()), ..self }
    }

    /// Its Pods are ready so long after they were made, by the clock of the cluster; five seconds by default.
    pub fn ready_after(self, ready_after: Duration) -> Self {
        Self { habit: Habit { ready_after, ..self.habit }, ..self }
    }

    /// Its Pods have ended so long after they were asked to; by default they take all the time that they are given,
    /// which is half a minute.
    pub fn stops_after(self, stops_after: Duration) -> Self {
        Self { habit: Habit { stops_after: Some(stops_after), ..self.habit }, ..self }
    }

    fn template(&self, namespace: &str) -> Value {
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
        let mut spec = json!({
            "containers": [container],
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "securityContext": {},
            "schedulerName": "default-scheduler",
        });
        if let Some(claim) = &self.claim {
            spec["volumes"] = json!([{ "name": "data", "persistentVolumeClaim": { "claimName": claim } }]);
            spec["containers"][0]["volumeMounts"] = json!([{ "name": "data", "mountPath": "/data" }]);
        }
        json!({ "metadata": { "labels": { "app": name } }, "spec": spec })
    }

    /// An object of this kind with what all of them have.
    fn object(&self, kind: &str, namespace: &str) -> Value {
        let name = &self.name;
        json!({
            "apiVersion": "apps/v1",
            "kind": kind,
            "metadata": {
                "name": name,
                "namespace": namespace,
                "generation": 1,
                "labels": { "app": name, "app.kubernetes.io/part-of": namespace },
                "annotations": {},
            },
            "spec": {
                "selector": { "matchLabels": { "app": name } },
                "template": self.template(namespace),
                "revisionHistoryLimit": 10,
            },
        })
    }

    fn deployment(&self, namespace: &str) -> Value {
        let mut deployment = self.object("Deployment", namespace);
        let spec = &mut deployment["spec"];
        spec["replicas"] = self.replicas.into();
        spec["progressDeadlineSeconds"] = 600.into();
        spec["strategy"] = json!({ "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": "25%", "maxSurge": "25%" } });
        deployment
    }

    fn stateful_set(&self, namespace: &str) -> Value {
        let mut set = self.object("StatefulSet", namespace);
        let spec = &mut set["spec"];
        spec["replicas"] = self.replicas.into();
        spec["serviceName"] = self.name.as_str().into();
        spec["podManagementPolicy"] = "OrderedReady".into();
        spec["updateStrategy"] = json!({ "type": "RollingUpdate", "rollingUpdate": { "partition": 0 } });
        spec["persistentVolumeClaimRetentionPolicy"] =
            json!({ "whenDeleted": "Retain", "whenScaled": "Retain" });
        set
    }

    fn daemon_set(&self, namespace: &str) -> Value {
        let mut set = self.object("DaemonSet", namespace);
        set["spec"]["updateStrategy"] =
            json!({ "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": 1, "maxSurge": 0 } });
        set
    }
}

/// As what a workload runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    Deployment,
    StatefulSet,
    DaemonSet,
}

/// Makes a workload, long ago: it has come to rest.
pub(crate) fn create(
    state: &mut State,
    namespace: &str,
    workload: &Workload,
    what: As,
    now: i64,
) -> Result<(), ClusterError> {
    let (kind, object) = match what {
        As::Deployment => ("Deployment", workload.deployment(namespace)),
        As::StatefulSet => ("StatefulSet", workload.stateful_set(namespace)),
        As::DaemonSet => ("DaemonSet", workload.daemon_set(namespace)),
    };
    state.controllers.habits.set(namespace, &workload.name, workload.habit);
    at_once(state, Pace::Silent, now, |state| {
        state.insert(object, &seconds_text(now), Manager::Person)?;
        wake(state, kind, namespace, &workload.name, now);
        Ok(())
    })
}

fn wake(state: &mut State, kind: &str, namespace: &str, name: &str, now: i64) {
    if let Some(key) = Key::of(kind, namespace, name) {
        state.controllers.wake(now, key);
    }
}

/// Gives the first container another image and lets the Deployment roll out to its end.
pub(crate) fn roll_out(
    state: &mut State,
    namespace: &str,
    name: &str,
    image: &str,
    now: i64,
) -> Result<(), ClusterError> {
    at_once(state, Pace::AtOnce, now, |state| {
        state.edit("Deployment", namespace, name, |deployment| {
            deployment["spec"]["template"]["spec"]["containers"][0]["image"] = image.into();
        })?;
        wake(state, "Deployment", namespace, name, now);
        Ok(())
    })
}

/// Something is the matter with a Pod; those who count it notice, unless they are held.
pub(crate) fn trouble(
    state: &mut State,
    namespace: &str,
    name: &str,
    trouble: PodTrouble,
    now: i64,
) -> Result<(), ClusterError> {
    state.adopt("Pod", namespace, name);
    state.get("Pod", namespace, name)?;
    controllers::trouble_pod(state, namespace, name, trouble, now);
    let pod = state.get("Pod", namespace, name)?.clone();
    if state.controllers.live {
        controllers::concern(state, "Pod", &pod, now);
    } else if !state.controllers.held {
        if let Some(deployment) = deployment_of(state, &pod) {
            controllers::observe(state, namespace, &deployment, now);
        }
        at_once(state, Pace::AtOnce, now, |state| controllers::count_again(state, &pod, now));
    }
    Ok(())
}

/// The name of the Deployment that a Pod belongs to.
pub(crate) fn deployment_of(state: &State, pod: &Value) -> Option<String> {
    let set = pod["metadata"]["ownerReferences"][0]["name"].as_str()?;
    let set = state.get("ReplicaSet", meta(pod, "namespace"), set).ok()?;
    set["metadata"]["ownerReferences"][0]["name"].as_str().map(str::to_owned)
}
