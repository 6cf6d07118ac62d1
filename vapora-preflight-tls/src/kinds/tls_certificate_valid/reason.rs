//! Why a chain does not verify, in plain words.

use rustls::{CertificateError, Error};
use vapora_preflight::Timestamp;

use super::TlsCertificateValid;
use crate::{
    certificate::{Certificate, Content},
    param::ServerIdentity,
};

/// A reason, and what to do about it.
pub(super) struct Reason {
    pub(super) text: String,
    pub(super) remedy: Option<String>,
}

impl Reason {
    fn new(text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { text: text.into(), remedy: Some(remedy.into()) }
    }

    fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), remedy: None }
    }
}

pub(super) fn reason(
    asked: &TlsCertificateValid,
    error: &Error,
    identity: Option<&ServerIdentity>,
    chain: &[Certificate],
    now: Timestamp,
) -> Reason {
    let Error::InvalidCertificate(why) = error else { return Reason::of(error.to_string()) };
    let is_file = asked.file.is_some();
    let leaf = chain.first().and_then(|leaf| leaf.content.as_ref());
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            Reason::new(expired(chain, now), "renew it, and let the server load the new one")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Reason::new(
            not_yet(chain, now),
            "wait for that time, or check the clocks of who issued it and of this machine",
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
            if identity.is_none() && leaf.is_some_and(|leaf| leaf.is_authority) =>
        {
            authority(is_file)
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Reason::new(
            other_name(identity, chain),
            "say the name it is for in `server_name`, or have the name put into the certificate",
        ),
        CertificateError::UnknownIssuer => unknown_issuer(chain, is_file),
        CertificateError::Revoked => Reason::new("it was revoked", "replace it"),
        CertificateError::BadSignature => Reason::of("a signature in its chain is wrong"),
        CertificateError::BadEncoding => Reason::of("it cannot be read"),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            Reason::new("it is not meant for servers", "have one issued for the authentication of servers")
        }
        other if is_authority(other) => match leaf {
            Some(leaf) if leaf.is_self_issued() => self_signed(),
            _ => authority(is_file),
        },
        other => Reason::of(other.to_string()),
    }
}

/// Whether an authority's certificate was shown as the server's own. The verifier keeps the type of that error to itself.
fn is_authority(error: &CertificateError) -> bool {
    matches!(error, CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity"))
}

fn contents(chain: &[Certificate]) -> impl Iterator<Item = (&Certificate, &Content)> {
    chain.iter().filter_map(|it| Some((it, it.content.as_ref()?)))
}

fn expired(chain: &[Certificate], now: Timestamp) -> String {
    match contents(chain).find(|(_, content)| content.not_after < now) {
        Some((certificate, content)) => {
            format!("`{}` expired on {}", certificate.title(), content.not_after.to_minute())
        }
        None => "it has expired".to_owned(),
    }
}

fn not_yet(chain: &[Certificate], now: Timestamp) -> String {
    match contents(chain).find(|(_, content)| content.not_before > now) {
        Some((certificate, content)) => {
            format!("`{}` is not valid before {}", certificate.title(), content.not_before.to_minute())
        }
        None => "it is not valid yet".to_owned(),
    }
}

fn other_name(identity: Option<&ServerIdentity>, chain: &[Certificate]) -> String {
    let Some(identity) = identity else { return "it names no server".to_owned() };
    let names = chain.first().and_then(|leaf| leaf.content.as_ref()).map(|leaf| &leaf.names);
    match names {
        Some(names) if !names.is_empty() => {
            let quoted: Vec<String> = names.iter().take(5).map(|name| format!("`{name}`")).collect();
            let more =
                if names.len() > 5 { format!(" and {} others", names.len() - 5) } else { String::new() };
            format!("it is for {}{more}, not for `{identity}`", quoted.join(", "))
        }
        _ => format!("it names no server, not even `{identity}`"),
    }
}

fn self_signed() -> Reason {
    Reason::new(
        "it is self-signed, and not among the trusted roots",
        "have an authority issue it, or name its file in `roots`",
    )
}

fn authority(is_file: bool) -> Reason {
    let remedy = if is_file {
        "put the server's own certificate first in the file"
    } else {
        "let the server send its own certificate first"
    };
    Reason::new("it is the certificate of an authority, not of a server", remedy)
}

/// Follows the chain as far as it was sent, and says what is missing there.
fn unknown_issuer(chain: &[Certificate], is_file: bool) -> Reason {
    let all: Vec<&Content> = contents(chain).map(|(_, content)| content).collect();
    let (Some(leaf), Some(_)) = (chain.first().and_then(|leaf| leaf.content.as_ref()), all.first()) else {
        return Reason::of("it was issued by an unknown authority");
    };
    let mut last = leaf;
    for _ in chain {
        match all.iter().find(|it| it.subject == last.issuer) {
            Some(next) if !last.is_self_issued() => last = next,
            _ => break,
        }
    }
    let is_leaf = std::ptr::eq(last, leaf);
    if last.is_self_issued() && is_leaf {
        self_signed()
    } else if last.is_self_issued() {
        Reason::new(
            format!("its chain ends at the root `{}`, which is not trusted", last.subject),
            "name the file of that root in `roots`, if it is to be trusted",
        )
    } else if is_leaf && is_file {
        Reason::new(
            format!(
                "the certificate of its issuer `{}` is not in the file, and is no trusted root",
                leaf.issuer
            ),
            "put the intermediate certificates behind it in the file",
        )
    } else if is_leaf {
        Reason::new(
            format!(
                "the server did not send the certificate of its issuer `{}`, which is no trusted root",
                leaf.issuer
            ),
            format!(
                "let the server send its intermediate certificates after its own, or name the file of that root in `roots`, if `{}` is one that is to be trusted",
                leaf.issuer
            ),
        )
    } else {
        Reason::new(
            format!("its chain ends at `{}`, whose issuer `{}` is not trusted", last.subject, last.issuer),
            "name the file of that root in `roots`, if it is to be trusted",
        )
    }
}
