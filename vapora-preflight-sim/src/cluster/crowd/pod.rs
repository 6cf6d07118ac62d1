//! Pods that are made as they are asked for, with what they belong to.

use std::{ops::Range, sync::Arc};

use serde_json::{Value, json};

use super::{
    Crowd, NodeCrowd,
    mould::Mould,
    node::{below, numbered, revision},
};
use crate::{
    cluster::{
        store::meta,
        usage::{Usage, usual},
    },
    ids::{Ids, hash, letters, sorted_letters},
};

/// How many endings of five letters there are.
const ENDINGS: u64 = 27 * 27 * 27 * 27 * 27;

/// Very many Pods in one namespace.
#[derive(Debug)]
pub(crate) struct PodCrowd {
    crowd: Crowd,
    /// How many Pods the crowds before it have.
    before: usize,
    nodes: Arc<NodeCrowd>,
    seed: String,
    first_revision: u64,
    pod: Mould,
    replica_set: Mould,
    deployment: Mould,
    requests: Value,
}

/// A Deployment that has rolled out with one Pod, after which the others are made.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) deployment: Value,
    pub(crate) replica_set: Value,
    pub(crate) pod: Value,
}

impl PodCrowd {
    /// The namespace and the name of the Deployment of the pattern.
    pub(crate) const PATTERN: [&str; 2] = ["pattern-of-namespaces", "pattern-of-deployments"];
    /// The name of all containers.
    pub(crate) const CONTAINER: &str = "app";

    pub(crate) fn new(
        crowd: Crowd,
        before: usize,
        nodes: &Arc<NodeCrowd>,
        cluster: &str,
        first_revision: u64,
        pattern: &Pattern,
    ) -> Self {
        let blanks = |object| pattern.texts(object).to_vec();
        Self {
            before,
            nodes: Arc::clone(nodes),
            seed: format!("{cluster}/{}", crowd.namespace),
            first_revision,
            pod: Mould::of(&pattern.pod, &blanks(&pattern.pod)),
            replica_set: Mould::of(&pattern.replica_set, &blanks(&pattern.replica_set)),
            deployment: Mould::of(&pattern.deployment, &blanks(&pattern.deployment)),
            requests: pattern.pod["spec"]["containers"][0]["resources"]["requests"].clone(),
            crowd,
        }
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.crowd.namespace
    }

    pub(crate) fn len(&self) -> usize {
        self.crowd.pods
    }

    pub(crate) fn deployments(&self) -> usize {
        self.crowd.deployments()
    }

    /// The Deployment that a Pod is of.
    pub(crate) fn deployment_of(&self, pod: usize) -> usize {
        pod / self.crowd.replicas
    }

    /// The Pods of a Deployment.
    pub(crate) fn pods_of(&self, deployment: usize) -> Range<usize> {
        let first = deployment * self.crowd.replicas;
        first..(first + self.crowd.replicas).min(self.len())
    }

    fn replicas(&self, deployment: usize) -> usize {
        self.pods_of(deployment).len()
    }

    pub(crate) fn deployment(&self, index: usize) -> String {
        format!("app-{}", numbered(index, self.deployments()))
    }

    fn template_hash(&self, deployment: &str) -> String {
        letters(hash(&format!("{}/{deployment}/{}", self.seed, self.crowd.image)), 10)
    }

    pub(crate) fn replica_set(&self, index: usize) -> String {
        let deployment = self.deployment(index);
        format!("{deployment}-{}", self.template_hash(&deployment))
    }

    /// Endings look random, and those of one Deployment are in the order of its Pods.
    pub(crate) fn name(&self, index: usize) -> String {
        let set = self.replica_set(self.deployment_of(index));
        let step = ENDINGS / self.crowd.replicas as u64;
        let place = (index % self.crowd.replicas) as u64;
        let ending = place * step + below(step, &format!("{set}/{place}"));
        format!("{set}-{}", sorted_letters(ending, 5))
    }

    /// Which of them is called so?
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        let number = name.strip_prefix("app-")?.split('-').next()?.parse::<usize>().ok()?;
        let deployment = number.checked_sub(1).filter(|index| *index < self.deployments())?;
        self.pods_of(deployment).find(|index| self.name(*index) == name)
    }

    fn uid(&self, kind: &str, name: &str) -> String {
        Ids::seeded(&format!("{}/{kind}/{name}", self.seed)).uid()
    }

    /// What an object of the Deployment of this index, and of that Pod, has for the blanks.
    fn texts(&self, deployment: usize, pod: Option<usize>, number: usize) -> [String; 15] {
        let name = self.deployment(deployment);
        let set = self.replica_set(deployment);
        let pod_name = pod.map_or_else(String::new, |index| self.name(index));
        let everywhere = self.before + pod.unwrap_or_default();
        let [node, address, zone] = self.nodes.place(everywhere);
        let mut ids = Ids::seeded(&format!("{}/{pod_name}", self.seed));
        [
            format!("kube-api-access-{}", ids.suffix(5)),
            ids.digest(),
            self.uid("pods", &pod_name),
            self.uid("replicasets", &set),
            self.uid("deployments", &name),
            pod_name,
            self.template_hash(&name),
            set,
            name,
            self.crowd.namespace.clone(),
            revision(&(self.first_revision + number as u64).to_string()),
            pod_address(everywhere),
            address,
            format!("\"{zone}\""),
            node,
        ]
    }

    pub(crate) fn deployment_object(&self, index: usize) -> Value {
        let number = self.len() + self.deployments() + index;
        let mut object = self.deployment.fill(&self.texts(index, None, number));
        let replicas = self.replicas(index);
        object["spec"]["replicas"] = replicas.into();
        for count in ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"] {
            object["status"][count] = replicas.into();
        }
        object
    }

    pub(crate) fn replica_set_object(&self, index: usize) -> Value {
        let mut object = self.replica_set.fill(&self.texts(index, None, self.len() + index));
        let replicas = self.replicas(index);
        object["spec"]["replicas"] = replicas.into();
        for count in ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas"] {
            object["status"][count] = replicas.into();
        }
        // What the Deployment wants, and what it may have for a moment in a rollout.
        object["metadata"]["annotations"]["deployment.kubernetes.io/desired-replicas"] =
            replicas.to_string().into();
        object["metadata"]["annotations"]["deployment.kubernetes.io/max-replicas"] =
            (replicas + replicas.div_ceil(4)).to_string().into();
        object
    }

    pub(crate) fn pod(&self, index: usize) -> Value {
        let mut object = self.pod.fill(&self.texts(self.deployment_of(index), Some(index), index));
        let restarted = self.crowd.restarted;
        if restarted > 0 && index % restarted == restarted - 1 {
            let status = &mut object["status"]["containerStatuses"][0];
            let started = status["state"]["running"]["startedAt"].clone();
            let before = Ids::seeded(&format!("{}/{index}/before", self.seed)).digest();
            status["restartCount"] = 1.into();
            status["lastState"] = json!({ "terminated": {
                "exitCode": 137,
                "reason": "OOMKilled",
                "startedAt": started,
                "finishedAt": started,
                "containerID": format!("containerd://{before}"),
            } });
        }
        object
    }

    /// What its only container uses.
    pub(crate) fn usage(&self, name: &str) -> Usage {
        let whole = format!("{}/{name}/{}", self.crowd.namespace, Self::CONTAINER);
        usual(&whole, &self.requests["cpu"], &self.requests["memory"])
    }

    /// Which Node a Pod runs on.
    pub(crate) fn node(&self, index: usize) -> usize {
        (self.before + index) % self.nodes.len()
    }

    /// The Pods on a Node.
    pub(crate) fn on(&self, node: &str) -> impl Iterator<Item = usize> {
        let count = self.nodes.len();
        let place = self.nodes.find(node).map(|node| (node + count - self.before % count) % count);
        place.into_iter().flat_map(move |first| (first..self.len()).step_by(count))
    }

    /// The labels of a Pod.
    pub(crate) fn labels(&self, index: usize) -> Value {
        let name = self.deployment(self.deployment_of(index));
        let [_, _, zone] = self.nodes.place(self.before + index);
        json!({ "app": name, "pod-template-hash": self.template_hash(&name), "topology.kubernetes.io/zone": zone })
    }
}

impl Pattern {
    /// What is another in each object.
    fn texts(&self, object: &Value) -> [String; 15] {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let pod = &self.pod;
        let token = pod["spec"]["volumes"].as_array().and_then(|volumes| volumes.last());
        let container = text(&pod["status"]["containerStatuses"][0]["containerID"]);
        [
            token.map(|volume| text(&volume["name"])).unwrap_or_default(),
            container.trim_start_matches("containerd://").to_owned(),
            text(&pod["metadata"]["uid"]),
            text(&self.replica_set["metadata"]["uid"]),
            text(&self.deployment["metadata"]["uid"]),
            text(&pod["metadata"]["name"]),
            text(&pod["metadata"]["labels"]["pod-template-hash"]),
            text(&self.replica_set["metadata"]["name"]),
            text(&self.deployment["metadata"]["name"]),
            text(&pod["metadata"]["namespace"]),
            revision(meta(object, "resourceVersion")),
            text(&pod["status"]["podIP"]),
            text(&pod["status"]["hostIP"]),
            format!("\"{}\"", text(&pod["metadata"]["labels"]["topology.kubernetes.io/zone"])),
            text(&pod["spec"]["nodeName"]),
        ]
    }
}

/// Other addresses than those of Pods that are kept.
fn pod_address(number: usize) -> String {
    format!("10.{}.{}.{}", 128 + (number / 62_500) % 64, (number / 250) % 250, number % 250 + 2)
}
