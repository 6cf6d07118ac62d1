//! `tls.certificate_valid`.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, EvidenceField, Kind, Problems, async_trait,
};

mod judge;
mod reason;

use crate::{
    handshake::{Shown, StartTls},
    ocsp::{self, Flaw, Staple},
    param::{Endpoint, Roots, ServerIdentity},
    stored,
};

/// The certificate of an endpoint, or of a file, verifies, is strong, and does not expire soon.
///
/// It fails where the chain does not lead from the server's name to a trusted root, where any certificate of the chain
/// has an RSA key of fewer than 2048 bits or is signed with SHA-1, and where any of them expires within `fail_days`. It
/// warns where one expires within `warn_days`. The chain is shown also where it does not verify, with the one reason why. An
/// endpoint that cannot be reached, or speaks no TLS, is an error, and so is a file that cannot be read.
///
/// It fails where the server chooses an older version of TLS than `min_protocol`. One that demands a certificate of its clients is
/// judged by what it shows; it gets none.
///
/// An OCSP answer that the server staples is checked: it has to be about this certificate and for this time, and signed by the issuer
/// or by one whom the issuer lets sign answers. One that does not count fails, and so does one that says `revoked` or `unknown`, and
/// a certificate that demands an answer where there is none. Without one, revocation is not looked up.
///
/// With `file`, the certificates are those of a PEM file, the server's first, as before a renewed one is rolled out. With `key`,
/// the private key in that file has to be the certificate's.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsCertificateValid {
    /// Where the server listens, as in `api.example.com:443`. Give this or `file`.
    endpoint: Option<Endpoint>,
    /// The PEM file with the server's certificate first, and those above it. Give this or `endpoint`.
    #[schemars(with = "Option<String>")]
    file: Option<PathBuf>,
    /// The PEM file with the private key of the certificate in `file`, not encrypted.
    #[schemars(with = "Option<String>")]
    key: Option<PathBuf>,
    /// The name that the server is asked for and the certificate has to be for. Without it, the host of `endpoint`; of a
    /// `file`, any name of its own.
    server_name: Option<ServerIdentity>,
    /// How TLS is asked for where the connection begins without it: `postgres` or `smtp`.
    starttls: Option<StartTls>,
    /// The oldest version of TLS that the server may choose with a client that has the newest: `TLSv1.2` or `TLSv1.3`. Without
    /// it, either is right; older ones come about with no check.
    min_protocol: Option<Protocol>,
    /// Whom to trust: `system`, or the path of a PEM file with roots.
    #[serde(default)]
    roots: Roots,
    /// It warns where a certificate of the chain expires within so many days.
    #[serde(default = "warn_days")]
    warn_days: u32,
    /// It fails where a certificate of the chain expires within so many days.
    #[serde(default = "fail_days")]
    fail_days: u32,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[non_exhaustive]
pub enum Protocol {
    /// Version 1.2.
    #[serde(rename = "TLSv1.2")]
    Tls12,
    /// Version 1.3.
    #[serde(rename = "TLSv1.3")]
    Tls13,
}

impl Protocol {
    /// Its usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tls12 => "TLSv1.2",
            Self::Tls13 => "TLSv1.3",
        }
    }
}

fn warn_days() -> u32 {
    30
}

fn fail_days() -> u32 {
    7
}

impl TlsCertificateValid {
    /// The name to verify the chain for; none for a file that may be for any name of its own.
    fn identity(&self) -> Result<Option<ServerIdentity>, CheckError> {
        match (&self.server_name, &self.endpoint) {
            (Some(name), _) => Ok(Some(name.clone())),
            (None, None) => Ok(None),
            (None, Some(endpoint)) => endpoint.host().parse().map(Some).map_err(|error| {
                CheckError::permanent("the host of `endpoint` cannot be the name of a server").because(&error)
            }),
        }
    }

    /// What the stapled OCSP answer is worth; nothing where there is none.
    async fn staple(
        &self,
        shown: &Shown,
        cx: &CheckContext,
    ) -> Result<Option<Result<Staple, Flaw>>, CheckError> {
        let Some(first) = shown.chain.first().filter(|_| !shown.ocsp.is_empty()) else { return Ok(None) };
        let anchor = |certificate| webpki::anchor_from_trusted_cert(certificate).map(|it| it.to_owned());
        let mut authorities: Vec<_> = shown.chain.iter().filter_map(|it| anchor(it).ok()).collect();
        authorities.extend(self.roots.anchors().await?);
        Ok(Some(ocsp::examine(&shown.ocsp, first, &authorities, cx.now())))
    }

    /// What it is about, as a finding names it.
    fn subject(&self) -> String {
        match (&self.endpoint, &self.file) {
            (Some(endpoint), _) => endpoint.to_string(),
            (None, Some(file)) => file.display().to_string(),
            (None, None) => String::new(),
        }
    }
}

#[async_trait]
impl Check for TlsCertificateValid {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let identity = self.identity()?;
        let shown = match (&self.endpoint, &self.file, &identity) {
            (Some(endpoint), None, Some(identity)) => {
                Shown::by_handshake(endpoint, self.starttls, identity, &self.roots, cx).await?
            }
            (None, Some(file), identity) => stored::shown(file, identity.as_ref(), &self.roots, cx).await?,
            _ => return Err(CheckError::permanent("either `endpoint` or `file` has to be given")),
        };
        let key_matches = match &self.key {
            Some(key) => Some(stored::key_matches(key, &shown.chain).await?),
            None => None,
        };
        let staple = self.staple(&shown, cx).await?;
        judge::judge(self, identity.as_ref(), shown, staple, key_matches, cx.now())
    }
}

impl Kind for TlsCertificateValid {
    const NAME: &'static str = "tls.certificate_valid";
    const EXAMPLE: &'static str = r#"
[check.api-certificate]
kind      = "tls.certificate_valid"
endpoint  = "api.example.com:443"
warn_days = 30
fail_days = 7
expect    = ["protocol == 'TLSv1.3'"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        judge::EVIDENCE
    }

    fn validate(&self, problems: &mut Problems) {
        if self.fail_days > self.warn_days {
            problems.at(
                "fail_days",
                format!("it fails at {} days, before it would warn at {}", self.fail_days, self.warn_days),
                "make `fail_days` no larger than `warn_days`",
            );
        }
        if let (Err(_), Some(endpoint)) = (self.identity(), &self.endpoint) {
            problems.at(
                "endpoint",
                format!("`{}` cannot be the name of a server", endpoint.host()),
                if endpoint.host().is_ascii() {
                    "correct the host, or say the name in `server_name`"
                } else {
                    "write it in ASCII, as in `xn--bcher-kva.example`"
                },
            );
        }
        match (&self.endpoint, &self.file) {
            (None, None) => {
                problems.at(
                    "endpoint",
                    "neither `endpoint` nor `file` is given",
                    "say where the certificate is",
                );
            }
            (Some(_), Some(_)) => {
                problems.at("file", "both `endpoint` and `file` are given", "make two checks of them");
            }
            _ => {}
        }
        if self.file.is_none() && self.key.is_some() {
            problems.at(
                "key",
                "a key is compared with that of a `file`",
                "name the `file`, or leave `key` out",
            );
        }
        let of_endpoints =
            [("starttls", self.starttls.is_some()), ("min_protocol", self.min_protocol.is_some())];
        for (parameter, given) in of_endpoints {
            if self.file.is_some() && given {
                problems.at(parameter, "no connection is made to a file", "leave it out");
            }
        }
    }
}
