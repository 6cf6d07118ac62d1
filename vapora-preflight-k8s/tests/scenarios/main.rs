//! The kinds as a release meets them: scenarios that are the same on the simulated API server and on a real one.
//!
//! The real one is that of the current context of the kubeconfig in `VAPORA_PREFLIGHT_KUBECONFIG`; without it, the scenarios
//! run on the simulation alone. See the README of the crate.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

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
mod ground;
mod images_updated;
mod kubeconfig_valid;
mod logs_clean;
mod made;
mod manifests;
mod namespace_exists;
mod no_warning_events;
mod nodes_have_headroom;
mod nodes_ready;
mod paging;
mod pods_running;
mod pods_stable;
mod pvc_bound;
mod quota_headroom;
mod rollback_rehearsed;
mod rollout_complete;
mod rollout_history;
mod said;
mod secret_exists;
mod usage_recorded;
mod version_skew;
mod volumes_have_space;
