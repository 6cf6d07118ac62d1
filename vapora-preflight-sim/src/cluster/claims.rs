//! Claims for volumes.

use serde_json::{Value, json};

use super::builder::ClusterBuilder;
use crate::ids::Ids;

/// A claim for a volume; unless something else is said, it is bound to a file system of the class `standard`.
///
/// ```
/// use vapora_preflight_sim::{Claim, Cluster};
///
/// let cluster = Cluster::builder("staging")
///     .claim("shop", Claim::new("data", 10 << 30))
///     .claim("shop", Claim::new("cache", 1 << 30).class("does-not-exist").pending())
///     .build();
/// assert_eq!(cluster.object("PersistentVolumeClaim", "shop", "data").unwrap()["status"]["phase"], "Bound");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    name: String,
    bytes: u64,
    class: String,
    mode: &'static str,
    access: &'static str,
    phase: &'static str,
}

impl Claim {
    /// A claim of that name for so many bytes.
    pub fn new(name: impl Into<String>, bytes: u64) -> Self {
        Self {
            name: name.into(),
            bytes,
            class: "standard".to_owned(),
            mode: "Filesystem",
            access: "ReadWriteOnce",
            phase: "Bound",
        }
    }

    /// Of this storage class.
    pub fn class(self, class: impl Into<String>) -> Self {
        Self { class: class.into(), ..self }
    }

    /// For a device without a file system.
    pub fn block(self) -> Self {
        Self { mode: "Block", ..self }
    }

    /// To be mounted by many Nodes.
    pub fn shared(self) -> Self {
        Self { access: "ReadWriteMany", ..self }
    }

    /// It waits for a volume.
    pub fn pending(self) -> Self {
        Self { phase: "Pending", ..self }
    }

    /// The volume that it was bound to is gone.
    pub fn lost(self) -> Self {
        Self { phase: "Lost", ..self }
    }

    fn object(&self, namespace: &str) -> Value {
        let size = if self.bytes.is_multiple_of(1 << 30) {
            format!("{}Gi", self.bytes >> 30)
        } else if self.bytes.is_multiple_of(1 << 20) {
            format!("{}Mi", self.bytes >> 20)
        } else {
            self.bytes.to_string()
        };
        let mut claim = json!({
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": self.name,
                "namespace": namespace,
                "finalizers": ["kubernetes.io/pvc-protection"],
            },
            "spec": {
                "accessModes": [self.access],
                "resources": { "requests": { "storage": size } },
                "storageClassName": self.class,
                "volumeMode": self.mode,
            },
            "status": { "phase": self.phase },
        });
        if self.phase != "Pending" {
            let volume = Ids::seeded(&format!("{namespace}/{}", self.name)).uid();
            claim["spec"]["volumeName"] = format!("pvc-{volume}").into();
            claim["metadata"]["annotations"] = json!({
                "pv.kubernetes.io/bind-completed": "yes",
                "pv.kubernetes.io/bound-by-controller": "yes",
            });
        }
        if self.phase == "Bound" {
            claim["status"]["accessModes"] = json!([self.access]);
            claim["status"]["capacity"] = json!({ "storage": size });
        }
        claim
    }
}

impl ClusterBuilder {
    /// A claim for a volume.
    pub fn claim(self, namespace: &str, claim: Claim) -> Self {
        self.object(claim.object(namespace))
    }
}
