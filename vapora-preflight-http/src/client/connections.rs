//! How many connections a run has, whatever it asks.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{Client, Url, redirect::Policy};
use rustls_platform_verifier::Verifier;
use tokio::sync::{Semaphore, SemaphorePermit};
use vapora_preflight::Digest;

use super::{GuardedResolver, HttpClientBuilder, HttpClientError, tls};
use crate::HttpIdentity;

const USER_AGENT: &str = concat!("vapora-preflight/", env!("CARGO_PKG_VERSION"));
/// How many connections to one server wait for the next request, and how long: less than the five seconds after which many a
/// server closes them, so that a request does not meet one that is just being closed.
const IDLE_PER_HOST: usize = 4;
const IDLE_FOR: Duration = Duration::from_secs(4);
/// To how many servers connections are kept at all. Those of any other are closed after their answer, so that a run over
/// thousands of servers does not hold thousands of connections.
const HOSTS_KEPT: usize = 32;
/// How many identities have their clients kept.
const IDENTITIES_KEPT: usize = 16;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Use {
    /// An answer that is read as a whole, decompressed.
    Answer,
    /// A body that is taken as it was sent.
    Bare,
}

/// The connections of one run.
pub(crate) struct Connections {
    settings: HttpClientBuilder,
    verifier: Arc<Verifier>,
    kept: Client,
    closing: Client,
    bare: Client,
    hosts: Mutex<HashSet<String>>,
    identities: Mutex<HashMap<(Digest, Use), Client>>,
    at_a_time: Semaphore,
    proxied: bool,
}

impl Connections {
    pub(super) fn new(settings: HttpClientBuilder) -> Result<Self, HttpClientError> {
        let verifier = tls::verifier(&settings.roots)?;
        let made = |how, idle| client(&settings, &verifier, None, how, idle);
        Ok(Self {
            kept: made(Use::Answer, IDLE_PER_HOST)?,
            closing: made(Use::Answer, 0)?,
            bare: made(Use::Bare, 0)?,
            hosts: Mutex::default(),
            identities: Mutex::default(),
            at_a_time: Semaphore::new(settings.connections.get()),
            proxied: settings.system_proxy && names_proxy(),
            verifier,
            settings,
        })
    }

    pub(super) fn settings(&self) -> &HttpClientBuilder {
        &self.settings
    }

    pub(crate) fn metadata_allowed(&self) -> bool {
        self.settings.metadata_allowed
    }

    /// Whether a proxy may be asked in place of a server.
    pub(crate) fn proxied(&self) -> bool {
        self.proxied
    }

    /// How long a server has for accepting a connection.
    pub(crate) fn connect_timeout(&self) -> Duration {
        self.settings.connect_timeout
    }

    /// Waits until there is room for another exchange.
    pub(crate) async fn room(&self) -> Option<SemaphorePermit<'_>> {
        // it is never closed
        self.at_a_time.acquire().await.ok()
    }

    /// What asks that server as that identity, over a new connection where it has to be fresh.
    pub(crate) fn client(
        &self,
        url: &Url,
        identity: Option<&HttpIdentity>,
        how: Use,
        fresh: bool,
    ) -> Result<Client, HttpClientError> {
        match (identity, how) {
            (Some(identity), how) => self.identified(identity, how),
            (None, Use::Bare) => Ok(self.bare.clone()),
            (None, Use::Answer) => {
                let kept = !fresh && self.is_kept(url);
                Ok(if kept { self.kept.clone() } else { self.closing.clone() })
            }
        }
    }

    fn is_kept(&self, url: &Url) -> bool {
        let host = format!(
            "{}:{}",
            url.host_str().unwrap_or_default(),
            url.port_or_known_default().unwrap_or_default()
        );
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.contains(&host) || hosts.len() < HOSTS_KEPT && hosts.insert(host)
    }

    fn identified(&self, identity: &HttpIdentity, how: Use) -> Result<Client, HttpClientError> {
        let mut kept = self.identities.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = kept.get(&(identity.digest, how)) {
            return Ok(client.clone());
        }
        let made = client(&self.settings, &self.verifier, Some(identity), how, 0)?;
        if kept.len() < IDENTITIES_KEPT {
            kept.insert((identity.digest, how), made.clone());
        }
        Ok(made)
    }
}

/// Whether the environment names a proxy.
fn names_proxy() -> bool {
    #[expect(clippy::disallowed_methods, reason = "the caller says that the environment is to be looked at")]
    let named = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
        .into_iter()
        .any(named)
}

/// A client of reqwest that keeps so many idle connections to each server.
pub(super) fn client(
    settings: &HttpClientBuilder,
    verifier: &Arc<Verifier>,
    identity: Option<&HttpIdentity>,
    how: Use,
    idle: usize,
) -> Result<Client, HttpClientError> {
    let resolver = GuardedResolver::new(settings.overrides.clone(), settings.metadata_allowed);
    let builder = Client::builder()
        .tls_backend_preconfigured(tls::config(Arc::clone(verifier), identity)?)
        .user_agent(USER_AGENT)
        .redirect(Policy::none())
        .referer(false)
        .dns_resolver(Arc::new(resolver))
        .connect_timeout(settings.connect_timeout)
        .pool_max_idle_per_host(idle)
        .pool_idle_timeout(IDLE_FOR);
    let builder = if settings.system_proxy { builder } else { builder.no_proxy() };
    let builder = match how {
        Use::Answer => builder,
        Use::Bare => builder.no_gzip(),
    };
    Ok(builder.build()?)
}
