//! CronJobs and the Jobs that they ran.

use std::time::Duration;

use serde_json::{Value, json};
use vapora_preflight::Timestamp;

use super::{
    builder::ClusterBuilder,
    controllers::{Key, Pace, Schedule, at_once},
    metadata::Manager,
    state::State,
    store::meta,
};
use crate::clock::{micros, seconds_text};

/// A CronJob and what it has done so far.
///
/// ```
/// use std::time::Duration;
/// use vapora_preflight_sim::{Cluster, ScheduledJob};
///
/// let noon = "2026-12-01T12:00:00Z".parse().unwrap();
/// let backup = ScheduledJob::new("backup", "0 9 * * *", "registry.example.com/backup:1.0")
///     .succeeded("2026-12-01T09:02:00Z".parse().unwrap())
///     .every(Duration::from_hours(24));
/// let cluster = Cluster::builder("production").at(1_796_126_400).cron_job("shop", backup).build();
/// assert_eq!(cluster.clock().time(), noon);
/// let job = cluster.object("CronJob", "shop", "backup").unwrap();
/// assert_eq!(job["status"]["lastSuccessfulTime"], "2026-12-01T09:02:00Z");
/// ```
#[derive(Debug, Clone)]
pub struct ScheduledJob {
    name: String,
    schedule: String,
    image: String,
    runs: Vec<(i64, Outcome)>,
    suspended: bool,
    every: Option<Duration>,
}

/// How a run ended, and when, in microseconds of Unix time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeded(i64),
    Failed(i64),
    Runs,
}

/// How long a run takes.
const TAKES: Duration = Duration::from_mins(2);

impl ScheduledJob {
    /// A CronJob of that name that has not run yet. The schedule is shown, not followed: see [`every`](Self::every).
    pub fn new(name: impl Into<String>, schedule: impl Into<String>, image: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            schedule: schedule.into(),
            image: image.into(),
            runs: Vec::new(),
            suspended: false,
            every: None,
        }
    }

    /// It ran for two minutes and had succeeded at this time.
    pub fn succeeded(self, ended: Timestamp) -> Self {
        self.ran(ended, Outcome::Succeeded(ended.unix_micros()))
    }

    /// It ran for two minutes and had failed at this time.
    pub fn failed(self, ended: Timestamp) -> Self {
        self.ran(ended, Outcome::Failed(ended.unix_micros()))
    }

    fn ran(mut self, ended: Timestamp, outcome: Outcome) -> Self {
        self.runs.push((ended.minus(TAKES).unix_micros(), outcome));
        self
    }

    /// It has been running since this time.
    pub fn running(mut self, since: Timestamp) -> Self {
        self.runs.push((since.unix_micros(), Outcome::Runs));
        self
    }

    /// It is not to run.
    pub fn suspended(self) -> Self {
        Self { suspended: true, ..self }
    }

    /// It runs again and succeeds, so long after it last began, and goes on like that with the clock.
    pub fn every(self, every: Duration) -> Self {
        Self { every: Some(every), ..self }
    }

    fn object(&self, namespace: &str) -> Value {
        let mut status = json!({});
        if let Some((began, _)) = self.runs.iter().max_by_key(|(began, _)| *began) {
            status["lastScheduleTime"] = seconds_text(*began).into();
        }
        let good = self.runs.iter().filter_map(|(_, outcome)| match outcome {
            Outcome::Succeeded(ended) => Some(*ended),
            _ => None,
        });
        if let Some(ended) = good.max() {
            status["lastSuccessfulTime"] = seconds_text(ended).into();
        }
        json!({
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": {
                "name": self.name,
                "namespace": namespace,
                "generation": 1,
                "labels": { "app": self.name, "app.kubernetes.io/part-of": namespace },
            },
            "spec": {
                "schedule": self.schedule,
                "concurrencyPolicy": "Forbid",
                "suspend": self.suspended,
                "jobTemplate": { "metadata": {}, "spec": { "template": {
                    "metadata": { "labels": { "app": self.name } },
                    "spec": {
                        "containers": [{
                            "name": self.name,
                            "image": self.image,
                            "resources": {},
                            "terminationMessagePath": "/dev/termination-log",
                            "terminationMessagePolicy": "File",
                            "imagePullPolicy": "IfNotPresent",
                        }],
                        "restartPolicy": "Never",
                        "terminationGracePeriodSeconds": 30,
                        "dnsPolicy": "ClusterFirst",
                        "securityContext": {},
                        "schedulerName": "default-scheduler",
                    },
                } } },
                "successfulJobsHistoryLimit": 3,
                "failedJobsHistoryLimit": 1,
            },
            "status": status,
        })
    }
}

impl ClusterBuilder {
    /// A CronJob with the Jobs that it ran.
    ///
    /// # Panics
    ///
    /// If it has no name.
    pub fn cron_job(mut self, namespace: &str, job: ScheduledJob) -> Self {
        self = self.object(job.object(namespace));
        let now = self.now();
        at_once(self.state(), Pace::Silent, now, |state| {
            let Ok(cron_job) = state.get("CronJob", namespace, &job.name).cloned() else { return };
            for (began, outcome) in &job.runs {
                ran(state, &cron_job, *began, *outcome);
            }
            if let Some(every) = job.every {
                let last = job.runs.iter().map(|(began, _)| *began).max().unwrap_or(now);
                let place = (namespace.to_owned(), job.name.clone());
                let mut next = last + micros(every);
                while next + micros(TAKES) <= now {
                    next += micros(every).max(1_000_000);
                }
                state.controllers.schedules.0.insert(place.clone(), Schedule { every, takes: TAKES, next });
                state.controllers.wake(next + micros(TAKES), Key::CronJob(place.0, place.1));
            }
        });
        self
    }
}

/// Writes down a run of a CronJob.
pub(crate) fn ran(state: &mut State, cron_job: &Value, began: i64, outcome: Outcome) {
    let (namespace, name) = (meta(cron_job, "namespace"), meta(cron_job, "name"));
    let own = format!("{name}-{}", began.div_euclid(60_000_000));
    let start = seconds_text(began);
    let mut template = cron_job["spec"]["jobTemplate"]["spec"]["template"].clone();
    template["metadata"]["labels"]["batch.kubernetes.io/job-name"] = own.as_str().into();
    let mut status =
        json!({ "startTime": start, "terminating": 0, "uncountedTerminatedPods": {}, "ready": 0 });
    let condition = |kind: &str, ended: i64, reason: &str, message: &str| {
        json!({
            "type": kind,
            "status": "True",
            "lastProbeTime": seconds_text(ended),
            "lastTransitionTime": seconds_text(ended),
            "reason": reason,
            "message": message,
        })
    };
    match outcome {
        Outcome::Succeeded(ended) => {
            let of = |kind: &str| {
                condition(kind, ended, "CompletionsReached", "Reached expected number of succeeded pods")
            };
            status["conditions"] = json!([of("SuccessCriteriaMet"), of("Complete")]);
            status["completionTime"] = seconds_text(ended).into();
            status["succeeded"] = 1.into();
        }
        Outcome::Failed(ended) => {
            let of = |kind: &str| {
                condition(kind, ended, "BackoffLimitExceeded", "Job has reached the specified backoff limit")
            };
            status["conditions"] = json!([of("FailureTarget"), of("Failed")]);
            status["failed"] = 7.into();
        }
        Outcome::Runs => {
            status["active"] = 1.into();
            status["ready"] = 1.into();
        }
    }
    let job = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": own,
            "namespace": namespace,
            "generation": 1,
            "creationTimestamp": start,
            "labels": template["metadata"]["labels"],
            "annotations": { "batch.kubernetes.io/cronjob-scheduled-timestamp": start },
            "ownerReferences": [{
                "apiVersion": "batch/v1",
                "kind": "CronJob",
                "name": name,
                "uid": meta(cron_job, "uid"),
                "controller": true,
                "blockOwnerDeletion": true,
            }],
        },
        "spec": {
            "parallelism": 1,
            "completions": 1,
            "backoffLimit": 6,
            "completionMode": "NonIndexed",
            "suspend": false,
            "podReplacementPolicy": "TerminatingOrFailed",
            "template": template,
        },
        "status": status,
    });
    let inserted = state.insert(job, &start, Manager::Controller);
    debug_assert!(inserted.is_ok(), "Jobs are served");
    if outcome == Outcome::Runs
        && let Ok(job) = state.get("Job", namespace, &own)
    {
        let active = json!({
            "apiVersion": "batch/v1",
            "kind": "Job",
            "namespace": namespace,
            "name": own,
            "uid": meta(job, "uid"),
            "resourceVersion": meta(job, "resourceVersion"),
        });
        let edited = state.edit("CronJob", namespace, name, |cron_job| {
            cron_job["status"]["active"] = json!([active]);
        });
        debug_assert!(edited.is_ok(), "it was there a moment ago");
    }
}
