//! The objects of the API, as far as the kinds read them. They are the same for every version of Kubernetes.

mod claim;
mod config_map;
mod controller_revision;
mod cron_job;
mod daemon_set;
mod deployment;
mod disruption_budget;
mod endpoint_slice;
mod event;
mod job;
mod labelled_pod;
mod meta;
mod metrics;
mod namespace;
mod needs;
mod node;
mod pod;
mod quota;
mod replica_set;
mod secret;
mod service;
mod stateful_set;
mod template;
mod whole;

use serde::de::DeserializeOwned;

pub(crate) use self::{
    claim::{StorageClass, VolumeClaim},
    config_map::{ConfigMap, Content, Contents, digest},
    controller_revision::ControllerRevision,
    cron_job::CronJob,
    daemon_set::DaemonSet,
    deployment::Deployment,
    disruption_budget::DisruptionBudget,
    endpoint_slice::EndpointSlice,
    event::{CoreEvent, Event, EventV1, Regarding},
    job::Job,
    labelled_pod::LabelledPod,
    meta::{Condition, Meta, condition},
    metrics::{NodeMetrics, PodMetrics},
    namespace::NamespaceObject,
    needs::Amounts,
    node::Node,
    pod::{ContainerState, ContainerStatus, Pod},
    quota::ResourceQuota,
    replica_set::ReplicaSet,
    secret::Secret,
    service::{Service, ServicePort},
    stateful_set::StatefulSet,
    template::{Template, TemplateContainer},
    whole::Whole,
};
use crate::resource::Resource;

/// An object of the API.
pub(crate) trait Object: DeserializeOwned + Send {
    /// What it is one of.
    const RESOURCE: Resource;
    /// Whether only its metadata is asked for.
    const METADATA_ONLY: bool = false;

    /// Its metadata.
    fn meta(&self) -> &Meta;
}
