//! `tls.certificate_valid`.

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, EvidenceField, Kind, Problems, async_trait,
};

mod judge;
mod reason;

use crate::{
    handshake::Handshake,
    param::{Endpoint, Roots, ServerIdentity},
};

/// The certificate of an endpoint verifies, is strong, and does not expire soon.
///
/// It fails where the chain does not lead from the server's name to a trusted root, where any certificate of the chain
/// has an RSA key of fewer than 2048 bits or is signed with SHA-1, and where any of them expires within `fail_days`. It
/// warns where one expires within `warn_days`. The chain is shown also where it does not verify. An endpoint
/// that cannot be reached, or speaks no TLS, is an error.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsCertificateValid {
    /// Where the server listens, as in `api.example.com:443`.
    endpoint: Endpoint,
    /// The name that the server is asked for and the certificate has to be for. Without it, the host of `endpoint`.
    server_name: Option<ServerIdentity>,
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

fn warn_days() -> u32 {
    30
}

fn fail_days() -> u32 {
    7
}

impl TlsCertificateValid {
    fn identity(&self) -> Result<ServerIdentity, CheckError> {
        match &self.server_name {
            Some(name) => Ok(name.clone()),
            None => self.endpoint.host().parse().map_err(|error| {
                CheckError::permanent("the host of `endpoint` cannot be the name of a server").because(&error)
            }),
        }
    }
}

#[async_trait]
impl Check for TlsCertificateValid {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let identity = self.identity()?;
        let handshake = Handshake::with(&self.endpoint, &identity, &self.roots, cx).await?;
        judge::judge(self, &identity, handshake, cx.now())
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
        if self.identity().is_err() {
            problems.at(
                "endpoint",
                format!("`{}` cannot be the name of a server", self.endpoint.host()),
                "correct the host, or say the name in `server_name`",
            );
        }
    }
}
