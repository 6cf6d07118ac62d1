//! The objects of the API, as far as the kinds read them. They are the same for every version of Kubernetes.

mod deployment;
mod meta;
mod namespace;
mod node;
mod pod;

use serde::de::DeserializeOwned;

pub(crate) use self::{
    deployment::Deployment,
    meta::{Condition, Meta, condition},
    namespace::NamespaceObject,
    node::Node,
    pod::{ContainerStatus, Pod, Terminated},
};
use crate::resource::Resource;

/// An object of the API.
pub(crate) trait Object: DeserializeOwned + Send {
    /// What it is one of.
    const RESOURCE: Resource;

    /// Its metadata.
    fn meta(&self) -> &Meta;
}
