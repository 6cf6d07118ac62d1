//! Volume claims and their storage classes.

use serde::Deserialize;

use super::{Condition, Meta, Object};
use crate::{quantity::Quantity, resource::Resource};

/// A volume claim.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct VolumeClaim {
    pub(crate) metadata: Meta,
    #[serde(default)]
    pub(crate) spec: ClaimSpec,
    #[serde(default)]
    pub(crate) status: ClaimStatus,
}

/// What is wanted of a volume.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClaimSpec {
    #[serde(default)]
    pub(crate) storage_class_name: Option<String>,
    #[serde(default)]
    pub(crate) volume_name: Option<String>,
    #[serde(default)]
    volume_mode: Option<String>,
    #[serde(default)]
    resources: ClaimNeeds,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct ClaimNeeds {
    #[serde(default)]
    requests: Storage,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Storage {
    #[serde(default)]
    storage: Option<Quantity>,
}

/// What has become of a claim.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClaimStatus {
    #[serde(default)]
    pub(crate) phase: Option<String>,
    #[serde(default)]
    pub(crate) access_modes: Vec<String>,
    #[serde(default)]
    pub(crate) conditions: Vec<Condition>,
    #[serde(default)]
    capacity: Storage,
    #[serde(default)]
    allocated_resource_statuses: Resizing,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Resizing {
    #[serde(default)]
    storage: Option<String>,
}

impl VolumeClaim {
    /// How much was asked for.
    pub(crate) fn requested(&self) -> Option<Quantity> {
        self.spec.resources.requests.storage
    }

    /// How much there is.
    pub(crate) fn capacity(&self) -> Option<Quantity> {
        self.status.capacity.storage
    }

    /// How far a change of its size has come: `NodeResizePending`, `ControllerResizeInfeasible`.
    pub(crate) fn resizing(&self) -> Option<&str> {
        self.status.allocated_resource_statuses.storage.as_deref().filter(|text| !text.is_empty())
    }

    /// Whether it is a device without a file system.
    pub(crate) fn is_block(&self) -> bool {
        self.spec.volume_mode.as_deref() == Some("Block")
    }

    /// Whether it is bound.
    pub(crate) fn is_bound(&self) -> bool {
        self.status.phase.as_deref() == Some("Bound")
    }
}

impl Object for VolumeClaim {
    const RESOURCE: Resource = Resource::VOLUME_CLAIMS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}

/// A storage class.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StorageClass {
    pub(crate) metadata: Meta,
    #[serde(default)]
    volume_binding_mode: Option<String>,
}

impl StorageClass {
    /// Whether its volumes wait for a pod that mounts them.
    pub(crate) fn waits_for_a_pod(&self) -> bool {
        self.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer")
    }
}

impl Object for StorageClass {
    const RESOURCE: Resource = Resource::STORAGE_CLASSES;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
