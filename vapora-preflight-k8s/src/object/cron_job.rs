//! Cron jobs.

use serde::{Deserialize, de::IgnoredAny};
use vapora_preflight::Timestamp;

use super::{Meta, Object};
use crate::resource::Resource;

/// A cron job.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CronJob {
    pub(crate) metadata: Meta,
    pub(crate) spec: CronJobSpec,
    #[serde(default)]
    pub(crate) status: CronJobStatus,
}

/// What is wanted of a cron job.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CronJobSpec {
    pub(crate) schedule: String,
    #[serde(default)]
    pub(crate) time_zone: Option<String>,
    #[serde(default)]
    pub(crate) suspend: bool,
}

/// What the controller says of a cron job.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CronJobStatus {
    /// The jobs that it has begun and that go on.
    #[serde(default)]
    active: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    pub(crate) last_schedule_time: Option<Timestamp>,
    #[serde(default)]
    pub(crate) last_successful_time: Option<Timestamp>,
}

impl CronJobStatus {
    pub(crate) fn is_active(&self) -> bool {
        self.active.as_ref().is_some_and(|active| !active.is_empty())
    }
}

impl Object for CronJob {
    const RESOURCE: Resource = Resource::CRON_JOBS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}
