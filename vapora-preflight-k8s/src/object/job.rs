//! Jobs.

use serde::Deserialize;
use vapora_preflight::Timestamp;

use super::{Condition, Meta, Object, condition};
use crate::resource::Resource;

/// A job.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Job {
    pub(crate) metadata: Meta,
    #[serde(default)]
    pub(crate) status: JobStatus,
}

/// What the controller says of a job.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobStatus {
    #[serde(default)]
    pub(crate) start_time: Option<Timestamp>,
    /// When it was complete. One that has failed has none.
    #[serde(default)]
    pub(crate) completion_time: Option<Timestamp>,
    #[serde(default)]
    conditions: Vec<Condition>,
}

impl Job {
    pub(crate) fn is_complete(&self) -> bool {
        condition(&self.status.conditions, "Complete").is_some_and(Condition::is_true)
    }

    /// Why it failed, where it has.
    pub(crate) fn failure(&self) -> Option<&Condition> {
        condition(&self.status.conditions, "Failed").filter(|failed| failed.is_true())
    }
}

impl Object for Job {
    const RESOURCE: Resource = Resource::JOBS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
