//! `k8s.backup_job_recent`

mod past;

use std::{sync::Arc, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Period,
    Problems, Requirements, Timestamp, Unit, Value, async_trait,
};

use self::past::Past;
use super::{NO_SUCH_NAMESPACE, may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, LabelSelector, Namespace, ObjectName,
    object::{CronJob, Job},
    read::Reader,
    refused::Cause,
    resource::Resource,
    wording::{clauses, count, names},
};

/// How far the clocks of the cluster and of the run may lie apart.
const SKEW: Duration = Duration::from_mins(5);

/// A backup that runs as a job of the cluster has succeeded not long ago.
///
/// # Why
///
/// A CronJob that is suspended, that fails every night, or whose jobs are never started is quiet. What counts is the last
/// job that came to its end.
///
/// # What it asks
///
/// It gets the CronJob and lists the jobs of the namespace, of which it takes those that belong to it, those that somebody
/// started by hand from it included; or it lists the jobs of `selector`. The last success is the latest of the CronJob's own
/// `lastSuccessfulTime`, which outlives its jobs, and the completion of the jobs that are still there. Where nothing is
/// found it also gets the namespace, to tell whether that is what is missing.
///
/// # What fails
///
/// No success at all, or one that is older than `max_age`. A suspended CronJob, unless `allow_suspended`: there will be no
/// other backup. A job that took longer than `max_duration`, or that goes on for longer. A CronJob that does not exist or is
/// being deleted; no jobs of `selector` at all, which may also have been removed after their time to live.
///
/// A job that failed after the last success is a warning, as is one that was due since and of which nothing is left: the
/// backup is recent, and the next one is in doubt.
///
/// # What errs
///
/// A success in the future: the clocks lie more than five minutes apart. No right to get the CronJob or to list jobs, and any
/// answer that could not be read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupJobRecent {
    /// The namespace it is in.
    pub namespace: Namespace,
    /// The CronJob. Give this or `selector`.
    #[serde(default)]
    pub cron_job: Option<ObjectName>,
    /// The labels of the jobs. Give these or `cron_job`.
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    /// How old the last success may be, from the end of its job.
    pub max_age: Period,
    /// How long a job may take.
    #[serde(default)]
    pub max_duration: Option<Period>,
    /// Whether the CronJob may be suspended.
    #[serde(default)]
    pub allow_suspended: bool,
}

/// What was read.
struct Read {
    cron_job: Option<CronJob>,
    jobs: Arc<Vec<Job>>,
    no_namespace: Option<String>,
}

impl BackupJobRecent {
    async fn read(&self, reader: &Reader<'_>) -> Result<Read, CheckError> {
        let here = Some(&self.namespace);
        let cron_job = match &self.cron_job {
            Some(name) => reader.get::<CronJob>(here, name.as_str()).await?,
            None => None,
        };
        let jobs = if self.cron_job.is_none() || cron_job.is_some() {
            reader.list::<Job>(here, self.selector.as_ref()).await?
        } else {
            Arc::default()
        };
        let nothing = cron_job.is_none() && jobs.is_empty();
        let no_namespace = if nothing { missing_namespace(reader, &self.namespace).await } else { None };
        Ok(Read { cron_job, jobs, no_namespace })
    }

    /// What it is about, to be shown.
    fn subject(&self) -> String {
        match (&self.cron_job, &self.selector) {
            (Some(name), _) => format!("`cronjob/{name}`"),
            (None, Some(selector)) => format!("the jobs of `{selector}`"),
            (None, None) => "the jobs".to_owned(),
        }
    }

    fn evidence(&self, cron_job: Option<&CronJob>, past: &Past, now: Timestamp) -> Evidence {
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let seconds = |length: Option<Duration>| length.map(|length| length.as_secs_f64());
        let failed: Vec<String> = past.failed_since.iter().map(|(name, _)| name.clone()).collect();
        let going_on: Vec<String> = past.going_on.iter().map(|(name, _)| name.clone()).collect();
        Evidence::new()
            .with("last_success", text(past.success))
            .measured("age", seconds(past.success.map(|success| now.since(success))), Unit::Seconds)
            .with("job", past.job.as_ref().map(|(name, _)| name.clone()))
            .measured("duration", seconds(past.job.as_ref().and_then(|(_, took)| *took)), Unit::Seconds)
            .with("going_on", going_on)
            .with("failed_since", failed)
            .with("suspended", cron_job.map(|it| it.spec.suspend))
            .with("schedule", cron_job.map(schedule))
            .with("last_scheduled", text(cron_job.and_then(|it| it.status.last_schedule_time)))
            .with("max_age", Value::from(self.max_age.to_string()))
    }

    /// What is not as it has to be.
    fn troubles(&self, cron_job: Option<&CronJob>, past: &Past, now: Timestamp) -> Vec<String> {
        let mut troubles = Vec::new();
        if cron_job.is_some_and(|it| it.metadata.is_going()) {
            troubles.push("it is being deleted".to_owned());
        }
        match past.success {
            None => troubles.push("no job has succeeded".to_owned()),
            Some(success) if now.since(success) > self.max_age.get() => {
                troubles.push(format!("the last success was {} ago", ago(now, success)));
            }
            Some(_) => {}
        }
        if cron_job.is_some_and(|it| it.spec.suspend) && !self.allow_suspended {
            troubles.push("it is suspended, so that there will be no other backup".to_owned());
        }
        if let Some(most) = self.max_duration {
            if let Some((name, Some(took))) = &past.job
                && *took > most.get()
            {
                troubles.push(format!("`{name}` took {}", rounded(*took)));
            }
            for (name, since) in &past.going_on {
                if let Some(since) = since.filter(|since| now.since(*since) > most.get()) {
                    troubles.push(format!("`{name}` has gone on for {}", ago(now, since)));
                }
            }
        }
        if !troubles.is_empty() {
            troubles.extend(failed(past));
        }
        troubles
    }

    fn judge(&self, read: &Read, now: Timestamp) -> CheckResult {
        let (namespace, subject) = (&self.namespace, self.subject());
        let cron_job = read.cron_job.as_ref();
        let uid = cron_job.and_then(|it| it.metadata.uid.as_deref());
        let own = |job: &&Job| match &self.cron_job {
            Some(_) => uid.is_some_and(|uid| job.metadata.belongs_to(uid)),
            None => true,
        };
        let jobs: Vec<&Job> = read.jobs.iter().filter(own).collect();
        let past = Past::of(cron_job, &jobs);
        if let Some(success) = past.success.filter(|success| success.since(now) > SKEW) {
            return Err(CheckError::permanent(format!(
                "could not tell how old the last success of {subject} is"
            ))
            .because(&Cause(format!("it is in the future: {success}, and now it is {now}")))
            .remedy("set the clocks of this machine and of the cluster right"));
        }
        let evidence = self.evidence(cron_job, &past, now);
        let expected = format!("a success at most {} old", self.max_age);
        let finding = |summary: String| Finding::new(summary).expected(&expected).evidence(evidence.clone());
        if cron_job.is_none() && jobs.is_empty() {
            let remedy = match (&read.no_namespace, &self.cron_job) {
                (Some(_), _) => NO_SUCH_NAMESPACE.to_owned(),
                (None, Some(_)) => format!("`kubectl -n {namespace} get cronjobs`, and correct `cron_job`"),
                (None, None) => {
                    "see that `selector` names labels the jobs have; where they are removed after their time \
                                 to live, name the `cron_job`"
                        .to_owned()
                }
            };
            let (summary, what) = match &self.cron_job {
                Some(_) => (format!("{subject} does not exist in `{namespace}`"), format!("no {subject}")),
                None => (format!("there are none of {subject} in `{namespace}`"), "no jobs".to_owned()),
            };
            let actual = read.no_namespace.clone().unwrap_or(what);
            return Ok(Outcome::Fail(finding(summary).actual(actual).remedy(remedy)));
        }
        let troubles = self.troubles(cron_job, &past, now);
        if !troubles.is_empty() {
            let summary = format!("the backup by {subject} in `{namespace}` is not in order");
            let remedy = self.remedy(cron_job, &past, now);
            return Ok(Outcome::Fail(finding(summary).actual(clauses(&troubles)).remedy(remedy)));
        }
        let Some(success) = past.success else {
            return Err(CheckError::transient("no success is known"));
        };
        let until = success.plus(self.max_age.get());
        let mut summary =
            format!("the last backup by {subject} in `{namespace}` is {} old", ago(now, success));
        if !past.going_on.is_empty() {
            summary = format!("{summary}, {} going on", count(past.going_on.len(), "job"));
        }
        let doubt: Vec<String> = failed(&past)
            .into_iter()
            .chain(
                past.lost.map(|due| format!("of the job that was due {} ago nothing is left", ago(now, due))),
            )
            .collect();
        if doubt.is_empty() {
            return Ok(Outcome::Pass(Finding::new(summary).counts_until(until).evidence(evidence)));
        }
        Ok(Outcome::Warn(
            Finding::new(format!("{summary}, and the next one is in doubt"))
                .expected("no job that failed since")
                .actual(clauses(&doubt))
                .remedy(self.remedy(cron_job, &past, now))
                .counts_until(until)
                .evidence(evidence),
        ))
    }

    fn remedy(&self, cron_job: Option<&CronJob>, past: &Past, now: Timestamp) -> String {
        let kubectl = format!("kubectl -n {}", self.namespace);
        if let (Some(it), false) = (cron_job, self.allow_suspended)
            && it.spec.suspend
        {
            let name = &it.metadata.name;
            return format!("`{kubectl} patch cronjob {name} -p '{{\"spec\":{{\"suspend\":false}}}}'`");
        }
        if let Some((name, _)) = past.failed_since.first() {
            return format!("`{kubectl} logs job/{name} --all-containers`");
        }
        if let Some((name, _)) = past.going_on.first() {
            return format!("`{kubectl} describe job {name}`");
        }
        match (cron_job, past.success) {
            (Some(it), success) if success.is_none_or(|at| now.since(at) > self.max_age.get()) => {
                let name = &it.metadata.name;
                format!(
                    "`{kubectl} create job --from=cronjob/{name} {name}-by-hand`, and `{kubectl} describe cronjob {name}`"
                )
            }
            (Some(it), _) => format!("`{kubectl} describe cronjob {}`", it.metadata.name),
            (None, _) => format!("`{kubectl} get jobs`"),
        }
    }
}

/// The jobs that failed since, told.
fn failed(past: &Past) -> Vec<String> {
    let because: Vec<String> =
        past.failed_since.iter().map(|(name, why)| format!("`{name}` has failed{why}")).collect();
    match because.as_slice() {
        [] => Vec::new(),
        [_, _, _, _, ..] => {
            let all: Vec<&String> = past.failed_since.iter().map(|(name, _)| name).collect();
            vec![format!("{} have failed since: {}", count(all.len(), "job"), names(&all))]
        }
        _ => because,
    }
}

fn schedule(cron_job: &CronJob) -> String {
    match &cron_job.spec.time_zone {
        Some(zone) => format!("{} in {zone}", cron_job.spec.schedule),
        None => cron_job.spec.schedule.clone(),
    }
}

/// A length of time in whole minutes, or in seconds where it is short.
fn rounded(length: Duration) -> Period {
    let seconds = length.as_secs();
    Period::from_secs(if seconds < 120 { seconds } else { seconds / 60 * 60 })
}

fn ago(now: Timestamp, at: Timestamp) -> Period {
    rounded(now.since(at))
}

#[async_trait]
impl Check for BackupJobRecent {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let read = self.read(&reader).await?;
        self.judge(&read, cx.now())
    }
}

impl Kind for BackupJobRecent {
    const NAME: &'static str = "k8s.backup_job_recent";
    const EXAMPLE: &'static str = r#"
[check.backup-job]
kind         = "k8s.backup_job_recent"
title        = "The database was backed up within 24 hours"
target       = "production"
namespace    = "vapora"
cron_job     = "vapora-db-backup"
max_age      = "24h"
max_duration = "1h"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "last_success", about: "when the last job that succeeded was complete" },
            EvidenceField { name: "age", about: "how long ago that was, in seconds" },
            EvidenceField { name: "job", about: "the name of its job, where that is still there" },
            EvidenceField {
                name: "duration",
                about: "how long it took, in seconds, where its job is still there",
            },
            EvidenceField { name: "going_on", about: "the names of the jobs that go on" },
            EvidenceField {
                name: "failed_since",
                about: "the names of the jobs that failed and were begun since",
            },
            EvidenceField { name: "suspended", about: "whether the cron job is suspended" },
            EvidenceField { name: "schedule", about: "the schedule of the cron job, with its time zone" },
            EvidenceField { name: "last_scheduled", about: "when a job was last due" },
            EvidenceField { name: "max_age", about: "how old the last success may be" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        match (&self.cron_job, &self.selector) {
            (None, None) => problems.at(
                "cron_job",
                "neither `cron_job` nor `selector` is given",
                "name the cron job that makes the backup",
            ),
            (Some(_), Some(_)) => {
                problems.at("selector", "both `cron_job` and `selector` are given", "give one of them");
            }
            _ => {}
        }
        if self.max_age.get().is_zero() {
            problems.at("max_age", "no backup is that recent", "give an age, as in `24h`");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        if let Some(name) = &self.cron_job {
            needs.permission(
                Resource::CRON_JOBS.permission("get", Some(&self.namespace)).named(name.as_str()),
            );
        }
        needs.permission(Resource::JOBS.permission("list", Some(&self.namespace)));
        may_look_for_namespace(needs, &self.namespace);
    }
}
