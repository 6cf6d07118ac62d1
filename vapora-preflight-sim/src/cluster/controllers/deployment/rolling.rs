//! The steps of a rolling update.

use serde_json::Value;

use super::{Sets, set_replicas};
use crate::cluster::{
    controllers::view::{number, replicas},
    state::State,
};

/// A number, or a share of all in percent.
pub(in crate::cluster::controllers) fn share(value: &Value, all: i64, up: bool) -> i64 {
    match value {
        Value::String(text) => {
            let percent = text.trim_end_matches('%').parse::<i64>().unwrap_or(0);
            let parts = percent * all;
            if up { (parts + 99).div_euclid(100) } else { parts.div_euclid(100) }
        }
        other => number(other),
    }
}

fn is_rolling(deployment: &Value) -> bool {
    deployment["spec"]["strategy"]["type"] != "Recreate"
}

/// By how many Pods there may be more, and by how many fewer be available, than there are to be.
fn fenceposts(deployment: &Value) -> (i64, i64) {
    let all = replicas(deployment);
    let rolling = &deployment["spec"]["strategy"]["rollingUpdate"];
    let usual = Value::from("25%");
    let or_usual = |value: &Value| if value.is_null() { usual.clone() } else { value.clone() };
    let surge = share(&or_usual(&rolling["maxSurge"]), all, true);
    let missing = share(&or_usual(&rolling["maxUnavailable"]), all, false);
    if surge == 0 && missing == 0 { (0, 1) } else { (surge, missing) }
}

pub(super) fn surge(deployment: &Value) -> i64 {
    if is_rolling(deployment) { fenceposts(deployment).0 } else { 0 }
}

/// How many Pods need not be available.
pub(super) fn may_be_missing(deployment: &Value) -> i64 {
    let all = replicas(deployment);
    if !is_rolling(deployment) || all == 0 {
        return 0;
    }
    fenceposts(deployment).1.min(all)
}

/// How many Pods the ReplicaSet of the template is to have now, where it has so many.
pub(super) fn wanted(sets: &Sets, has: i64) -> i64 {
    let all = replicas(&sets.deployment);
    if !is_rolling(&sets.deployment) {
        return all;
    }
    let most = all + surge(&sets.deployment);
    let now = sets.wanted();
    if now >= most {
        return has;
    }
    has + (most - now).min(all - has)
}

fn available(set: &Value) -> i64 {
    number(&set["status"]["availableReplicas"])
}

/// Adds Pods of the new template where there is room, and takes old ones away where enough are available.
pub(super) fn step(state: &mut State, namespace: &str, name: &str, at: i64) {
    let Some(sets) = Sets::of(state, namespace, name) else { return };
    let Some(new) = &sets.new else { return };
    let (has, all) = (replicas(new), replicas(&sets.deployment));
    let wanted = if has == all { has } else { wanted(&sets, has).min(all) };
    if has > all {
        set_replicas(state, &sets, new, all, at);
        return;
    }
    if set_replicas(state, &sets, new, wanted, at) {
        return;
    }
    shrink_old(state, &sets, new, at);
}

fn shrink_old(state: &mut State, sets: &Sets, new: &Value, at: i64) {
    if sets.old.iter().map(replicas).sum::<i64>() == 0 {
        return;
    }
    let least = replicas(&sets.deployment) - may_be_missing(&sets.deployment);
    let unavailable = replicas(new) - available(new);
    let mut may_go = sets.wanted() - least - unavailable;
    if may_go <= 0 {
        return;
    }
    // First those that are of no use.
    let mut left: Vec<i64> = sets.old.iter().map(replicas).collect();
    for (set, left) in sets.old.iter().zip(&mut left) {
        let useless = (*left - available(set)).clamp(0, may_go);
        *left -= useless;
        may_go -= useless;
    }
    let spare = sets.all().map(available).sum::<i64>() - least;
    let mut may_go = spare.max(0);
    for left in &mut left {
        let going = may_go.min(*left);
        *left -= going;
        may_go -= going;
    }
    for (set, left) in sets.old.iter().zip(left) {
        set_replicas(state, sets, set, left, at);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(replicas: i64, surge: impl Into<Value>, unavailable: impl Into<Value>) -> Value {
        json!({ "spec": {
            "replicas": replicas,
            "strategy": { "rollingUpdate": { "maxSurge": surge.into(), "maxUnavailable": unavailable.into() } },
        } })
    }

    #[test]
    fn shares_are_rounded_so_that_the_update_can_go_on() {
        let of = |deployment: &Value| (surge(deployment), may_be_missing(deployment));
        assert_eq!(of(&deployment(2, "25%", "25%")), (1, 0));
        assert_eq!(of(&deployment(10, "25%", "25%")), (3, 2));
        assert_eq!(of(&deployment(3, 0, "10%")), (0, 1));
        assert_eq!(of(&deployment(3, 2, 5)), (2, 3));
        assert_eq!(of(&json!({ "spec": { "replicas": 4 } })), (1, 1));
        assert_eq!(of(&json!({ "spec": { "replicas": 4, "strategy": { "type": "Recreate" } } })), (0, 0));
    }
}
