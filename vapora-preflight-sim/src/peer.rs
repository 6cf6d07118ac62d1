//! Any HTTP service, with faults before it.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::body::{Body, Bytes, HttpBody};
use http::{Request, Response, StatusCode, header};
use tower::{Service, ServiceExt};

use crate::{
    answer::{Answer, BoxError, RequestRecord},
    faults::Faults,
    server::Server,
};

/// Any service over plain HTTP on 127.0.0.1, such as an `axum::Router` or the server that an SDK brings along, with
/// [`faults`](Self::faults) before it. It stops when this is dropped.
///
/// ```
/// use axum::{Router, routing::get};
/// use vapora_preflight_sim::{Fault, FaultPlan, Peer};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let peer = Peer::serve(Router::new().route("/depth", get(|| async { "3" }))).await?;
/// peer.faults().set(FaultPlan::every(Fault::Status(503)));
/// assert!(peer.url().starts_with("http://127.0.0.1:"));
/// assert_eq!(peer.requests().len(), 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Peer {
    server: Server,
    inner: Arc<Inner>,
}

/// How the peer writes an answer with a status code.
type Failure = fn(u16) -> Response<Body>;

struct Inner {
    faults: Faults,
    failure: Mutex<Failure>,
    log: Mutex<Vec<RequestRecord>>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("faults", &self.faults).finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone)]
struct Faulty<S> {
    service: S,
    inner: Arc<Inner>,
}

impl<S, B> Answer for Faulty<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    async fn answer(&self, request: Request<Bytes>) -> Result<Response<Body>, BoxError> {
        let path = request.uri().path().to_owned();
        locked(&self.inner.log).push(RequestRecord {
            method: request.method().to_string(),
            path: path.clone(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            identity: None,
        });
        if let Some(fault) = self.inner.faults.strike(&path) {
            let failure = *locked(&self.inner.failure);
            return fault
                .play(|code, retry_after| {
                    let mut response = failure(code);
                    if code == 429 {
                        response.headers_mut().insert(header::RETRY_AFTER, retry_after.into());
                    }
                    response
                })
                .await;
        }
        let answer = self.service.clone().oneshot(request.map(Body::from)).await;
        Ok(answer.map_err(Into::into)?.map(Body::new))
    }
}

/// An answer with this status code, and its usual words as text.
fn plain(code: u16) -> Response<Body> {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(Body::from(status.canonical_reason().unwrap_or("error")));
    *response.status_mut() = status;
    response
}

impl Peer {
    /// Serves over plain HTTP on a free port.
    pub async fn serve<S, B>(service: S) -> io::Result<Self>
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let inner = Arc::new(Inner {
            faults: Faults::default(),
            failure: Mutex::new(plain),
            log: Mutex::new(Vec::new()),
        });
        let server = Server::start(Faulty { service, inner: Arc::clone(&inner) }, None).await?;
        Ok(Self { server, inner })
    }

    /// Writes its failures in its own way, where its real counterpart says more than the words of the status.
    pub fn fail_with(&self, failure: fn(u16) -> Response<Body>) {
        *locked(&self.inner.failure) = failure;
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Its URL without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The faults between it and its clients.
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// The requests it was asked, in their order, those struck by a fault included. It knows of nobody who asks.
    pub fn requests(&self) -> Vec<RequestRecord> {
        locked(&self.inner.log).clone()
    }

    /// Ends the server and waits until its connections are closed.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}
