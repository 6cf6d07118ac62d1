//! A certificate that lies in a file.

use std::{path::Path, sync::Arc};

use rustls::{crypto::aws_lc_rs, sign::CertifiedKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject};
use vapora_preflight::{CheckContext, CheckError};

use crate::{
    certificate::{Certificate, Content},
    handshake::Shown,
    param::{Roots, ServerIdentity},
    pem,
};

async fn read(path: &Path, what: &str) -> Result<Vec<u8>, CheckError> {
    pem::read(path).await.map_err(|error| {
        CheckError::permanent(format!("the {what} `{}` cannot be read", path.display()))
            .because(&error)
            .remedy("see that it is there, is a PEM file, and may be read")
    })
}

/// The certificates of a PEM file, the server's first, as a server would show them.
///
/// # Errors
///
/// A file that cannot be read, or holds no certificate.
pub(crate) async fn shown(
    path: &Path,
    identity: Option<&ServerIdentity>,
    roots: &Roots,
    cx: &CheckContext,
) -> Result<Shown, CheckError> {
    cx.doing(format!("reading `{}`", path.display()));
    let text = read(path, "file").await?;
    let chain: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain
        .map_err(|error| CheckError::permanent(format!("`{}` is not PEM", path.display())).because(&error))?;
    let Some((leaf, above)) = chain.split_first() else {
        return Err(CheckError::permanent(format!("`{}` holds no certificate", path.display()))
            .remedy("name a PEM file with the server's certificate first, and those above it after"));
    };
    let verifier = roots.verifier(Arc::new(aws_lc_rs::default_provider())).await?;
    let now = UnixTime::since_unix_epoch(cx.now().since(vapora_preflight::Timestamp::UNIX_EPOCH));
    let verdict = match name(identity, leaf) {
        Some(name) => verifier.verify_server_cert(leaf, above, &name, &[], now).map(|_| ()),
        // without any name it is for no server
        None => Err(rustls::CertificateError::NotValidForName.into()),
    };
    Ok(Shown { chain, verdict, ocsp: Vec::new(), session: Ok(None), asks_for_certificate: false })
}

/// The name to verify it for: the one that is asked for, or else one of its own.
fn name(identity: Option<&ServerIdentity>, leaf: &CertificateDer<'_>) -> Option<ServerName<'static>> {
    if let Some(identity) = identity {
        return Some(identity.name().clone());
    }
    let Content { names, .. } = Certificate::read(leaf).content?;
    let plain = |name: &String| ServerName::try_from(name.replacen('*', "any", 1)).ok();
    names.iter().find_map(plain)
}

/// Whether the key of a PEM file is that of the certificate.
///
/// # Errors
///
/// A file that cannot be read, or holds no key that could be used.
pub(crate) async fn key_matches(path: &Path, chain: &[CertificateDer<'static>]) -> Result<bool, CheckError> {
    let text = read(path, "key").await?;
    // what the parser says of a key is left out
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
        CheckError::permanent(format!("`{}` holds no private key in PEM", path.display()))
            .remedy("name the file of the unencrypted key")
    })?;
    let key = aws_lc_rs::default_provider().key_provider.load_private_key(key).map_err(|_| {
        CheckError::permanent(format!("the key in `{}` cannot be used", path.display()))
            .remedy("name a key of RSA, ECDSA or Ed25519")
    })?;
    match CertifiedKey::new(chain.to_vec(), key).keys_match() {
        Ok(()) => Ok(true),
        Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => Ok(false),
        Err(error) => Err(CheckError::permanent(format!(
            "the key in `{}` cannot be compared with the certificate",
            path.display()
        ))
        .because(&error)),
    }
}
