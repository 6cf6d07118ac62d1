//! Another number of Pods, and ReplicaSets that are no longer needed.

use serde_json::Value;

use super::{Sets, revision, rolling, set_replicas};
use crate::clock::seconds_text;
use crate::cluster::{
    controllers::view::{is_going, number, replicas},
    state::State,
    store::meta,
    write,
};

/// Was the Deployment given another number of Pods since its ReplicaSets were scaled?
pub(super) fn is_wanted(sets: &Sets) -> bool {
    let wanted = replicas(&sets.deployment);
    let active = sets.all().filter(|set| replicas(set) > 0);
    active.filter_map(revision::desired).any(|desired| desired != wanted)
}

/// Hands the new number out to the ReplicaSets.
pub(super) fn scale(state: &mut State, namespace: &str, name: &str, at: i64) {
    let Some(sets) = Sets::of(state, namespace, name) else { return };
    let wanted = replicas(&sets.deployment);
    let active: Vec<&Value> = sets.all().filter(|set| replicas(set) > 0).collect();
    match active.as_slice() {
        [] => {
            if let Some(newest) = sets.new.as_ref().or(sets.old.last()) {
                set_replicas(state, &sets, newest, wanted, at);
            }
        }
        [only] => {
            set_replicas(state, &sets, only, wanted, at);
        }
        _ if sets.new.as_ref().is_some_and(|new| is_saturated(&sets.deployment, new)) => {
            for set in sets.old.iter().filter(|set| replicas(set) > 0) {
                set_replicas(state, &sets, set, 0, at);
            }
        }
        _ if sets.deployment["spec"]["strategy"]["type"] != "Recreate" => {
            proportionally(state, &sets, active.clone(), at);
        }
        _ => {}
    }
}

fn is_saturated(deployment: &Value, new: &Value) -> bool {
    let all = replicas(deployment);
    replicas(new) == all
        && revision::desired(new) == Some(all)
        && number(&new["status"]["availableReplicas"]) == all
}

/// In the middle of a rollout, each ReplicaSet gets its share.
fn proportionally(state: &mut State, sets: &Sets, mut active: Vec<&Value>, at: i64) {
    let all = replicas(&sets.deployment);
    let most = if all > 0 { all + rolling::surge(&sets.deployment) } else { 0 };
    let to_add = most - sets.wanted();
    if to_add >= 0 {
        active.reverse();
    }
    active.sort_by_key(|set| std::cmp::Reverse(replicas(set)));
    let mut added = 0;
    let mut sizes: Vec<i64> = Vec::new();
    for set in &active {
        let has = replicas(set);
        let before = revision::most(set).filter(|most| *most > 0).unwrap_or(all.max(1));
        let share = ((has * most) as f64 / before as f64).round() as i64 - has;
        let left = to_add - added;
        let share = if to_add > 0 { share.min(left) } else { share.max(left) };
        let share = if to_add == 0 { 0 } else { share };
        added += share;
        sizes.push(has + share);
    }
    // What rounding has left over goes to the largest.
    if let Some(first) = sizes.first_mut() {
        *first = (*first + to_add - added).max(0);
    }
    for (set, size) in active.iter().zip(sizes) {
        set_replicas(state, sets, set, size, at);
    }
}

/// Takes away the oldest ReplicaSets without Pods, beyond those that are to be remembered.
pub(super) fn forget_old(state: &mut State, sets: &Sets, at: i64) {
    let Some(limit) = sets.deployment["spec"]["revisionHistoryLimit"].as_u64() else { return };
    let Some(kind) = state.served("ReplicaSet") else { return };
    let mut old: Vec<&Value> = sets.old.iter().filter(|set| !is_going(set)).collect();
    let excess = old.len().saturating_sub(limit as usize);
    old.sort_by_key(|set| {
        let text = set["metadata"]["annotations"][revision::REVISION].as_str();
        text.and_then(|text| text.parse::<i64>().ok()).unwrap_or(0)
    });
    for set in old.into_iter().take(excess) {
        let seen = number(&set["status"]["observedGeneration"]) >= number(&set["metadata"]["generation"]);
        if number(&set["status"]["replicas"]) == 0 && replicas(set) == 0 && seen {
            write::gone(state, &kind, sets.namespace(), meta(set, "name"), &seconds_text(at));
        }
    }
}
