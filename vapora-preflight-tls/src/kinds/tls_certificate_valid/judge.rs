//! What a chain means.

use std::path::Path;

use rustls_pki_types::ServerName;
use vapora_preflight::{
    CheckError, CheckResult, Evidence, EvidenceField, Finding, Outcome, Timestamp, Unit, Value, shell_words,
};

use super::{TlsCertificateValid, reason::reason};
use crate::{
    certificate::{Certificate, Content},
    handshake::{Shown, StartTls},
    ocsp::{Flaw, Standing, Staple},
    param::ServerIdentity,
};

const DAY: i64 = 24 * 60 * 60;

pub(super) const EVIDENCE: &[EvidenceField] = &[
    EvidenceField {
        name: "days_left",
        about: "whole days until the first certificate of the chain expires, negative where one has, in days",
    },
    EvidenceField { name: "expires", about: "when the first certificate of the chain expires" },
    EvidenceField { name: "subject", about: "whom the server's certificate is for" },
    EvidenceField { name: "issuer", about: "who issued the server's certificate" },
    EvidenceField { name: "names", about: "the DNS names and addresses of the server's certificate" },
    EvidenceField { name: "protocol", about: "the version of TLS, as `TLSv1.3`; none of a file" },
    EvidenceField {
        name: "cipher",
        about: "the cipher suite; none of a file, and of a server of TLS 1.2 that broke off as the client has no certificate",
    },
    EvidenceField {
        name: "chain",
        about: "the certificates as they were sent, the server's first: `subject`, `issuer`, `names`, `not_before`, `not_after`, `key`, `signature`, `sha256`; only the last where one cannot be read",
    },
    EvidenceField { name: "ocsp_stapled", about: "whether the server sent an OCSP answer along" },
    EvidenceField {
        name: "verified",
        about: "whether the chain leads from the server's name to a trusted root",
    },
    EvidenceField {
        name: "ocsp",
        about: "what that answer says: `good`, `revoked` or `unknown`; none where there is none that counts",
    },
    EvidenceField { name: "ocsp_until", about: "until when that answer counts; none where it does not" },
    EvidenceField { name: "ocsp_flaw", about: "why that answer does not count; none where it does" },
    EvidenceField { name: "must_staple", about: "whether the server's certificate demands an OCSP answer" },
    EvidenceField {
        name: "client_certificate",
        about: "whether the server asked for a certificate of the client's, of which it got none",
    },
    EvidenceField {
        name: "key_matches",
        about: "whether the private key in `key` is the certificate's; none where none was named",
    },
];

/// What a handshake says about the chain. The first thing that is wrong is told.
pub(super) fn judge(
    asked: &TlsCertificateValid,
    identity: Option<&ServerIdentity>,
    shown: Shown,
    staple: Option<Result<Staple, Flaw>>,
    key_matches: Option<bool>,
    now: Timestamp,
) -> CheckResult {
    let endpoint = asked.subject();
    let chain: Vec<Certificate> = shown.chain.iter().map(|der| Certificate::read(der)).collect();
    let evidence = evidence(&chain, &shown, staple.as_ref(), now).with("key_matches", key_matches);

    if let Err(error) = &shown.verdict {
        let reason = reason(asked, error, identity, &chain, now);
        let finding =
            Finding::new(format!("the certificate of `{endpoint}` does not verify: {}", reason.text))
                .expected(match identity {
                    Some(identity) => format!("a chain from `{identity}` to a trusted root"),
                    None => "a chain from the name of a server to a trusted root".to_owned(),
                })
                .actual(described(&chain));
        let look = format!("look at it with `{}`", by_hand(asked, identity));
        let remedy = reason.remedy.map_or_else(|| look.clone(), |remedy| format!("{remedy}; {look}"));
        return Ok(Outcome::Fail(finding.remedy(remedy).evidence(evidence)));
    }
    if let Some(finding) = weakness(asked, &chain) {
        return Ok(Outcome::Fail(finding.evidence(evidence)));
    }
    if key_matches == Some(false) {
        return Ok(Outcome::Fail(
            Finding::new(format!("the key is not that of the certificate in `{endpoint}`"))
                .expected("the private key of the first certificate")
                .actual("the key of another one")
                .remedy(format!(
                    "put the certificate and the key of the same request together; compare `openssl x509 -noout -pubkey -in {}` with `openssl pkey -pubout -in {}`",
                    shell_words([&endpoint]),
                    shell_words([asked.key.as_deref().unwrap_or(Path::new("")).display().to_string()])
                ))
                .evidence(evidence),
        ));
    }
    let must_staple = asked.endpoint.is_some() && must_staple(&chain);
    if let Some(finding) = unconfirmed(&endpoint, staple.as_ref(), must_staple) {
        return Ok(Outcome::Fail(finding.evidence(evidence)));
    }
    // The certificates are right, and yet there was no handshake: whether the server works is not known.
    let session = shown.session?;
    if let (Some(least), Some(session)) = (asked.min_protocol, &session)
        && session.protocol.as_str() < least.name()
    {
        return Ok(Outcome::Fail(
            Finding::new(format!("`{endpoint}` chooses an old version of TLS: {}", session.protocol))
                .expected(format!("{} or newer", least.name()))
                .actual(session.protocol.clone())
                .remedy("switch the newer version on in the server")
                .evidence(evidence),
        ));
    }

    let Some((first, content)) = first_to_expire(&chain) else {
        let unread = chain.iter().find(|it| it.content.is_none()).map(Certificate::title).unwrap_or_default();
        return Err(CheckError::permanent(format!(
            "a certificate of `{endpoint}` cannot be read, so that its end is not known: {unread}"
        )));
    };
    let left = seconds_left(content, now);
    let days = left.div_euclid(DAY);
    let until = content.not_after.to_minute();
    let within = |days: u32| left <= i64::from(days) * DAY;
    let expiring = |limit: u32| {
        let expires = if left < 0 { "expired" } else { "expires" };
        Finding::new(format!("a certificate of `{endpoint}` {expires} {}", in_days(days)))
            .expected(format!("more than {limit} {} left", if limit == 1 { "day" } else { "days" }))
            .actual(format!("`{}` {expires} on {until}", first.title()))
            .remedy(if left < 0 {
                "renew it, or let the server leave it out"
            } else {
                "renew it, and let the server load the new one"
            })
            .evidence(evidence.clone())
    };
    Ok(if within(asked.fail_days) {
        Outcome::Fail(expiring(asked.fail_days))
    } else if within(asked.warn_days) {
        Outcome::Warn(expiring(asked.warn_days))
    } else {
        let summary =
            format!("the certificate of `{endpoint}` verifies, and is valid for {days} days, until {until}");
        Outcome::Pass(Finding::new(summary).evidence(evidence))
    })
}

fn in_days(days: i64) -> String {
    match days {
        0 => "in less than a day".to_owned(),
        1 => "in 1 day".to_owned(),
        -1 => "less than a day ago".to_owned(),
        ..0 => format!("{} days ago", -days - 1),
        _ => format!("in {days} days"),
    }
}

/// What the stapled answer says against the certificate, or what is wrong with that answer.
fn unconfirmed(endpoint: &str, staple: Option<&Result<Staple, Flaw>>, must_staple: bool) -> Option<Finding> {
    let expected = "an OCSP answer that says `good`";
    match staple {
        None if must_staple => Some(
            Finding::new(format!("the certificate demands an OCSP answer, and `{endpoint}` staples none"))
                .expected(expected)
                .actual("no answer")
                .remedy("switch stapling on in the server, or have a certificate issued that does not demand it"),
        ),
        None | Some(Ok(Staple { standing: Standing::Good, .. })) => None,
        Some(Ok(Staple { standing: Standing::Revoked(since), .. })) => Some(
            Finding::new(format!("the certificate of `{endpoint}` was revoked on {}", since.to_minute()))
                .expected(expected)
                .actual("the server staples one of its issuer that says `revoked`")
                .remedy("have a new one issued, and let the server load it"),
        ),
        Some(Ok(Staple { standing: Standing::Unknown, .. })) => Some(
            Finding::new(format!("the issuer of the certificate of `{endpoint}` does not know it"))
                .expected(expected)
                .actual("the server staples one of its issuer that says `unknown`")
                .remedy("ask whoever issued it, and have a new one issued"),
        ),
        Some(Err(flaw)) => Some(
            Finding::new(format!("the OCSP answer that `{endpoint}` staples does not count: {flaw}"))
                .expected("an answer about this certificate and for this time, signed by its issuer or by one whom the issuer lets sign")
                .actual(flaw.to_string())
                .remedy(flaw.remedy()),
        ),
    }
}

fn must_staple(chain: &[Certificate]) -> bool {
    chain.first().and_then(|leaf| leaf.content.as_ref()).is_some_and(|leaf| leaf.must_staple)
}

/// The first weak key or signature of a chain. Nobody looks at the signature of a root, so that of a certificate that was
/// issued by itself does not count, unless it is the server's.
fn weakness(asked: &TlsCertificateValid, chain: &[Certificate]) -> Option<Finding> {
    let weak = |what: &str, certificate: &Certificate, expected: &str, actual: &str| {
        Finding::new(format!(
            "a certificate of `{}` has a weak {what}: `{}`",
            asked.subject(),
            certificate.title()
        ))
        .expected(expected)
        .actual(actual)
        .remedy("replace it by one of today's strength")
    };
    chain.iter().enumerate().find_map(|(index, certificate)| {
        let content = certificate.content.as_ref()?;
        if content.weak_key {
            return Some(weak(
                "key",
                certificate,
                "RSA of 2048 bits or more, or ECDSA of 224 or more",
                &content.key,
            ));
        }
        let counts = index == 0 || !content.is_self_issued();
        (content.weak_signature && counts)
            .then(|| weak("signature", certificate, "a signature with SHA-256 or better", &content.signature))
    })
}

/// The certificate that expires first; none where one of them cannot be read.
fn first_to_expire(chain: &[Certificate]) -> Option<(&Certificate, &Content)> {
    let read: Option<Vec<_>> = chain.iter().map(|it| Some((it, it.content.as_ref()?))).collect();
    read?.into_iter().min_by_key(|(_, content)| content.not_after)
}

fn seconds_left(content: &Content, now: Timestamp) -> i64 {
    content.not_after.unix_seconds().saturating_sub(now.unix_seconds())
}

/// How many certificates of a chain are written out.
const MOST: usize = 5;

/// The whole chain, the server's certificate first.
fn described(chain: &[Certificate]) -> String {
    let one = |certificate: &Certificate| match &certificate.content {
        Some(content) => format!(
            "`{}`, issued by `{}`, valid from {} to {}",
            certificate.title(),
            content.issuer,
            content.not_before.to_minute(),
            content.not_after.to_minute()
        ),
        None => format!("a certificate that cannot be read: {}", certificate.title()),
    };
    let mut told: Vec<String> = chain.iter().take(MOST).map(one).collect();
    if chain.len() > MOST {
        told.push(format!("and {} more", chain.len() - MOST));
    }
    if told.is_empty() { "no certificate".to_owned() } else { told.join("; ") }
}

/// How a person looks at the chain.
fn by_hand(asked: &TlsCertificateValid, identity: Option<&ServerIdentity>) -> String {
    let Some(endpoint) = &asked.endpoint else {
        return format!("openssl storeutl -noout -text -certs {}", shell_words([asked.subject()]));
    };
    // a server is not asked for an address
    let name = identity.filter(|identity| matches!(identity.name(), ServerName::DnsName(_)));
    let name = name.map(|name| format!(" -servername {name}")).unwrap_or_default();
    let starttls = match asked.starttls {
        Some(StartTls::Postgres) => " -starttls postgres",
        Some(StartTls::Smtp) => " -starttls smtp",
        None => "",
    };
    format!("openssl s_client -connect {endpoint}{name}{starttls} -showcerts </dev/null")
}

fn evidence(
    chain: &[Certificate],
    shown: &Shown,
    staple: Option<&Result<Staple, Flaw>>,
    now: Timestamp,
) -> Evidence {
    let counts = staple.and_then(|it| it.as_ref().ok());
    let flaw = staple.and_then(|it| it.as_ref().err());
    let first = first_to_expire(chain).map(|(_, content)| content);
    let leaf = chain.first().and_then(|leaf| leaf.content.as_ref());
    let session = shown.session.as_ref().ok().and_then(Option::as_ref);
    Evidence::new()
        .measured("days_left", first.map(|it| seconds_left(it, now).div_euclid(DAY)), Unit::Days)
        .with("expires", first.map(|it| it.not_after))
        .with("subject", leaf.map(|it| it.subject.clone()))
        .with("issuer", leaf.map(|it| it.issuer.clone()))
        .with("names", leaf.map(|it| it.names.clone()))
        .with("protocol", session.map(|it| it.protocol.clone()))
        .with("cipher", session.and_then(|it| it.cipher.clone()))
        .with("chain", Value::List(chain.iter().map(Certificate::row).collect()))
        .with("ocsp_stapled", !shown.ocsp.is_empty())
        .with("verified", shown.verdict.is_ok())
        .with("ocsp", counts.map(|it| it.standing.word()))
        .with("ocsp_until", counts.map(|it| it.until))
        .with("ocsp_flaw", flaw.map(ToString::to_string))
        .with("must_staple", leaf.map(|it| it.must_staple))
        .with("client_certificate", shown.asks_for_certificate)
}
