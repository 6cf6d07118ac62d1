//! A server of which only the TLS handshake matters.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
};

use rustls::ServerConfig;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    certificates::Chain,
    faults::{Fault, Faults},
    server::Server,
};

/// A TLS server on 127.0.0.1 that completes handshakes, and then reads until the client closes.
///
/// Its [`faults`](Self::faults) count connections, and strike before the handshake.
///
/// ```
/// use vapora_preflight_sim::{Leaf, TestCa, TlsEndpoint};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let authority = TestCa::root("example root")?;
/// let chain = authority.issue(&Leaf::expired("api.example.com", 1_796_133_600))?;
/// let endpoint = TlsEndpoint::serve(&chain).await?;
/// assert!(endpoint.address().ip().is_loopback());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TlsEndpoint {
    server: Server,
    config: Arc<RwLock<Arc<ServerConfig>>>,
    root_pem: Arc<str>,
    faults: Faults,
}

/// What the fault of a connection looks like to one who begins a handshake.
async fn play(fault: Fault, mut stream: TcpStream) -> io::Result<()> {
    if fault == Fault::Cut {
        return Ok(());
    }
    let mut hello = [0; 1024];
    let _ = stream.read(&mut hello).await?;
    // a server without TLS at that port
    let plain = |code: u16| {
        format!("HTTP/1.1 {code} no TLS here\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into_bytes()
    };
    let answer = match fault {
        Fault::Status(code) => plain(code),
        Fault::Throttled { .. } => plain(429),
        Fault::Garbage => vec![0xff; 64],
        // a record of a handshake, announced with 122 bytes, and ended after six
        Fault::Truncated => vec![0x16, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3],
        Fault::Slow => return std::future::pending().await,
        Fault::Cut | Fault::Empty => Vec::new(),
    };
    stream.write_all(&answer).await?;
    stream.shutdown().await
}

impl TlsEndpoint {
    /// Serves this chain on a free port of 127.0.0.1, until the endpoint is dropped.
    pub async fn serve(chain: &Chain) -> io::Result<Self> {
        let config = Arc::new(RwLock::new(chain.server_config().map_err(io::Error::other)?));
        let shared = Arc::clone(&config);
        let faults = Faults::default();
        let strikes = faults.clone();
        let server = Server::accept(move |stream| {
            let config = Arc::clone(&shared.read().unwrap_or_else(PoisonError::into_inner));
            let fault = strikes.strike("");
            async move {
                if let Some(fault) = fault {
                    // the client closed first, which is as good
                    let _ = play(fault, stream).await;
                } else if let Ok(mut stream) = TlsAcceptor::from(config).accept(stream).await {
                    let mut heard = [0; 1024];
                    while stream.read(&mut heard).await.is_ok_and(|length| length > 0) {}
                }
            }
        })
        .await?;
        Ok(Self { server, config, root_pem: chain.root_pem().into(), faults })
    }

    /// Serves another chain from the next connection on; [`ca_pem`](Self::ca_pem) stays that of the first.
    pub fn replace(&self, chain: &Chain) -> Result<(), rustls::Error> {
        let config = chain.server_config()?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The faults between it and its clients; what they count is connections.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The root that a client has to trust, as PEM.
    pub fn ca_pem(&self) -> &str {
        &self.root_pem
    }
}
