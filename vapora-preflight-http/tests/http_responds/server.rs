//! Servers on loopback that answer with exactly the bytes they are told to.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::aws_lc_rs};
use rustls_pki_types::PrivateKeyDer;

/// A server in a thread of its own, which ends with the test's process.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

/// What a server does with a connection once it has read the request's head.
type Answer = dyn Fn(&str, &mut dyn Write) -> io::Result<()> + Send + Sync;

impl Server {
    /// Answers every request with these bytes, and closes.
    pub(crate) fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::doing(move |_, out| out.write_all(&bytes))
    }

    /// Answers every request as the closure says, and closes.
    pub(crate) fn doing(
        answer: impl Fn(&str, &mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let answer: Arc<Answer> = Arc::new(answer);
        Self::accepting(move |mut connection, requests| {
            let Some(head) = read_head(&mut connection) else { return };
            requests.lock().unwrap().push(head.clone());
            // The client may have gone before the end; that is what some tests are about.
            let _ = answer(&head, &mut connection);
        })
    }

    /// Answers every request with these bytes after some milliseconds, and tells how many were under way at most.
    pub(crate) fn crowded(bytes: impl Into<Vec<u8>>) -> (Self, Arc<AtomicUsize>) {
        let (bytes, now, most) = (bytes.into(), AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
        let seen = Arc::clone(&most);
        let server = Self::doing(move |_, out| {
            seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(5));
            now.fetch_sub(1, Ordering::SeqCst);
            out.write_all(&bytes)
        });
        (server, most)
    }

    /// Does with every connection what the closure says.
    pub(crate) fn accepting(
        serve: impl Fn(TcpStream, Arc<Mutex<Vec<String>>>) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (serve, seen) = (Arc::new(serve), Arc::clone(&requests));
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (serve, seen) = (Arc::clone(&serve), Arc::clone(&seen));
                thread::spawn(move || serve(connection, seen));
            }
        });
        Self { address, requests }
    }

    /// Speaks TLS, and answers every request with these bytes. Gives its certificate, as PEM.
    pub(crate) fn encrypted(names: &[&str], bytes: &'static [u8]) -> (Self, String) {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let server = Self::accepting(move |connection, requests| {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(session, connection);
            let Some(head) = read_head(&mut stream) else { return };
            requests.lock().unwrap().push(head);
            let _ = stream.write_all(bytes);
            stream.conn.send_close_notify();
            let _ = stream.flush();
        });
        (server, cert.pem())
    }

    /// A URL of this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The heads of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// The head of a request, with the body that its length announces.
fn read_head(connection: &mut impl Read) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        connection.read_exact(&mut byte).ok()?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.and_then(|it| it.parse().ok()).unwrap_or(0)];
    connection.read_exact(&mut body).ok()?;
    bytes.extend(body);
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// An answer with that head and body, whose length is told.
pub(crate) fn response(status: &str, content_type: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// A redirect to there.
pub(crate) fn redirect(status: &str, to: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        .into_bytes()
}

/// A port of loopback at which nothing listens.
pub(crate) fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
