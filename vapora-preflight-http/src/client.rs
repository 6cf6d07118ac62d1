//! The one client of a run.

use std::{collections::HashMap, fmt, net::SocketAddr, sync::Arc, time::Duration};

use reqwest::redirect::Policy;
use rustls::{ClientConfig, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use rustls_platform_verifier::Verifier;

mod resolver;

use self::resolver::GuardedResolver;

const USER_AGENT: &str = concat!("vapora-preflight/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_PER_HOST: usize = 4;
const IDLE_FOR: Duration = Duration::from_secs(30);

/// The HTTP client of a run, shared by all kinds that speak HTTP. Cheap to clone; `Debug` shows no secret.
///
/// The crate's page says what it holds to.
#[derive(Clone)]
pub struct HttpClient {
    pub(crate) client: reqwest::Client,
    pub(crate) metadata_allowed: bool,
}

/// Sets an [`HttpClient`] up.
#[derive(Clone, Default)]
pub struct HttpClientBuilder {
    roots: Vec<Vec<u8>>,
    metadata_allowed: bool,
    system_proxy: bool,
    overrides: HashMap<String, Vec<SocketAddr>>,
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
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("metadata_allowed", &self.metadata_allowed).finish_non_exhaustive()
    }
}

impl fmt::Debug for HttpClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClientBuilder")
            .field("roots", &self.roots.len())
            .field("metadata_allowed", &self.metadata_allowed)
            .field("system_proxy", &self.system_proxy)
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
        let metadata_allowed = self.metadata_allowed;
        Ok(HttpClient { client: self.set_up()?.build()?, metadata_allowed })
    }

    /// Makes a bare client of the same kind for what else speaks HTTP in a run, such as object stores: it hands bodies
    /// over as they were sent, without decompressing them. Addresses that stand in a URL as they are have to be looked at by
    /// the one who asks.
    ///
    /// # Errors
    ///
    /// As for [`build`](Self::build).
    pub fn build_bare(self) -> Result<reqwest::Client, HttpClientError> {
        Ok(self.set_up()?.no_gzip().build()?)
    }

    fn set_up(self) -> Result<reqwest::ClientBuilder, HttpClientError> {
        let resolver = GuardedResolver::new(self.overrides, self.metadata_allowed);
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(&self.roots)?)
            .user_agent(USER_AGENT)
            .redirect(Policy::none())
            .referer(false)
            .dns_resolver(Arc::new(resolver))
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .pool_idle_timeout(IDLE_FOR);
        Ok(if self.system_proxy { builder } else { builder.no_proxy() })
    }
}

fn tls(roots: &[Vec<u8>]) -> Result<ClientConfig, HttpClientError> {
    let wrong = |what: &dyn fmt::Display| HttpClientError::Roots(what.to_string());
    let mut extra = Vec::new();
    for pem in roots {
        let before = extra.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            extra.push(certificate.map_err(|error| wrong(&error))?);
        }
        if extra.len() == before {
            return Err(wrong(&"there is no certificate in it"));
        }
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider))?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
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
