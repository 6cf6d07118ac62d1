//! A server on the loopback address, plain or with TLS, whose tasks end with it.

use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use http_body_util::BodyExt;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::answer::Answer;

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
                    None => speak(stream, answer).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            speak(stream, answer).await;
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

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, answer: impl Answer) {
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = answer.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
            answer.answer(Request::from_parts(head, body)).await.map_err(io::Error::other)
        }
    });
    // The time of a simulated world is not that of the machine, so there is no `Date`.
    let connection =
        http1::Builder::new().auto_date_header(false).serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::trace!(%error, "connection closed");
    }
}
