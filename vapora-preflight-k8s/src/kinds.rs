//! The kinds, one file each.

mod access_allowed;
mod api_reachable;
mod apis_served;
mod applied;
mod backed_up;
mod backup_job_recent;
mod config_map_matches;
mod deployments_available;
mod disruption_allowed;
mod dry_run_applies;
mod endpoints_ready;
mod exec_succeeds;
mod images_updated;
mod kubeconfig_valid;
mod logs_clean;
mod namespace_exists;
mod no_warning_events;
mod nodes_have_headroom;
mod nodes_ready;
mod pods_running;
mod pods_stable;
mod pvc_bound;
mod quota_headroom;
mod rollback_rehearsed;
mod rollout_complete;
mod rollout_history;
mod secret_exists;
mod usage_recorded;
mod version_skew;
mod volumes_have_space;

use std::num::NonZeroU32;

pub use self::{
    access_allowed::{AccessAllowed, ResourceRef},
    api_reachable::ApiReachable,
    apis_served::ApisServed,
    applied::Applied,
    backed_up::{BackedUp, ObjectRef},
    backup_job_recent::BackupJobRecent,
    config_map_matches::ConfigMapMatches,
    deployments_available::DeploymentsAvailable,
    disruption_allowed::DisruptionAllowed,
    dry_run_applies::{DryRunApplies, References, Weight},
    endpoints_ready::EndpointsReady,
    exec_succeeds::ExecSucceeds,
    images_updated::ImagesUpdated,
    kubeconfig_valid::KubeconfigValid,
    logs_clean::LogsClean,
    namespace_exists::NamespaceExists,
    no_warning_events::{AllowedEvent, AllowedEvents, NoWarningEvents, ObjectPattern},
    nodes_have_headroom::{HeadroomSource, NodesHaveHeadroom},
    nodes_ready::NodesReady,
    pods_running::PodsRunning,
    pods_stable::PodsStable,
    pvc_bound::{AccessMode, PvcBound},
    quota_headroom::QuotaHeadroom,
    rollback_rehearsed::RollbackRehearsed,
    rollout_complete::RolloutComplete,
    rollout_history::RolloutHistory,
    secret_exists::SecretExists,
    usage_recorded::UsageRecorded,
    version_skew::{Kubectl, VersionSkew},
    volumes_have_space::VolumesHaveSpace,
};
use vapora_preflight::{CheckError, Earlier, Problems, Requirements};

use crate::{Namespace, object::NamespaceObject, read::Reader, refused::Cause, resource::Resource};

/// What to do where there is no such namespace.
pub(crate) const NO_SUCH_NAMESPACE: &str =
    "see that `namespace` is spelt right and the target is the right cluster";

/// The default of `at_least`: nothing at all is never enough.
fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// The right that [`missing_namespace`] uses. A role that is bound in the namespace itself is enough.
fn may_look_for_namespace(needs: &mut Requirements, namespace: &Namespace) {
    let get = Resource::NAMESPACES.permission("get", Some(namespace));
    needs.permission(get.named(namespace.as_str()).optional());
}

/// Why nothing was found in a namespace: a list in one that does not exist is empty, and no error. Where that cannot be
/// found out, nothing is added to the finding.
async fn missing_namespace(reader: &Reader<'_>, namespace: &Namespace) -> Option<String> {
    match reader.get::<NamespaceObject>(None, namespace.as_str()).await {
        Ok(None) => Some(format!("the namespace `{namespace}` does not exist")),
        Ok(Some(_)) | Err(_) => None,
    }
}

/// Whether a share that is given can be one: neither nothing, nor more than `most`.
fn percent(problems: &mut Problems, parameter: &'static str, percent: Option<u32>, most: u32) {
    if let Some(percent) = percent.filter(|percent| *percent == 0 || *percent > most) {
        problems.at(
            parameter,
            format!("expected a share from 1 to {most} percent, found {percent}"),
            "write it without its sign, as in `80`",
        );
    }
}

/// That what an earlier check saw cannot be compared with, and why.
fn unfit(earlier: &Earlier, why: &str, remedy: &str) -> CheckError {
    CheckError::permanent(format!("`{}` cannot be compared with", earlier.check))
        .because(&Cause(why.to_owned()))
        .remedy(remedy)
}
