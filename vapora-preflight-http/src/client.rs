//! The one client of a run.

use std::{collections::HashMap, fmt, net::SocketAddr, num::NonZeroUsize, sync::Arc, time::Duration};

mod connections;
mod identity;
mod resolver;
mod tls;

pub(crate) use self::connections::Use;
pub use self::identity::HttpIdentity;
use self::{connections::Connections, resolver::GuardedResolver};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How many connections a run may have at a time.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(128).unwrap();
/// How many idle connections an object store may keep.
const BARE_IDLE: usize = 4;

/// The HTTP client of a run, shared by all kinds that speak HTTP. Cheap to clone; `Debug` shows no secret.
///
/// The crate's page says what it holds to.
#[derive(Clone)]
pub struct HttpClient {
    connections: Arc<Connections>,
}

/// Sets an [`HttpClient`] up.
#[derive(Clone)]
pub struct HttpClientBuilder {
    roots: Vec<Vec<u8>>,
    metadata_allowed: bool,
    system_proxy: bool,
    connect_timeout: Duration,
    connections: NonZeroUsize,
    overrides: HashMap<String, Vec<SocketAddr>>,
}

impl Default for HttpClientBuilder {
    fn default() -> Self {
        Self {
            roots: Vec::new(),
            metadata_allowed: false,
            system_proxy: false,
            connect_timeout: CONNECT_TIMEOUT,
            connections: CONNECTIONS,
            overrides: HashMap::new(),
        }
    }
}

/// A client that could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpClientError {
    /// The root certificates that were given cannot be read.
    #[error("the root certificates are not PEM with certificates: {0}")]
    Roots(String),
    /// TLS cannot be set up, for want of any trusted root for instance.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The client itself cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
}

impl HttpClient {
    /// A client with the roots of the machine and no proxy.
    ///
    /// # Errors
    ///
    /// An [`HttpClientError`] where the machine has no trusted roots.
    pub fn new() -> Result<Self, HttpClientError> {
        Self::builder().build()
    }

    /// Sets a client up.
    pub fn builder() -> HttpClientBuilder {
        HttpClientBuilder::default()
    }

    pub(crate) fn connections(&self) -> &Connections {
        &self.connections
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HttpClient").field(self.connections.settings()).finish()
    }
}

impl fmt::Debug for HttpClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClientBuilder")
            .field("roots", &self.roots.len())
            .field("metadata_allowed", &self.metadata_allowed)
            .field("system_proxy", &self.system_proxy)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

impl HttpClientBuilder {
    /// Trusts these certificates, given as PEM, besides the roots of the machine.
    pub fn root_certificates_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.roots.push(pem.as_ref().to_vec());
        self
    }

    /// Allows link-local and metadata addresses, which tell the credentials of a machine to whoever asks from it.
    pub fn allow_metadata_addresses(mut self) -> Self {
        self.metadata_allowed = true;
        self
    }

    /// Uses the proxy that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`). The proxy then resolves the
    /// names, so that what they resolve to is not looked at.
    pub fn system_proxy(mut self) -> Self {
        self.system_proxy = true;
        self
    }

    /// Waits so long for a server to accept a connection, in place of ten seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Has no more than so many exchanges at a time, in place of 128; others wait until one has ended. With it the number
    /// of open connections is bounded, too: besides these, a few to each of the first servers wait for the next request.
    pub fn connections(mut self, at_a_time: NonZeroUsize) -> Self {
        self.connections = at_a_time;
        self
    }

    /// Connects to these addresses for that host, in place of what its name resolves to. A port of zero stands
    /// for that of the URL.
    pub fn resolve(mut self, host: impl Into<String>, to: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.overrides.insert(host.into().to_ascii_lowercase(), to.into_iter().collect());
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    ///
    /// An [`HttpClientError`] where roots cannot be read, or there are none at all.
    pub fn build(self) -> Result<HttpClient, HttpClientError> {
        Ok(HttpClient { connections: Arc::new(Connections::new(self)?) })
    }

    /// Makes a bare client of the same kind for what else speaks HTTP in a run, such as object stores: it hands bodies
    /// over as they were sent, without decompressing them. Addresses that stand in a URL as they are have to be looked at by
    /// the one who asks.
    ///
    /// # Errors
    ///
    /// As for [`build`](Self::build).
    pub fn build_bare(self) -> Result<reqwest::Client, HttpClientError> {
        let verifier = tls::verifier(&self.roots)?;
        connections::client(&self, &verifier, None, Use::Bare, BARE_IDLE)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::Url;
    use vapora_preflight::ForbiddenAddress;

    use super::*;

    #[test]
    fn a_url_spells_no_metadata_address_that_is_not_known() {
        for url in [
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://0251.0376.0251.0376/",
            "http://[::ffff:a9fe:a9fe]/",
        ] {
            let url = Url::parse(url).unwrap();
            assert!(ForbiddenAddress::in_host(url.host_str().unwrap()).is_some(), "{url}");
        }
    }

    #[test]
    fn roots_that_hold_no_certificate_are_refused() {
        for pem in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"] {
            let error = HttpClient::builder().root_certificates_pem(pem).build().unwrap_err();
            assert!(matches!(error, HttpClientError::Roots(_)), "{error:?}");
        }
    }
}
