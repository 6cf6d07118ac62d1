//! What a simulated server is made of: something that answers one request.

use axum::body::{Body, Bytes};
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
