#![doc = include_str!("../README.md")]

mod client;
mod exchange;
mod kinds;
mod param;
mod secret_url;
mod trouble;

pub use self::{
    client::{HttpClient, HttpClientBuilder, HttpClientError},
    exchange::{HttpAnswer, HttpRequest},
    kinds::{HttpResponds, NotifyPosted},
    param::{BodySource, HeaderSource, HttpMethod, HttpUrl, InvalidParameter, StatusMatch, StatusSet},
};

/// Adds the kinds of this crate to the registry. They work with an [`HttpClient`] among the resources of the run.
pub fn register(registry: &mut vapora_preflight::Registry) {
    registry.add::<HttpResponds>();
    registry.add::<NotifyPosted>();
}
