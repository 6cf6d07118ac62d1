//! Nodes.

use serde::Deserialize;

use super::{Condition, Meta, Object};
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
pub(crate) struct NodeStatus {
    #[serde(default)]
    pub(crate) conditions: Vec<Condition>,
}

impl Object for Node {
    const RESOURCE: Resource = Resource::NODES;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
