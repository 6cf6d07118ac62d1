//! What has changed in a store, the last of it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use serde_json::Value;
use tokio::sync::watch;

/// How many changes are remembered.
const LENGTH: usize = 20_000;

/// One change: an object was put in a place, changed there, or taken away.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    /// Under which name the kind is kept.
    pub(crate) stored: Arc<str>,
    pub(crate) place: String,
    pub(crate) before: Option<Arc<Value>>,
    pub(crate) after: Option<Arc<Value>>,
}

/// The last changes of a store, in their order.
#[derive(Debug)]
pub(crate) struct History {
    changes: VecDeque<Change>,
    /// The revision up to which changes are forgotten.
    start: u64,
    /// Whether changes are remembered.
    on: bool,
    changed: watch::Sender<()>,
}

impl Default for History {
    fn default() -> Self {
        Self { changes: VecDeque::new(), start: 0, on: false, changed: watch::Sender::new(()) }
    }
}

impl History {
    pub(crate) fn record(&mut self, change: Change) {
        if self.on {
            if self.changes.len() == LENGTH
                && let Some(forgotten) = self.changes.pop_front()
            {
                self.start = forgotten.revision;
            }
            self.changes.push_back(change);
        } else {
            self.start = change.revision;
        }
        self.changed.send_replace(());
    }

    /// Forgets what was until this revision, and remembers from there on.
    pub(crate) fn begin(&mut self, revision: u64) {
        self.changes.clear();
        self.start = revision;
        self.on = true;
    }

    /// The oldest revision from which the changes are known.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// Tells whenever something has changed.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// The changes after a revision.
    pub(crate) fn after(&self, revision: u64) -> impl DoubleEndedIterator<Item = &Change> {
        let from = self.changes.partition_point(|change| change.revision <= revision);
        self.changes.range(from..)
    }

    /// The objects under one name as they were at a revision that is remembered, from those that are there now.
    pub(crate) fn at(
        &self,
        revision: u64,
        stored: &str,
        mut objects: BTreeMap<String, Arc<Value>>,
    ) -> BTreeMap<String, Arc<Value>> {
        for change in self.after(revision).rev().filter(|change| &*change.stored == stored) {
            match &change.before {
                Some(before) => objects.insert(change.place.clone(), Arc::clone(before)),
                None => objects.remove(&change.place),
            };
        }
        objects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(revision: u64, place: &str, before: Option<u64>, after: Option<u64>) -> Change {
        let object = |number: u64| Arc::new(Value::from(number));
        Change {
            revision,
            stored: "/pods".into(),
            place: place.to_owned(),
            before: before.map(object),
            after: after.map(object),
        }
    }

    #[test]
    fn what_was_can_be_told_from_what_is() {
        let mut history = History::default();
        history.record(change(1, "a", None, Some(1)));
        assert_eq!(history.start(), 1, "before it begins, nothing is remembered");
        history.begin(1);
        history.record(change(2, "a", Some(1), Some(2)));
        history.record(change(3, "b", None, Some(3)));
        history.record(change(4, "a", Some(2), None));
        assert_eq!(history.after(2).map(|change| change.revision).collect::<Vec<_>>(), [3, 4]);
        let now = BTreeMap::from([("b".to_owned(), Arc::new(Value::from(3)))]);
        let was = |revision| {
            let objects = history.at(revision, "/pods", now.clone());
            objects.into_iter().map(|(place, object)| format!("{place}{object}")).collect::<Vec<_>>()
        };
        assert_eq!(was(4), ["b3"]);
        assert_eq!(was(3), ["a2", "b3"]);
        assert_eq!(was(1), ["a1"]);
        assert_eq!(history.at(1, "/nodes", BTreeMap::new()), BTreeMap::new());
    }
}
