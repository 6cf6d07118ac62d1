//! What one pod comes to.

use vapora_preflight::Advice;

use crate::{
    object::{Condition, ContainerStatus, Pod, condition},
    wording::because,
};

/// What one pod comes to.
#[derive(Debug)]
pub(super) enum PodState {
    /// It runs and is ready.
    Running,
    /// It has something, each with what it asks for.
    Troubled(Vec<Trouble>),
    /// It ended as it should.
    Finished,
    /// It belongs to a job, which ends.
    OfJob,
    /// It is being deleted.
    Going,
    /// It has failed and is kept for its record only.
    LeftOver,
}

/// One thing that is the matter with a pod.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) class: Class,
    pub(super) text: String,
}

/// What sort of trouble it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    CrashLoop,
    ImagePull,
    Unschedulable,
    NoRoom,
    Pending,
    NotReady,
    Ended,
    Restarts,
}

impl Class {
    pub(super) fn advice(self) -> Advice {
        match self {
            Self::CrashLoop | Self::NoRoom => Advice::RollBack,
            _ => Advice::Investigate,
        }
    }

    fn is_pending(self) -> bool {
        matches!(self, Self::ImagePull | Self::Unschedulable | Self::NoRoom | Self::Pending)
    }
}

impl Trouble {
    fn new(class: Class, text: impl Into<String>) -> Self {
        Self { class, text: text.into() }
    }

    pub(super) fn is_pending(&self) -> bool {
        self.class.is_pending()
    }
}

impl PodState {
    /// `left_over` says whether it is kept for its record only, if it has failed.
    pub(super) fn of(pod: &Pod, allowed_restarts: Option<u32>, left_over: bool) -> Self {
        let status = &pod.status;
        if pod.metadata.is_owned_by("Job") {
            return Self::OfJob;
        }
        if pod.metadata.is_going() {
            return Self::Going;
        }
        let phase = status.phase.as_deref();
        if phase == Some("Succeeded") {
            return Self::Finished;
        }
        if phase == Some("Failed") && left_over {
            return Self::LeftOver;
        }
        let mut troubles: Vec<Trouble> = Vec::new();
        for container in &status.init_container_statuses {
            let what = if pod.has_sidecar(&container.name) { "sidecar" } else { "init container" };
            troubles.extend(container_trouble(what, container));
        }
        for container in &status.container_statuses {
            troubles.extend(container_trouble("container", container));
        }
        let why = because(status.reason.as_deref(), status.message.as_deref());
        match phase {
            Some("Running") => {
                let ready = condition(&status.conditions, "Ready");
                if troubles.is_empty() && !ready.is_some_and(Condition::is_true) {
                    troubles.push(Trouble::new(Class::NotReady, not_ready(pod, ready)));
                }
            }
            Some("Pending") if troubles.is_empty() => troubles.push(pending(pod)),
            Some("Pending") => {}
            Some("Failed") => {
                // With a reason it was ended from outside, and has nothing to say in its logs.
                let class = if status.reason.is_some() { Class::NotReady } else { Class::Ended };
                troubles.insert(0, Trouble::new(class, format!("failed{why}")));
            }
            _ => troubles
                .insert(0, Trouble::new(Class::NotReady, format!("is in a state that is not known{why}"))),
        }
        let restarts = pod.restarts();
        if let Some(allowed) = allowed_restarts
            && restarts > allowed
        {
            let text = format!("was restarted {restarts} times, {allowed} are allowed");
            troubles.push(Trouble::new(Class::Restarts, text));
        }
        if troubles.is_empty() { Self::Running } else { Self::Troubled(troubles) }
    }
}

/// Why a pod that runs is not ready.
fn not_ready(pod: &Pod, ready: Option<&Condition>) -> String {
    let because = ready.map_or_else(String::new, Condition::because);
    let containers = &pod.status.container_statuses;
    let gate = ready.is_some_and(|ready| ready.reason.as_deref() == Some("ReadinessGatesNotReady"));
    if gate && !containers.is_empty() && containers.iter().all(|container| container.ready) {
        return format!("runs, and is held back by a readiness gate{because}");
    }
    format!("runs and is not ready{because}")
}

/// Why a pod is pending, when none of its containers says so.
fn pending(pod: &Pod) -> Trouble {
    if let Some(scheduled) =
        condition(&pod.status.conditions, "PodScheduled").filter(|scheduled| !scheduled.is_true())
    {
        let because = scheduled.because();
        if scheduled.reason.as_deref() == Some("SchedulingGated") {
            return Trouble::new(
                Class::Unschedulable,
                format!("is held back by its scheduling gates{because}"),
            );
        }
        let message = scheduled.message.as_deref().unwrap_or_default();
        let class = if message.contains("Insufficient") { Class::NoRoom } else { Class::Unschedulable };
        return Trouble::new(class, format!("finds no node{because}"));
    }
    let init = &pod.status.init_container_statuses;
    let is_done = |one: &ContainerStatus| {
        let ended = one.state.terminated.as_ref().is_some_and(|ended| ended.exit_code == 0);
        ended || (pod.has_sidecar(&one.name) && one.state.running.is_some())
    };
    if let Some(now) = init.iter().find(|one| !is_done(one)) {
        let done = init.iter().filter(|one| is_done(one)).count();
        let at = if now.state.running.is_some() { "runs" } else { "is not started yet" };
        let what = if pod.has_sidecar(&now.name) { "sidecar" } else { "init container" };
        let text = format!("is pending: {what} `{}` {at}, {done} of {} are done", now.name, init.len());
        return Trouble::new(Class::Pending, text);
    }
    Trouble::new(Class::Pending, "is pending: its containers are not started yet")
}

fn container_trouble(what: &str, container: &ContainerStatus) -> Option<Trouble> {
    let name = &container.name;
    if let Some(waiting) = &container.state.waiting {
        let reason = waiting.reason.as_deref().unwrap_or_default();
        let why = because(Some(reason), waiting.message.as_deref());
        return match reason {
            // Not a trouble of the container; the pod is pending.
            "" | "ContainerCreating" | "PodInitializing" => None,
            "CrashLoopBackOff" => {
                let restarts = container.restart_count;
                let last = container
                    .last_state
                    .terminated
                    .as_ref()
                    .map_or_else(String::new, |last| format!(", last ended with {}", last.how()));
                let text = format!("crash loop of {what} `{name}`: {restarts} restarts{last}");
                Some(Trouble::new(Class::CrashLoop, text))
            }
            "ImagePullBackOff"
            | "ErrImagePull"
            | "InvalidImageName"
            | "ErrImageNeverPull"
            | "RegistryUnavailable"
            | "ImageInspectError" => Some(Trouble::new(
                Class::ImagePull,
                format!("the image of {what} `{name}` cannot be pulled{why}"),
            )),
            _ => Some(Trouble::new(Class::Pending, format!("{what} `{name}` waits{why}"))),
        };
    }
    let ended = container.state.terminated.as_ref().filter(|ended| ended.exit_code != 0)?;
    Some(Trouble::new(Class::Ended, format!("{what} `{name}` ended with {}", ended.how())))
}
