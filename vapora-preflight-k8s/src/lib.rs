#![doc = include_str!("../README.md")]

mod access;
mod chosen;
mod client;
mod connect;
mod credentials;
mod diff;
mod image;
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
mod release;
mod resource;
mod roles;
mod served;
mod target;
mod version;
mod wording;
mod workload;

pub use self::{
    client::K8sClient,
    connect::{ConnectError, connect, connect_all},
    credentials::{Credential, Credentials, Expiry},
    image::{ContainerRef, ImageDigest, ImageRef, ImageTag},
    kinds::{
        AccessAllowed, AccessMode, AllowedEvent, AllowedEvents, ApiReachable, BackupJobRecent,
        ConfigMapMatches, DeploymentsAvailable, DisruptionAllowed, EndpointsReady, HeadroomSource,
        ImagesUpdated, KubeconfigValid, Kubectl, NamespaceExists, NoWarningEvents, NodesHaveHeadroom,
        NodesReady, ObjectPattern, PodsRunning, PodsStable, PvcBound, QuotaHeadroom, ResourceRef,
        RolloutComplete, RolloutHistory, SecretExists, UsageRecorded, VersionSkew, VolumesHaveSpace,
    },
    name::{InvalidName, LabelSelector, Namespace, ObjectName},
    pattern::{InvalidPattern, OneOrMore, Pattern},
    quantity::{InvalidQuantity, Quantity},
    roles::{Role, Rule, Subject, roles},
    target::KubernetesTarget,
    version::Version,
    workload::{WorkloadKind, WorkloadName},
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
        .add::<RolloutComplete>()
        .add::<RolloutHistory>()
        .add::<PodsRunning>()
        .add::<PodsStable>()
        .add::<ImagesUpdated>()
        .add::<EndpointsReady>()
        .add::<UsageRecorded>()
        .add::<VolumesHaveSpace>()
        .add::<PvcBound>()
        .add::<QuotaHeadroom>()
        .add::<DisruptionAllowed>()
        .add::<NoWarningEvents>()
        .add::<ConfigMapMatches>()
        .add::<SecretExists>()
        .add::<BackupJobRecent>()
        .add::<AccessAllowed>();
}
