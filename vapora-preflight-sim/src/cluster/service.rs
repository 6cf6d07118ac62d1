//! A simulated cluster without a socket.

use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::Service;

use super::{Cluster, access::ADMIN};
use crate::answer::BoxError;

/// A simulated cluster as a [`tower::Service`]: what `kube::Client::new` takes.
///
/// A request with a bearer token is that of its owner; one without is that of the identity the service was made for.
#[derive(Debug, Clone)]
pub struct ClusterService {
    cluster: Cluster,
    identity: String,
}

impl Cluster {
    /// A service that asks as [`ADMIN`].
    pub fn service(&self) -> ClusterService {
        self.service_as(ADMIN)
    }

    /// A service that asks as this identity; one that the cluster does not know is answered with 401.
    pub fn service_as(&self, identity: impl Into<String>) -> ClusterService {
        ClusterService { cluster: self.clone(), identity: identity.into() }
    }
}

impl<B> Service<Request<B>> for ClusterService
where
    B: HttpBody + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self { cluster, identity } = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(Into::into)?.to_bytes();
            cluster.respond(Some(&identity), Request::from_parts(head, body)).await
        })
    }
}
