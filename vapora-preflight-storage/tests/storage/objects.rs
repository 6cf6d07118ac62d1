//! Object stores: a real S3 server with signatures checked, and simulations of Google Cloud Storage and Azure.

mod azure;
mod bad_peers;
mod google;
mod guard;
mod laws;
mod s3;
mod shelf;

use std::{net::SocketAddr, sync::Arc};

use axum::body::Body;
use http::Response;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use vapora_preflight::{CheckContext, Resources};
use vapora_preflight_storage::ObjectStores;

use crate::ask::{Secrets, context};

/// A client as `HttpClientBuilder::build_bare` makes it, that trusts nobody.
fn builder() -> reqwest::ClientBuilder {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .no_proxy()
        .no_gzip()
        .redirect(reqwest::redirect::Policy::none())
}

fn client() -> reqwest::Client {
    builder().build().unwrap()
}

fn client_that_resolves(host: &str, to: SocketAddr) -> reqwest::Client {
    builder().resolve(host, to).build().unwrap()
}

fn resources() -> Resources {
    let mut resources = Resources::new();
    resources.insert(ObjectStores::new(client()));
    resources
}

/// A context with object stores and these secrets.
fn with(secrets: &[(&'static str, &str)]) -> CheckContext {
    let secrets = secrets.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    context(resources(), Secrets(secrets))
}

/// How an S3 server writes a failure.
fn failure(code: u16) -> Response<Body> {
    let word = match code {
        401 | 403 => "AccessDenied",
        404 => "NoSuchKey",
        429 | 503 => "SlowDown",
        _ => "InternalError",
    };
    let xml =
        format!("<?xml version=\"1.0\"?><Error><Code>{word}</Code><Message>simulated</Message></Error>");
    Response::builder().status(code).header("content-type", "application/xml").body(Body::from(xml)).unwrap()
}
