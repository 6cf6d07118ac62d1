//! The client of one target.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use http::{Request, Response, Uri};
use kube::{Client, client::Body};

use crate::Credentials;

/// A client of one cluster: a [`kube::Client`] and what it is connected to. The checks find it in the run's
/// [`Resources`](vapora_preflight::Resources). Cheap to clone; the clones count their requests together.
#[derive(Clone)]
pub struct K8sClient {
    client: Client,
    server: String,
    context: Option<String>,
    credentials: Option<Arc<Credentials>>,
    requests: Arc<AtomicU64>,
}

impl K8sClient {
    /// A client of the API server at this URL. Only the scheme, host, port and path of the URL are kept.
    ///
    /// Build the [`kube::Client`] from a configuration with `default_retry = false`: retries are the executor's, and
    /// a client that repeats by itself only uses up the time of the check.
    pub fn new(client: Client, server: impl AsRef<str>) -> Self {
        let server = server.as_ref();
        let server = plain_url(server).unwrap_or_else(|| "a URL that cannot be read".to_owned());
        Self { client, server, context: None, credentials: None, requests: Arc::default() }
    }

    /// The same client with the name of the kubeconfig's context that it was made of.
    pub fn in_context(self, context: impl Into<String>) -> Self {
        Self { context: Some(context.into()), ..self }
    }

    /// The same client with what is known of its credentials, which `k8s.kubeconfig_valid` judges.
    pub fn with_credentials(self, credentials: Credentials) -> Self {
        Self { credentials: Some(Arc::new(credentials)), ..self }
    }

    /// The client itself, for kinds of your own.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The URL of the API server, without credentials and in lowercase, its port written out.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The context of the kubeconfig that it was made of.
    pub fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// What is known of its credentials; nothing where it was not [connected](crate::connect) here and nobody has said it.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_deref()
    }

    /// How many requests the checks have made so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(crate) async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Body>, kube::Error> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.client.send(request.map(Body::from)).await
    }
}

impl fmt::Debug for K8sClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("K8sClient")
            .field("server", &self.server)
            .field("context", &self.context)
            .field("requests", &self.requests())
            .finish_non_exhaustive()
    }
}

/// A URL in the one form in which two can be compared: scheme, host, port and path, and no credentials.
pub(crate) fn plain_url(text: &str) -> Option<String> {
    let uri: Uri = text.trim().parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let port = match (uri.port_u16(), scheme.as_str()) {
        (Some(port), _) => port,
        (None, "https") => 443,
        (None, "http") => 80,
        (None, _) => return None,
    };
    let host = uri.host()?.trim_end_matches('.').to_ascii_lowercase();
    Some(format!("{scheme}://{host}:{port}{}", uri.path().trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_a_url_are_one() {
        let plain = plain_url("https://k8s.example.com:443").unwrap();
        for same in ["https://K8S.example.com", "https://k8s.example.com/", "HTTPS://u:p@k8s.example.com:443"]
        {
            assert_eq!(plain_url(same).as_ref(), Some(&plain), "{same}");
        }
        for other in
            ["http://k8s.example.com:443", "https://k8s.example.com:6443", "https://k8s.example.com/a"]
        {
            assert_ne!(plain_url(other).as_ref(), Some(&plain), "{other}");
        }
        for none in ["", "k8s.example.com:6443", "/version", "ftp://k8s.example.com"] {
            assert_eq!(plain_url(none), None, "{none}");
        }
    }
}
