//! Pods.

use serde::Deserialize;

use super::{Condition, Meta, Object};
use crate::resource::Resource;

/// A pod.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Pod {
    pub(crate) metadata: Meta,
    #[serde(default)]
    pub(crate) status: PodStatus,
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
    pub(crate) state: ContainerState,
    #[serde(default)]
    pub(crate) last_state: ContainerState,
}

/// What a container is at.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ContainerState {
    #[serde(default)]
    pub(crate) waiting: Option<Waiting>,
    #[serde(default)]
    pub(crate) terminated: Option<Terminated>,
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
}

impl Pod {
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
