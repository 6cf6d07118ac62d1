//! Headers of a request.

use reqwest::header::{HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vapora_preflight::{Problems, SecretRef};

/// The value of a header: a text, or a secret as `{ env = "KEY" }` or `{ file = "/run/secrets/key" }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a text, or a secret as `{ env = \"KEY\" }` or `{ file = \"…\" }`")]
pub enum HeaderSource {
    /// The text itself.
    Text(String),
    /// Where the secret is found.
    Secret(SecretRef),
}

/// Headers whose value is a credential whatever it says.
const CREDENTIALS: &[&str] = &["authorization", "cookie", "proxy-authorization"];

/// Whether a header of that name holds a credential.
pub(crate) fn is_credential(name: &str) -> bool {
    CREDENTIALS.iter().any(|credential| name.eq_ignore_ascii_case(credential))
}

impl HeaderSource {
    /// Reports what is wrong with a header, under the parameter `headers`.
    pub fn validate(&self, name: &str, problems: &mut Problems) {
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            problems.at(
                "headers",
                format!("`{name}` is not the name of a header"),
                "write it as in `x-api-key`",
            );
        }
        let Self::Text(text) = self else { return };
        if HeaderValue::from_str(text).is_err() {
            problems.at(
                "headers",
                format!("the value of `{name}` cannot be sent in a header"),
                "write it on one line",
            );
        }
        if is_credential(name) {
            problems.at(
                "headers",
                format!("the credential `{name}` is written out"),
                "name a secret, as in `{ env = \"TOKEN\" }`, or use `bearer` or `basic`",
            );
        }
    }
}
