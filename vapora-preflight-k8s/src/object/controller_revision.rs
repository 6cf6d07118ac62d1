//! Controller revisions.

use serde::{Deserialize, Deserializer};

use super::{Meta, Object, Template};
use crate::resource::Resource;

/// One revision of a stateful set or a daemon set. What other controllers keep in theirs is not read.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ControllerRevision {
    pub(crate) metadata: Meta,
    #[serde(default)]
    pub(crate) revision: i64,
    /// The template that it keeps.
    #[serde(default, rename = "data", deserialize_with = "template")]
    pub(crate) template: Option<Template>,
}

fn template<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Template>, D::Error> {
    let data = serde_json::Value::deserialize(deserializer)?;
    Ok(data.pointer("/spec/template").and_then(|template| Template::deserialize(template).ok()))
}

impl Object for ControllerRevision {
    const RESOURCE: Resource = Resource::CONTROLLER_REVISIONS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
