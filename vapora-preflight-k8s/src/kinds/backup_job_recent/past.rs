//! What the jobs of a backup have come to.

use std::time::Duration;

use vapora_preflight::Timestamp;

use crate::object::{CronJob, Job};

/// What is known of the jobs of a backup.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// When the last one that succeeded was complete.
    pub(super) success: Option<Timestamp>,
    /// The job of that one, where it is still there, and how long it took.
    pub(super) job: Option<(String, Option<Duration>)>,
    /// Those that go on, and since when.
    pub(super) going_on: Vec<(String, Option<Timestamp>)>,
    /// Those that failed and were begun after the last success, and why.
    pub(super) failed_since: Vec<(String, String)>,
    /// When a job was due after the last success, of which nothing is left.
    pub(super) lost: Option<Timestamp>,
}

impl Past {
    /// Puts together what the jobs and the cron job say.
    pub(super) fn of(cron_job: Option<&CronJob>, jobs: &[&Job]) -> Self {
        let mut past =
            Self { success: cron_job.and_then(|it| it.status.last_successful_time), ..Self::default() };
        for job in jobs {
            let status = &job.status;
            let name = || job.metadata.name.clone();
            if job.is_complete() {
                let Some(done) = status.completion_time else { continue };
                if past.success.is_none_or(|last| done >= last) {
                    past.success = Some(done);
                    past.job = Some((name(), status.start_time.map(|start| done.since(start))));
                }
            } else if job.failure().is_none() && !job.metadata.is_going() {
                past.going_on.push((name(), status.start_time));
            }
        }
        // When it was begun may not be known; then it is told too.
        let since = |at: Option<Timestamp>| match (at, past.success) {
            (Some(at), Some(success)) => at > success,
            _ => true,
        };
        let failed = jobs.iter().filter_map(|job| Some((job, job.failure()?)));
        past.failed_since = failed
            .filter(|(job, _)| since(job.status.start_time))
            .map(|(job, failure)| (job.metadata.name.clone(), failure.because()))
            .collect();
        let status = cron_job.map(|it| &it.status);
        past.lost = status
            .filter(|status| !status.is_active() && past.going_on.is_empty() && past.failed_since.is_empty())
            .and_then(|status| status.last_schedule_time)
            .filter(|due| past.success.is_some_and(|success| *due > success));
        past
    }
}
