//! A simulated cluster on a socket, with TLS.

use std::{io, net::SocketAddr, ops::Deref};

use axum::body::{Body, Bytes};
use http::{Request, Response};

use super::{Cluster, Kubeconfig, access::ADMIN};
use crate::{
    answer::{Answer, BoxError},
    certificates::Leaf,
    server::Server,
};

#[derive(Debug, Clone)]
struct OverTheSocket(Cluster);

impl Answer for OverTheSocket {
    async fn answer(&self, request: Request<Bytes>) -> Result<Response<Body>, BoxError> {
        self.0.respond(None, request).await
    }
}

/// A simulated cluster that listens on 127.0.0.1 with TLS; it stops when this is dropped.
///
/// Callers are known by their bearer tokens, or by a [`client_certificate`](Cluster::client_certificate): the server asks for
/// one and takes any; one that is not valid is answered with 401. All that can be done with the [`Cluster`] can be done with its server.
#[derive(Debug)]
pub struct ClusterServer {
    cluster: Cluster,
    server: Server,
    ca_pem: String,
}

impl Deref for ClusterServer {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.cluster
    }
}

impl Cluster {
    /// Serves the cluster on a free port of 127.0.0.1, with a certificate of an authority of its own.
    pub async fn serve(&self) -> io::Result<ClusterServer> {
        let authority = self.authority().map_err(io::Error::other)?;
        let chain = authority.issue(&Leaf::new(["127.0.0.1", "localhost"])).map_err(io::Error::other)?;
        let config = chain.asking_server_config().map_err(io::Error::other)?;
        let server = Server::start(OverTheSocket(self.clone()), Some(config)).await?;
        Ok(ClusterServer { cluster: self.clone(), server, ca_pem: authority.root_pem().to_owned() })
    }
}

impl ClusterServer {
    /// The cluster behind it.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Its URL, as in `https://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("https://{}", self.address())
    }

    /// The root that a client has to trust, as PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// A kubeconfig with one context, which asks as [`ADMIN`].
    pub fn kubeconfig(&self, context: &str) -> String {
        self.kubeconfig_as(context, ADMIN)
    }

    /// A kubeconfig with one context, which asks as this identity. One that the cluster does not know gets a token that
    /// is not accepted; [`ANONYMOUS`](crate::ANONYMOUS) gets none.
    pub fn kubeconfig_as(&self, context: &str, identity: &str) -> String {
        Kubeconfig::default().context(context, self, identity).to_string()
    }

    /// Closes new connections as soon as they are made, or takes them again: the server is unreachable.
    pub fn refuse_connections(&self, refuse: bool) {
        self.server.refuse(refuse);
    }

    /// Ends the server and waits until its connections are closed.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}
