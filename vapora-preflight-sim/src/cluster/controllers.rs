//! What goes on in a cluster by itself: kubelets and controllers, as far as the clock has come.
//!
//! Nothing runs in the background. Whoever looks at the state of a cluster first lets happen what was due until then, each
//! thing at its own time, in the order of these times.

mod budget;
mod cron_job;
mod daemon_set;
mod deployment;
mod endpoints;
mod kubelet;
mod pace;
mod queue;
mod replica_set;
mod settle;
mod stateful_set;
mod view;

use std::collections::BTreeMap;

use self::queue::Queue;
pub(crate) use self::{
    cron_job::{Schedule, Schedules},
    kubelet::{keep_restarting, trouble_pod},
    pace::{Habit, Habits, Pace},
    queue::Key,
    settle::{at_once, catch_up, concern, count_again, notice, notice_removed, observe, wake_all},
};

/// What the controllers and kubelets of a cluster have before them.
#[derive(Debug, Default)]
pub(crate) struct Controllers {
    queue: Queue,
    /// What happens next to Pods, by namespace and name.
    lives: BTreeMap<(String, String), kubelet::Life>,
    pub(crate) habits: Habits,
    pub(crate) schedules: Schedules,
    pub(crate) pace: Pace,
    /// Whether only kubelets do their work, and no controllers.
    pub(crate) held: bool,
    /// Whether they notice what a test changes by itself, and not only what comes through the API.
    pub(crate) live: bool,
}
