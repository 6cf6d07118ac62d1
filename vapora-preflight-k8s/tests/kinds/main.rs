//! The kinds, over recorded answers of a kube-apiserver 1.36 and over the simulated one.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic as the tests do")]

mod access_allowed;
mod api_reachable;
mod apis_served;
mod applied;
mod backed_up;
mod backup_job_recent;
mod compared;
mod config_map_matches;
mod connecting;
mod declared;
mod deployments_available;
mod disruption_allowed;
mod dry_run_applies;
mod endpoints_ready;
mod exec_succeeds;
mod faults;
mod images_updated;
mod kubeconfig_valid;
mod laws;
mod lists;
mod logs_clean;
mod manifests;
mod namespace_exists;
mod no_warning_events;
mod nodes_have_headroom;
mod nodes_ready;
mod pods_running;
mod pods_stable;
mod pvc_bound;
mod quota_headroom;
mod refusals;
mod replay;
mod rollback_rehearsed;
mod rollout_complete;
mod rollout_history;
mod said;
mod secret_exists;
mod usage_recorded;
mod version_skew;
mod volumes_have_space;
mod workloads;
mod world;
