#![doc = include_str!("../README.md")]

mod access;
mod client;
mod connect;
mod kinds;
mod lists;
mod name;
mod object;
mod read;
mod refused;
mod resource;
mod roles;
mod target;
mod wording;

pub use self::{
    client::K8sClient,
    connect::{ConnectError, connect, connect_all},
    kinds::{
        AccessAllowed, ApiReachable, DeploymentsAvailable, NamespaceExists, NodesReady, PodsRunning,
        ResourceRef,
    },
    name::{InvalidName, LabelSelector, Namespace, ObjectName},
    roles::{Role, Rule, Subject, roles},
    target::KubernetesTarget,
};

use vapora_preflight::Registry;

/// Adds the kinds of this crate, and the family of settings `kubernetes` of a target.
pub fn register(registry: &mut Registry) {
    registry
        .add_target::<KubernetesTarget>()
        .add::<ApiReachable>()
        .add::<NodesReady>()
        .add::<NamespaceExists>()
        .add::<DeploymentsAvailable>()
        .add::<PodsRunning>()
        .add::<AccessAllowed>();
}
