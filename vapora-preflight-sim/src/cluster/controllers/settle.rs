//! Who notices what, and the turn of each.

use serde_json::{Value, json};

use super::{
    Controllers, Key, Pace, budget, cron_job, daemon_set, deployment, endpoints, kubelet, replica_set,
    stateful_set,
    view::{controller, inside},
};
use crate::{
    clock::SimClock,
    cluster::{events, kinds::ServedKind, labels::LabelSelector, state::State, store::meta},
};

/// So many turns at one go: whoever needs more goes round in circles.
const TURNS: usize = 2_000_000;

/// Lets happen what is due by now.
pub(crate) fn catch_up(state: &mut State, clock: &SimClock) {
    let now = clock.micros();
    events::forget(state, now);
    run(state, now);
}

fn run(state: &mut State, now: i64) {
    for _ in 0..TURNS {
        let held = state.controllers.held && !state.controllers.pace.at_once();
        let Some((at, key)) = state.controllers.queue.take(now, held) else { return };
        turn(state, &key, at);
    }
    tracing::error!("the controllers of the simulated cluster go round in circles");
}

fn turn(state: &mut State, key: &Key, at: i64) {
    match key {
        Key::Pod(namespace, name) => kubelet::turn(state, namespace, name, at),
        Key::ReplicaSet(namespace, name) => replica_set::sync(state, namespace, name, at),
        Key::StatefulSet(namespace, name) => stateful_set::sync(state, namespace, name, at),
        Key::DaemonSet(namespace, name) => daemon_set::sync(state, namespace, name, at),
        Key::Deployment(namespace, name) => deployment::sync(state, namespace, name, at),
        Key::Service(namespace, name) => endpoints::sync(state, namespace, name, at),
        Key::Budget(namespace, name) => budget::sync(state, namespace, name, at),
        Key::CronJob(namespace, name) => cron_job::sync(state, namespace, name, at),
    }
}

/// Does something and lets everything that follows from it happen at once.
pub(crate) fn at_once<T>(state: &mut State, pace: Pace, now: i64, act: impl FnOnce(&mut State) -> T) -> T {
    let before = std::mem::replace(&mut state.controllers.pace, pace);
    let waiting = std::mem::take(&mut state.controllers.queue);
    let done = act(state);
    run(state, now);
    state.controllers.pace = before;
    state.controllers.queue.append(waiting);
    done
}

/// Writes the status of a Deployment again from what there is, without making or taking away anything, now or later.
pub(crate) fn observe(state: &mut State, namespace: &str, name: &str, now: i64) {
    let waiting = std::mem::take(&mut state.controllers.queue);
    deployment::observe(state, namespace, name, now);
    state.controllers.queue = waiting;
}

/// Lets everybody look at everything.
pub(crate) fn wake_all(state: &mut State, now: i64) {
    for kind in
        ["Pod", "ReplicaSet", "StatefulSet", "DaemonSet", "Deployment", "Service", "PodDisruptionBudget"]
    {
        let keys: Vec<Key> = state
            .kind(kind)
            .into_iter()
            .filter_map(|object| Key::of(kind, meta(object, "namespace"), meta(object, "name")))
            .collect();
        for key in keys {
            state.controllers.wake(now, key);
        }
    }
}

/// An object was made or changed: whoever it concerns is to look at it.
pub(crate) fn notice(state: &mut State, kind: &ServedKind, object: &Value, at: i64) {
    let (namespace, name) = (meta(object, "namespace"), meta(object, "name"));
    let group = kind.stored.split('/').next().unwrap_or_default();
    match (group, &*kind.kind) {
        ("", "Node") => node_changed(state, at),
        ("" | "apps" | "batch" | "policy", kind) => {
            if let Some(key) = Key::of(kind, namespace, name) {
                state.controllers.wake(at, key);
            }
            concern(state, kind, object, at);
        }
        _ => {}
    }
}

/// An object is gone.
pub(crate) fn notice_removed(state: &mut State, kind: &ServedKind, object: &Value, at: i64) {
    if kind.kind == "Pod" {
        let place = (meta(object, "namespace").to_owned(), meta(object, "name").to_owned());
        state.controllers.lives.remove(&place);
    }
    concern(state, &kind.kind, object, at);
}

/// Whoever made the object, and whoever counts Pods, is to look again.
pub(crate) fn concern(state: &mut State, kind: &str, object: &Value, at: i64) {
    let namespace = meta(object, "namespace");
    if let Some(owner) = controller(object)
        && let Some(key) = owner["kind"]
            .as_str()
            .and_then(|kind| Key::of(kind, namespace, owner["name"].as_str().unwrap_or_default()))
    {
        state.controllers.wake(at, key);
    }
    if kind == "Pod" {
        count_again(state, object, at);
    }
}

/// Services and budgets that select a Pod are to look at it again.
pub(crate) fn count_again(state: &mut State, object: &Value, at: i64) {
    let namespace = meta(object, "namespace");
    for service in inside(state, "Service", namespace) {
        let selector = json!({ "matchLabels": service["spec"]["selector"] });
        let selects = service["spec"]["selector"].is_object()
            && LabelSelector::of(&selector).is_some_and(|selector| selector.fits(object));
        if selects {
            wake(&mut state.controllers, at, "Service", &service);
        }
    }
    for budget in inside(state, "PodDisruptionBudget", namespace) {
        if LabelSelector::of(&budget["spec"]["selector"]).is_some_and(|selector| selector.fits(object)) {
            wake(&mut state.controllers, at, "PodDisruptionBudget", &budget);
        }
    }
}

fn wake(controllers: &mut Controllers, at: i64, kind: &str, object: &Value) {
    if let Some(key) = Key::of(kind, meta(object, "namespace"), meta(object, "name")) {
        controllers.wake(at, key);
    }
}

/// A Node may take Pods that no other did, and each DaemonSet wants one on it.
fn node_changed(state: &mut State, at: i64) {
    let waiting = |pod: &&Value| pod["spec"]["nodeName"].is_null() && pod["status"]["phase"] == "Pending";
    let pods: Vec<Value> = state.kind("Pod").into_iter().filter(waiting).cloned().collect();
    for pod in &pods {
        wake(&mut state.controllers, at, "Pod", pod);
    }
    let sets: Vec<Value> = state.kind("DaemonSet").into_iter().cloned().collect();
    for set in &sets {
        wake(&mut state.controllers, at, "DaemonSet", set);
    }
}
