//! Objects of one kind in one namespace.

use std::sync::Arc;

use serde_json::Value;

use super::{NodeCrowd, PodCrowd};

/// The name under which Pods are kept.
pub(super) const PODS: &str = "/pods";

/// Objects of one kind in one namespace, in the order of their names.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    of: Of,
    /// What their places begin with: `namespace/`, or nothing for Nodes.
    inside: String,
}

#[derive(Debug, Clone)]
enum Of {
    Nodes(Arc<NodeCrowd>),
    Pods(Arc<PodCrowd>),
    ReplicaSets(Arc<PodCrowd>),
    Deployments(Arc<PodCrowd>),
}

impl Row {
    pub(super) fn of_nodes(nodes: &Arc<NodeCrowd>) -> Self {
        Self { of: Of::Nodes(Arc::clone(nodes)), inside: String::new() }
    }

    pub(super) fn of_pods(pods: &Arc<PodCrowd>) -> [Self; 3] {
        [Of::Pods, Of::ReplicaSets, Of::Deployments]
            .map(|of| Self { of: of(Arc::clone(pods)), inside: format!("{}/", pods.namespace()) })
    }

    /// The name under which the kind is kept.
    pub(super) fn stored(&self) -> &'static str {
        match &self.of {
            Of::Nodes(_) => "/nodes",
            Of::Pods(_) => PODS,
            Of::ReplicaSets(_) => "apps/replicasets",
            Of::Deployments(_) => "apps/deployments",
        }
    }

    pub(super) fn inside(&self) -> &str {
        &self.inside
    }

    pub(super) fn is_in(&self, namespace: Option<&str>) -> bool {
        namespace.is_none_or(|namespace| self.inside.strip_suffix('/') == Some(namespace))
    }

    pub(super) fn len(&self) -> usize {
        match &self.of {
            Of::Nodes(nodes) => nodes.len(),
            Of::Pods(pods) => pods.len(),
            Of::ReplicaSets(pods) | Of::Deployments(pods) => pods.deployments(),
        }
    }

    /// What they are, where they are Pods.
    pub(super) fn pods(&self) -> Option<&PodCrowd> {
        match &self.of {
            Of::Pods(pods) => Some(pods),
            _ => None,
        }
    }

    /// One of them with what belongs to the same Deployment.
    pub(super) fn family(&self, index: usize) -> Vec<(Self, usize)> {
        let (pods, deployment) = match &self.of {
            Of::Nodes(_) => return vec![(self.clone(), index)],
            Of::Pods(pods) => (pods, pods.deployment_of(index)),
            Of::ReplicaSets(pods) | Of::Deployments(pods) => (pods, index),
        };
        let [all, sets, deployments] = Self::of_pods(pods);
        let own = pods.pods_of(deployment).map(|index| (all.clone(), index));
        [(deployments, deployment), (sets, deployment)].into_iter().chain(own).collect()
    }

    /// The place of one of them in a store.
    pub(super) fn place(&self, index: usize) -> String {
        let name = match &self.of {
            Of::Nodes(nodes) => return nodes.name(index),
            Of::Pods(pods) => pods.name(index),
            Of::ReplicaSets(pods) => pods.replica_set(index),
            Of::Deployments(pods) => pods.deployment(index),
        };
        format!("{}{name}", self.inside)
    }

    pub(super) fn object(&self, index: usize) -> Value {
        match &self.of {
            Of::Nodes(nodes) => nodes.object(index),
            Of::Pods(pods) => pods.pod(index),
            Of::ReplicaSets(pods) => pods.replica_set_object(index),
            Of::Deployments(pods) => pods.deployment_object(index),
        }
    }

    /// The first of them behind a place, or how many they are.
    pub(super) fn after(&self, place: &str) -> usize {
        self.first(|own| own > place)
    }

    /// The one at this place.
    pub(super) fn find(&self, place: &str) -> Option<usize> {
        let index = self.first(|own| own >= place);
        (index < self.len() && self.place(index) == place).then_some(index)
    }

    /// The first whose place is such; all behind it are, too.
    fn first(&self, is: impl Fn(&str) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if is(&self.place(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}
