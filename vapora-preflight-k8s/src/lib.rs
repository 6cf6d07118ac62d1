#![doc = include_str!("../README.md")]

mod access;
mod chosen;
mod client;
mod connect;
mod credentials;
mod diff;
mod kinds;
mod lists;
mod manifest;
mod measured;
mod name;
mod object;
mod pattern;
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
        AccessAllowed, AccessMode, ApiReachable, ConfigMapMatches, DeploymentsAvailable, HeadroomSource,
        KubeconfigValid, Kubectl, NamespaceExists, NodesHaveHeadroom, NodesReady, PodsRunning, PvcBound,
        QuotaHeadroom, ResourceRef, SecretExists, UsageRecorded, VersionSkew, VolumesHaveSpace,
    },
    name::{InvalidName, LabelSelector, Namespace, ObjectName},
    pattern::{InvalidPattern, OneOrMore, Pattern},
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
        .add::<ConfigMapMatches>()
        .add::<SecretExists>()
        .add::<UsageRecorded>()
        .add::<VolumesHaveSpace>()
        .add::<PvcBound>()
        .add::<QuotaHeadroom>()
        .add::<AccessAllowed>();
}
