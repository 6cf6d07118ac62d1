//! Who issued a certificate, and who may answer for it.

use aws_lc_rs::digest;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage};
use x509_cert::der::{Reader as _, Result, SliceReader, Tag, asn1::ObjectIdentifier};

use super::answer::{Answer, Single};
use crate::asn1::{bits, context, inside, next_is, skip, value};

/// The number of `id-kp-OCSPSigning`, as the bytes of its value.
const OCSP_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09];

/// The hashes by their numbers. SHA-1 only finds the certificate again here; nothing is believed because of it.
const HASHES: &[(&str, &digest::Algorithm)] = &[
    ("1.3.14.3.2.26", &digest::SHA1_FOR_LEGACY_USE_ONLY),
    ("2.16.840.1.101.3.4.2.1", &digest::SHA256),
    ("2.16.840.1.101.3.4.2.2", &digest::SHA384),
    ("2.16.840.1.101.3.4.2.3", &digest::SHA512),
];

/// The parts of a certificate that its signature and an OCSP answer are about.
pub(super) struct Issued<'a> {
    signed: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
    serial: &'a [u8],
    /// The name of its issuer, with the tag around it.
    issuer: &'a [u8],
}

impl<'a> Issued<'a> {
    pub(super) fn read(certificate: &'a [u8]) -> Result<Self> {
        inside(&mut SliceReader::new(certificate)?, Tag::Sequence, |reader| {
            let signed = reader.tlv_bytes()?;
            let algorithm = value(reader, Tag::Sequence)?;
            let signature = bits(reader)?;
            inside(&mut SliceReader::new(signed)?, Tag::Sequence, |reader| {
                if next_is(reader, context(0)) {
                    skip(reader)?;
                }
                let serial = value(reader, Tag::Integer)?;
                skip(reader)?;
                Ok(Self { signed, algorithm, signature, serial, issuer: reader.tlv_bytes()? })
            })
        })
    }

    /// The one among the authorities that issued it: its name is the issuer's, and its key made the signature.
    pub(super) fn issuer<'t>(
        &self,
        algorithms: &WebPkiSupportedAlgorithms,
        authorities: &'t [TrustAnchor<'static>],
    ) -> Option<&'t TrustAnchor<'static>> {
        let name = value(&mut SliceReader::new(self.issuer).ok()?, Tag::Sequence).ok()?;
        authorities.iter().find(|authority| {
            authority.subject.as_ref() == name
                && is_signed_by(
                    &authority.subject_public_key_info,
                    algorithms,
                    self.algorithm,
                    self.signed,
                    self.signature,
                )
        })
    }

    /// Whether an answer is about it.
    pub(super) fn is_meant(&self, single: &Single<'_>, issuer: &TrustAnchor<'_>) -> bool {
        let number = single.hash.to_string();
        let Some((_, hash)) = HASHES.iter().find(|(known, _)| *known == number) else { return false };
        let Ok((_, key)) = key(&issuer.subject_public_key_info) else { return false };
        single.serial == self.serial
            && single.issuer_name == digest::digest(hash, self.issuer).as_ref()
            && single.issuer_key == digest::digest(hash, key).as_ref()
    }
}

/// Who signed an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signer {
    /// The issuer of the certificate, or one whom it lets answer.
    Authorised,
    /// One whose certificate came along, and whom the issuer does not let answer.
    Stranger,
    /// Nobody who is known.
    Nobody,
}

impl Signer {
    pub(super) fn of(
        answer: &Answer<'_>,
        issuer: &TrustAnchor<'_>,
        algorithms: &WebPkiSupportedAlgorithms,
        now: UnixTime,
    ) -> Self {
        let signs =
            |key: &[u8]| is_signed_by(key, algorithms, answer.algorithm, answer.signed, answer.signature);
        if signs(&issuer.subject_public_key_info) {
            return Self::Authorised;
        }
        let signed_by = |certificate: &&CertificateDer<'_>| {
            webpki::anchor_from_trusted_cert(certificate).is_ok_and(|it| signs(&it.subject_public_key_info))
        };
        match answer.certificates.iter().find(signed_by) {
            Some(certificate) if may_answer(certificate, issuer, algorithms, now) => Self::Authorised,
            Some(_) => Self::Stranger,
            None => Self::Nobody,
        }
    }
}

/// Whether the issuer itself issued that certificate, for the signing of OCSP answers, and for this time.
fn may_answer(
    certificate: &CertificateDer<'_>,
    issuer: &TrustAnchor<'_>,
    algorithms: &WebPkiSupportedAlgorithms,
    now: UnixTime,
) -> bool {
    let usage = KeyUsage::required(OCSP_SIGNING);
    EndEntityCert::try_from(certificate).is_ok_and(|it| {
        it.verify_for_usage(algorithms.all, std::slice::from_ref(issuer), &[], now, usage, None, None).is_ok()
    })
}

/// The algorithm of a key, and its bits; of a public key without the tag around it.
fn key(key: &[u8]) -> Result<(&[u8], &[u8])> {
    let mut reader = SliceReader::new(key)?;
    Ok((value(&mut reader, Tag::Sequence)?, bits(&mut reader)?))
}

/// Whether a key made a signature. What no one trusts any more, such as SHA-1, is among no algorithms.
fn is_signed_by(
    public_key: &[u8],
    algorithms: &WebPkiSupportedAlgorithms,
    algorithm: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    let Ok((key_algorithm, bits)) = key(public_key) else { return false };
    algorithms.all.iter().any(|it| {
        it.public_key_alg_id().as_ref() == key_algorithm
            && it.signature_alg_id().as_ref() == algorithm
            && it.verify_signature(bits, message, signature).is_ok()
    })
}

/// The name of the algorithm of a signature, where it is one that can be checked.
pub(super) fn is_supported(algorithms: &WebPkiSupportedAlgorithms, algorithm: &[u8]) -> bool {
    algorithms.all.iter().any(|it| it.signature_alg_id().as_ref() == algorithm)
}

/// The number of an algorithm, in figures.
pub(super) fn number(algorithm: &[u8]) -> String {
    let number = SliceReader::new(algorithm)
        .and_then(|mut reader| <ObjectIdentifier as x509_cert::der::Decode>::decode(&mut reader));
    number.map_or_else(|_| "of no known number".to_owned(), |it| it.to_string())
}
