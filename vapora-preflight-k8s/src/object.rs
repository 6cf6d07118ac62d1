//! The objects of the API, as far as the kinds read them. They are the same for every version of Kubernetes.

mod claim;
mod config_map;
mod deployment;
mod meta;
mod metrics;
mod namespace;
mod needs;
mod node;
mod pod;
mod quota;
mod replica_set;
mod secret;

use serde::de::DeserializeOwned;

pub(crate) use self::{
    claim::{StorageClass, VolumeClaim},
    config_map::{ConfigMap, Content, Contents, digest},
    deployment::Deployment,
    meta::{Condition, Meta, condition},
    metrics::{NodeMetrics, PodMetrics},
    namespace::NamespaceObject,
    needs::Amounts,
    node::Node,
    pod::{ContainerStatus, Pod, Terminated},
    quota::ResourceQuota,
    replica_set::ReplicaSet,
    secret::Secret,
};
use crate::resource::Resource;

/// An object of the API.
pub(crate) trait Object: DeserializeOwned + Send {
    /// What it is one of.
    const RESOURCE: Resource;

    /// Its metadata.
    fn meta(&self) -> &Meta;
}
