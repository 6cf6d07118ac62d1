//! Who has to look at something, and when.

use std::collections::BTreeSet;

/// Something that its controller or kubelet has to look at, by namespace and name. Pods come before what is made of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Pod(String, String),
    ReplicaSet(String, String),
    StatefulSet(String, String),
    DaemonSet(String, String),
    Deployment(String, String),
    Service(String, String),
    Budget(String, String),
    CronJob(String, String),
}

impl Key {
    /// The key of an object; `None` where nobody looks at its kind.
    pub(crate) fn of(kind: &str, namespace: &str, name: &str) -> Option<Self> {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        Some(match kind {
            "Pod" => Self::Pod(namespace, name),
            "ReplicaSet" => Self::ReplicaSet(namespace, name),
            "StatefulSet" => Self::StatefulSet(namespace, name),
            "DaemonSet" => Self::DaemonSet(namespace, name),
            "Deployment" => Self::Deployment(namespace, name),
            "Service" => Self::Service(namespace, name),
            "PodDisruptionBudget" => Self::Budget(namespace, name),
            "CronJob" => Self::CronJob(namespace, name),
            _ => return None,
        })
    }

    fn is_of_a_kubelet(&self) -> bool {
        matches!(self, Self::Pod(..))
    }
}

/// Keys with the times, in microseconds of Unix time, at which they are to be looked at.
#[derive(Debug, Default)]
pub(super) struct Queue(BTreeSet<(i64, Key)>);

impl Queue {
    pub(super) fn add(&mut self, at: i64, key: Key) {
        self.0.insert((at, key));
    }

    /// Takes the first that is due; where controllers are held, the first for a kubelet.
    pub(super) fn take(&mut self, now: i64, held: bool) -> Option<(i64, Key)> {
        let due = self.0.iter().take_while(|(at, _)| *at <= now);
        let first = due.clone().find(|(_, key)| !held || key.is_of_a_kubelet())?.clone();
        self.0.remove(&first);
        Some(first)
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_is_taken_first_and_pods_before_their_owners() {
        let key = |kind: &str| Key::of(kind, "shop", "x").unwrap();
        let mut queue = Queue::default();
        queue.add(2, key("Pod"));
        queue.add(1, key("Deployment"));
        queue.add(2, key("ReplicaSet"));
        queue.add(9, key("Service"));
        assert_eq!(queue.take(5, true), Some((2, key("Pod"))));
        assert_eq!(queue.take(5, true), None);
        queue.add(2, key("Pod"));
        let order: Vec<_> = std::iter::from_fn(|| queue.take(5, false)).collect();
        assert_eq!(order, [(1, key("Deployment")), (2, key("Pod")), (2, key("ReplicaSet"))]);
        assert_eq!(Key::of("ConfigMap", "shop", "x"), None);
    }
}
