//! Namespaces.

use serde::Deserialize;

use super::{Condition, Meta, Object};
use crate::resource::Resource;

/// A namespace.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct NamespaceObject {
    pub(crate) metadata: Meta,
    #[serde(default)]
    pub(crate) status: NamespaceStatus,
}

/// The status of a namespace.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct NamespaceStatus {
    #[serde(default)]
    pub(crate) phase: Option<String>,
    #[serde(default)]
    pub(crate) conditions: Vec<Condition>,
}

impl Object for NamespaceObject {
    const RESOURCE: Resource = Resource::NAMESPACES;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
