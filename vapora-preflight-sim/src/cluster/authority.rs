//! Who signs the certificates of a cluster, its own and those of its clients.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use rustls::{
    RootCertStore,
    crypto::aws_lc_rs,
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, UnixTime, pem::PemObject};
use sha2::{Digest, Sha256};

use super::{Cluster, access::Identity, lock, state::ClusterError};
use crate::certificates::{CertificateError, Chain, ClientCertificate, Leaf, TestCa};

/// The authority of one cluster.
#[derive(Debug)]
pub(crate) struct Authority {
    ca: TestCa,
    /// The certificates of clients, with the names of their identities.
    issued: Mutex<Vec<(CertificateDer<'static>, String)>>,
}

impl Authority {
    fn new(cluster: &str) -> Result<Self, CertificateError> {
        Ok(Self { ca: TestCa::root(&format!("{cluster} authority"))?, issued: Mutex::default() })
    }

    pub(crate) fn root_pem(&self) -> &str {
        self.ca.root_pem()
    }

    pub(crate) fn issue(&self, leaf: &Leaf) -> Result<Chain, CertificateError> {
        self.ca.issue(leaf)
    }

    /// Is this the certificate of a client that this authority knows, and is it valid now? Then whose, and by which
    /// mark.
    pub(crate) fn identify(
        &self,
        certificates: &[CertificateDer<'_>],
        now_unix_seconds: i64,
    ) -> Option<(String, String)> {
        let (own, others) = certificates.split_first()?;
        let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now_unix_seconds).ok()?));
        self.verifier()?.verify_client_cert(own, others, now).ok()?;
        let issued = lock(&self.issued);
        let (_, identity) = issued.iter().find(|(known, _)| known.as_ref() == own.as_ref())?;
        let mut mark = "X509SHA256=".to_owned();
        for byte in Sha256::digest(own.as_ref()) {
            write!(mark, "{byte:02x}").ok()?;
        }
        Some((identity.clone(), mark))
    }

    fn verifier(&self) -> Option<Arc<dyn ClientCertVerifier>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.root_pem().as_bytes()).ok()?).ok()?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()
    }
}

impl Cluster {
    pub(crate) fn authority(&self) -> Result<Arc<Authority>, CertificateError> {
        if let Some(authority) = self.0.authority.get() {
            return Ok(Arc::clone(authority));
        }
        let made = Arc::new(Authority::new(self.name())?);
        Ok(Arc::clone(self.0.authority.get_or_init(|| made)))
    }

    /// A certificate with which a client is known as this identity, between these two instants, in seconds of Unix
    /// time; whether it is valid goes by the clock of the cluster. An identity that the cluster does not know gets one
    /// that is not accepted.
    pub fn client_certificate(
        &self,
        identity: &str,
        not_before: i64,
        not_after: i64,
    ) -> Result<ClientCertificate, CertificateError> {
        let authority = self.authority()?;
        let known: Result<Identity, ClusterError> =
            self.state().identity(identity).map(|known| known.clone());
        let (user, groups) = match &known {
            Ok(known) => (known.username.as_str(), known.groups.as_slice()),
            Err(_) => (identity, &[][..]),
        };
        let groups: Vec<&str> =
            groups.iter().map(String::as_str).filter(|group| *group != "system:authenticated").collect();
        let certificate = authority.ca.issue_client(user, &groups, not_before, not_after)?;
        if known.is_ok() {
            lock(&authority.issued).push((certificate.der().clone(), identity.to_owned()));
        }
        Ok(certificate)
    }
}
