//! Who the client says it is, by a certificate of its own.

use std::{fmt, sync::Arc};

use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use vapora_preflight::{CheckError, Digest, ExposeSecret, SecretString};

/// A certificate of the client with its key, for mutual TLS. Cheap to clone; `Debug` shows no secret.
#[derive(Clone)]
pub struct HttpIdentity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: Arc<PrivateKeyDer<'static>>,
    pub(super) digest: Digest,
}

impl HttpIdentity {
    /// Reads both from PEM: the certificate with those above it, and the key that belongs to it.
    ///
    /// # Errors
    ///
    /// A permanent [`CheckError`] where there is no certificate or no key; it repeats nothing of the key.
    pub fn from_pem(certificates: &SecretString, key: &SecretString) -> Result<Self, CheckError> {
        let (certificates, key) = (certificates.expose_secret().as_bytes(), key.expose_secret().as_bytes());
        let chain: Vec<_> =
            CertificateDer::pem_slice_iter(certificates).collect::<Result<_, _>>().map_err(|error| {
                CheckError::permanent("the certificate of the client cannot be read").because(&error)
            })?;
        if chain.is_empty() {
            return Err(CheckError::permanent("the certificate of the client is not PEM with a certificate")
                .remedy("name a file or variable that begins with `-----BEGIN CERTIFICATE-----`"));
        }
        // the error itself could repeat a line of the key
        let read = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
            CheckError::permanent("the key of the client's certificate is not PEM with a private key").remedy(
                "name a file or variable that begins with `-----BEGIN PRIVATE KEY-----`, without a passphrase",
            )
        })?;
        let digest = Digest::of([certificates, b"\0", key].concat());
        Ok(Self { chain, key: Arc::new(read), digest })
    }
}

impl fmt::Debug for HttpIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpIdentity").field("certificates", &self.chain.len()).finish_non_exhaustive()
    }
}
