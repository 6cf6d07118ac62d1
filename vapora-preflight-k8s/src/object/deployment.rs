//! Deployments.

use serde::Deserialize;

use super::{Condition, Meta, Object, Template};
use crate::resource::Resource;

/// A deployment.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Deployment {
    pub(crate) metadata: Meta,
    pub(crate) spec: DeploymentSpec,
    #[serde(default)]
    pub(crate) status: DeploymentStatus,
}

/// What is wanted of a deployment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeploymentSpec {
    /// The API server writes the default of one itself.
    #[serde(default = "one")]
    pub(crate) replicas: u32,
    #[serde(default)]
    pub(crate) paused: bool,
    /// How many replica sets of the time before are kept; the API server writes the default itself.
    #[serde(default)]
    pub(crate) revision_history_limit: Option<u32>,
    #[serde(default)]
    pub(crate) template: Template,
}

/// The default of `replicas`.
pub(super) fn one() -> u32 {
    1
}

/// What the controller says of a deployment. A number that is missing is zero.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeploymentStatus {
    #[serde(default)]
    pub(crate) observed_generation: Option<i64>,
    #[serde(default)]
    pub(crate) replicas: u32,
    #[serde(default)]
    pub(crate) updated_replicas: u32,
    #[serde(default)]
    pub(crate) ready_replicas: u32,
    #[serde(default)]
    pub(crate) available_replicas: u32,
    /// Pods that are ending. Servers before 1.33 do not count them.
    #[serde(default)]
    pub(crate) terminating_replicas: Option<u32>,
    #[serde(default)]
    pub(crate) conditions: Vec<Condition>,
}

impl Object for Deployment {
    const RESOURCE: Resource = Resource::DEPLOYMENTS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
