#![doc = include_str!("../README.md")]

mod calendar;
mod client;
mod exchange;
mod kinds;
mod param;
mod prometheus;
mod secret_url;
mod service;
mod trouble;
mod wording;

pub use self::{
    client::{HttpClient, HttpClientBuilder, HttpClientError, HttpIdentity},
    exchange::{HttpAnswer, HttpRequest},
    kinds::{
        AlertmanagerQuiet, CalendarClear, HttpDownloaded, HttpResponds, NotifyPosted, PrometheusHolds,
        PrometheusRecorded,
    },
    param::{
        AlertSelector, Amount, BodySource, HeaderSource, HttpMethod, HttpUrl, InvalidParameter, MetricUnit,
        StatusMatch, StatusSet, TextPattern,
    },
};

/// Adds the kinds of this crate to the registry. They work with an [`HttpClient`] among the resources of the run.
pub fn register(registry: &mut vapora_preflight::Registry) {
    registry.add::<CalendarClear>();
    registry.add::<HttpDownloaded>();
    registry.add::<HttpResponds>();
    registry.add::<NotifyPosted>();
    registry.add::<PrometheusHolds>();
    registry.add::<PrometheusRecorded>();
    registry.add::<AlertmanagerQuiet>();
}
