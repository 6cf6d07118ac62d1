//! Which logs of a pod are read.

use std::{fmt, time::Duration};

use vapora_preflight::Timestamp;

use super::LogsClean;
use crate::{
    object::{ContainerState, ContainerStatus, Pod},
    wording::because,
};

/// A termination that is older by so much than the time that counts cannot have left lines in it.
const MARGIN: Duration = Duration::from_mins(1);

/// The log of one run of a container.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a circumstance of its own")]
pub(super) struct Log {
    pub(super) pod: String,
    pub(super) container: String,
    pub(super) node: Option<String>,
    /// Before the container was started again.
    pub(super) previous: bool,
    /// Whether the container goes on writing.
    pub(super) running: bool,
    /// Whether it may have nothing in it, as that of an init container.
    pub(super) may_be_silent: bool,
    /// Whether it was asked for, and not only taken along.
    pub(super) asked_for: bool,
    /// Whether the pod is being deleted, and its log may go any moment.
    pub(super) going: bool,
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.pod, self.container)?;
        if self.previous { f.write_str(" before its restart") } else { Ok(()) }
    }
}

/// What a pod gives to read.
#[derive(Debug, Default)]
pub(super) struct Offered {
    pub(super) logs: Vec<Log>,
    /// Containers that have no log yet, and why.
    pub(super) not_started: Vec<(String, String)>,
    /// What is gone with its log, and nobody can read any more.
    pub(super) gone: Vec<String>,
    /// The names of its containers.
    pub(super) containers: Vec<String>,
}

impl Offered {
    pub(super) fn by(pod: &Pod, check: &LogsClean, now: Timestamp) -> Self {
        let mut offered = Self::default();
        let name = &pod.metadata.name;
        let mut containers: Vec<(&str, bool)> = Vec::new();
        for container in &pod.spec.init_containers {
            if check.init || container.is_sidecar() {
                containers.push((&container.name, !container.is_sidecar()));
            }
        }
        containers.extend(pod.spec.containers.iter().map(|container| (container.name.as_str(), false)));
        offered.containers = containers.iter().map(|(name, _)| (*name).to_owned()).collect();
        let wanted = |container: &str| {
            check.containers.is_empty() || check.containers.iter().any(|wanted| wanted.as_str() == container)
        };
        if pod.status.phase.as_deref() == Some("Failed") && pod.status.reason.is_some() {
            let why = because(pod.status.reason.as_deref(), None);
            offered.gone.push(format!("the pod `{name}` was ended{why}, and its log with it"));
            return offered;
        }
        for (container, init) in containers.into_iter().filter(|(name, _)| wanted(name)) {
            let statuses = pod.status.container_statuses.iter().chain(&pod.status.init_container_statuses);
            let status = statuses.into_iter().find(|status| status.name == container);
            let Some(status) = status.filter(|status| has_run(status)) else {
                let waiting = status.and_then(|status| status.state.waiting.as_ref());
                let why = match waiting {
                    Some(waiting) => {
                        let why = because(waiting.reason.as_deref(), waiting.message.as_deref());
                        format!("it has not started{why}")
                    }
                    None if pod.spec.node_name.is_none() => "the pod has no node yet".to_owned(),
                    None => "it has not started".to_owned(),
                };
                offered.not_started.push((format!("{name}/{container}"), why));
                continue;
            };
            let log = Log {
                pod: name.clone(),
                container: container.to_owned(),
                node: pod.spec.node_name.clone(),
                previous: false,
                running: status.state.running.is_some(),
                may_be_silent: init || check.allow_silent,
                asked_for: true,
                going: pod.metadata.is_going(),
            };
            let previous = || Log { previous: true, running: false, ..log.clone() };
            match check.previous {
                Some(true) if status.restart_count > 0 => offered.logs.push(previous()),
                None if restarted_lately(status, check, now) => {
                    offered.logs.push(Log { asked_for: false, ..previous() });
                }
                _ => {}
            }
            offered.logs.push(log);
        }
        offered
    }
}

/// Whether the container has written a log by now.
fn has_run(status: &ContainerStatus) -> bool {
    let ran = |state: &ContainerState| state.running.is_some() || state.terminated.is_some();
    ran(&status.state) || ran(&status.last_state)
}

/// Whether it was started again in the time that counts. The log of one that waits to be started again is that of the run
/// that ended last, so that there is nothing before it to take along.
fn restarted_lately(status: &ContainerStatus, check: &LogsClean, now: Timestamp) -> bool {
    let Some(ended) = &status.last_state.terminated else { return false };
    let counts = |at: Timestamp| check.since.is_none_or(|since| now.since(at) <= since.get() + MARGIN);
    status.state.running.is_some() && ended.finished_at.is_none_or(counts)
}
