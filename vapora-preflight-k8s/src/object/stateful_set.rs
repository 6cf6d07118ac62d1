//! Stateful sets.

use serde::Deserialize;

use super::{Meta, Object, Template, deployment::one};
use crate::resource::Resource;

/// A stateful set.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StatefulSet {
    pub(crate) metadata: Meta,
    pub(crate) spec: StatefulSetSpec,
    #[serde(default)]
    pub(crate) status: StatefulSetStatus,
}

/// What is wanted of a stateful set.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatefulSetSpec {
    /// The API server writes the default of one itself.
    #[serde(default = "one")]
    pub(crate) replicas: u32,
    #[serde(default)]
    pub(crate) update_strategy: UpdateStrategy,
    #[serde(default)]
    pub(crate) revision_history_limit: Option<u32>,
    #[serde(default)]
    pub(crate) template: Template,
}

/// How the pods of a stateful set or a daemon set get a new template.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateStrategy {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    rolling_update: Option<RollingUpdate>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct RollingUpdate {
    #[serde(default)]
    partition: Option<u32>,
}

impl UpdateStrategy {
    /// Whether a pod gets the new template only when somebody deletes it.
    pub(crate) fn is_by_hand(&self) -> bool {
        self.kind.as_deref() == Some("OnDelete")
    }

    /// The ordinal from which on the pods of a stateful set get the new template.
    pub(crate) fn partition(&self) -> u32 {
        self.rolling_update.as_ref().and_then(|rolling| rolling.partition).unwrap_or(0)
    }
}

/// What the controller says of a stateful set. A number that is missing is zero.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatefulSetStatus {
    #[serde(default)]
    pub(crate) observed_generation: Option<i64>,
    #[serde(default)]
    pub(crate) replicas: u32,
    #[serde(default)]
    pub(crate) updated_replicas: u32,
    #[serde(default)]
    pub(crate) ready_replicas: u32,
    /// Servers before 1.22 do not count them.
    #[serde(default)]
    pub(crate) available_replicas: Option<u32>,
    #[serde(default)]
    pub(crate) current_revision: Option<String>,
    #[serde(default)]
    pub(crate) update_revision: Option<String>,
}

impl Object for StatefulSet {
    const RESOURCE: Resource = Resource::STATEFUL_SETS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
