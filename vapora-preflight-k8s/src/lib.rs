#![doc = include_str!("../README.md")]

mod access;
mod apply;
mod changes;
mod chosen;
mod client;
mod connect;
mod credentials;
mod diff;
mod discovery;
mod exec;
mod image;
mod kinds;
mod lifecycle;
mod lists;
mod manifest;
mod measured;
mod name;
mod object;
mod pattern;
mod picked;
mod program;
mod progress;
mod quantity;
mod read;
mod references;
mod refused;
mod release;
mod resource;
mod roles;
mod running;
mod served;
mod target;
mod version;
mod warnings;
mod wording;
mod workload;
mod yaml;

pub use self::{
    apply::FieldManager,
    client::K8sClient,
    connect::{ConnectError, connect, connect_all},
    credentials::{Credential, Credentials, Expiry},
    image::{ContainerRef, ImageDigest, ImageRef, ImageTag},
    kinds::{
        AccessAllowed, AccessMode, AllowedEvent, AllowedEvents, ApiReachable, ApisServed, Applied, BackedUp,
        BackupJobRecent, ConfigMapMatches, DeploymentsAvailable, DisruptionAllowed, DryRunApplies,
        EndpointsReady, ExecSucceeds, HeadroomSource, ImagesUpdated, KubeconfigValid, Kubectl, LogsClean,
        NamespaceExists, NoWarningEvents, NodesHaveHeadroom, NodesReady, ObjectPattern, ObjectRef,
        PodsRunning, PodsStable, PvcBound, QuotaHeadroom, References, ResourceRef, RollbackRehearsed,
        RolloutComplete, RolloutHistory, SecretExists, UsageRecorded, VersionSkew, VolumesHaveSpace, Weight,
    },
    manifest::{EntryPattern, ManifestPath},
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
        .add::<LogsClean>()
        .add::<ExecSucceeds>()
        .add::<ConfigMapMatches>()
        .add::<SecretExists>()
        .add::<BackupJobRecent>()
        .add::<AccessAllowed>()
        .add::<ApisServed>()
        .add::<DryRunApplies>()
        .add::<Applied>()
        .add::<RollbackRehearsed>()
        .add::<BackedUp>();
}
