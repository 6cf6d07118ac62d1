//! A simulated VAPORA backend, over HTTP or HTTPS.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Request as AxumRequest, State as Shared},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing,
};
use http::{HeaderMap, Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    answer::{Answer, BoxError, RequestRecord},
    certificates::Chain,
    faults::Faults,
    ids::Ids,
    server::Server,
};

/// A simulated VAPORA backend that listens on 127.0.0.1; it stops when this is dropped.
///
/// `/health` and `/api/projects` answer in JSON to those who have the bearer token, and 401 to all others.
///
/// ```
/// use vapora_preflight_sim::Backend;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let backend = Backend::serve("1.4.0").await?;
/// assert!(backend.url().starts_with("http://127.0.0.1:"));
/// backend.set_degraded(true);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Backend {
    server: Server,
    inner: Arc<Inner>,
    tls: bool,
    ca_pem: Option<String>,
}

#[derive(Debug)]
struct Inner {
    token: String,
    faults: Faults,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    version: String,
    degraded: bool,
    log: Vec<RequestRecord>,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        value.and_then(|value| value.strip_prefix("Bearer ")) == Some(self.token.as_str())
    }
}

#[derive(Debug, Clone)]
struct Faulty {
    router: Router,
    inner: Arc<Inner>,
}

impl Answer for Faulty {
    async fn answer(&self, request: Request<Bytes>) -> Result<Response<Body>, BoxError> {
        let path = request.uri().path().to_owned();
        self.inner.state().log.push(RequestRecord {
            method: request.method().to_string(),
            path: path.clone(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            identity: self.inner.knows(request.headers()).then(|| "vapora".to_owned()),
        });
        if let Some(fault) = self.inner.faults.strike(&path) {
            return fault.play(failure).await;
        }
        Ok(self.router.clone().oneshot(request.map(Body::from)).await?)
    }
}

/// An answer with this status code and a reason in JSON, for 429 with the seconds after which to ask again.
fn failure(code: u16, retry_after: u32) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = status.canonical_reason().unwrap_or("error").to_ascii_lowercase();
    let mut response = (status, Json(json!({ "error": reason, "code": code }))).into_response();
    if code == 429 {
        response.headers_mut().insert(header::RETRY_AFTER, retry_after.into());
    }
    if code == 401 {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
    }
    response
}

async fn authenticate(Shared(inner): Shared<Arc<Inner>>, request: AxumRequest, next: Next) -> Response {
    if inner.knows(request.headers()) { next.run(request).await } else { failure(401, 1) }
}

async fn health(Shared(inner): Shared<Arc<Inner>>) -> (StatusCode, Json<Value>) {
    let state = inner.state();
    let (code, status) = if state.degraded {
        (StatusCode::SERVICE_UNAVAILABLE, "degraded")
    } else {
        (StatusCode::OK, "healthy")
    };
    (code, Json(json!({ "status": status, "version": state.version })))
}

async fn projects(Shared(inner): Shared<Arc<Inner>>) -> Response {
    if inner.state().degraded {
        return failure(503, 1);
    }
    Json(json!([
        { "id": "project:website", "title": "Website", "status": "active", "tasks": 12 },
        { "id": "project:billing", "title": "Billing", "status": "active", "tasks": 7 },
    ]))
    .into_response()
}

impl Backend {
    /// Serves over plain HTTP on a free port; `version` is what `/health` says.
    pub async fn serve(version: &str) -> io::Result<Self> {
        Self::start(version, None).await
    }

    /// Serves over HTTPS on a free port, with this chain of certificates.
    pub async fn serve_tls(version: &str, chain: &Chain) -> io::Result<Self> {
        Self::start(version, Some(chain)).await
    }

    async fn start(version: &str, chain: Option<&Chain>) -> io::Result<Self> {
        let inner = Arc::new(Inner {
            token: format!("sim-vapora-{}", Ids::seeded(version).suffix(24)),
            faults: Faults::default(),
            state: Mutex::new(State { version: version.to_owned(), degraded: false, log: Vec::new() }),
        });
        let router = Router::new()
            .route("/health", routing::get(health))
            .route("/api/projects", routing::get(projects))
            .fallback(|| async { failure(404, 1) })
            .layer(middleware::from_fn_with_state(Arc::clone(&inner), authenticate))
            .with_state(Arc::clone(&inner));
        let config = chain.map(Chain::server_config).transpose().map_err(io::Error::other)?;
        let tls = config.is_some();
        let server = Server::start(Faulty { router, inner: Arc::clone(&inner) }, config).await?;
        let ca_pem = chain.map(|chain| chain.root_pem().to_owned());
        Ok(Self { server, inner, tls, ca_pem })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Its URL without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.address())
    }

    /// The root that a client has to trust, as PEM; `None` where it speaks plain HTTP.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The bearer token that it accepts.
    pub fn token(&self) -> &str {
        &self.inner.token
    }

    /// The faults between it and its clients.
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// In trouble, it answers 503; `/health` says `degraded`.
    pub fn set_degraded(&self, degraded: bool) {
        self.inner.state().degraded = degraded;
    }

    /// What `/health` says about the version from now on.
    pub fn set_version(&self, version: impl Into<String>) {
        self.inner.state().version = version.into();
    }

    /// The requests it was asked, in their order, those struck by a fault included.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.inner.state().log.clone()
    }

    /// Ends the server and waits until its connections are closed.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}
