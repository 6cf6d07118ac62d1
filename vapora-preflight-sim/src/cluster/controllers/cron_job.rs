//! CronJobs that run again and again.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::{Key, view::change};
use crate::{
    clock::{micros, seconds_text},
    cluster::{jobs, state::State, store::meta, write},
};

/// How often CronJobs run, by namespace and name. The text of a schedule is only shown.
#[derive(Debug, Default)]
pub(crate) struct Schedules(pub(crate) BTreeMap<(String, String), Schedule>);

/// How often a CronJob runs, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    pub(crate) every: Duration,
    pub(crate) takes: Duration,
    pub(crate) next: i64,
}

/// How many Jobs that succeeded are kept.
const KEPT: usize = 3;

/// A run of a CronJob has come to its end: what it did is written down, and the next one is awaited.
pub(super) fn sync(state: &mut State, namespace: &str, name: &str, at: i64) {
    let place = (namespace.to_owned(), name.to_owned());
    let Some(schedule) = state.controllers.schedules.0.get(&place).copied() else { return };
    let Ok(cron_job) = state.get("CronJob", namespace, name).cloned() else { return };
    let ended = schedule.next + micros(schedule.takes);
    if at < ended {
        return state.controllers.wake(ended, Key::CronJob(place.0, place.1));
    }
    let next = schedule.next + micros(schedule.every).max(1_000_000);
    if let Some(schedule) = state.controllers.schedules.0.get_mut(&place) {
        schedule.next = next;
    }
    state.controllers.wake(next + micros(schedule.takes), Key::CronJob(place.0, place.1));
    if cron_job["spec"]["suspend"] == true {
        return;
    }
    jobs::ran(state, &cron_job, schedule.next, jobs::Outcome::Succeeded(ended));
    change(state, "CronJob", namespace, name, |cron_job| {
        cron_job["status"]["lastScheduleTime"] = seconds_text(schedule.next).into();
        cron_job["status"]["lastSuccessfulTime"] = seconds_text(ended).into();
    });
    forget_old(state, &cron_job, at);
}

fn forget_old(state: &mut State, cron_job: &Value, at: i64) {
    let Some(kind) = state.served("Job") else { return };
    let mut done = super::view::owned(state, "Job", cron_job);
    done.retain(|job| job["status"]["succeeded"] == json!(1));
    done.sort_by_key(|job| job["status"]["completionTime"].as_str().unwrap_or_default().to_owned());
    let excess = done.len().saturating_sub(KEPT);
    for job in done.into_iter().take(excess) {
        write::gone(state, &kind, meta(&job, "namespace"), meta(&job, "name"), &seconds_text(at));
    }
}
