//! Nodes.

use serde::Deserialize;

use super::{Amounts, Condition, Meta, Object, condition};
use crate::resource::Resource;

/// A node.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Node {
    pub(crate) metadata: Meta,
    #[serde(default)]
    pub(crate) spec: NodeSpec,
    #[serde(default)]
    pub(crate) status: NodeStatus,
}

/// What is wanted of a node.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct NodeSpec {
    /// Whether it was cordoned.
    #[serde(default)]
    pub(crate) unschedulable: bool,
}

/// What a node says of itself.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NodeStatus {
    /// What it has for pods.
    #[serde(default)]
    pub(crate) allocatable: Amounts,
    #[serde(default)]
    pub(crate) conditions: Vec<Condition>,
    #[serde(default)]
    pub(crate) node_info: NodeInfo,
}

/// What runs on a node.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NodeInfo {
    #[serde(default)]
    pub(crate) kubelet_version: String,
    /// Empty where the kubelet does not say it, as newer ones do not.
    #[serde(default)]
    pub(crate) kube_proxy_version: String,
}

impl Node {
    /// Whether it is ready.
    pub(crate) fn is_ready(&self) -> bool {
        condition(&self.status.conditions, "Ready").is_some_and(Condition::is_true)
    }

    /// Whether it is ready and takes pods.
    pub(crate) fn takes_pods(&self) -> bool {
        self.is_ready() && !self.spec.unschedulable
    }
}

impl Object for Node {
    const RESOURCE: Resource = Resource::NODES;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
