//! A handshake that is carried through whatever the certificate is.

use std::{io, sync::Arc, time::Duration};

use rustls::{ClientConfig, ProtocolVersion, client::Resumption, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, UnixTime};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use vapora_preflight::{CheckContext, CheckError, Timestamp};

mod recorder;
mod starttls;

use self::recorder::Recorder;
pub use self::starttls::StartTls;
use crate::{
    param::{Endpoint, Roots, ServerIdentity},
    trouble,
};

/// The certificates of a server: those it showed, or those it would.
pub(crate) struct Shown {
    /// The certificates as they were sent, its own first. Never empty.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    /// What the verifier said of them.
    pub(crate) verdict: Result<(), rustls::Error>,
    /// The OCSP answer that came along; empty where none did.
    pub(crate) ocsp: Vec<u8>,
    /// What the handshake came to after the certificates; nothing where there was none.
    pub(crate) session: Result<Option<Session>, CheckError>,
    /// Whether the server asked for a certificate of the client's.
    pub(crate) asks_for_certificate: bool,
}

/// What both sides agreed on.
pub(crate) struct Session {
    /// The version of TLS: `TLSv1.3`.
    pub(crate) protocol: String,
    /// The cipher suite; none where the server broke off because this client has no certificate.
    pub(crate) cipher: Option<String>,
}

impl Shown {
    /// Connects, asks for TLS where it has to be asked for, and goes through a handshake.
    ///
    /// # Errors
    ///
    /// A [`CheckError`] in plain words where no certificate was seen.
    pub(crate) async fn by_handshake(
        endpoint: &Endpoint,
        starttls: Option<StartTls>,
        identity: &ServerIdentity,
        roots: &Roots,
        cx: &CheckContext,
    ) -> Result<Self, CheckError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = roots.verifier(Arc::clone(&provider)).await?;
        let recorder = Arc::new(Recorder::new(verifier, unix_time(cx.now())));
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| CheckError::permanent("TLS cannot be set up").because(&error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&recorder) as _)
            .with_client_cert_resolver(Arc::clone(&recorder) as _);
        config.resumption = Resumption::disabled();

        cx.doing(format!("connecting to `{endpoint}`"));
        let mut stream = connect(endpoint).await?;
        if let Some(starttls) = starttls {
            cx.doing(format!("asking `{endpoint}` to begin TLS"));
            starttls.begin(&mut stream, endpoint).await?;
        }
        cx.doing(format!("waiting for the TLS handshake with `{endpoint}`"));
        let connected = TlsConnector::from(Arc::new(config)).connect(identity.name().clone(), stream).await;

        let session = match connected {
            Ok(stream) => {
                let (_, session) = stream.get_ref();
                Ok(Some(Session {
                    protocol: session.protocol_version().map_or_else(String::new, version),
                    cipher: session.negotiated_cipher_suite().map(|it| format!("{:?}", it.suite())),
                }))
            }
            // The server showed what it is, and that the key is its own; it only does not talk to just anybody.
            Err(_) if recorder.was_asked() && recorder.is_proven_by_tls12() => {
                Ok(Some(Session { protocol: version(ProtocolVersion::TLSv1_2), cipher: None }))
            }
            Err(error) => Err(trouble::handshake(&error, endpoint)),
        };
        let asks_for_certificate = recorder.was_asked();
        match (recorder.take(), session) {
            (Some(seen), session) => Ok(Self {
                chain: seen.chain,
                verdict: seen.verdict,
                ocsp: seen.ocsp,
                session,
                asks_for_certificate,
            }),
            (None, Err(error)) => Err(error),
            (None, Ok(_)) => Err(CheckError::transient(format!("`{endpoint}` showed no certificate"))),
        }
    }
}

/// How long one address of several may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connects to the first address that takes the connection. Where there are several, one that does not answer is not waited for
/// until the check is given up.
async fn connect(endpoint: &Endpoint) -> Result<TcpStream, CheckError> {
    let found = tokio::net::lookup_host((endpoint.host(), endpoint.port())).await;
    let addresses: Vec<_> = found.map_err(|error| trouble::lookup(&error, endpoint))?.collect();
    let mut last = None;
    for address in &addresses {
        let connecting = TcpStream::connect(address);
        let connected = if addresses.len() == 1 {
            connecting.await
        } else {
            tokio::time::timeout(PATIENCE, connecting)
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        };
        match connected {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(error),
        }
    }
    Err(match last {
        Some(error) => trouble::connect(&error, endpoint),
        None => trouble::lookup(&io::Error::other("the name has no address"), endpoint),
    })
}

fn unix_time(at: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(at.since(Timestamp::UNIX_EPOCH))
}

/// The usual name of a version: `TLSv1.3`.
fn version(version: ProtocolVersion) -> String {
    format!("{version:?}").replace('_', ".")
}
