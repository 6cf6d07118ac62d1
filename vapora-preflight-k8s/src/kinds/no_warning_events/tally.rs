//! What the events come to.

use std::{cmp::Reverse, collections::HashMap, time::Duration};

use vapora_preflight::{Timestamp, Value};

use crate::{
    object::{Event, Regarding},
    resource::Resource,
    wording::short,
};

/// How many groups are kept apart; what comes after them is only counted.
const MOST_GROUPS: usize = 1_000;
/// How many groups the evidence holds.
const SHOWN: usize = 25;

/// The time that counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) now: Timestamp,
    pub(super) from: Timestamp,
}

/// The events that were found, in groups.
#[derive(Debug)]
pub(super) struct Tally {
    resource: Resource,
    pub(super) events: usize,
    pub(super) times: u64,
    pub(super) allowed: usize,
    pub(super) older: usize,
    /// The newest of them all, the allowed ones included.
    newest: Option<Timestamp>,
    groups: HashMap<(String, String), Group>,
}

/// The events of one reason about objects that belong together.
#[derive(Debug)]
struct Group {
    events: usize,
    times: u64,
    last: Timestamp,
    message: String,
}

impl Tally {
    pub(super) fn new(resource: Resource) -> Self {
        Self { resource, events: 0, times: 0, allowed: 0, older: 0, newest: None, groups: HashMap::new() }
    }

    /// Counts a warning. One without any time may have happened now.
    pub(super) fn add(&mut self, event: &Event, window: Window, allowed: impl Fn(&Event) -> bool) {
        let last = event.last().unwrap_or(window.now);
        self.newest = self.newest.max(Some(last));
        if last < window.from {
            self.older += 1;
            return;
        }
        if allowed(event) {
            self.allowed += 1;
            return;
        }
        let times = u64::from(event.times());
        self.events += 1;
        self.times += times;
        let reason = short(event.reason.as_deref().unwrap_or("no reason"));
        let known = (reason, together(&event.regarding));
        let is_full = self.groups.len() >= MOST_GROUPS && !self.groups.contains_key(&known);
        let key = if is_full { (known.0, "others".to_owned()) } else { known };
        let message = || short(event.note.as_deref().unwrap_or_default());
        let group =
            self.groups.entry(key).or_insert_with(|| Group { events: 0, times: 0, last, message: message() });
        group.events += 1;
        group.times += times;
        if last > group.last {
            group.last = last;
            group.message = message();
        }
    }

    /// Whether there are no warnings at all.
    pub(super) fn is_empty(&self) -> bool {
        self.newest.is_none()
    }

    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// By how much the newest event is in the future.
    pub(super) fn ahead(&self, now: Timestamp) -> Duration {
        self.newest.map_or(Duration::ZERO, |newest| newest.since(now))
    }

    pub(super) fn api(&self) -> String {
        let Resource { group, version, .. } = self.resource;
        if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
    }

    /// The groups, the newest first.
    fn sorted(&self) -> Vec<(&(String, String), &Group)> {
        let mut all: Vec<_> = self.groups.iter().collect();
        all.sort_by_key(|(key, group)| (Reverse(group.last), *key));
        all
    }

    pub(super) fn evidence(&self) -> Value {
        let rows = self.sorted().into_iter().take(SHOWN).map(|((reason, object), group)| {
            Value::table([
                ("reason", Value::from(reason)),
                ("object", Value::from(object)),
                ("events", Value::from(group.events)),
                ("times", Value::from(group.times)),
                ("last", Value::from(group.last)),
                ("message", Value::from(&group.message)),
            ])
        });
        Value::List(rows.collect())
    }

    /// A clause for each group.
    pub(super) fn said(&self) -> Vec<String> {
        let said = |((reason, object), group): (&(String, String), &Group)| {
            let times = if group.times == 1 { String::new() } else { format!(" {} times", group.times) };
            let message =
                if group.message.is_empty() { String::new() } else { format!(": {}", group.message) };
            format!("`{reason}` of `{object}`{times}, last at {}{message}", group.last)
        };
        self.sorted().into_iter().map(said).collect()
    }
}

/// What stands for the object and those that belong to it: pods and replica sets of one deployment have names that differ
/// only in the ends that were made up for them.
fn together(object: &Regarding) -> String {
    let Regarding { kind, namespace, name } = object;
    let stem = match kind.as_str() {
        "Pod" => without_ending(without_ending(name, 5..=5), 8..=10),
        "ReplicaSet" => without_ending(name, 8..=10),
        _ => name,
    };
    let name = if stem.len() == name.len() { name.clone() } else { format!("{stem}-*") };
    let inside = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
    short(&format!("{inside}{kind}/{name}"))
}

/// A name without an ending of so many letters as the server and the controllers draw them: no vowels, and no digits that
/// look like letters.
fn without_ending(name: &str, long: std::ops::RangeInclusive<usize>) -> &str {
    match name.rsplit_once('-') {
        Some((stem, end))
            if long.contains(&end.len())
                && end.chars().all(|c| "bcdfghjklmnpqrstvwxz2456789".contains(c)) =>
        {
            stem
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_of_one_deployment_belong_together() {
        let stem = |kind: &str, name: &str| {
            together(&Regarding { kind: kind.to_owned(), name: name.to_owned(), namespace: "v".to_owned() })
        };
        assert_eq!(stem("Pod", "vapora-backend-67dd657545-kg66f"), "v/Pod/vapora-backend-*");
        assert_eq!(stem("Pod", "vapora-db-0"), "v/Pod/vapora-db-0");
        assert_eq!(stem("Pod", "vapora-front"), "v/Pod/vapora-front");
        assert_eq!(stem("Pod", "backup-28764120-bx2lz"), "v/Pod/backup-28764120-*");
        assert_eq!(stem("ReplicaSet", "vapora-backend-67dd657545"), "v/ReplicaSet/vapora-backend-*");
        assert_eq!(stem("Deployment", "vapora-67dd657545"), "v/Deployment/vapora-67dd657545");
    }
}
