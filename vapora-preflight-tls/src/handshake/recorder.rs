//! Keeps what a verifier is shown and what it says.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use rustls::{
    DigitallySignedStruct, Error, SignatureScheme,
    client::{
        ResolvesClientCert,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

/// What was shown and said.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) verdict: Result<(), Error>,
    pub(super) ocsp: Vec<u8>,
}

/// Keeps the chain and what another verifier says of it at a given time, then lets the handshake go on. That the server
/// holds the key of its certificate is left to the other verifier. A server that asks for a certificate gets none.
#[derive(Debug)]
pub(super) struct Recorder {
    inner: Arc<dyn ServerCertVerifier>,
    now: UnixTime,
    seen: Mutex<Option<Seen>>,
    proven_by_tls12: AtomicBool,
    asked: AtomicBool,
}

impl Recorder {
    pub(super) fn new(inner: Arc<dyn ServerCertVerifier>, now: UnixTime) -> Self {
        Self {
            inner,
            now,
            seen: Mutex::new(None),
            proven_by_tls12: AtomicBool::new(false),
            asked: AtomicBool::new(false),
        }
    }

    /// Whether the server asked for a certificate of the client's.
    pub(super) fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Whether the server proved, in TLS 1.2, that it holds the key of its certificate.
    pub(super) fn is_proven_by_tls12(&self) -> bool {
        self.proven_by_tls12.load(Ordering::Relaxed)
    }

    /// What was shown and said, if it came to that.
    pub(super) fn take(&self) -> Option<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict =
            self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, self.now);
        let chain = std::iter::once(end_entity).chain(intermediates);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Seen {
            chain: chain.map(|certificate| certificate.clone().into_owned()).collect(),
            verdict: verdict.map(|_| ()),
            ocsp: ocsp_response.to_vec(),
        });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let valid = self.inner.verify_tls12_signature(message, certificate, signature)?;
        self.proven_by_tls12.store(true, Ordering::Relaxed);
        Ok(valid)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

impl ResolvesClientCert for Recorder {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        None
    }

    /// It has none; without this word it would not be told that one is asked for.
    fn has_certs(&self) -> bool {
        true
    }
}
