//! Controller revisions.

use serde::Deserialize;

use super::{Meta, Object, Template};
use crate::resource::Resource;

/// One revision of a stateful set or a daemon set. What other controllers keep in theirs is not read.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ControllerRevision {
    pub(crate) metadata: Meta,
    #[serde(default)]
    pub(crate) revision: i64,
    #[serde(default)]
    data: serde_json::Value,
}

impl ControllerRevision {
    /// The template that it keeps.
    pub(crate) fn template(&self) -> Option<Template> {
        Template::deserialize(self.data.pointer("/spec/template")?).ok()
    }
}

impl Object for ControllerRevision {
    const RESOURCE: Resource = Resource::CONTROLLER_REVISIONS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
