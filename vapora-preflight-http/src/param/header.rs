//! Headers of a request.

use reqwest::header::{HeaderName, HeaderValue};
use vapora_preflight::{Problems, TextOrSecret};

/// Headers whose value is a credential whatever it says.
const CREDENTIALS: &[&str] = &["authorization", "cookie", "proxy-authorization"];

/// Whether a header of that name holds a credential.
pub(crate) fn is_credential(name: &str) -> bool {
    CREDENTIALS.iter().any(|credential| name.eq_ignore_ascii_case(credential))
}

/// Reports what is wrong with a header, under the parameter `headers`.
pub(crate) fn validate_header(value: &TextOrSecret, name: &str, problems: &mut Problems) {
    if HeaderName::from_bytes(name.as_bytes()).is_err() {
        problems.at("headers", format!("`{name}` is not the name of a header"), "write it as in `x-api-key`");
    }
    let TextOrSecret::Text(text) = value else { return };
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
