//! A certificate, as far as it can be read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use vapora_preflight::{Digest, Timestamp, Value};
use x509_cert::{
    Certificate as Parsed,
    der::{Decode, asn1::ObjectIdentifier},
    ext::pkix::{BasicConstraints, SubjectAltName, name::GeneralName},
};

mod key;
mod signature;

/// A certificate of a chain.
pub(crate) struct Certificate {
    /// The SHA-256 of its bytes, in hexadecimal.
    pub(crate) sha256: String,
    /// What it says; none where it cannot be read.
    pub(crate) content: Option<Content>,
}

/// What a certificate says.
#[expect(clippy::struct_excessive_bools, reason = "each says something else of it")]
pub(crate) struct Content {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) names: Vec<String>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    /// The key with its size: `RSA 2048`, `ECDSA P-256`.
    pub(crate) key: String,
    pub(crate) weak_key: bool,
    /// How it was signed: `ECDSA with SHA-256`.
    pub(crate) signature: String,
    pub(crate) weak_signature: bool,
    /// Whether it is an authority's.
    pub(crate) is_authority: bool,
    /// Whether it demands that the server staples an OCSP answer (RFC 7633).
    pub(crate) must_staple: bool,
}

/// The number of the extension that lists what a server has to do in the handshake.
const TLS_FEATURE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.24");
/// To staple an OCSP answer, among those things.
const STATUS_REQUEST: u16 = 5;

impl Certificate {
    pub(crate) fn read(der: &[u8]) -> Self {
        Self {
            sha256: Digest::of(der).to_string(),
            content: Parsed::from_der(der).ok().map(|parsed| Content::of(&parsed)),
        }
    }

    /// What to call it: its subject, or its first name where it has none, or its fingerprint.
    pub(crate) fn title(&self) -> String {
        match &self.content {
            Some(content) if !content.subject.is_empty() => content.subject.clone(),
            Some(Content { names, .. }) if !names.is_empty() => names[0].clone(),
            _ => format!("sha256 {}", self.sha256),
        }
    }

    /// What is known of it, as evidence.
    pub(crate) fn row(&self) -> Value {
        let Some(content) = &self.content else {
            return Value::table([("sha256", self.sha256.as_str())]);
        };
        Value::table([
            ("subject", Value::from(&content.subject)),
            ("issuer", Value::from(&content.issuer)),
            ("names", Value::from(content.names.clone())),
            ("not_before", Value::from(content.not_before)),
            ("not_after", Value::from(content.not_after)),
            ("key", Value::from(&content.key)),
            ("signature", Value::from(&content.signature)),
            ("sha256", Value::from(&self.sha256)),
        ])
    }
}

impl Content {
    fn of(parsed: &Parsed) -> Self {
        let it = parsed.tbs_certificate();
        let key = key::describe(it.subject_public_key_info());
        let signature = signature::describe(parsed.signature_algorithm());
        let names = it.get_extension::<SubjectAltName>().ok().flatten().map(|(_, names)| names.0);
        Self {
            subject: printable(&it.subject().to_string()),
            issuer: printable(&it.issuer().to_string()),
            names: names.unwrap_or_default().iter().filter_map(name).collect(),
            not_before: instant(it.validity().not_before),
            not_after: instant(it.validity().not_after),
            key: key.text,
            weak_key: key.weak,
            signature: signature.text,
            weak_signature: signature.weak,
            is_authority: it
                .get_extension::<BasicConstraints>()
                .is_ok_and(|found| found.is_some_and(|(_, constraints)| constraints.ca)),
            must_staple: must_staple(parsed),
        }
    }

    /// Whether it names itself as its issuer, as roots do.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }
}

fn must_staple(parsed: &Parsed) -> bool {
    let extensions = parsed.tbs_certificate().extensions().into_iter().flatten();
    extensions.filter(|it| it.extn_id == TLS_FEATURE).any(|it| {
        Vec::<u16>::from_der(it.extn_value.as_bytes())
            .is_ok_and(|features| features.contains(&STATUS_REQUEST))
    })
}

fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(text)
        | GeneralName::UniformResourceIdentifier(text)
        | GeneralName::Rfc822Name(text) => Some(printable(text.as_str())),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            let v4 = <[u8; 4]>::try_from(bytes).map(|it| IpAddr::from(Ipv4Addr::from(it)));
            let v6 = || <[u8; 16]>::try_from(bytes).map(|it| IpAddr::from(Ipv6Addr::from(it)));
            v4.or_else(|_| v6()).ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

/// A text of a stranger without the characters that could change a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn instant(time: x509_cert::time::Time) -> Timestamp {
    let seconds = time.to_unix_duration().as_secs();
    Timestamp::from_unix_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_keeps_its_fingerprint() {
        let certificate = Certificate::read(b"no certificate");
        assert!(certificate.content.is_none());
        assert_eq!(certificate.sha256.len(), 64);
        assert_eq!(certificate.row(), Value::table([("sha256", certificate.sha256.as_str())]));
        assert!(certificate.title().starts_with("sha256 "));
    }
}
