//! To which deployment a pod belongs.

use std::collections::HashMap;

use crate::object::{Object as _, Pod, ReplicaSet};

/// The replica sets of a namespace, by their uids.
#[derive(Debug)]
pub(super) struct Owners<'a>(HashMap<&'a str, &'a ReplicaSet>);

impl<'a> Owners<'a> {
    pub(super) fn new(sets: &'a [ReplicaSet]) -> Self {
        Self(sets.iter().filter_map(|set| Some((set.metadata.uid.as_deref()?, set))).collect())
    }

    /// The deployment that the pod belongs to, by its replica set.
    pub(super) fn deployment_of(&self, pod: &Pod) -> Option<&'a str> {
        let set = *self.0.get(set_of(pod)?)?;
        set.meta().controller("Deployment").map(|owner| owner.name.as_str())
    }

    /// Whether the pod is one of a replica set that is to have none any more, or is gone.
    pub(super) fn has_outlived_its_set(&self, pod: &Pod) -> bool {
        let Some(uid) = set_of(pod) else { return false };
        self.0.get(uid).is_none_or(|set| set.spec.replicas == Some(0))
    }
}

/// The uid of the replica set that a pod belongs to.
pub(super) fn set_of(pod: &Pod) -> Option<&str> {
    pod.metadata.controller("ReplicaSet").map(|owner| owner.uid.as_str())
}
