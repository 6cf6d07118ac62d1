//! Certificate authorities and certificates, made in memory.

use std::{fmt, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256,
};
use rustls::{
    DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use time::OffsetDateTime;

/// The start of 2020 in UTC, in seconds of Unix time.
const YEAR_2020: i64 = 1_577_836_800;
/// The start of 2100 in UTC, in seconds of Unix time.
const YEAR_2100: i64 = 4_102_444_800;
const DAY: i64 = 86_400;

/// A certificate that could not be made, such as one with a name that is no name.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the certificate of `{subject}`")]
pub struct CertificateError {
    subject: String,
    source: BoxedCause,
}

type BoxedCause = Box<dyn std::error::Error + Send + Sync>;

impl CertificateError {
    fn of<E: Into<BoxedCause>>(subject: &str) -> impl Fn(E) -> Self {
        move |source| Self { subject: subject.to_owned(), source: source.into() }
    }
}

/// The key of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum KeyType {
    /// ECDSA on the curve P-256: what most certificates have.
    #[default]
    EcdsaP256,
    /// ECDSA on the curve P-384.
    EcdsaP384,
    /// Ed25519.
    Ed25519,
    /// RSA with 2048 bits.
    Rsa2048,
}

impl KeyType {
    fn generate(self) -> Result<KeyPair, rcgen::Error> {
        KeyPair::generate_for(match self {
            Self::EcdsaP256 => &PKCS_ECDSA_P256_SHA256,
            Self::EcdsaP384 => &PKCS_ECDSA_P384_SHA384,
            Self::Ed25519 => &PKCS_ED25519,
            Self::Rsa2048 => &PKCS_RSA_SHA256,
        })
    }
}

/// What a server certificate is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    names: Vec<String>,
    not_before: i64,
    not_after: i64,
    key: KeyType,
}

impl Leaf {
    /// A certificate for these DNS names and IP addresses, valid from 2020 to 2100.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        Self { names, not_before: YEAR_2020, not_after: YEAR_2100, key: KeyType::default() }
    }

    /// Good at `now`: valid from 30 days before to 60 days after. Times are seconds of Unix time.
    pub fn good(name: &str, now: i64) -> Self {
        Self::new([name]).valid(now - 30 * DAY, now + 60 * DAY)
    }

    /// Expired at `now`, since a day.
    pub fn expired(name: &str, now: i64) -> Self {
        Self::new([name]).valid(now - 91 * DAY, now - DAY)
    }

    /// Valid between these two instants, in seconds of Unix time.
    pub fn valid(self, not_before: i64, not_after: i64) -> Self {
        Self { not_before, not_after, ..self }
    }

    /// With this kind of key.
    pub fn key(self, key: KeyType) -> Self {
        Self { key, ..self }
    }
}

/// A certificate authority for tests, root or intermediate.
///
/// ```
/// use vapora_preflight_sim::{Leaf, TestCa};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let root = TestCa::root("example root")?;
/// let complete = root.intermediate("example intermediate")?.issue(&Leaf::new(["api.example.com"]))?;
/// let broken = complete.clone().without_intermediates();
/// assert_eq!((complete.len(), broken.len()), (2, 1));
/// assert!(complete.root_pem().starts_with("-----BEGIN CERTIFICATE-----"));
/// # Ok(())
/// # }
/// ```
pub struct TestCa {
    name: String,
    issuer: Issuer<'static, KeyPair>,
    root_pem: Arc<str>,
    /// From this authority up to the root, without the root.
    above: Vec<CertificateDer<'static>>,
}

impl fmt::Debug for TestCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestCa").field("name", &self.name).finish_non_exhaustive()
    }
}

impl TestCa {
    /// A root that signs itself, valid from 2020 to 2100.
    pub fn root(name: &str) -> Result<Self, CertificateError> {
        let wrong = CertificateError::of(name);
        let key = KeyType::default().generate().map_err(CertificateError::of(name))?;
        let params = authority(name)?;
        let certificate = params.self_signed(&key).map_err(wrong)?;
        let root_pem = certificate.pem().into();
        Ok(Self { name: name.to_owned(), issuer: Issuer::new(params, key), root_pem, above: Vec::new() })
    }

    /// An authority below this one, valid from 2020 to 2100.
    pub fn intermediate(&self, name: &str) -> Result<Self, CertificateError> {
        let wrong = CertificateError::of(name);
        let key = KeyType::default().generate().map_err(CertificateError::of(name))?;
        let params = authority(name)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(wrong)?;
        let above = std::iter::once(certificate.der().clone()).chain(self.above.iter().cloned()).collect();
        let root_pem = Arc::clone(&self.root_pem);
        Ok(Self { name: name.to_owned(), issuer: Issuer::new(params, key), root_pem, above })
    }

    /// A server certificate with the chain that leads to the root.
    pub fn issue(&self, leaf: &Leaf) -> Result<Chain, CertificateError> {
        let subject = leaf.names.first().map_or("", String::as_str);
        let key = leaf.key.generate().map_err(CertificateError::of(subject))?;
        let mut params = CertificateParams::new(leaf.names.clone()).map_err(CertificateError::of(subject))?;
        params.distinguished_name.push(DnType::CommonName, subject);
        params.not_before = instant(leaf.not_before).map_err(CertificateError::of(subject))?;
        params.not_after = instant(leaf.not_after).map_err(CertificateError::of(subject))?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).map_err(CertificateError::of(subject))?;
        Ok(Chain {
            certificates: std::iter::once(certificate.der().clone())
                .chain(self.above.iter().cloned())
                .collect(),
            key: key.serialize_der().into(),
            root_pem: Arc::clone(&self.root_pem),
        })
    }

    /// A certificate with which a client shows who it is: the common name is the user, the organizations are its
    /// groups. It is valid between these two instants, in seconds of Unix time.
    pub fn issue_client(
        &self,
        user: &str,
        groups: &[&str],
        not_before: i64,
        not_after: i64,
    ) -> Result<ClientCertificate, CertificateError> {
        let key = KeyType::default().generate().map_err(CertificateError::of(user))?;
        let mut params = CertificateParams::new(Vec::new()).map_err(CertificateError::of(user))?;
        for group in groups {
            params.distinguished_name.push(DnType::OrganizationName, *group);
        }
        params.distinguished_name.push(DnType::CommonName, user);
        params.not_before = instant(not_before).map_err(CertificateError::of(user))?;
        params.not_after = instant(not_after).map_err(CertificateError::of(user))?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).map_err(CertificateError::of(user))?;
        Ok(ClientCertificate {
            pem: certificate.pem(),
            der: certificate.der().clone(),
            key_pem: key.serialize_pem(),
        })
    }

    /// The certificate of the root, which a client has to trust, as PEM.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }
}

/// The certificate of a client, with its private key.
#[derive(Clone)]
pub struct ClientCertificate {
    pem: String,
    der: CertificateDer<'static>,
    key_pem: String,
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").finish_non_exhaustive()
    }
}

impl ClientCertificate {
    /// The certificate, as PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The certificate, as DER.
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// The private key, as PEM.
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }
}

fn authority(name: &str) -> Result<CertificateParams, CertificateError> {
    let mut params = CertificateParams::new(Vec::new()).map_err(CertificateError::of(name))?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = instant(YEAR_2020).map_err(CertificateError::of(name))?;
    params.not_after = instant(YEAR_2100).map_err(CertificateError::of(name))?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn instant(unix_seconds: i64) -> Result<OffsetDateTime, time::error::ComponentRange> {
    OffsetDateTime::from_unix_timestamp(unix_seconds)
}

/// A server certificate, what leads from it to a root, and its private key.
#[derive(Clone)]
pub struct Chain {
    certificates: Vec<CertificateDer<'static>>,
    key: Arc<[u8]>,
    root_pem: Arc<str>,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").field("certificates", &self.certificates.len()).finish_non_exhaustive()
    }
}

impl Chain {
    /// The same without the intermediate certificates: what a server sends that was set up half.
    pub fn without_intermediates(mut self) -> Self {
        self.certificates.truncate(1);
        self
    }

    /// How many certificates the server sends.
    #[expect(clippy::len_without_is_empty, reason = "a chain has a leaf at least")]
    pub fn len(&self) -> usize {
        self.certificates.len()
    }

    /// The certificates as the server sends them, in DER, the leaf first.
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }

    /// The certificate of the root, as PEM.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// The set-up of a TLS server that sends this chain.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, rustls::Error> {
        let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth();
        Ok(Arc::new(builder.with_single_cert(self.certificates.clone(), self.key())?))
    }

    /// The same for a server that asks its clients for a certificate, and takes any: who it is, is found out later.
    pub(crate) fn asking_server_config(&self) -> Result<Arc<ServerConfig>, rustls::Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(Arc::new(AnyClient(provider)));
        Ok(Arc::new(builder.with_single_cert(self.certificates.clone(), self.key())?))
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.to_vec()))
    }
}

/// Takes any certificate of a client whose key the client has, and clients without one.
#[derive(Debug)]
struct AnyClient(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
