//! Replica sets.

use serde::Deserialize;

use super::{Meta, Object};
use crate::resource::Resource;

/// A replica set: one revision of a deployment.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ReplicaSet {
    pub(crate) metadata: Meta,
}

impl Object for ReplicaSet {
    const RESOURCE: Resource = Resource::REPLICA_SETS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
