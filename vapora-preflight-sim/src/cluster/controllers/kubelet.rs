//! The scheduler and the kubelets: Pods find a Node, start, become ready, get into trouble and end.

use std::{collections::VecDeque, time::Duration};

use serde_json::{Value, json};

use super::{
    Key,
    settle::concern,
    view::{change, has_ended, instant, is_going, number},
};
use crate::{
    clock::{micros, seconds_text},
    cluster::{
        events::{self, Source},
        metadata::Manager,
        node, pod,
        pod::PodTrouble,
        state::State,
        store::meta,
        write,
    },
};

/// What happens next to a Pod.
#[derive(Debug)]
pub(super) struct Life {
    uid: String,
    /// The status that it has when all goes well.
    status: Value,
    steps: VecDeque<(i64, Step)>,
}

/// What happens to a Pod at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Its containers are started.
    Start,
    Ready,
    Trouble(PodTrouble),
    /// Its container has ended, for so many times by now.
    Crash(u32),
    /// Its container has ended and runs again; so it goes on, after each such time in microseconds.
    Restart(i64),
    Gone,
}

/// How long it takes until the containers of a Pod are started.
const START: i64 = 1_000_000;
/// How long a container that crashes runs.
const CRASH: i64 = 1_000_000;

/// Makes a Pod of an owner, with this name or with one of its own; its name.
pub(super) fn make(state: &mut State, owner: &Value, name: Option<&str>, at: i64) -> String {
    let now = seconds_text(at);
    let mut pod = pod::running(state, owner, &now);
    if let Some(name) = name {
        pod["metadata"]["name"] = name.into();
        if let Some(metadata) = pod["metadata"].as_object_mut() {
            metadata.remove("generateName");
        }
    }
    let name = meta(&pod, "name").to_owned();
    place(state, pod, at);
    name
}

/// Puts a Pod into the cluster that would run by now, and lets it begin as its pace is.
fn place(state: &mut State, mut pod: Value, at: i64) {
    let now = seconds_text(at);
    let (namespace, name) = (meta(&pod, "namespace").to_owned(), meta(&pod, "name").to_owned());
    let placed = pod["spec"]["nodeName"].is_string();
    let status = pod["status"].clone();
    let pace = state.controllers.pace;
    if placed && !pace.at_once() {
        PodTrouble::Creating.apply(&mut pod, 0, &now);
    }
    let trouble = state.controllers.habits.trouble(&pod);
    let habit = state.controllers.habits.of(&pod);
    let inserted = state.insert(pod, &now, Manager::Controller);
    debug_assert!(inserted.is_ok(), "Pods are served");
    let Ok(pod) = state.get("Pod", &namespace, &name).cloned() else { return };
    concern(state, "Pod", &pod, at);
    if !placed {
        return tell_unschedulable(state, &pod, at);
    }
    let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
    let message = format!("Successfully assigned {namespace}/{name} to {node}");
    events::tell(state, Source::Scheduler, &pod, "Normal", "Scheduled", &message, at);
    let ready = at + micros(habit.ready_after);
    let start = (at + START).min(ready);
    let steps = match trouble {
        Some(PodTrouble::ImagePull) => vec![(start, Step::Trouble(PodTrouble::ImagePull))],
        Some(PodTrouble::CrashLoop) => vec![(start, Step::Start), (start + CRASH, Step::Crash(1))],
        Some(PodTrouble::NotReady) => {
            vec![(start, Step::Start), (ready, Step::Trouble(PodTrouble::NotReady))]
        }
        Some(other) => vec![(start, Step::Trouble(other))],
        None => vec![(start, Step::Start), (ready, Step::Ready)],
    };
    let life = Life { uid: meta(&pod, "uid").to_owned(), status, steps: steps.into() };
    begin(state, (namespace, name), life, at);
}

fn begin(state: &mut State, place: (String, String), mut life: Life, at: i64) {
    if state.controllers.pace.at_once() {
        for (time, _) in &mut life.steps {
            *time = at;
        }
    }
    if let Some((next, _)) = life.steps.front() {
        state.controllers.wake(*next, Key::Pod(place.0.clone(), place.1.clone()));
    }
    state.controllers.lives.insert(place, life);
}

/// Does what is due with a Pod.
pub(super) fn turn(state: &mut State, namespace: &str, name: &str, at: i64) {
    let place = (namespace.to_owned(), name.to_owned());
    let Ok(pod) = state.get("Pod", namespace, name).cloned() else {
        state.controllers.lives.remove(&place);
        return;
    };
    if is_going(&pod) {
        let gone = instant(&pod["metadata"]["deletionTimestamp"]).unwrap_or(at);
        let habit = state.controllers.habits.of(&pod);
        let asked = gone - number(&pod["metadata"]["deletionGracePeriodSeconds"]) * 1_000_000;
        let gone = habit.stops_after.map_or(gone, |after| gone.min(asked + micros(after)));
        if gone > at {
            return state.controllers.wake(gone, Key::Pod(place.0, place.1));
        }
        return remove(state, &pod, at);
    }
    let known = state.controllers.lives.get(&place).is_some_and(|life| life.uid == meta(&pod, "uid"));
    if !known {
        return take_up(state, &pod, at);
    }
    while let Some(step) = due(state, &place, at) {
        step_on(state, namespace, name, step, at);
    }
}

fn due(state: &mut State, place: &(String, String), at: i64) -> Option<Step> {
    let life = state.controllers.lives.get_mut(place)?;
    let (time, step) = *life.steps.front()?;
    if time > at {
        let key = Key::Pod(place.0.clone(), place.1.clone());
        state.controllers.wake(time, key);
        return None;
    }
    life.steps.pop_front();
    Some(step)
}

/// A Pod that nobody here has made, such as one of a client: it is given a Node and starts.
fn take_up(state: &mut State, pod: &Value, at: i64) {
    let untouched = pod["status"]["containerStatuses"].is_null() && !has_ended(pod);
    if !untouched {
        return;
    }
    let mut pod = pod.clone();
    let now = seconds_text(at);
    let number = state.count("Pod");
    if pod["spec"]["nodeName"].is_null() {
        match node::place(state, number) {
            Some([name, address, zone]) => {
                pod["spec"]["nodeName"] = name.into();
                pod["metadata"]["labels"]["topology.kubernetes.io/zone"] = zone.into();
                pod::start(&mut pod, &address, number, &now, state);
            }
            None if pod["status"]["conditions"].is_array() => return,
            None => pod::unschedulable(&mut pod, 0, &now),
        }
    } else {
        pod::start(&mut pod, "", number, &now, state);
    }
    place(state, pod, at);
}

fn step_on(state: &mut State, namespace: &str, name: &str, step: Step, at: i64) {
    let now = seconds_text(at);
    let place = (namespace.to_owned(), name.to_owned());
    let status = state.controllers.lives.get(&place).map(|life| life.status.clone()).unwrap_or_default();
    match step {
        Step::Start => {
            change(state, "Pod", namespace, name, |pod| {
                pod["status"] = with_times(&status, &now);
                PodTrouble::NotReady.apply(pod, 0, &now);
            });
            tell_started(state, namespace, name, at);
        }
        Step::Ready => {
            change(state, "Pod", namespace, name, |pod| make_ready(pod, &now));
        }
        Step::Trouble(trouble) => trouble_pod(state, namespace, name, trouble, at),
        Step::Crash(times) => {
            let pause = Duration::from_secs((10 << (times - 1).min(6)).min(300));
            change(state, "Pod", namespace, name, |pod| crash(pod, times, pause, &now));
            tell_trouble(state, namespace, name, PodTrouble::CrashLoop, at);
            let next = at + micros(pause) + CRASH;
            later(state, &place, next, Step::Crash(times + 1));
        }
        Step::Restart(every) => {
            change(state, "Pod", namespace, name, |pod| restart(pod, &now));
            tell_started(state, namespace, name, at);
            later(state, &place, at + every, Step::Restart(every));
        }
        Step::Gone => {
            if let Ok(pod) = state.get("Pod", namespace, name).cloned() {
                remove(state, &pod, at);
            }
            return;
        }
    }
    if let Ok(pod) = state.get("Pod", namespace, name).cloned() {
        concern(state, "Pod", &pod, at);
    }
}

/// At once nothing happens again and again.
fn later(state: &mut State, place: &(String, String), at: i64, step: Step) {
    if let Some(life) = state.controllers.lives.get_mut(place) {
        life.steps.push_back((at, step));
        state.controllers.wake(at, Key::Pod(place.0.clone(), place.1.clone()));
    }
}

/// Ends a Pod as a controller does.
pub(super) fn end(state: &mut State, pod: &Value, at: i64) {
    let (namespace, name) = (meta(pod, "namespace"), meta(pod, "name"));
    if state.controllers.pace.at_once() || pod["spec"]["nodeName"].is_null() {
        return remove(state, pod, at);
    }
    let grace = pod["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
    change(state, "Pod", namespace, name, |pod| {
        pod["metadata"]["deletionTimestamp"] = seconds_text(at + grace * 1_000_000).into();
        pod["metadata"]["deletionGracePeriodSeconds"] = grace.into();
    });
    let Ok(pod) = state.get("Pod", namespace, name).cloned() else { return };
    for container in pod["spec"]["containers"].as_array().into_iter().flatten() {
        let container = container["name"].as_str().unwrap_or_default();
        let message = format!("Stopping container {container}");
        events::tell(state, Source::Kubelet(Some(container)), &pod, "Normal", "Killing", &message, at);
    }
    state.controllers.wake(at, Key::Pod(namespace.to_owned(), name.to_owned()));
    concern(state, "Pod", &pod, at);
}

fn remove(state: &mut State, pod: &Value, at: i64) {
    let Some(kind) = state.served("Pod") else { return };
    write::gone(state, &kind, meta(pod, "namespace"), meta(pod, "name"), &seconds_text(at));
}

/// Something is the matter with a Pod from now on: it is told in events, and everything else that was to happen to it
/// does not.
pub(crate) fn trouble_pod(state: &mut State, namespace: &str, name: &str, trouble: PodTrouble, at: i64) {
    let nodes = state.count("Node");
    let now = seconds_text(at);
    let place = (namespace.to_owned(), name.to_owned());
    if let Some(life) = state.controllers.lives.get_mut(&place) {
        life.steps.retain(|(_, step)| *step == Step::Gone);
    }
    change(state, "Pod", namespace, name, |pod| trouble.apply(pod, nodes, &now));
    tell_trouble(state, namespace, name, trouble, at);
}

/// The containers of a Pod end and are started again after each such time, and the Pod is ready all the while.
pub(crate) fn keep_restarting(state: &mut State, pod: &Value, every: Duration, at: i64) {
    let place = (meta(pod, "namespace").to_owned(), meta(pod, "name").to_owned());
    let every = micros(every).max(1_000_000);
    let steps = [(at + every, Step::Restart(every))].into();
    let life = Life { uid: meta(pod, "uid").to_owned(), status: pod["status"].clone(), steps };
    state.controllers.wake(at + every, Key::Pod(place.0.clone(), place.1.clone()));
    state.controllers.lives.insert(place, life);
}

/// The status with all of its times set to this one.
fn with_times(status: &Value, now: &str) -> Value {
    let mut status = status.clone();
    for list in ["conditions", "containerStatuses"] {
        for item in status[list].as_array_mut().into_iter().flatten() {
            if item["lastTransitionTime"].is_string() && item["type"] != "PodScheduled" {
                item["lastTransitionTime"] = now.into();
            }
            if item["state"]["running"].is_object() {
                item["state"]["running"]["startedAt"] = now.into();
            }
        }
    }
    status
}

fn make_ready(pod: &mut Value, now: &str) {
    for status in pod["status"]["containerStatuses"].as_array_mut().into_iter().flatten() {
        status["ready"] = true.into();
    }
    for condition in pod["status"]["conditions"].as_array_mut().into_iter().flatten() {
        if condition["type"] == "Ready" || condition["type"] == "ContainersReady" {
            condition["status"] = "True".into();
            condition["lastTransitionTime"] = now.into();
            if let Some(fields) = condition.as_object_mut() {
                fields.remove("reason");
                fields.remove("message");
            }
        }
    }
}

/// A time as a kubelet writes it: `10s`, `2m40s`.
fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{}s", seconds / 60, seconds % 60) }
}

fn crash(pod: &mut Value, times: u32, pause: Duration, now: &str) {
    let of = format!("{}_{}({})", meta(pod, "name"), meta(pod, "namespace"), meta(pod, "uid"));
    let started: Vec<Value> = pod["status"]["containerStatuses"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|status| status["state"]["running"]["startedAt"].clone())
        .collect();
    PodTrouble::CrashLoop.apply(pod, 0, now);
    for (status, started) in
        pod["status"]["containerStatuses"].as_array_mut().into_iter().flatten().zip(started)
    {
        let container = status["name"].as_str().unwrap_or_default();
        let message = format!("back-off {} restarting failed container={container} pod={of}", shown(pause));
        status["state"]["waiting"]["message"] = message.into();
        status["restartCount"] = (times - 1).into();
        if started.is_string() {
            status["lastState"]["terminated"]["startedAt"] = started;
        }
    }
}

fn restart(pod: &mut Value, now: &str) {
    for status in pod["status"]["containerStatuses"].as_array_mut().into_iter().flatten() {
        let started = status["state"]["running"]["startedAt"].clone();
        status["lastState"] = json!({ "terminated": {
            "exitCode": 137,
            "reason": "OOMKilled",
            "startedAt": started,
            "finishedAt": now,
            "containerID": status["containerID"],
        } });
        status["state"] = json!({ "running": { "startedAt": now } });
        status["restartCount"] = (number(&status["restartCount"]) + 1).into();
    }
}

fn tell_unschedulable(state: &mut State, pod: &Value, at: i64) {
    let mut conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    let message = conditions.find_map(|one| one["message"].as_str()).unwrap_or_default().to_owned();
    events::tell(state, Source::Scheduler, pod, "Warning", "FailedScheduling", &message, at);
}

fn tell_started(state: &mut State, namespace: &str, name: &str, at: i64) {
    let Ok(pod) = state.get("Pod", namespace, name).cloned() else { return };
    for container in pod["spec"]["containers"].as_array().into_iter().flatten() {
        let text = |field: &str| container[field].as_str().unwrap_or_default();
        let (name, image) = (text("name"), text("image"));
        let source = Source::Kubelet(Some(name));
        let present =
            format!("Container image \"{image}\" already present on machine and can be accessed by the pod");
        events::tell(state, source, &pod, "Normal", "Pulled", &present, at);
        events::tell(state, source, &pod, "Normal", "Created", "Container created", at);
        events::tell(state, source, &pod, "Normal", "Started", "Container started", at);
    }
}

/// The events that a kubelet or the scheduler writes about a trouble.
pub(crate) fn tell_trouble(state: &mut State, namespace: &str, name: &str, trouble: PodTrouble, at: i64) {
    let Ok(pod) = state.get("Pod", namespace, name).cloned() else { return };
    if trouble == PodTrouble::Unschedulable {
        return tell_unschedulable(state, &pod, at);
    }
    let uid = meta(&pod, "uid");
    let address = pod["status"]["podIP"].as_str().unwrap_or("10.244.0.1");
    for container in pod["spec"]["containers"].as_array().into_iter().flatten() {
        let text = |field: &str| container[field].as_str().unwrap_or_default();
        let (own, image) = (text("name"), text("image"));
        let source = Source::Kubelet(Some(own));
        let mut tell = |kind: &str, reason: &str, message: &str| {
            events::tell(state, source, &pod, kind, reason, message, at);
        };
        match trouble {
            PodTrouble::CrashLoop => {
                let message =
                    format!("Back-off restarting failed container {own} in pod {name}_{namespace}({uid})");
                tell("Warning", "BackOff", &message);
            }
            PodTrouble::ImagePull => {
                let full =
                    if image.contains('/') { image.to_owned() } else { format!("docker.io/library/{image}") };
                tell("Normal", "Pulling", &format!("Pulling image \"{image}\""));
                tell(
                    "Warning",
                    "Failed",
                    &format!(
                        "Failed to pull image \"{image}\": failed to pull and unpack image \"{full}\": not found"
                    ),
                );
                tell("Warning", "Failed", "Error: ErrImagePull");
                tell("Normal", "BackOff", &format!("Back-off pulling image \"{image}\""));
                tell("Warning", "Failed", "Error: ImagePullBackOff");
            }
            PodTrouble::NotReady => {
                let port = container["ports"][0]["containerPort"].as_i64().unwrap_or(8080);
                let message = format!(
                    "Readiness probe failed: Get \"http://{address}:{port}/health\": dial tcp {address}:{port}: connect: \
                     connection refused"
                );
                tell("Warning", "Unhealthy", &message);
            }
            PodTrouble::Creating | PodTrouble::Unschedulable => {}
        }
    }
}
