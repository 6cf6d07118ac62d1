//! The kinds, one module each.

mod alertmanager_quiet;
mod calendar_clear;
mod ci_artifact_downloaded;
mod ci_pipeline_succeeded;
mod ci_pipeline_triggered;
mod forge_pull_requests_merged;
mod http_downloaded;
mod http_responds;
mod maintenance_posted;
mod notify_posted;
mod prometheus_holds;
mod prometheus_recorded;
mod ticket_commented;
mod ticket_tracks_change;

pub use self::{
    alertmanager_quiet::AlertmanagerQuiet, calendar_clear::CalendarClear,
    ci_artifact_downloaded::CiArtifactDownloaded, ci_pipeline_succeeded::CiPipelineSucceeded,
    ci_pipeline_triggered::CiPipelineTriggered, forge_pull_requests_merged::ForgePullRequestsMerged,
    http_downloaded::HttpDownloaded, http_responds::HttpResponds, maintenance_posted::MaintenancePosted,
    notify_posted::NotifyPosted, prometheus_holds::PrometheusHolds, prometheus_recorded::PrometheusRecorded,
    ticket_commented::TicketCommented, ticket_tracks_change::TicketTracksChange,
};
