//! Deployments: one ReplicaSet for each template, and the way from one to the next.

mod progress;
mod revision;
mod rolling;
mod scaling;

use serde_json::Value;

pub(super) use self::rolling::share;
use super::{
    replica_set,
    view::{change, instant, is_going, owned, replicas},
};
use crate::cluster::{
    events::{self, Source},
    state::State,
    store::meta,
};

/// A Deployment with its ReplicaSets: that of its template, and the old ones from the oldest on.
struct Sets {
    deployment: Value,
    new: Option<Value>,
    old: Vec<Value>,
}

impl Sets {
    fn of(state: &State, namespace: &str, name: &str) -> Option<Self> {
        let deployment = state.get("Deployment", namespace, name).ok()?.clone();
        let mut old = owned(state, "ReplicaSet", &deployment);
        let made = |set: &Value| instant(&set["metadata"]["creationTimestamp"]).unwrap_or(0);
        old.sort_by_key(|set| (made(set), meta(set, "name").to_owned()));
        let new = old.iter().position(|set| revision::is_of(set, &deployment)).map(|at| old.remove(at));
        Some(Self { deployment, new, old })
    }

    fn all(&self) -> impl Iterator<Item = &Value> {
        self.old.iter().chain(&self.new)
    }

    /// How many Pods all of its ReplicaSets are to have.
    fn wanted(&self) -> i64 {
        self.all().map(replicas).sum()
    }

    fn namespace(&self) -> &str {
        meta(&self.deployment, "namespace")
    }

    fn name(&self) -> &str {
        meta(&self.deployment, "name")
    }
}

/// Takes the next step.
pub(super) fn sync(state: &mut State, namespace: &str, name: &str, at: i64) {
    let Some(sets) = Sets::of(state, namespace, name) else { return };
    if is_going(&sets.deployment) {
        return progress::write(state, &sets, at, false);
    }
    progress::note_pause(state, &sets.deployment, at);
    let Some(sets) = Sets::of(state, namespace, name) else { return };
    let paused = sets.deployment["spec"]["paused"] == true;
    if paused || scaling::is_wanted(&sets) {
        revision::annotate(state, &sets, at);
        scaling::scale(state, namespace, name, at);
        let Some(sets) = Sets::of(state, namespace, name) else { return };
        if paused {
            scaling::forget_old(state, &sets, at);
        }
        return progress::write(state, &sets, at, false);
    }
    if sets.deployment["spec"]["strategy"]["type"] == "Recreate" {
        recreate(state, &sets, at);
    } else {
        revision::ensure(state, &sets, at);
        rolling::step(state, namespace, name, at);
    }
    let Some(sets) = Sets::of(state, namespace, name) else { return };
    if progress::is_complete(&sets) {
        scaling::forget_old(state, &sets, at);
    }
    let Some(sets) = Sets::of(state, namespace, name) else { return };
    progress::write(state, &sets, at, true);
}

/// First the old Pods go, all of them; then come the new ones.
fn recreate(state: &mut State, sets: &Sets, at: i64) {
    revision::annotate(state, sets, at);
    let mut waits = false;
    for set in &sets.old {
        waits |= set_replicas(state, sets, set, 0, at);
        waits |= !owned(state, "Pod", set).is_empty();
    }
    if !waits {
        revision::ensure(state, sets, at);
        let Some(sets) = Sets::of(state, sets.namespace(), sets.name()) else { return };
        if let Some(new) = &sets.new {
            set_replicas(state, &sets, new, replicas(&sets.deployment), at);
        }
    }
}

/// Gives a ReplicaSet another number of Pods; whether it had not that number before.
fn set_replicas(state: &mut State, sets: &Sets, set: &Value, wanted: i64, at: i64) -> bool {
    let (namespace, name) = (meta(set, "namespace"), meta(set, "name"));
    let before = replicas(set);
    let total = replicas(&sets.deployment);
    let most = total + rolling::surge(&sets.deployment);
    change(state, "ReplicaSet", namespace, name, |set| {
        revision::note_sizes(set, total, most);
        set["spec"]["replicas"] = wanted.into();
    });
    if before == wanted {
        return false;
    }
    state.controllers.wake(at, super::Key::ReplicaSet(namespace.to_owned(), name.to_owned()));
    let direction = if wanted > before { "up" } else { "down" };
    let message = format!("Scaled {direction} replica set {name} from {before} to {wanted}");
    events::tell(state, Source::Deployments, &sets.deployment, "Normal", "ScalingReplicaSet", &message, at);
    true
}

/// Writes the status of a Deployment and of its ReplicaSets from what there is.
pub(super) fn observe(state: &mut State, namespace: &str, name: &str, at: i64) {
    let Some(sets) = Sets::of(state, namespace, name) else { return };
    for set in sets.all() {
        replica_set::observe(state, set, at);
    }
    progress::note_pause(state, &sets.deployment, at);
    let Some(sets) = Sets::of(state, namespace, name) else { return };
    let paused = sets.deployment["spec"]["paused"] == true;
    progress::write(state, &sets, at, !paused);
}
