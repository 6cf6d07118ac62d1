//! Nodes and what can be wrong with them.

use serde_json::{Value, json};

use super::{metadata, state::State};
use crate::ids::hash;

fn condition(kind: &str, status: &str, now: &str, reason: &str, message: &str) -> Value {
    json!({
        "type": kind,
        "status": status,
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    })
}

/// The identifier of the machine of a Node.
pub(crate) fn machine(name: &str) -> String {
    format!("{:016x}{:016x}", hash(name), hash(&format!("{name}.machine")))
}

/// The identifier of its start.
pub(crate) fn boot(name: &str) -> String {
    format!("{:016x}{:016x}", hash(&format!("{name}.boot")), hash(&format!("{name}.id")))
}

/// The address of the Node of that number.
pub(crate) fn address(number: usize) -> String {
    format!("10.0.{}.{}", number / 250, number % 250 + 1)
}

/// The zone of the Node of that number, from 0.
pub(crate) fn zone(number: usize) -> String {
    format!("zone-{}", number % 3 + 1)
}

/// A Node that is ready; `number` decides about its address and zone.
pub(crate) fn ready(name: &str, number: usize, version: &str, now: &str) -> Value {
    let (machine, boot, address) = (machine(name), boot(name), address(number));
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "beta.kubernetes.io/arch": "amd64",
                "beta.kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "topology.kubernetes.io/zone": zone(number.max(1) - 1),
            },
            "annotations": { "node.alpha.kubernetes.io/ttl": "0" },
        },
        "spec": {},
        "status": {
            "capacity": {
                "cpu": "4", "ephemeral-storage": "61255492Ki", "hugepages-1Gi": "0", "hugepages-2Mi": "0",
                "memory": "8148840Ki", "pods": "110",
            },
            "allocatable": {
                "cpu": "3920m", "ephemeral-storage": "56453061334", "hugepages-1Gi": "0", "hugepages-2Mi": "0",
                "memory": "7046440Ki", "pods": "110",
            },
            "conditions": [
                condition("MemoryPressure", "False", now, "KubeletHasSufficientMemory",
                    "kubelet has sufficient memory available"),
                condition("DiskPressure", "False", now, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                condition("PIDPressure", "False", now, "KubeletHasSufficientPID",
                    "kubelet has sufficient PID available"),
                condition("Ready", "True", now, "KubeletReady", "kubelet is posting ready status"),
            ],
            "addresses": [
                { "type": "InternalIP", "address": address },
                { "type": "Hostname", "address": name },
            ],
            "daemonEndpoints": { "kubeletEndpoint": { "Port": 10250 } },
            "nodeInfo": {
                "machineID": machine,
                "systemUUID": machine,
                "bootID": boot,
                "kernelVersion": "6.12.57+deb13-amd64",
                "osImage": "Debian GNU/Linux 13 (trixie)",
                "containerRuntimeVersion": "containerd://2.1.4",
                "kubeletVersion": version,
                "kubeProxyVersion": "",
                "operatingSystem": "linux",
                "architecture": "amd64",
            },
            "images": [{ "names": ["registry.k8s.io/pause:3.10.1"], "sizeBytes": 320_448 }],
        },
    })
}

/// Something that is the matter with a Node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeTrouble {
    /// `Ready` is `False`: its network is not up.
    NotReady,
    /// `Ready` is `Unknown`: the kubelet is silent.
    Silent,
    /// It is `Ready`, and was taken out of service by hand.
    Cordoned,
    /// It is `Ready`, and short of memory.
    MemoryPressure,
    /// It is `Ready`, and short of disk space.
    DiskPressure,
}

impl NodeTrouble {
    pub(crate) fn apply(self, node: &mut Value, now: &str) {
        let taint = |key: &str, effect: &str| json!({ "key": key, "effect": effect, "timeAdded": now });
        match self {
            Self::NotReady => {
                let message = "container runtime network not ready: NetworkReady=false \
                               reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not \
                               initialized";
                metadata::set_condition(node, condition("Ready", "False", now, "KubeletNotReady", message));
                add_taints(node, [taint("node.kubernetes.io/not-ready", "NoSchedule")]);
            }
            Self::Silent => {
                let message = "Kubelet stopped posting node status.";
                for kind in ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"] {
                    metadata::set_condition(
                        node,
                        condition(kind, "Unknown", now, "NodeStatusUnknown", message),
                    );
                }
                let key = "node.kubernetes.io/unreachable";
                add_taints(node, [taint(key, "NoSchedule"), taint(key, "NoExecute")]);
            }
            Self::Cordoned => {
                node["spec"]["unschedulable"] = true.into();
                add_taints(node, [taint("node.kubernetes.io/unschedulable", "NoSchedule")]);
            }
            Self::MemoryPressure => {
                let message = "kubelet has insufficient memory available";
                let reason = "KubeletHasInsufficientMemory";
                metadata::set_condition(node, condition("MemoryPressure", "True", now, reason, message));
                add_taints(node, [taint("node.kubernetes.io/memory-pressure", "NoSchedule")]);
            }
            Self::DiskPressure => {
                let message = "kubelet has disk pressure";
                metadata::set_condition(
                    node,
                    condition("DiskPressure", "True", now, "KubeletHasDiskPressure", message),
                );
                add_taints(node, [taint("node.kubernetes.io/disk-pressure", "NoSchedule")]);
            }
        }
    }
}

fn add_taints(node: &mut Value, taints: impl IntoIterator<Item = Value>) {
    if !node["spec"]["taints"].is_array() {
        node["spec"]["taints"] = json!([]);
    }
    if let Some(list) = node["spec"]["taints"].as_array_mut() {
        list.extend(taints);
    }
}

/// The Node that takes the Pod of that number, by its name, with its address and zone; `None` where no Node takes any.
pub(crate) fn place(state: &State, number: usize) -> Option<[String; 3]> {
    let fit = |node: &&Value| !node["spec"]["unschedulable"].as_bool().unwrap_or(false);
    let nodes: Vec<&Value> = state.kind("Node").into_iter().filter(fit).collect();
    let crowd = state.store.crowds().nodes();
    let index = number.checked_rem(nodes.len() + crowd.map_or(0, |crowd| crowd.len()))?;
    match nodes.get(index) {
        Some(node) => Some(described(node)),
        None => crowd.map(|crowd| crowd.place(index - nodes.len())),
    }
}

/// The Node of that name, with its address and zone.
pub(crate) fn named(state: &State, name: &str) -> Option<[String; 3]> {
    state.node(name).map(|node| described(&node))
}

fn described(node: &Value) -> [String; 3] {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    [
        text(&node["metadata"]["name"]),
        text(&node["status"]["addresses"][0]["address"]),
        text(&node["metadata"]["labels"]["topology.kubernetes.io/zone"]),
    ]
}
