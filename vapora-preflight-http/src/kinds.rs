//! The kinds, one module each.

mod alertmanager_quiet;
mod calendar_clear;
mod http_downloaded;
mod http_responds;
mod notify_posted;
mod prometheus_holds;
mod prometheus_recorded;

pub use self::{
    alertmanager_quiet::AlertmanagerQuiet, calendar_clear::CalendarClear, http_downloaded::HttpDownloaded,
    http_responds::HttpResponds, notify_posted::NotifyPosted, prometheus_holds::PrometheusHolds,
    prometheus_recorded::PrometheusRecorded,
};
