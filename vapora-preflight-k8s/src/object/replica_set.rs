//! Replica sets.

use serde::Deserialize;

use super::{Meta, Object, Template};
use crate::resource::Resource;

/// A replica set: one revision of a deployment.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ReplicaSet {
    pub(crate) metadata: Meta,
    #[serde(default)]
    pub(crate) spec: ReplicaSetSpec,
}

/// What is wanted of a replica set.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ReplicaSetSpec {
    #[serde(default)]
    pub(crate) replicas: Option<u32>,
    #[serde(default)]
    pub(crate) template: Template,
}

impl Object for ReplicaSet {
    const RESOURCE: Resource = Resource::REPLICA_SETS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
