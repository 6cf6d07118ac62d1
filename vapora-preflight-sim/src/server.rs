//! A server on the loopback address, plain or with TLS, whose tasks end with it.

use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use http_body_util::BodyExt;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls_pki_types::CertificateDer;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::answer::{Afterwards, Answer};

/// A running server. Its tasks are in the set, which ends them when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    tasks: JoinSet<Infallible>,
    refusing: Arc<AtomicBool>,
}

impl Server {
    /// Listens on a free port of 127.0.0.1 and answers there.
    pub(crate) async fn start(answer: impl Answer, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        let tls = tls.map(TlsAcceptor::from);
        Self::accept(move |stream| {
            let (answer, tls) = (answer.clone(), tls.clone());
            async move {
                match tls {
                    None => speak(stream, answer, Peer::default()).await,
                    Some(_) if is_plain(&stream).await => refuse_plain(stream).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
                            let peer =
                                Peer(certificates.iter().cloned().map(CertificateDer::into_owned).collect());
                            speak(stream, answer, peer).await;
                        }
                    }
                }
            }
        })
        .await
    }

    /// Listens on a free port of 127.0.0.1 and hands each connection over.
    pub(crate) async fn accept<C, F>(connection: C) -> io::Result<Self>
    where
        C: Fn(TcpStream) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let refusing = Arc::new(AtomicBool::new(false));
        let refuses = Arc::clone(&refusing);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    Some(_) = connections.join_next() => {}
                    accepted = listener.accept() => {
                        if let Ok((stream, _)) = accepted
                            && !refuses.load(Ordering::SeqCst)
                        {
                            connections.spawn(connection(stream));
                        }
                    }
                }
            }
        });
        Ok(Self { address, tasks, refusing })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes new connections as soon as they are made, or takes them again.
    pub(crate) fn refuse(&self, refuse: bool) {
        self.refusing.store(refuse, Ordering::SeqCst);
    }

    /// Ends the server and waits until all of its connections are closed.
    pub(crate) async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

/// The certificates with which a client has shown who it is, its own first; each request carries them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Peer(pub(crate) Arc<[CertificateDer<'static>]>);

/// Does the client begin with the letters of a method, where a handshake was expected?
async fn is_plain(stream: &TcpStream) -> bool {
    let mut first = [0];
    matches!(stream.peek(&mut first).await, Ok(1) if first[0].is_ascii_uppercase())
}

/// Answers a request without TLS as a server does that speaks TLS only.
async fn refuse_plain(mut stream: TcpStream) {
    let mut heard = [0; 1024];
    let answer = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
    if stream.read(&mut heard).await.is_ok()
        && stream.write_all(answer).await.is_ok()
        && let Err(error) = stream.shutdown().await
    {
        tracing::trace!(%error, "connection closed");
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    answer: impl Answer,
    peer: Peer,
) {
    let upgraded = Arc::new(Mutex::new(None));
    let afterwards = Arc::clone(&upgraded);
    let service = service_fn(move |request: Request<Incoming>| {
        let (answer, peer, afterwards) = (answer.clone(), peer.clone(), Arc::clone(&afterwards));
        async move {
            let (mut head, body) = request.into_parts();
            head.extensions.insert(peer);
            let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
            let response = answer.answer(Request::from_parts(head, body)).await.map_err(io::Error::other)?;
            let next = response.extensions().get::<Afterwards>().and_then(Afterwards::take);
            *afterwards.lock().unwrap_or_else(PoisonError::into_inner) = next;
            Ok::<_, io::Error>(response)
        }
    });
    // The time of a simulated world is not that of the machine, so there is no `Date`.
    let connection =
        http1::Builder::new().auto_date_header(false).serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.with_upgrades().await {
        tracing::trace!(%error, "connection closed");
    }
    let next = upgraded.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(next) = next {
        next.await;
    }
}
