//! The tokens with which a list goes on where the last part of it ended.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// Where to go on, and in which revision; `None` where the list need not be consistent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Continuation {
    pub(crate) revision: Option<u64>,
    /// The place of the last object that was listed.
    pub(crate) after: String,
}

impl Continuation {
    /// In the form of a real token, which clients must not rely on.
    pub(crate) fn to_token(&self) -> String {
        let (revision, start) = match self.revision {
            Some(revision) => (json!(revision), format!("/{}\0", self.after)),
            None => (json!(-1), format!("{}\0", self.after)),
        };
        URL_SAFE_NO_PAD.encode(json!({ "v": "meta.k8s.io/v1", "rv": revision, "start": start }).to_string())
    }

    /// Reads a token, or says why not in the words of an API server.
    pub(crate) fn parse(token: &str) -> Result<Self, String> {
        let invalid = |why: String| format!("invalid continue token: continue key is not valid: {why}");
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|error| {
            let at = match error {
                base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => at,
                _ => token.len(),
            };
            invalid(format!("illegal base64 data at input byte {at}"))
        })?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|_| {
            invalid(match bytes.first() {
                None | Some(b'{' | b'[' | b'"') => "unexpected end of JSON input".to_owned(),
                Some(byte) => {
                    format!("invalid character '{}' looking for beginning of value", char::from(*byte))
                }
            })
        })?;
        if value["v"] != "meta.k8s.io/v1" {
            return Err(invalid("server does not recognize this encoded version".to_owned()));
        }
        let (Some(revision), Some(start)) = (value["rv"].as_i64(), value["start"].as_str()) else {
            return Err(invalid(
                "incorrect encoded start resourceVersion (version meta.k8s.io/v1)".to_owned(),
            ));
        };
        let after = start.strip_prefix('/').unwrap_or(start).trim_end_matches('\0').to_owned();
        Ok(Self { revision: u64::try_from(revision).ok(), after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_where_to_go_on() {
        let here = Continuation { revision: Some(2161), after: "vapora-agents-764d68f59b-vpfbn".to_owned() };
        assert_eq!(Continuation::parse(&here.to_token()).unwrap(), here);
        let recorded = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MjE2MSwic3RhcnQiOiIvdmFwb3JhLWFnZW50cy03NjRkNjhmNTliLXZw\
                        ZmJuXHUwMDAwIn0";
        assert_eq!(Continuation::parse(recorded).unwrap(), here);
        let fresh = Continuation { revision: None, ..here };
        assert_eq!(Continuation::parse(&fresh.to_token()).unwrap(), fresh);
    }

    #[test]
    fn a_wrong_token_is_refused_in_the_words_of_an_api_server() {
        assert_eq!(
            Continuation::parse("abc").unwrap_err(),
            "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value"
        );
        assert!(Continuation::parse("!").unwrap_err().contains("illegal base64 data"));
    }
}
