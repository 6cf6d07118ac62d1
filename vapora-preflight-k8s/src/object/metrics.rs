//! What the metrics API says is used.

use serde::Deserialize;
use vapora_preflight::Timestamp;

use super::{Amounts, Meta, Object};
use crate::resource::Resource;

/// What a node uses.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct NodeMetrics {
    pub(crate) metadata: Meta,
    /// The end of the time that was measured.
    pub(crate) timestamp: Timestamp,
    pub(crate) usage: Amounts,
}

/// What the containers of a pod use.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PodMetrics {
    pub(crate) metadata: Meta,
    /// The end of the time that was measured.
    pub(crate) timestamp: Timestamp,
    pub(crate) containers: Vec<ContainerMetrics>,
}

/// What one container uses.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ContainerMetrics {
    pub(crate) name: String,
    pub(crate) usage: Amounts,
}

impl Object for NodeMetrics {
    const RESOURCE: Resource = Resource::NODE_METRICS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}

impl Object for PodMetrics {
    const RESOURCE: Resource = Resource::POD_METRICS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
