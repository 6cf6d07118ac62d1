//! Weak keys and signatures.

use rcgen::{PKCS_RSA_SHA256, PublicKeyData, RsaKeySize, SignatureAlgorithm};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use vapora_preflight::Outcome;

use crate::{
    ask::{ask, assert_told, column},
    authority::{Authority, params},
    server::tls,
};

/// A public key of RSA in DER, with a modulus of that many bytes.
pub(crate) struct Rsa(Vec<u8>);

impl Rsa {
    /// The key of 1024 bits in `weak.key`, made with OpenSSL.
    pub(crate) fn of_1024_bits() -> Self {
        Self(include_bytes!("weak.public.der").to_vec())
    }

    fn of_bytes(bytes: u8) -> Self {
        let mut modulus = vec![0x02, 0x81, bytes + 1, 0x00];
        modulus.extend((0..bytes).map(|n| if n == 0 { 0xc5 } else { n | 1 }));
        let exponent = [0x02, 0x03, 0x01, 0x00, 0x01];
        let length = u8::try_from(modulus.len() + exponent.len()).unwrap();
        Self([&[0x30, 0x81, length][..], &modulus, &exponent].concat())
    }
}

impl PublicKeyData for Rsa {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }
    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

#[tokio::test]
async fn a_short_rsa_key_in_the_chain_fails() {
    let root = Authority::root("root");
    let short = root.issue_for(&params("short"), &Rsa::of_bytes(128));
    let result = ask(tls(&root.issue(&params("leaf")), &[&short]), &root.pem, "").await;
    assert_told!(result);
    assert_eq!(column(&result.unwrap(), "key"), ["ECDSA P-256", "RSA 1024"]);
}

#[tokio::test]
async fn an_rsa_key_of_todays_size_passes() {
    let root = Authority::root("root");
    let key = rcgen::KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let outcome = ask(tls(&root.issue_with(&params("leaf"), key), &[]), &root.pem, "").await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(column(&outcome, "key"), ["RSA 2048"]);
}

async fn with_another(pem: &[u8]) -> vapora_preflight::CheckResult {
    let root = Authority::root("root");
    let another = CertificateDer::from_pem_slice(pem).unwrap();
    ask(tls(&root.issue(&params("leaf")), &[&another]), &root.pem, "").await
}

#[tokio::test]
async fn a_signature_with_sha_1_fails() {
    let result = with_another(include_bytes!("signed_with_sha1.pem")).await;
    assert_told!(result);
    assert_eq!(column(&result.unwrap(), "signature"), ["ECDSA with SHA-256", "RSA with SHA-1"]);
}

#[tokio::test]
async fn a_pss_signature_with_sha_1_fails() {
    assert_told!(with_another(include_bytes!("signed_with_pss_sha1.pem")).await);
}

#[tokio::test]
async fn a_pss_signature_with_sha_256_passes() {
    let outcome = with_another(include_bytes!("signed_with_pss_sha256.pem")).await.unwrap();
    assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    assert_eq!(column(&outcome, "signature"), ["ECDSA with SHA-256", "RSA-PSS"]);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_read_is_an_error_that_names_it() {
    let root = Authority::root("root");
    let garbage = CertificateDer::from(b"no certificate".to_vec());
    let result = ask(tls(&root.issue(&params("leaf")), &[&garbage]), &root.pem, "").await;
    assert!(!matches!(result, Ok(Outcome::Pass(_) | Outcome::Warn(_))), "{result:?}");
    assert_told!(result);
}
