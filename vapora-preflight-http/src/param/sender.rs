//! Who asks, and what else goes along with a request.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vapora_preflight::{CheckContext, CheckError, Problems, SecretRef, TextOrSecret};

use crate::{HttpIdentity, HttpRequest};

/// A name and a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Basic {
    /// The name.
    pub(crate) user: String,
    /// The password.
    pub(crate) password: SecretRef,
}

/// A certificate of the client and its key, both as PEM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientCertificate {
    /// The certificate, followed by those above it where the server does not know them.
    pub certificate: SecretRef,
    /// Its private key, without a passphrase.
    pub key: SecretRef,
}

impl ClientCertificate {
    /// Reads both.
    pub(crate) fn identity(&self, cx: &CheckContext) -> Result<HttpIdentity, CheckError> {
        HttpIdentity::from_pem(&cx.secret(&self.certificate)?, &cx.secret(&self.key)?)
    }
}

/// The headers and the credentials that a check sends along, from its parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender<'p> {
    pub(crate) headers: &'p BTreeMap<String, TextOrSecret>,
    pub(crate) bearer: Option<&'p SecretRef>,
    pub(crate) basic: Option<&'p Basic>,
    pub(crate) client_certificate: Option<&'p ClientCertificate>,
}

impl Sender<'_> {
    /// The request with all of them.
    pub(crate) fn sign(self, mut request: HttpRequest, cx: &CheckContext) -> Result<HttpRequest, CheckError> {
        for (name, source) in self.headers {
            request = match source {
                TextOrSecret::Text(text) => request.header(name, text)?,
                TextOrSecret::Secret(secret) => request.secret_header(name, &cx.secret(secret)?)?,
            };
        }
        if let Some(token) = self.bearer {
            request = request.bearer(&cx.secret(token)?);
        }
        if let Some(Basic { user, password }) = self.basic {
            request = request.basic(user, &cx.secret(password)?);
        }
        if let Some(certificate) = self.client_certificate {
            request = request.identity(certificate.identity(cx)?);
        }
        Ok(request)
    }

    /// The request with those headers alone that hold no secret.
    pub(crate) fn leave_unsigned(self, mut request: HttpRequest) -> Result<HttpRequest, CheckError> {
        for (name, source) in self.headers {
            if let TextOrSecret::Text(text) = source {
                request = request.header(name, text)?;
            }
        }
        Ok(request)
    }

    /// Reports what is wrong with them, under `headers` and `basic`.
    pub(crate) fn validate(self, problems: &mut Problems) {
        for (name, source) in self.headers {
            super::validate_header(source, name, problems);
        }
        let given = self.headers.keys().any(|name| name.eq_ignore_ascii_case("authorization"));
        if usize::from(given) + usize::from(self.bearer.is_some()) + usize::from(self.basic.is_some()) > 1 {
            problems.whole(
                "there is more than one of `bearer`, `basic` and the header `authorization`",
                "keep one of them",
            );
        }
        if self.basic.is_some_and(|basic| basic.user.contains(':')) {
            problems.at("basic", "the name holds a colon, which cannot be sent", "name another user");
        }
    }
}
