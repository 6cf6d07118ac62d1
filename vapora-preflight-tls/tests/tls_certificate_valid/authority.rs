//! Certificates, made for one test each.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SigningKey,
};
use rustls_pki_types::CertificateDer;
use time::{Duration, OffsetDateTime};

use crate::ask::NOW;

/// The name that good certificates are for.
pub(crate) const NAME: &str = "api.example.com";

/// An authority, root or intermediate.
pub(crate) struct Authority {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A server's certificate with its key.
pub(crate) struct Leaf {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: Vec<u8>,
    pub(crate) pem: String,
    pub(crate) key_pem: String,
}

/// A moment that many days from the time of the tests, and an hour.
pub(crate) fn days(days: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(NOW).unwrap() + Duration::days(days) + Duration::hours(1)
}

/// What good certificates say: valid from 30 days before the time of the tests to 60 days after it.
pub(crate) fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (days(-30), days(60));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn authority(name: &str, until: i64) -> CertificateParams {
    let mut params = params(name);
    params.subject_alt_names.clear();
    params.extended_key_usages.clear();
    params.not_after = days(until);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

impl Authority {
    pub(crate) fn root(name: &str) -> Self {
        let (key, params) = (KeyPair::generate().unwrap(), authority(name, 3000));
        let certificate = params.self_signed(&key).unwrap();
        Self { pem: certificate.pem(), certificate: certificate.into(), issuer: Issuer::new(params, key) }
    }

    pub(crate) fn below(&self, name: &str, until: i64) -> Self {
        let (key, params) = (KeyPair::generate().unwrap(), authority(name, until));
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Self { pem: certificate.pem(), certificate: certificate.into(), issuer: Issuer::new(params, key) }
    }

    pub(crate) fn issue(&self, params: &CertificateParams) -> Leaf {
        self.issue_with(params, KeyPair::generate().unwrap())
    }

    pub(crate) fn issue_with(&self, params: &CertificateParams, key: KeyPair) -> Leaf {
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Leaf::new(&certificate, &key)
    }

    /// Its signature, ECDSA of P-256 with SHA-256.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.issuer.key().sign(message).unwrap()
    }

    /// A certificate for a key that is too weak to be made here.
    pub(crate) fn issue_weak(
        &self,
        params: &CertificateParams,
        key: &impl rcgen::PublicKeyData,
        key_pem: &str,
    ) -> Leaf {
        let certificate = params.signed_by(key, &self.issuer).unwrap();
        let (pem, key_pem) = (certificate.pem(), key_pem.to_owned());
        Leaf { pem, certificate: certificate.into(), key: Vec::new(), key_pem }
    }

    /// A certificate for a key that nobody holds.
    pub(crate) fn issue_for(
        &self,
        params: &CertificateParams,
        key: &impl rcgen::PublicKeyData,
    ) -> CertificateDer<'static> {
        params.signed_by(key, &self.issuer).unwrap().into()
    }
}

impl Leaf {
    fn new(certificate: &rcgen::Certificate, key: &KeyPair) -> Self {
        Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            key: key.serialize_der(),
            key_pem: key.serialize_pem(),
        }
    }

    /// The key as PEM.
    pub(crate) fn key_pem(&self) -> String {
        self.key_pem.clone()
    }

    pub(crate) fn self_signed(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self::new(&params.self_signed(&key).unwrap(), &key)
    }
}
