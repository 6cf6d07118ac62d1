//! Where pipelines run, and who asks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vapora_preflight::{Problems, SecretRef};

use crate::{ClientCertificate, HttpUrl, forge::Flavor};

/// What runs the pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CiApi {
    /// GitHub Actions: of github.com, or of an Enterprise Server.
    #[serde(rename = "github_actions")]
    GitHubActions,
    /// Woodpecker, version 3.
    Woodpecker,
}

impl CiApi {
    pub(super) fn flavor(self) -> Flavor {
        match self {
            Self::GitHubActions => Flavor::GitHub,
            Self::Woodpecker => Flavor::Woodpecker,
        }
    }
}

/// A project whose pipelines are asked, and who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CiSettings {
    /// The API: `github_actions` or `woodpecker`.
    pub api: CiApi,
    /// Where it is. For GitHub Actions the URL of the API, by default `https://api.github.com`, on an Enterprise Server
    /// `https://HOST/api/v3`. For Woodpecker the URL of the server.
    pub url: Option<HttpUrl>,
    /// The project: `owner/name`, for Woodpecker its number as well.
    pub project: String,
    /// The token that proves who asks. It is sent to that site alone.
    pub token: Option<SecretRef>,
    /// The certificate and key that prove who asks (mutual TLS), both as PEM. No other host is shown them.
    pub client_certificate: Option<ClientCertificate>,
}

impl CiSettings {
    /// Reports what is wrong, under the parameter `ci`.
    pub fn validate(&self, problems: &mut Problems) {
        let numbered = self.api == CiApi::Woodpecker && self.project.parse::<u64>().is_ok();
        if !numbered && !crate::forge::is_project(&self.project, 2, 2) {
            problems.at(
                "ci",
                format!("`{}` is not the name of a project", self.project),
                "write it as in `owner/name`",
            );
        }
        if self.url.is_none() && self.api == CiApi::Woodpecker {
            problems.at("ci", "it does not say where the server is", "add `url`");
        }
        crate::forge::validate_url("ci", self.api.flavor(), self.url.as_ref(), problems);
        if self.token.is_none() && self.api == CiApi::Woodpecker {
            problems.at("ci", "Woodpecker tells nothing without a token", "add `token`");
        }
    }
}
