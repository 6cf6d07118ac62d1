//! What a simulated server is made of: something that answers one request.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use axum::body::{Body, Bytes};
use futures::future::BoxFuture;
use http::{Request, Response};

/// Any error, as towers of services hand it around.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Answers a request whose body has been read. An error means: close the connection without an answer.
pub(crate) trait Answer: Clone + Send + Sync + 'static {
    fn answer(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Body>, BoxError>> + Send;
}

/// One request that a simulated server was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// The method, as in `GET`.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// What stands behind the `?`; empty where there is none.
    pub query: String,
    /// Who asked; `None` where the credentials were not accepted.
    pub identity: Option<String>,
}

/// What goes on over a connection after an answer that ends HTTP on it, in the extensions of that answer.
#[derive(Clone)]
pub(crate) struct Afterwards(pub(crate) Arc<Mutex<Option<BoxFuture<'static, ()>>>>);

impl Afterwards {
    pub(crate) fn take(&self) -> Option<BoxFuture<'static, ()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Afterwards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Afterwards")
    }
}
