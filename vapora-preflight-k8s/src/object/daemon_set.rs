//! Daemon sets.

use serde::Deserialize;

use super::{Meta, Object, Template, stateful_set::UpdateStrategy};
use crate::resource::Resource;

/// A daemon set.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct DaemonSet {
    pub(crate) metadata: Meta,
    pub(crate) spec: DaemonSetSpec,
    #[serde(default)]
    pub(crate) status: DaemonSetStatus,
}

/// What is wanted of a daemon set.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DaemonSetSpec {
    #[serde(default)]
    pub(crate) update_strategy: UpdateStrategy,
    #[serde(default)]
    pub(crate) revision_history_limit: Option<u32>,
    #[serde(default)]
    pub(crate) template: Template,
}

/// What the controller says of a daemon set. A number that is missing is zero.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DaemonSetStatus {
    #[serde(default)]
    pub(crate) observed_generation: Option<i64>,
    /// How many nodes are to run a pod of it.
    #[serde(default)]
    pub(crate) desired_number_scheduled: u32,
    #[serde(default)]
    pub(crate) current_number_scheduled: u32,
    #[serde(default)]
    pub(crate) updated_number_scheduled: u32,
    #[serde(default)]
    pub(crate) number_ready: u32,
    #[serde(default)]
    pub(crate) number_available: u32,
}

impl Object for DaemonSet {
    const RESOURCE: Resource = Resource::DAEMON_SETS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
