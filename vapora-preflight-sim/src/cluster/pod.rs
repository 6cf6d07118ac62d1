//! Pods and what can be wrong with them.

use serde_json::{Value, json};

use super::{metadata, node, state::State, store::meta};
use crate::ids::Ids;

/// Something that is the matter with a Pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PodTrouble {
    /// Its container ends again and again: the phase is `Running`, the container waits with `CrashLoopBackOff`.
    CrashLoop,
    /// Its image cannot be pulled: the phase is `Pending`, the container waits with `ImagePullBackOff`.
    ImagePull,
    /// A Node has taken it, and its containers are not there yet: the phase is `Pending`, the container waits with
    /// `ContainerCreating`.
    Creating,
    /// No Node takes it: the phase is `Pending`, `PodScheduled` is `False`.
    Unschedulable,
    /// It runs, and its readiness probe fails.
    NotReady,
}

fn condition(kind: &str, status: &str, now: &str, generation: Option<u64>) -> Value {
    let mut condition = json!({
        "type": kind,
        "status": status,
        "lastProbeTime": null,
        "lastTransitionTime": now,
    });
    if let Some(generation) = generation {
        condition["observedGeneration"] = generation.into();
    }
    condition
}

/// A Pod from the template of its owner, on a Node, with its container running and ready.
pub(crate) fn running(state: &mut State, owner: &Value, now: &str) -> Value {
    let number = state.count("Pod");
    let name = format!("{}-{}", meta(owner, "name"), state.ids.suffix(5));
    let mut spec = owner["spec"]["template"]["spec"].clone();
    let suffix = state.ids.suffix(5);
    mount_token(&mut spec, &suffix);
    spec["tolerations"] =
        json!([toleration("node.kubernetes.io/not-ready"), toleration("node.kubernetes.io/unreachable")]);
    for (field, value) in [
        ("serviceAccountName", json!("default")),
        ("serviceAccount", json!("default")),
        ("priority", json!(0)),
        ("enableServiceLinks", json!(true)),
        ("preemptionPolicy", json!("PreemptLowerPriority")),
    ] {
        if spec[field].is_null() {
            spec[field] = value;
        }
    }
    let mut pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "generateName": format!("{}-", meta(owner, "name")),
            "namespace": meta(owner, "namespace"),
            "generation": 1,
            "labels": owner["spec"]["template"]["metadata"]["labels"],
            "ownerReferences": [{
                "apiVersion": "apps/v1",
                "kind": owner["kind"],
                "name": meta(owner, "name"),
                "uid": meta(owner, "uid"),
                "controller": true,
                "blockOwnerDeletion": true,
            }],
        },
        "spec": spec,
        "status": {},
    });
    let node = match pod["spec"]["nodeName"].as_str() {
        Some(name) => node::named(state, name),
        None => node::place(state, number),
    };
    match node {
        None => unschedulable(&mut pod, 0, now),
        Some([node, address, zone]) => {
            pod["spec"]["nodeName"] = node.into();
            pod["metadata"]["labels"]["topology.kubernetes.io/zone"] = zone.into();
            start(&mut pod, &address, number, now, state);
        }
    }
    pod
}

/// Lets every container find the token of its service account.
pub(crate) fn mount_token(spec: &mut Value, suffix: &str) {
    let name = format!("kube-api-access-{suffix}");
    let path = "/var/run/secrets/kubernetes.io/serviceaccount";
    let volume = json!({
        "name": name,
        "projected": {
            "sources": [
                { "serviceAccountToken": { "expirationSeconds": 3607, "path": "token" } },
                { "configMap": { "name": "kube-root-ca.crt", "items": [{ "key": "ca.crt", "path": "ca.crt" }] } },
                { "downwardAPI": { "items": [
                    { "path": "namespace", "fieldRef": { "apiVersion": "v1", "fieldPath": "metadata.namespace" } },
                ] } },
            ],
            "defaultMode": 420,
        },
    });
    let mount = json!({ "name": name, "readOnly": true, "mountPath": path });
    push(spec, "volumes", volume);
    for list in ["initContainers", "containers"] {
        let Some(containers) = spec.get_mut(list).and_then(Value::as_array_mut) else { continue };
        for container in containers {
            push(container, "volumeMounts", mount.clone());
        }
    }
}

fn push(value: &mut Value, list: &str, item: Value) {
    if !value[list].is_array() {
        value[list] = json!([]);
    }
    if let Some(list) = value[list].as_array_mut() {
        list.push(item);
    }
}

/// Stays on a Node with this taint for five minutes.
pub(crate) fn toleration(taint: &str) -> Value {
    json!({ "key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300 })
}

/// A Pod of its own, of no controller.
pub(crate) fn single(state: &mut State, namespace: &str, name: &str, image: &str, now: &str) -> Value {
    let app = name.rsplit_once('-').map_or(name, |(app, _)| app);
    let like_owner = json!({
        "kind": "StatefulSet",
        "metadata": { "name": app, "namespace": namespace, "uid": state.ids.uid() },
        "spec": { "template": {
            "metadata": { "labels": { "app": app } },
            "spec": {
                "containers": [{
                    "name": app,
                    "image": image,
                    "resources": { "limits": { "memory": "1Gi" }, "requests": { "cpu": "250m", "memory": "512Mi" } },
                    "terminationMessagePath": "/dev/termination-log",
                    "terminationMessagePolicy": "File",
                    "imagePullPolicy": "IfNotPresent",
                }],
                "restartPolicy": "Always",
                "terminationGracePeriodSeconds": 30,
                "dnsPolicy": "ClusterFirst",
                "securityContext": {},
                "schedulerName": "default-scheduler",
            },
        } },
    });
    let mut pod = running(state, &like_owner, now);
    pod["metadata"]["name"] = name.into();
    if let Some(metadata) = pod["metadata"].as_object_mut() {
        metadata.remove("ownerReferences");
        metadata.remove("generateName");
        metadata.remove("managedFields");
    }
    pod
}

/// Lets a Pod run on a Node with this address: all of its containers are ready.
pub(crate) fn start(pod: &mut Value, address: &str, number: usize, now: &str, state: &mut State) {
    let ip = format!("10.244.{}.{}", number % 3 + 1, number % 250 + 2);
    let statuses: Vec<Value> = containers(pod)
        .into_iter()
        .map(|(name, image)| {
            let whole = |image: &str| {
                if image.contains('/') { image.to_owned() } else { format!("docker.io/library/{image}") }
            };
            let full = whole(&image);
            let repository = full.rsplit_once(':').map_or(full.as_str(), |(repository, _)| repository);
            let digest = image_digest(&whole(state.controllers.habits.resolve(&image)));
            json!({
                "name": name,
                "state": { "running": { "startedAt": now } },
                "lastState": {},
                "ready": true,
                "restartCount": 0,
                "image": full,
                "imageID": format!("{repository}@sha256:{digest}"),
                "containerID": format!("containerd://{}", state.ids.digest()),
                "started": true,
            })
        })
        .collect();
    let of = |kind: &str| condition(kind, "True", now, Some(1));
    let qos = if pod["spec"]["containers"][0]["resources"] == json!({}) { "BestEffort" } else { "Burstable" };
    pod["status"] = json!({
        "observedGeneration": 1,
        "phase": "Running",
        "conditions": [
            of("PodReadyToStartContainers"),
            of("Initialized"),
            of("Ready"),
            of("ContainersReady"),
            condition("PodScheduled", "True", now, None),
        ],
        "hostIP": address,
        "hostIPs": [{ "ip": address }],
        "podIP": ip,
        "podIPs": [{ "ip": ip }],
        "startTime": now,
        "containerStatuses": statuses,
        "qosClass": qos,
    });
}

fn containers(pod: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = pod["spec"]["containers"].as_array();
    list.into_iter().flatten().map(|one| (text(&one["name"]), text(&one["image"]))).collect()
}

/// The digest of an image: the same for the same name.
fn image_digest(image: &str) -> String {
    Ids::seeded(image).digest()
}

/// No Node takes the Pod.
pub(crate) fn unschedulable(pod: &mut Value, nodes: usize, now: &str) {
    let message = if nodes == 0 {
        "no nodes available to schedule pods".to_owned()
    } else {
        format!(
            "0/{nodes} nodes are available: {nodes} Insufficient cpu. no new claims to deallocate, preemption: \
             0/{nodes} nodes are available: {nodes} Preemption is not helpful for scheduling."
        )
    };
    let mut scheduled = condition("PodScheduled", "False", now, Some(1));
    scheduled["reason"] = "Unschedulable".into();
    scheduled["message"] = message.into();
    if let Some(spec) = pod["spec"].as_object_mut() {
        spec.remove("nodeName");
    }
    let qos = pod["status"]["qosClass"].as_str().unwrap_or("Burstable").to_owned();
    pod["status"] = json!({ "phase": "Pending", "conditions": [scheduled], "qosClass": qos });
}

impl PodTrouble {
    /// Puts a Pod in that state; `nodes` is how many the cluster has, `finished` an identifier of a container.
    pub(crate) fn apply(self, pod: &mut Value, nodes: usize, now: &str) {
        if self == Self::Unschedulable {
            unschedulable(pod, nodes, now);
            return;
        }
        let (name, namespace, uid) = (meta(pod, "name"), meta(pod, "namespace"), meta(pod, "uid"));
        let pod_name = format!("{name}_{namespace}({uid})");
        let names: Vec<String> = containers(pod).into_iter().map(|(name, _)| name).collect();
        if matches!(self, Self::ImagePull | Self::Creating) {
            pod["status"]["phase"] = "Pending".into();
        }
        if self == Self::Creating {
            metadata::set_condition(pod, condition("PodReadyToStartContainers", "False", now, Some(1)));
            if let Some(status) = pod["status"].as_object_mut() {
                status.retain(|field, _| field != "podIP" && field != "podIPs");
            }
        }
        for status in pod["status"]["containerStatuses"].as_array_mut().into_iter().flatten() {
            status["ready"] = false.into();
            match self {
                Self::CrashLoop => {
                    let container = status["name"].as_str().unwrap_or_default();
                    let message =
                        format!("back-off 2m40s restarting failed container={container} pod={pod_name}");
                    status["state"] =
                        json!({ "waiting": { "reason": "CrashLoopBackOff", "message": message } });
                    status["lastState"] = json!({ "terminated": {
                        "exitCode": 1,
                        "reason": "Error",
                        "startedAt": now,
                        "finishedAt": now,
                        "containerID": status["containerID"],
                    } });
                    status["restartCount"] = 7.into();
                    status["started"] = false.into();
                }
                Self::ImagePull | Self::Creating => {
                    let image = status["image"].as_str().unwrap_or_default().to_owned();
                    let short = image.strip_prefix("docker.io/library/").unwrap_or(&image);
                    let waiting = if self == Self::Creating {
                        json!({ "reason": "ContainerCreating" })
                    } else {
                        let message = format!(
                            "Back-off pulling image \"{short}\": ErrImagePull: failed to pull and unpack image \
                             \"{image}\": not found"
                        );
                        json!({ "reason": "ImagePullBackOff", "message": message })
                    };
                    status["state"] = json!({ "waiting": waiting });
                    status["lastState"] = json!({});
                    status["restartCount"] = 0.into();
                    status["image"] = short.into();
                    status["imageID"] = "".into();
                    status["started"] = false.into();
                    if let Some(fields) = status.as_object_mut() {
                        fields.remove("containerID");
                    }
                }
                Self::NotReady | Self::Unschedulable => {}
            }
        }
        for kind in ["Ready", "ContainersReady"] {
            let mut unready = condition(kind, "False", now, Some(1));
            unready["reason"] = "ContainersNotReady".into();
            unready["message"] = format!("containers with unready status: [{}]", names.join(" ")).into();
            metadata::set_condition(pod, unready);
        }
    }
}

/// Is the condition `Ready` of the Pod `True`?
pub(crate) fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|one| one["type"] == "Ready" && one["status"] == "True")
}
