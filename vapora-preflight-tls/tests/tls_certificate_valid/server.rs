//! Servers on loopback, each in a thread of its own that ends with the test's process.

use std::{
    io::Read,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use rustls::{
    ConfigBuilder, ServerConfig, ServerConnection, SupportedProtocolVersion, WantsVerifier,
    crypto::aws_lc_rs,
    server::{ResolvesServerCertUsingSni, danger::ClientCertVerifier},
    sign::{CertifiedKey, SingleCertAndKey},
    version::{TLS12, TLS13},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::authority::Leaf;

/// Does with every connection what the closure says.
pub(crate) fn accepting(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    accepting_on(TcpListener::bind("127.0.0.1:0").unwrap(), serve)
}

fn accepting_on(listener: TcpListener, serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(connection));
        }
    });
    address
}

/// Speaks TLS 1.3 with this certificate and those above it.
pub(crate) fn tls(leaf: &Leaf, above: &[&CertificateDer<'static>]) -> SocketAddr {
    let chain = std::iter::once(&leaf.certificate).chain(above.iter().copied()).cloned().collect();
    serving(builder(&TLS13).with_no_client_auth().with_single_cert(chain, key(leaf)).unwrap())
}

/// Speaks TLS 1.3 at IPv6; nothing where this machine has none.
pub(crate) fn tls_v6(leaf: &Leaf) -> Option<SocketAddr> {
    let listener = TcpListener::bind("[::1]:0").ok()?;
    let chain = vec![leaf.certificate.clone()];
    let config = builder(&TLS13).with_no_client_auth().with_single_cert(chain, key(leaf)).unwrap();
    let config = Arc::new(config);
    Some(accepting_on(listener, move |connection| converse(&config, connection)))
}

/// Has a certificate for each name, and none for a client that says no name.
pub(crate) fn by_name(leaves: &[(&str, &Leaf)]) -> SocketAddr {
    let provider = aws_lc_rs::default_provider();
    let mut resolver = ResolvesServerCertUsingSni::new();
    for (name, leaf) in leaves {
        let key = provider.key_provider.load_private_key(key(leaf)).unwrap();
        resolver.add(name, CertifiedKey::new(vec![leaf.certificate.clone()], key)).unwrap();
    }
    serving(builder(&TLS13).with_no_client_auth().with_cert_resolver(Arc::new(resolver)))
}

/// Asks for a certificate of the client's, which it has not.
pub(crate) fn mutual_tls(
    version: &'static SupportedProtocolVersion,
    leaf: &Leaf,
    clients: Arc<dyn ClientCertVerifier>,
) -> SocketAddr {
    let chain = vec![leaf.certificate.clone()];
    serving(builder(version).with_client_cert_verifier(clients).with_single_cert(chain, key(leaf)).unwrap())
}

/// Speaks TLS 1.3 and sends an OCSP answer along.
pub(crate) fn stapling(leaf: &Leaf, above: &[&CertificateDer<'static>], ocsp: &[u8]) -> SocketAddr {
    let chain = std::iter::once(&leaf.certificate).chain(above.iter().copied()).cloned().collect();
    let builder = builder(&TLS13).with_no_client_auth();
    serving(builder.with_single_cert_with_ocsp(chain, key(leaf), ocsp.to_vec()).unwrap())
}

/// Speaks another protocol first, and then TLS 1.3: `before` says whether it came to that.
pub(crate) fn after(
    leaf: &Leaf,
    before: impl Fn(&mut TcpStream) -> bool + Send + Sync + 'static,
) -> SocketAddr {
    let chain = vec![leaf.certificate.clone()];
    let config = Arc::new(builder(&TLS13).with_no_client_auth().with_single_cert(chain, key(leaf)).unwrap());
    accepting(move |mut connection| {
        if before(&mut connection) {
            converse(&config, connection);
        }
    })
}

/// Speaks TLS 1.2 and nothing newer.
pub(crate) fn old(leaf: &Leaf) -> SocketAddr {
    let chain = vec![leaf.certificate.clone()];
    serving(builder(&TLS12).with_no_client_auth().with_single_cert(chain, key(leaf)).unwrap())
}

/// Shows a certificate whose key it does not hold.
pub(crate) fn thief(leaf: &Leaf) -> SocketAddr {
    let key = aws_lc_rs::default_provider().key_provider.load_private_key(key(leaf)).unwrap();
    let shown = CertifiedKey::new(vec![leaf.certificate.clone()], key);
    serving(builder(&TLS13).with_no_client_auth().with_cert_resolver(Arc::new(SingleCertAndKey::from(shown))))
}

fn builder(version: &'static SupportedProtocolVersion) -> ConfigBuilder<ServerConfig, WantsVerifier> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    ServerConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap()
}

fn key(leaf: &Leaf) -> PrivateKeyDer<'static> {
    PrivateKeyDer::Pkcs8(leaf.key.clone().into())
}

fn serving(config: ServerConfig) -> SocketAddr {
    let config = Arc::new(config);
    accepting(move |connection| converse(&config, connection))
}

fn converse(config: &Arc<ServerConfig>, mut connection: TcpStream) {
    let mut session = ServerConnection::new(Arc::clone(config)).unwrap();
    // It fails where the client gives up, or has to; that is what some tests are about. What is left in the
    // session is the alert that says so.
    if session.complete_io(&mut connection).is_err() {
        let _ = session.write_tls(&mut connection);
    }
    let _ = connection.read_to_end(&mut Vec::new());
}

/// A port of loopback at which nothing listens.
pub(crate) fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
