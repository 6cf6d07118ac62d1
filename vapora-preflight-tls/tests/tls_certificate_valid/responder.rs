//! A responder of OCSP (RFC 6960): answers in DER, made for one test each.

use rcgen::{KeyPair, SigningKey as _};
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;
use x509_cert::{
    Certificate,
    der::{Decode as _, Encode as _},
};

use crate::authority::{Authority, Leaf, days};

/// The number of SHA-256, and that of ECDSA with it.
const SHA_256: &[u8] = &[0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
const ECDSA: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// The number of the basic form.
const BASIC: &[u8] = &[0x06, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];

/// `good`, and what says nothing.
pub(crate) const GOOD: &[u8] = &[0x80, 0];
pub(crate) const UNKNOWN: &[u8] = &[0x82, 0];

/// Revoked that many days from the time of the tests.
pub(crate) fn revoked(since: i64) -> Vec<u8> {
    tag(0xa1, &[&time(days(since))])
}

/// What an answer says, before it is signed.
pub(crate) struct Said<'a> {
    /// The certificate, and its issuer.
    pub(crate) about: (&'a Leaf, &'a Authority),
    pub(crate) standing: &'a [u8],
    /// From when until when it counts, in days from the time of the tests.
    pub(crate) from: i64,
    pub(crate) until: Option<i64>,
}

fn tag(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = match content.len() {
        short @ 0..128 => vec![u8::try_from(short).unwrap()],
        middle @ 128..256 => vec![0x81, u8::try_from(middle).unwrap()],
        long => [&[0x82][..], &u16::try_from(long).unwrap().to_be_bytes()].concat(),
    };
    [&[tag][..], &length, &content].concat()
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tag(0x30, parts)
}

fn time(at: OffsetDateTime) -> Vec<u8> {
    let (year, month, day) = at.to_calendar_date();
    let text = format!("{year}{:02}{day:02}{:02}{:02}00Z", u8::from(month), at.hour(), at.minute());
    tag(0x18, &[text.as_bytes()])
}

fn hash(bytes: &[u8]) -> Vec<u8> {
    tag(0x04, &[aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref()])
}

impl Said<'_> {
    fn data(&self) -> Vec<u8> {
        let (leaf, issuer) = self.about;
        let leaf = Certificate::from_der(&leaf.certificate).unwrap();
        let issuer = Certificate::from_der(&issuer.certificate).unwrap();
        let key = issuer.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes();
        let about = sequence(&[
            &sequence(&[SHA_256]),
            &hash(&leaf.tbs_certificate().issuer().to_der().unwrap()),
            &hash(key),
            &leaf.tbs_certificate().serial_number().to_der().unwrap(),
        ]);
        let until = self.until.map(|until| tag(0xa0, &[&time(days(until))])).unwrap_or_default();
        let single = sequence(&[&about, self.standing, &time(days(self.from)), &until]);
        sequence(&[&tag(0xa2, &[&hash(key)]), &time(days(self.from)), &sequence(&[&single])])
    }

    /// The answer, signed by an authority.
    pub(crate) fn signed_by(&self, signer: &Authority) -> Vec<u8> {
        let data = self.data();
        answer(&data, &signer.sign(&data), &[])
    }

    /// The answer, signed with the key of a certificate that comes along.
    pub(crate) fn delegated_to(&self, signer: &Leaf) -> Vec<u8> {
        let data = self.data();
        let key = KeyPair::try_from(signer.key.as_slice()).unwrap();
        answer(&data, &key.sign(&data).unwrap(), &[&signer.certificate])
    }
}

fn answer(data: &[u8], signature: &[u8], along: &[&CertificateDer<'_>]) -> Vec<u8> {
    let along: Vec<&[u8]> = along.iter().map(AsRef::as_ref).collect();
    let along = if along.is_empty() { Vec::new() } else { tag(0xa0, &[&sequence(&along)]) };
    let basic = sequence(&[data, &sequence(&[ECDSA]), &tag(0x03, &[&[0], signature]), &along]);
    let held = tag(0xa0, &[&sequence(&[BASIC, &tag(0x04, &[&basic])])]);
    sequence(&[&[0x0a, 1, 0], &held])
}
