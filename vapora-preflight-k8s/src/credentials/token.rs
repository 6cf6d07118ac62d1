//! Until when a bearer token is good.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use vapora_preflight::Timestamp;

/// Until when something is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Until then.
    At(Timestamp),
    /// It does not expire by itself.
    Never,
    /// It does not say so.
    Unsaid,
}

impl Expiry {
    /// What a token says of itself, if it is a JSON Web Token; its signature is the server's to verify.
    pub(crate) fn of_token(token: &str) -> Self {
        let parts: Vec<&str> = token.trim().split('.').collect();
        let [_, claims, _] = parts.as_slice() else { return Self::Unsaid };
        let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok();
        let claims: Option<Map<String, Value>> =
            claims.and_then(|claims| serde_json::from_slice(&claims).ok());
        match claims.as_ref().map(|claims| claims.get("exp")) {
            Some(None) => Self::Never,
            Some(Some(exp)) => exp
                .as_f64()
                .map_or(Self::Unsaid, |exp| Self::At(Timestamp::from_unix_seconds(exp.floor() as i64))),
            None => Self::Unsaid,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(claims: &str) -> String {
        format!("eyJhbGciOiJSUzI1NiJ9.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_token_says_when_it_expires_or_not() {
        let of = |claims: &str| Expiry::of_token(&token(claims));
        let at = |seconds| Expiry::At(Timestamp::from_unix_seconds(seconds));
        assert_eq!(of(r#"{"exp":1796126400,"sub":"a"}"#), at(1_796_126_400));
        assert_eq!(of(r#"{"exp":1796126400.9}"#), at(1_796_126_400));
        assert_eq!(of(r#"{"sub":"system:serviceaccount:vapora:ci"}"#), Expiry::Never);
        for unsaid in [r#"{"exp":"soon"}"#, "[]", "no claims"] {
            assert_eq!(of(unsaid), Expiry::Unsaid, "{unsaid}");
        }
        for opaque in ["", "abcdef.0123456789abcdef", "k8s-aws-v1.aHR0cHM6", "a.b.c", "..", "a.b.c.d"] {
            assert_eq!(Expiry::of_token(opaque), Expiry::Unsaid, "{opaque}");
        }
        assert_eq!(Expiry::of_token(&format!("{}\n", token(r#"{"exp":1}"#))), at(1));
    }

    proptest! {
        #[test]
        fn no_token_breaks_it(text in "\\PC{0,40}", claims in "\\PC{0,40}") {
            prop_assert_eq!(Expiry::of_token(&text.replace('.', "")), Expiry::Unsaid);
            prop_assert!(matches!(Expiry::of_token(&token(&claims)), Expiry::Unsaid | Expiry::Never));
        }
    }
}
