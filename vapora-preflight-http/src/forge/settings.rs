//! Where a forge is, and who asks it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vapora_preflight::{CheckContext, CheckError, Problems, SecretRef};

use super::{Flavor, Session};
use crate::{ClientCertificate, HttpUrl};

/// The API that a forge speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ForgeApi {
    /// GitHub's, version 2022-11-28: of github.com, or of an Enterprise Server.
    #[serde(rename = "github")]
    GitHub,
    /// Forgejo's, which is Gitea's too.
    #[serde(alias = "gitea")]
    Forgejo,
    /// GitLab's, version 4.
    #[serde(rename = "gitlab")]
    GitLab,
}

impl ForgeApi {
    pub(crate) fn flavor(self) -> Flavor {
        match self {
            Self::GitHub => Flavor::GitHub,
            Self::Forgejo => Flavor::Forgejo,
            Self::GitLab => Flavor::GitLab,
        }
    }
}

impl fmt::Display for ForgeApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.flavor().name())
    }
}

/// A project on a forge, and who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgeSettings {
    /// The API: `github`, `forgejo` (which Gitea speaks too) or `gitlab`.
    pub api: ForgeApi,
    /// Where it is. For GitHub the URL of the API, by default `https://api.github.com`, on an Enterprise Server
    /// `https://HOST/api/v3`. For the others the URL of the site; GitLab's is `https://gitlab.com` by default.
    pub url: Option<HttpUrl>,
    /// The project: `owner/name`, for GitLab with all its groups, or its number.
    pub project: String,
    /// The token that proves who asks. It is sent to that site alone.
    pub token: Option<SecretRef>,
    /// The certificate and key that prove who asks (mutual TLS), both as PEM. No other host is shown them.
    pub client_certificate: Option<ClientCertificate>,
}

impl ForgeSettings {
    /// Reports what is wrong, under the parameter `forge`.
    pub fn validate(&self, problems: &mut Problems) {
        let right = match self.api {
            ForgeApi::GitLab => {
                is_project(&self.project, 2, usize::MAX) || self.project.parse::<u64>().is_ok()
            }
            ForgeApi::GitHub | ForgeApi::Forgejo => is_project(&self.project, 2, 2),
        };
        if !right {
            problems.at(
                "forge",
                format!("`{}` is not the name of a project", self.project),
                "write it as in `owner/name`",
            );
        }
        if self.url.is_none() && self.api == ForgeApi::Forgejo {
            problems.at("forge", "it does not say where the forge is", "add `url`");
        }
        validate_url("forge", self.api.flavor(), self.url.as_ref(), problems);
    }

    pub(crate) fn open(&self, cx: &CheckContext) -> Result<Session, CheckError> {
        let (token, certificate) = (self.token.as_ref(), self.client_certificate.as_ref());
        Session::open(cx, self.api.flavor(), self.url.as_ref(), token, certificate)
    }

    /// What it calls its changes.
    pub(crate) fn changes(&self) -> &'static str {
        if self.api == ForgeApi::GitLab { "merge_requests" } else { "pulls" }
    }

    /// The path of the project, before what is asked of it.
    pub(crate) fn path<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        let mut path = match self.api {
            // its slashes are part of one name here
            ForgeApi::GitLab => vec!["projects", self.project.as_str()],
            ForgeApi::GitHub | ForgeApi::Forgejo => {
                std::iter::once("repos").chain(self.project.split('/')).collect()
            }
        };
        path.extend(rest);
        path
    }
}

/// Whether a text can be the name of a project of so many parts.
pub(crate) fn is_project(name: &str, least: usize, most: usize) -> bool {
    let odd = |part: &str| {
        part.is_empty()
            || [".", ".."].contains(&part)
            || part.chars().any(|c| c.is_whitespace() || c.is_control())
    };
    let parts = name.split('/').count();
    (least..=most).contains(&parts) && !name.split('/').any(odd)
}

/// Reports what is wrong with the place of a site.
pub(crate) fn validate_url(
    parameter: &'static str,
    flavor: Flavor,
    url: Option<&HttpUrl>,
    problems: &mut Problems,
) {
    let Some(url) = url else { return };
    if flavor == Flavor::GitHub && matches!(url.0.host_str(), Some("github.com" | "www.github.com")) {
        problems.at(
            parameter,
            format!("`{url}` is the site, not the API"),
            "write `https://api.github.com`, or leave it out",
        );
    }
    if url.0.query().is_some() || url.0.fragment().is_some() {
        problems.at(parameter, format!("`{url}` is more than a place"), "leave out what follows the path");
    }
}
