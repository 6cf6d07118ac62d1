//! TLS: who is trusted, and who we say we are.

use std::{fmt, sync::Arc};

use rustls::{ClientConfig, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use rustls_platform_verifier::Verifier;

use super::HttpClientError;
use crate::HttpIdentity;

/// Trusts the roots of the machine, and these.
pub(super) fn verifier(roots: &[Vec<u8>]) -> Result<Arc<Verifier>, HttpClientError> {
    let wrong = |what: &dyn fmt::Display| HttpClientError::Roots(what.to_string());
    let mut extra = Vec::new();
    for pem in roots {
        let before = extra.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            extra.push(certificate.map_err(|error| wrong(&error))?);
        }
        if extra.len() == before {
            return Err(wrong(&"there is no certificate in it"));
        }
    }
    Ok(Arc::new(Verifier::new_with_extra_roots(extra, Arc::new(aws_lc_rs::default_provider()))?))
}

/// How TLS is spoken, with a certificate of the client where it has one.
pub(super) fn config(
    verifier: Arc<Verifier>,
    identity: Option<&HttpIdentity>,
) -> Result<ClientConfig, HttpClientError> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        Some(identity) => config.with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())?,
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
