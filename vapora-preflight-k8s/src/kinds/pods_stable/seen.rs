//! What a check saw of the restarts of pods, now or earlier.

use std::{collections::BTreeMap, time::Duration};

use vapora_preflight::{CheckError, Earlier, Timestamp, Value};

use crate::{
    kinds::unfit,
    object::{ContainerStatus, Pod},
    wording::{because, count, short},
};

/// What a container is in its pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It runs before the others, and ends.
    Init,
    /// It is started before the others, and goes on.
    Sidecar,
    Container,
}

impl Role {
    fn noun(self) -> &'static str {
        match self {
            Self::Init => "init container",
            Self::Sidecar => "sidecar",
            Self::Container => "container",
        }
    }
}

/// The containers of a pod that have a status, with what they are in it.
pub(super) fn containers(pod: &Pod) -> impl Iterator<Item = (Role, &ContainerStatus)> {
    let init = pod.status.init_container_statuses.iter().map(|status| {
        let role = if pod.has_sidecar(&status.name) { Role::Sidecar } else { Role::Init };
        (role, status)
    });
    init.chain(pod.status.container_statuses.iter().map(|status| (Role::Container, status)))
}

/// The restarts of a pod, as evidence that a later check can be compared with.
pub(super) fn row(pod: &Pod) -> (String, Value) {
    let restarts = containers(pod).map(|(_, status)| (status.name.clone(), status.restart_count));
    let row = [("uid", Value::from(pod.metadata.uid.clone())), ("restarts", Value::table(restarts))];
    (pod.metadata.name.clone(), Value::table(row))
}

/// What an earlier check saw: by the uid of a pod, its name and the restarts of its containers.
#[derive(Debug, Default)]
pub(super) struct Before(pub(super) BTreeMap<String, PodBefore>);

#[derive(Debug, Default)]
pub(super) struct PodBefore {
    pub(super) name: String,
    restarts: BTreeMap<String, i64>,
}

impl PodBefore {
    pub(super) fn restarts_of(&self, container: &str) -> i64 {
        self.restarts.get(container).copied().unwrap_or(0)
    }
}

impl Before {
    /// Reads the evidence of an earlier check about the same pods.
    pub(super) fn of(earlier: &Earlier, about: &[(&str, Value)]) -> Result<Self, CheckError> {
        let unfit = |why: &str| {
            unfit(
                earlier,
                why,
                "name as `baseline` a check of this kind with the same namespace and selector",
            )
        };
        for (name, value) in about {
            if earlier.evidence.get(name) != Some(value) {
                return Err(unfit(&format!("its `{name}` is another one")));
            }
        }
        let Some(Value::Table(rows)) = earlier.evidence.get("pods") else {
            return Err(unfit("its evidence holds no restarts of pods"));
        };
        let mut pods = BTreeMap::new();
        for (name, row) in rows {
            let (uid, before) = pod_before(name, row).ok_or_else(|| unfit("its evidence cannot be read"))?;
            pods.insert(uid, before);
        }
        Ok(Self(pods))
    }
}

fn pod_before(name: &str, row: &Value) -> Option<(String, PodBefore)> {
    let Value::Table(fields) = row else { return None };
    let field = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
    let (Some(Value::Text(uid)), Some(Value::Table(restarts))) = (field("uid"), field("restarts")) else {
        return None;
    };
    let restarts = restarts.iter().map(|(container, number)| match number {
        Value::Int(number) => Some((container.clone(), *number)),
        _ => None,
    });
    Some((uid.clone(), PodBefore { name: name.to_owned(), restarts: restarts.collect::<Option<_>>()? }))
}

/// One thing that is the matter with a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) sort: Sort,
    pub(super) text: String,
}

/// What sort of trouble it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Restarted,
    /// It may have been restarted.
    Unknown,
    New,
    NotRunning,
    CrashLoop,
}

impl Trouble {
    pub(super) fn new(sort: Sort, text: impl Into<String>) -> Self {
        Self { sort, text: text.into() }
    }
}

/// How its last run ended: `, last ended with exit code 137 (OOMKilled)`.
fn last_end(status: &ContainerStatus) -> String {
    let last = status.state.terminated.as_ref().or(status.last_state.terminated.as_ref());
    last.map_or_else(String::new, |last| format!(", last ended with {}", last.how()))
}

/// Whether it was killed because it used more memory than it may.
pub(super) fn was_out_of_memory(status: &ContainerStatus) -> bool {
    [&status.state, &status.last_state]
        .into_iter()
        .filter_map(|state| state.terminated.as_ref())
        .any(|ended| ended.reason.as_deref() == Some("OOMKilled"))
}

/// That a container which is to go on does not run, or one before it does not come to its end.
pub(super) fn stands_still(role: Role, status: &ContainerStatus) -> Option<Trouble> {
    let (noun, name) = (role.noun(), &status.name);
    if let Some(waiting) = &status.state.waiting {
        let crash_loop = waiting.reason.as_deref() == Some("CrashLoopBackOff");
        if role == Role::Init && !crash_loop {
            return None;
        }
        if crash_loop {
            let restarts = status.restart_count;
            let text = format!("crash loop of {noun} `{name}`: {restarts} restarts{}", last_end(status));
            return Some(Trouble::new(Sort::CrashLoop, text));
        }
        let why = because(waiting.reason.as_deref(), waiting.message.as_deref());
        return Some(Trouble::new(Sort::NotRunning, format!("{noun} `{name}` waits{why}")));
    }
    if role == Role::Init {
        return None;
    }
    if let Some(ended) = &status.state.terminated {
        let text = format!("{noun} `{name}` has ended with {}", ended.how());
        return Some(Trouble::new(Sort::NotRunning, text));
    }
    let said = status.state.running.is_some();
    (!said).then(|| Trouble::new(Sort::NotRunning, format!("{noun} `{name}` does not say what it is at")))
}

/// The restarts of a container since the earlier check, or why they are not known.
pub(super) fn grown(role: Role, status: &ContainerStatus, before: i64) -> Result<u32, Trouble> {
    let (noun, name, now) = (role.noun(), &status.name, i64::from(status.restart_count));
    u32::try_from(now - before).map_err(|_| {
        let text = format!(
            "the restarts of {noun} `{name}` fell from {before} to {now}, so that it is not known how often it was \
             restarted since"
        );
        Trouble::new(Sort::Unknown, text)
    })
}

/// How a restart since the earlier check is told.
pub(super) fn restarted(role: Role, status: &ContainerStatus, times: u32) -> Trouble {
    let (noun, name) = (role.noun(), &status.name);
    let times = count(times as usize, "time");
    Trouble::new(Sort::Restarted, format!("{noun} `{name}` was restarted {times}{}", last_end(status)))
}

/// That a container was started or restarted within this time, or that it cannot be told.
pub(super) fn started_within(
    role: Role,
    status: &ContainerStatus,
    now: Timestamp,
    window: Duration,
) -> Option<Trouble> {
    let (noun, name) = (role.noun(), &status.name);
    let running = status.state.running.as_ref().and_then(|running| running.started_at);
    let ends = [&status.state, &status.last_state];
    let ended = ends.into_iter().filter_map(|state| state.terminated.as_ref()?.finished_at).max();
    let latest = running.max(ended);
    let is_recent = |at: &Timestamp| now.since(*at) < window;
    let ago = |at: Timestamp| vapora_preflight::Period::from_secs(now.since(at).as_secs());
    if status.restart_count > 0 {
        return match latest {
            None => {
                let restarts = count(status.restart_count as usize, "time");
                let text = format!("{noun} `{name}` was restarted {restarts}, and does not say when");
                Some(Trouble::new(Sort::Unknown, text))
            }
            Some(at) if is_recent(&at) => {
                let text = format!("{noun} `{name}` was restarted {} ago{}", ago(at), last_end(status));
                Some(Trouble::new(Sort::Restarted, text))
            }
            Some(_) => None,
        };
    }
    if role == Role::Init {
        return None;
    }
    match running {
        Some(at) if is_recent(&at) => {
            Some(Trouble::new(Sort::New, format!("{noun} `{name}` was started {} ago", ago(at))))
        }
        Some(_) => None,
        // One that does not run is told already.
        None if status.state.running.is_none() => None,
        None => {
            let text = format!("{noun} `{name}` does not say since when it runs");
            Some(Trouble::new(Sort::Unknown, text))
        }
    }
}

/// Why the pod as a whole is no pod that runs, where its containers do not say it.
pub(super) fn silent(pod: &Pod) -> Vec<Trouble> {
    let status = &pod.status;
    let why = because(status.reason.as_deref(), status.message.as_deref());
    match status.phase.as_deref() {
        Some("Failed") => return vec![Trouble::new(Sort::NotRunning, format!("has failed{why}"))],
        Some("Pending") if status.container_statuses.is_empty() => {
            return vec![Trouble::new(
                Sort::NotRunning,
                format!("is pending: its containers are not started yet{why}"),
            )];
        }
        Some("Running" | "Pending") => {}
        Some(phase) => {
            return vec![Trouble::new(Sort::NotRunning, format!("has the phase `{}`{why}", short(phase)))];
        }
        None => return vec![Trouble::new(Sort::NotRunning, format!("has no phase{why}"))],
    }
    let says = |name: &str| status.container_statuses.iter().any(|status| status.name == name);
    let wanted = pod.spec.containers.iter().filter(|container| !says(&container.name));
    let silent: Vec<Trouble> = wanted
        .map(|container| {
            let text = format!("says nothing of container `{}`", container.name);
            Trouble::new(Sort::NotRunning, text)
        })
        .collect();
    if silent.is_empty() && status.container_statuses.is_empty() {
        return vec![Trouble::new(Sort::NotRunning, "says nothing of its containers")];
    }
    silent
}
