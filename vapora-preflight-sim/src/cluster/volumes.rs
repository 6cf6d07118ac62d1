//! How full volumes are, as the kubelet of a Node tells it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Cluster, failures,
    kubelet::Kubelet,
    lock,
    quantity::Quantity,
    reply::Reply,
    state::{ClusterError, State},
    status,
    store::meta,
    usage::{Usage, Usages},
};
use crate::ids::hash;

/// A file system: how large it is, and what of it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Filesystem {
    capacity: u64,
    used: u64,
    inodes: u64,
    inodes_used: u64,
}

impl Filesystem {
    /// One with as many inodes as one of that size has, and as many of them used as of its bytes.
    fn new(capacity: u64, used: u64) -> Self {
        let inodes = (capacity >> 14).max(1);
        let share = u128::from(inodes) * u128::from(used) / u128::from(capacity.max(1));
        Self { capacity, used, inodes, inodes_used: share as u64 }
    }

    fn shown(self, now: &str) -> Value {
        json!({
            "time": now,
            "availableBytes": self.capacity.saturating_sub(self.used),
            "capacityBytes": self.capacity,
            "usedBytes": self.used,
            "inodesFree": self.inodes.saturating_sub(self.inodes_used),
            "inodes": self.inodes,
            "inodesUsed": self.inodes_used,
        })
    }
}

/// What was said about the volumes of claims, by namespace and claim.
#[derive(Debug, Default)]
pub(crate) struct Volumes(BTreeMap<(String, String), Filesystem>);

impl Volumes {
    /// The volume of a claim: as was said, or a fifth full; `None` where there is no such claim.
    fn of(&self, state: &State, namespace: &str, claim: &str) -> Option<Filesystem> {
        if let Some(said) = self.0.get(&(namespace.to_owned(), claim.to_owned())) {
            return Some(*said);
        }
        let claim = state.get("PersistentVolumeClaim", namespace, claim).ok()?;
        let size =
            [&claim["status"]["capacity"]["storage"], &claim["spec"]["resources"]["requests"]["storage"]];
        let size = size.into_iter().find_map(Quantity::of).map_or(1_073_741_824.0, Quantity::ones) as u64;
        Some(Filesystem::new(size, size / 5))
    }
}

impl Cluster {
    /// How large the volume of a claim is and how much of it is used, in bytes. It is seen where Pods mount the claim.
    pub fn set_volume(
        &self,
        namespace: &str,
        claim: &str,
        capacity_bytes: u64,
        used_bytes: u64,
    ) -> Result<(), ClusterError> {
        self.change_volume(namespace, claim, |_| Filesystem::new(capacity_bytes, used_bytes))
    }

    /// How many inodes the volume of a claim has and how many of them are used.
    pub fn set_volume_inodes(
        &self,
        namespace: &str,
        claim: &str,
        inodes: u64,
        used: u64,
    ) -> Result<(), ClusterError> {
        self.change_volume(namespace, claim, |volume| Filesystem { inodes, inodes_used: used, ..volume })
    }

    fn change_volume(
        &self,
        namespace: &str,
        claim: &str,
        change: impl FnOnce(Filesystem) -> Filesystem,
    ) -> Result<(), ClusterError> {
        let state = self.state();
        state.get("PersistentVolumeClaim", namespace, claim)?;
        let mut volumes = lock(&self.0.runtime.volumes);
        if let Some(before) = volumes.of(&state, namespace, claim) {
            volumes.0.insert((namespace.to_owned(), claim.to_owned()), change(before));
        }
        Ok(())
    }
}

/// What the kubelet of a Node knows about itself, its Pods and their volumes.
pub(crate) fn summary(cluster: &Cluster, name: &str) -> Reply {
    let state = cluster.state();
    let Some(node) = state.node(name) else { return status::not_found("", "nodes", name) };
    if let Kubelet::Gone { address } = cluster.kubelet_of_node(&state, name) {
        return failures::unreachable(&address);
    }
    let now = cluster.clock().text();
    let usages = lock(&cluster.0.runtime.usages);
    let volumes = lock(&cluster.0.runtime.volumes);
    let here = |pod: &&Value| pod["spec"]["nodeName"] == name && pod["status"]["startTime"].is_string();
    let made = state.store.crowds().pods_on(name);
    let pods = state.kind("Pod").into_iter().chain(&made).filter(here);
    let pods: Vec<Value> = pods.map(|pod| of_pod(&state, &usages, &volumes, pod, &now)).collect();
    let size = Quantity::of(&node["status"]["capacity"]["ephemeral-storage"]);
    let disk = size.map_or(64_424_509_440.0, Quantity::ones) as u64;
    let used = disk / 100 * (20 + hash(name) % 20);
    let root = Filesystem::new(disk, used);
    let usage = usages.of_nodes(&state).get(name).copied().unwrap_or_default();
    let body = json!({
        "node": {
            "nodeName": name,
            "startTime": node["metadata"]["creationTimestamp"],
            "cpu": cpu(usage, &now),
            "memory": memory(usage, &now),
            "fs": root.shown(&now),
            "runtime": {
                "imageFs": Filesystem { used: used / 2, ..root }.shown(&now),
                "containerFs": Filesystem { used: used / 8, ..root }.shown(&now),
            },
        },
        "pods": pods,
    });
    Reply::new(200, "application/json", body.to_string().into_bytes())
}

fn cpu(usage: Usage, now: &str) -> Value {
    json!({ "time": now, "usageNanoCores": usage.millicores * 1_000_000 })
}

fn memory(usage: Usage, now: &str) -> Value {
    json!({ "time": now, "usageBytes": usage.bytes + usage.bytes / 8, "workingSetBytes": usage.bytes })
}

fn of_pod(state: &State, usages: &Usages, volumes: &Volumes, pod: &Value, now: &str) -> Value {
    let namespace = meta(pod, "namespace");
    let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
    let containers: Vec<Value> = containers
        .map(|container| {
            let usage = usages.of_container(pod, container);
            json!({
                "name": container["name"],
                "startTime": pod["status"]["startTime"],
                "cpu": cpu(usage, now),
                "memory": memory(usage, now),
            })
        })
        .collect();
    let mounted = pod["spec"]["volumes"].as_array().into_iter().flatten();
    let mounted: Vec<Value> = mounted
        .filter_map(|volume| {
            let claim = volume["persistentVolumeClaim"]["claimName"].as_str()?;
            let mut shown = volumes.of(state, namespace, claim)?.shown(now);
            shown["name"] = volume["name"].clone();
            shown["pvcRef"] = json!({ "name": claim, "namespace": namespace });
            Some(shown)
        })
        .collect();
    let usage = usages.of_pod(pod);
    let mut shown = json!({
        "podRef": { "name": meta(pod, "name"), "namespace": namespace, "uid": meta(pod, "uid") },
        "startTime": pod["status"]["startTime"],
        "containers": containers,
        "cpu": cpu(usage, now),
        "memory": memory(usage, now),
    });
    if !mounted.is_empty() {
        shown["volume"] = mounted.into();
    }
    shown
}
