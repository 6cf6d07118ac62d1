//! Whom to trust.

use std::{fmt, path::PathBuf, str::FromStr, sync::Arc};

use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::CryptoProvider,
};
use rustls_pki_types::{CertificateDer, TrustAnchor, pem::PemObject};
use rustls_platform_verifier::Verifier;
use serde::Deserialize;
use vapora_preflight::CheckError;

use super::{InvalidParameter, text_parameter};
use crate::pem;

/// The authorities that are trusted: `system` for those of the machine, or the path of a PEM file in place of them. A
/// relative path begins at the working directory of the program.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
#[non_exhaustive]
pub enum Roots {
    /// Those of the machine.
    #[default]
    System,
    /// Those of a PEM file, and no others.
    File(PathBuf),
}
text_parameter!(Roots, "`system`, or the path of a PEM file");

impl FromStr for Roots {
    type Err = InvalidParameter;

    fn from_str(text: &str) -> Result<Self, InvalidParameter> {
        match text {
            "system" => Ok(Self::System),
            "" => {
                Err(InvalidParameter("expected `system` or the path of a PEM file, found nothing".to_owned()))
            }
            path => Ok(Self::File(path.into())),
        }
    }
}

impl fmt::Display for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.pad("system"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Roots {
    /// A verifier that trusts these roots.
    ///
    /// # Errors
    ///
    /// A permanent error where the file cannot be used, or there is no root.
    pub(crate) async fn verifier(
        &self,
        provider: Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ServerCertVerifier>, CheckError> {
        let store = match self {
            Self::System => return system(provider).await,
            Self::File(_) => self.store(&self.read().await?)?,
        };
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider).build();
        Ok(verifier.map_err(|error| self.unusable("cannot be used").because(&error))?)
    }

    /// The roots themselves.
    ///
    /// # Errors
    ///
    /// A permanent error where the file cannot be used.
    pub(crate) async fn anchors(&self) -> Result<Vec<TrustAnchor<'static>>, CheckError> {
        Ok(match self {
            Self::System => {
                tokio::task::spawn_blocking(|| {
                    let mut store = RootCertStore::empty();
                    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                    store.roots
                })
                .await?
            }
            Self::File(_) => self.store(&self.read().await?)?.roots,
        })
    }

    async fn read(&self) -> Result<Vec<u8>, CheckError> {
        let Self::File(path) = self else { return Ok(Vec::new()) };
        pem::read(path).await.map_err(|error| {
            self.unusable("cannot be read").because(&error).remedy("correct the path in `roots`")
        })
    }

    fn store(&self, text: &[u8]) -> Result<RootCertStore, CheckError> {
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(text) {
            let certificate = certificate.map_err(|error| self.unusable("is not PEM").because(&error))?;
            store.add(certificate).map_err(|error| self.unusable("holds what is no root").because(&error))?;
        }
        if store.is_empty() {
            return Err(self
                .unusable("holds no certificate")
                .remedy("name a PEM file with the root certificates"));
        }
        Ok(store)
    }

    fn unusable(&self, why: &str) -> CheckError {
        CheckError::permanent(format!("the file of roots `{self}` {why}"))
    }
}

/// The verifier of the machine. Its roots are files, so they are read where it is allowed to wait for them.
async fn system(provider: Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, CheckError> {
    let made = tokio::task::spawn_blocking(move || Verifier::new(provider)).await?;
    match made {
        Ok(verifier) => Ok(Arc::new(verifier)),
        Err(error) => Err(CheckError::permanent("the trusted roots of this machine cannot be read")
            .because(&error)
            .remedy("install the root certificates of the system, or name a PEM file in `roots`")),
    }
}
