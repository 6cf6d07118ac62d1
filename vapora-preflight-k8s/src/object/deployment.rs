//! Deployments.

use serde::Deserialize;

use super::{Condition, Meta, Object};
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
pub(crate) struct DeploymentSpec {
    /// The API server writes the default of one itself.
    #[serde(default = "one")]
    pub(crate) replicas: u32,
    #[serde(default)]
    pub(crate) paused: bool,
}

fn one() -> u32 {
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
    #[serde(default)]
    pub(crate) conditions: Vec<Condition>,
}

impl Object for Deployment {
    const RESOURCE: Resource = Resource::DEPLOYMENTS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
