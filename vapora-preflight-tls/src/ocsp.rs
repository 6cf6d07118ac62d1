//! What an OCSP answer that a server staples is worth.

use std::fmt;

use rustls::crypto::aws_lc_rs;
use rustls_pki_types::{TrustAnchor, UnixTime};
use vapora_preflight::Timestamp;

mod answer;
mod issuer;

use self::{
    answer::Response,
    issuer::{Issued, Signer},
};

/// How long an answer counts that does not say until when, in seconds.
const SHORTEST: i64 = 24 * 60 * 60;

/// What an authority says of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Good,
    /// It was revoked at that time.
    Revoked(Timestamp),
    Unknown,
}

impl Standing {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Revoked(_) => "revoked",
            Self::Unknown => "unknown",
        }
    }
}

/// An answer that counts: about this certificate, for this time, and signed by who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Staple {
    pub(crate) standing: Standing,
    /// Until when it counts.
    pub(crate) until: Timestamp,
}

/// Why an answer does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flaw {
    Unreadable,
    /// The responder answered with an error.
    Error(u8),
    NoIssuer,
    OtherCertificate,
    Unsupported(String),
    Signature,
    Stranger,
    Early(Timestamp),
    Late(Timestamp),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("it cannot be read"),
            Self::Error(code) => {
                let word = match code {
                    1 => "malformedRequest",
                    2 => "internalError",
                    3 => "tryLater",
                    5 => "sigRequired",
                    6 => "unauthorized",
                    _ => return write!(f, "it is the error {code} of the responder"),
                };
                write!(f, "it is the error `{word}` of the responder")
            }
            Self::NoIssuer => f.write_str(
                "it cannot be checked without the issuer of the certificate, whom neither the server sends nor the roots hold",
            ),
            Self::OtherCertificate => f.write_str("it is about another certificate"),
            Self::Unsupported(number) => {
                write!(f, "it is signed by an algorithm that is not trusted: {number}")
            }
            Self::Signature => f.write_str("its signature is not the issuer's"),
            Self::Stranger => f.write_str("its signer was not let sign it by the issuer"),
            Self::Early(from) => write!(f, "it does not count before {}", from.to_minute()),
            Self::Late(until) => write!(f, "it has not counted since {}", until.to_minute()),
        }
    }
}

impl Flaw {
    /// What to do about it.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::NoIssuer => "let the server send its intermediate certificates after its own",
            Self::Early(_) => "check the clocks of the responder and of this machine",
            _ => "let the server fetch a new answer, and see that it reaches its authority's responder",
        }
    }
}

/// What an answer is worth for the first certificate of a chain; `authorities` are those that may have issued it.
///
/// # Errors
///
/// Why the answer does not count.
pub(crate) fn examine(
    der: &[u8],
    certificate: &[u8],
    authorities: &[TrustAnchor<'static>],
    now: Timestamp,
) -> Result<Staple, Flaw> {
    let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
    let answer = match answer::read(der).map_err(|_| Flaw::Unreadable)? {
        Response::Answer(answer) => answer,
        Response::Error(code) => return Err(Flaw::Error(code)),
    };
    let issued = Issued::read(certificate).map_err(|_| Flaw::NoIssuer)?;
    let issuer = issued.issuer(&algorithms, authorities).ok_or(Flaw::NoIssuer)?;
    let mut meant = answer.singles.iter().filter(|single| issued.is_meant(single, issuer));
    let single = meant.next().ok_or(Flaw::OtherCertificate)?;
    // two answers about one certificate may say two things
    if meant.next().is_some() {
        return Err(Flaw::Unreadable);
    }
    if !issuer::is_supported(&algorithms, answer.algorithm) {
        return Err(Flaw::Unsupported(issuer::number(answer.algorithm)));
    }
    let time = UnixTime::since_unix_epoch(now.since(Timestamp::UNIX_EPOCH));
    match Signer::of(&answer, issuer, &algorithms, time) {
        Signer::Authorised => {}
        Signer::Stranger => return Err(Flaw::Stranger),
        Signer::Nobody => return Err(Flaw::Signature),
    }
    if single.this_update > now {
        return Err(Flaw::Early(single.this_update));
    }
    let until = single.next_update.unwrap_or_else(|| {
        Timestamp::from_unix_seconds(single.this_update.unix_seconds().saturating_add(SHORTEST))
    });
    if until < now {
        return Err(Flaw::Late(until));
    }
    Ok(Staple { standing: single.standing, until })
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::CertificateDer;

    use super::*;

    // An issuer, a certificate of it, and answers about that, made with OpenSSL 3.0 on 2026-11-25; the next ones are due on
    // 2036-11-22. The signer of two of them is delegated.
    const ISSUER: &[u8] = include_bytes!("ocsp/issuer.der");
    const LEAF: &[u8] = include_bytes!("ocsp/leaf.der");
    const GOOD: &[u8] = include_bytes!("ocsp/good.der");
    const REVOKED: &[u8] = include_bytes!("ocsp/revoked.der");
    const UNKNOWN: &[u8] = include_bytes!("ocsp/unknown.der");
    const DELEGATED: &[u8] = include_bytes!("ocsp/delegated.der");
    const SHA_256: &[u8] = include_bytes!("ocsp/sha256.der");

    fn anchor(der: &'static [u8]) -> TrustAnchor<'static> {
        let certificate = CertificateDer::from(der);
        webpki::anchor_from_trusted_cert(&certificate).unwrap().to_owned()
    }

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    fn examined(der: &[u8]) -> Result<Staple, Flaw> {
        examine(der, LEAF, &[anchor(LEAF), anchor(ISSUER)], at("2026-12-01T12:00:00Z"))
    }

    #[test]
    fn answers_of_openssl_count() {
        for (der, word) in [
            (GOOD, "good"),
            (REVOKED, "revoked"),
            (UNKNOWN, "unknown"),
            (DELEGATED, "good"),
            (SHA_256, "good"),
        ] {
            let staple = examined(der).unwrap();
            assert_eq!(staple.standing.word(), word);
            assert_eq!(staple.until.to_string(), "2036-11-22T09:46:25Z");
        }
        let Standing::Revoked(since) = examined(REVOKED).unwrap().standing else { panic!() };
        assert_eq!(since.to_string(), "2026-11-20T00:00:00Z");
    }

    #[test]
    fn an_answer_counts_for_its_time() {
        let examined = |time| examine(GOOD, LEAF, &[anchor(ISSUER)], at(time));
        assert!(matches!(examined("2026-11-25T09:46:24Z"), Err(Flaw::Early(_))));
        assert!(examined("2026-11-25T09:46:25Z").is_ok());
        assert!(matches!(examined("2036-11-22T09:46:26Z"), Err(Flaw::Late(_))));
    }

    #[test]
    fn no_byte_of_an_answer_can_be_changed() {
        for der in [GOOD, DELEGATED] {
            for index in 0..der.len() {
                let mut changed = der.to_vec();
                changed[index] ^= 1;
                // what is neither signed nor needed may change: the name of the responder's certificate is checked by its signature
                if let Ok(staple) = examined(&changed) {
                    assert_eq!(Ok(staple), examined(der), "{index}");
                }
            }
        }
        // that of a revoked certificate never says anything else
        for index in 0..REVOKED.len() {
            let mut changed = REVOKED.to_vec();
            changed[index] ^= 1;
            assert!(examined(&changed).is_err() || examined(&changed) == examined(REVOKED), "{index}");
        }
    }

    #[test]
    fn without_its_issuer_nothing_is_known() {
        let now = at("2026-12-01T12:00:00Z");
        assert_eq!(examine(GOOD, LEAF, &[anchor(LEAF)], now), Err(Flaw::NoIssuer));
        assert_eq!(examine(GOOD, LEAF, &[], now), Err(Flaw::NoIssuer));
        assert_eq!(examine(GOOD, b"no certificate", &[anchor(ISSUER)], now), Err(Flaw::NoIssuer));
        assert_eq!(examine(GOOD, ISSUER, &[anchor(ISSUER)], now), Err(Flaw::OtherCertificate));
    }

    #[test]
    fn what_is_no_answer_or_only_a_part_of_one_is_none() {
        // an answer that says that one has to try later
        assert_eq!(examined(&[0x30, 3, 0x0a, 1, 3]), Err(Flaw::Error(3)));
        for end in 0..GOOD.len() {
            assert!(examined(&GOOD[..end]).is_err(), "{end}");
        }
        assert_eq!(examined(b"no answer"), Err(Flaw::Unreadable));
    }
}
