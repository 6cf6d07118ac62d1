#![doc = include_str!("../README.md")]

mod access;
mod chosen;
mod client;
mod connect;
mod credentials;
mod kinds;
mod lists;
mod measured;
mod name;
mod object;
mod program;
mod quantity;
mod read;
mod refused;
mod resource;
mod roles;
mod served;
mod target;
mod version;
mod wording;

pub use self::{
    client::K8sClient,
    connect::{ConnectError, connect, connect_all},
    credentials::{Credential, Credentials, Expiry},
    kinds::{
        AccessAllowed, AccessMode, ApiReachable, DeploymentsAvailable, HeadroomSource, KubeconfigValid,
        Kubectl, NamespaceExists, NodesHaveHeadroom, NodesReady, PodsRunning, PvcBound, QuotaHeadroom,
        ResourceRef, UsageRecorded, VersionSkew, VolumesHaveSpace,
    },
    name::{InvalidName, LabelSelector, Namespace, ObjectName},
    quantity::{InvalidQuantity, Quantity},
    roles::{Role, Rule, Subject, roles},
    target::KubernetesTarget,
    version::Version,
};

use vapora_preflight::Registry;

/// Adds the kinds of this crate, and the family of settings `kubernetes` of a target.
pub fn register(registry: &mut Registry) {
    registry
        .add_target::<KubernetesTarget>()
        .add::<ApiReachable>()
        .add::<KubeconfigValid>()
        .add::<VersionSkew>()
        .add::<NodesReady>()
        .add::<NodesHaveHeadroom>()
        .add::<NamespaceExists>()
        .add::<DeploymentsAvailable>()
        .add::<PodsRunning>()
        .add::<PvcBound>()
        .add::<QuotaHeadroom>()
        .add::<AccessAllowed>();
}
