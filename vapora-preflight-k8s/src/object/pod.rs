//! Pods.

use serde::Deserialize;
use vapora_preflight::Timestamp;

use super::{
    Condition, Meta, Object,
    needs::{Amounts, Needs},
};
use crate::resource::Resource;

/// A pod.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Pod {
    pub(crate) metadata: Meta,
    #[serde(default)]
    pub(crate) spec: PodSpec,
    #[serde(default)]
    pub(crate) status: PodStatus,
}

/// What is wanted of a pod.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PodSpec {
    /// The node it was placed on.
    #[serde(default)]
    pub(crate) node_name: Option<String>,
    #[serde(default)]
    pub(crate) init_containers: Vec<Container>,
    #[serde(default)]
    pub(crate) containers: Vec<Container>,
    /// What its sandbox takes besides its containers.
    #[serde(default)]
    overhead: Amounts,
    /// What all of its containers share.
    #[serde(default)]
    resources: Needs,
    #[serde(default)]
    volumes: Vec<Volume>,
}

/// One container as it is wanted.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Container {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) resources: Needs,
    #[serde(default)]
    pub(crate) image: Option<String>,
    #[serde(default)]
    restart_policy: Option<String>,
}

/// One volume of a pod, as far as a claim is behind it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Volume {
    name: String,
    #[serde(default)]
    persistent_volume_claim: Option<ClaimSource>,
    #[serde(default)]
    ephemeral: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClaimSource {
    claim_name: String,
}

/// What the kubelet and the scheduler say of a pod.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PodStatus {
    #[serde(default)]
    pub(crate) phase: Option<String>,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) conditions: Vec<Condition>,
    #[serde(default)]
    pub(crate) init_container_statuses: Vec<ContainerStatus>,
    #[serde(default)]
    pub(crate) container_statuses: Vec<ContainerStatus>,
}

/// One container of a pod.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContainerStatus {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) restart_count: u32,
    #[serde(default)]
    pub(crate) ready: bool,
    /// The digest of the image it runs; empty as long as there is none.
    #[serde(default, rename = "imageID")]
    pub(crate) image_id: String,
    #[serde(default)]
    pub(crate) state: ContainerState,
    #[serde(default)]
    pub(crate) last_state: ContainerState,
    /// What its node has set aside for it, which may be more than it asks for by now.
    #[serde(default)]
    allocated_resources: Amounts,
}

/// What a container is at.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ContainerState {
    #[serde(default)]
    pub(crate) waiting: Option<Waiting>,
    #[serde(default)]
    pub(crate) running: Option<Running>,
    #[serde(default)]
    pub(crate) terminated: Option<Terminated>,
}

/// Since when a container runs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Running {
    #[serde(default)]
    pub(crate) started_at: Option<Timestamp>,
}

/// Why a container does not run yet, or again.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Waiting {
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
}

/// How a container ended.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Terminated {
    #[serde(default)]
    pub(crate) exit_code: i32,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) finished_at: Option<Timestamp>,
}

impl Terminated {
    /// How it ended: `exit code 137 (OOMKilled)`.
    pub(crate) fn how(&self) -> String {
        format!("exit code {}{}", self.exit_code, crate::wording::because(self.reason.as_deref(), None))
    }
}

impl Container {
    /// Whether it is started with the init containers and goes on with the others.
    pub(crate) fn is_sidecar(&self) -> bool {
        self.restart_policy.as_deref() == Some("Always")
    }
}

impl Pod {
    /// Whether it has ended, and takes no room any more.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.status.phase.as_deref(), Some("Succeeded" | "Failed"))
    }

    /// The limits that it has as a whole.
    pub(crate) fn limits(&self) -> Amounts {
        self.spec.resources.limits
    }

    /// The limits of one of its containers.
    pub(crate) fn limits_of(&self, container: &str) -> Amounts {
        let mut all = self.spec.containers.iter().chain(&self.spec.init_containers);
        all.find(|one| one.name == container).map_or_else(Amounts::default, |one| one.resources.limits)
    }

    /// The names of the claims it mounts.
    pub(crate) fn claims(&self) -> impl Iterator<Item = String> {
        self.spec.volumes.iter().filter_map(|volume| match &volume.persistent_volume_claim {
            Some(source) => Some(source.claim_name.clone()),
            // The claim of an ephemeral volume is called after the pod and the volume.
            None => volume.ephemeral.map(|_| format!("{}-{}", self.metadata.name, volume.name)),
        })
    }

    /// What the scheduler sets aside for it: what its containers ask for together, or what one of those asks for that run
    /// before them, whichever is more; and its overhead.
    pub(crate) fn requests(&self) -> Amounts {
        let spec = &self.spec;
        let asks = |container: &Container| {
            let statuses = self.status.container_statuses.iter().chain(&self.status.init_container_statuses);
            let allocated = statuses.filter(|status| status.name == container.name);
            allocated
                .fold(container.resources.requests, |asked, status| asked.most(status.allocated_resources))
        };
        let mut together = spec.containers.iter().map(asks).fold(Amounts::default(), Amounts::plus);
        let (mut sidecars, mut before) = (Amounts::default(), Amounts::default());
        for container in &spec.init_containers {
            let asked = asks(container);
            if container.is_sidecar() {
                together = together.plus(asked);
                sidecars = sidecars.plus(asked);
                before = before.most(sidecars);
            } else {
                before = before.most(asked.plus(sidecars));
            }
        }
        spec.resources.requests.or(together.most(before)).plus(spec.overhead)
    }

    /// Whether that init container goes on with the other containers.
    pub(crate) fn has_sidecar(&self, name: &str) -> bool {
        self.spec.init_containers.iter().any(|container| container.name == name && container.is_sidecar())
    }

    /// How often its containers were started again, those that run before the others included.
    pub(crate) fn restarts(&self) -> u32 {
        let all = self.status.init_container_statuses.iter().chain(&self.status.container_statuses);
        all.map(|container| container.restart_count).fold(0, u32::saturating_add)
    }
}

impl Object for Pod {
    const RESOURCE: Resource = Resource::PODS;

    fn meta(&self) -> &Meta {
        &self.metadata
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(spec: Value, status: Value) -> Pod {
        serde_json::from_value(json!({ "metadata": { "name": "a" }, "spec": spec, "status": status }))
            .unwrap()
    }

    fn asks(cpu: &str, memory: &str) -> Value {
        json!({ "name": "c", "resources": { "requests": { "cpu": cpu, "memory": memory } } })
    }

    fn sidecar(cpu: &str, memory: &str) -> Value {
        let mut container = asks(cpu, memory);
        container["name"] = "s".into();
        container["restartPolicy"] = "Always".into();
        container
    }

    fn requests(spec: Value) -> (String, String) {
        let amounts = pod(spec, json!({})).requests();
        let text =
            |amount: Option<crate::quantity::Quantity>| amount.map_or("none".to_owned(), |it| it.to_string());
        (text(amounts.cpu), text(amounts.memory))
    }

    #[test]
    fn the_scheduler_sets_aside_what_is_needed_at_once() {
        let is = |cpu: &str, memory: &str| (cpu.to_owned(), memory.to_owned());
        let two = json!([asks("100m", "64"), asks("150m", "36")]);
        assert_eq!(requests(json!({ "containers": two })), is("0.25", "100"));
        assert_eq!(
            requests(json!({ "containers": two, "initContainers": [asks("1", "10"), asks("2", "5")] })),
            is("2", "100")
        );
        // A sidecar runs beside the containers, and beside the init containers after it.
        let around = json!([asks("1", "10"), sidecar("500m", "20"), asks("1", "10")]);
        assert_eq!(requests(json!({ "containers": two, "initContainers": around })), is("1.5", "120"));
        let overhead = json!({ "cpu": "250m", "memory": "28" });
        assert_eq!(requests(json!({ "containers": two, "overhead": overhead })), is("0.5", "128"));
        let whole = json!({ "requests": { "cpu": "3" } });
        assert_eq!(requests(json!({ "containers": two, "resources": whole })), is("3", "100"));
        assert_eq!(requests(json!({ "containers": [{ "name": "c" }] })), is("none", "none"));
    }

    #[test]
    fn what_a_node_has_set_aside_counts_until_it_is_given_back() {
        let shrunk = pod(
            json!({ "containers": [asks("100m", "64")] }),
            json!({ "containerStatuses": [{ "name": "c", "allocatedResources": { "cpu": "1", "memory": "32" } }] }),
        );
        let amounts = shrunk.requests();
        assert_eq!((amounts.cpu, amounts.memory), ("1".parse().ok(), "64".parse().ok()));
    }

    #[test]
    fn the_claims_of_a_pod_are_those_behind_its_volumes() {
        let volumes = json!([
            { "name": "data", "persistentVolumeClaim": { "claimName": "vapora-data" } },
            { "name": "scratch", "ephemeral": { "volumeClaimTemplate": {} } },
            { "name": "config", "configMap": { "name": "vapora-config" } },
        ]);
        let claims: Vec<String> = pod(json!({ "volumes": volumes }), json!({})).claims().collect();
        assert_eq!(claims, ["vapora-data", "a-scratch"]);
    }
}
