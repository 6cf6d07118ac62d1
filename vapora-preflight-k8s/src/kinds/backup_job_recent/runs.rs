//! The runs of a backup.

use std::time::Duration;

use vapora_preflight::Timestamp;

use crate::object::{CronJob, Job};

/// What is known of the runs of a backup.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// When the last one that succeeded was complete.
    pub(super) success: Option<Timestamp>,
    /// The job of that one, where it is still there, and how long it took.
    pub(super) job: Option<(String, Option<Duration>)>,
    /// Those that go on, and since when.
    pub(super) going_on: Vec<(String, Option<Timestamp>)>,
    /// Those that failed and were begun after the last success, and why.
    pub(super) failed_since: Vec<(String, String)>,
    /// A run that was due after the last success, of which nothing is left.
    pub(super) lost: Option<Timestamp>,
}

impl Runs {
    /// Puts together what the jobs and the cron job say.
    pub(super) fn of(cron_job: Option<&CronJob>, jobs: &[&Job]) -> Self {
        let mut runs =
            Self { success: cron_job.and_then(|it| it.status.last_successful_time), ..Self::default() };
        for job in jobs {
            let status = &job.status;
            let name = || job.metadata.name.clone();
            if job.is_complete() {
                let Some(done) = status.completion_time else { continue };
                if runs.success.is_none_or(|last| done >= last) {
                    runs.success = Some(done);
                    runs.job = Some((name(), status.start_time.map(|start| done.since(start))));
                }
            } else if job.failure().is_none() && !job.metadata.is_going() {
                runs.going_on.push((name(), status.start_time));
            }
        }
        // When it was begun may not be known; then it is told too.
        let since = |at: Option<Timestamp>| match (at, runs.success) {
            (Some(at), Some(success)) => at > success,
            _ => true,
        };
        let failed = jobs.iter().filter_map(|job| Some((job, job.failure()?)));
        runs.failed_since = failed
            .filter(|(job, _)| since(job.status.start_time))
            .map(|(job, failure)| (job.metadata.name.clone(), failure.because()))
            .collect();
        let status = cron_job.map(|it| &it.status);
        runs.lost = status
            .filter(|status| !status.is_active() && runs.going_on.is_empty() && runs.failed_since.is_empty())
            .and_then(|status| status.last_schedule_time)
            .filter(|due| runs.success.is_some_and(|success| *due > success));
        runs
    }
}
