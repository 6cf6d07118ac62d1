#![doc = include_str!("../README.md")]

mod calendar;
mod ci;
mod client;
mod download;
mod exchange;
mod forge;
mod kinds;
mod pages;
mod param;
mod prometheus;
mod secret_url;
mod service;
mod template;
mod trouble;
mod wording;

pub use self::{
    ci::{CiApi, CiSettings},
    client::{HttpClient, HttpClientBuilder, HttpClientError, HttpIdentity},
    exchange::{HttpAnswer, HttpRequest},
    forge::{ForgeApi, ForgeNumber, ForgeSettings},
    kinds::{
        AlertmanagerQuiet, CalendarClear, CiArtifactDownloaded, CiPipelineSucceeded, CiPipelineTriggered,
        ForgePullRequestsMerged, HttpDownloaded, HttpResponds, MaintenancePosted, NotifyPosted,
        PrometheusHolds, PrometheusRecorded, TicketCommented, TicketTracksChange,
    },
    pages::{TicketPage, TicketPages},
    param::{
        AlertSelector, Amount, BodySource, ClientCertificate, HttpMethod, HttpUrl, InvalidParameter,
        MetricUnit, StatusMatch, StatusSet, TextPattern,
    },
};

/// Adds the kinds of this crate to the registry. They work with an [`HttpClient`] among the resources of the run.
pub fn register(registry: &mut vapora_preflight::Registry) {
    registry.add::<CalendarClear>();
    registry.add::<HttpDownloaded>();
    registry.add::<HttpResponds>();
    registry.add::<MaintenancePosted>();
    registry.add::<NotifyPosted>();
    registry.add::<PrometheusHolds>();
    registry.add::<PrometheusRecorded>();
    registry.add::<AlertmanagerQuiet>();
    registry.add::<TicketTracksChange>();
    registry.add::<TicketCommented>();
    registry.add::<ForgePullRequestsMerged>();
    registry.add::<CiPipelineTriggered>();
    registry.add::<CiPipelineSucceeded>();
    registry.add::<CiArtifactDownloaded>();
}
