//! Patterns and texts, as parameters.

use std::{borrow::Cow, fmt};

use regex::{Regex, RegexBuilder};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// The longest pattern, in bytes.
const LONGEST: usize = 2_000;
/// How much memory a pattern may take when it is made ready.
const LARGEST: usize = 1024 * 1024;

/// A regular expression of the `regex` crate, which is searched for in a text. It takes no more than a time that grows with
/// the text, whatever the text is.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern(Regex);

/// A text that is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a regular expression, found `{found}`: {problem}")]
pub struct InvalidPattern {
    /// What was given.
    pub found: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Pattern {
    /// Reads it.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidPattern> {
        let text = text.into();
        let wrong = |problem: String| InvalidPattern { found: text.chars().take(80).collect(), problem };
        if text.is_empty() {
            return Err(wrong("it is empty, and would be found everywhere".to_owned()));
        }
        if text.len() > LONGEST {
            return Err(wrong(format!("it is longer than {LONGEST} bytes")));
        }
        match RegexBuilder::new(&text).size_limit(LARGEST).dfa_size_limit(LARGEST).build() {
            Ok(regex) => Ok(Self(regex)),
            Err(regex::Error::CompiledTooBig(_)) => Err(wrong("it is too large".to_owned())),
            // The last line says what is wrong, after a picture of where.
            Err(error) => {
                let said = error.to_string();
                let last = said.lines().last().unwrap_or_default();
                Err(wrong(last.trim_start_matches("error: ").to_owned()))
            }
        }
    }

    /// It as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl TryFrom<String> for Pattern {
    type Error = InvalidPattern;
    fn try_from(text: String) -> Result<Self, InvalidPattern> {
        Self::new(text)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl JsonSchema for Pattern {
    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "format": "regex",
            "description": "a regular expression as in `(?i)\\\\bpanic\\\\b`",
        })
    }
}

/// One of something, or several of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMore<T> {
    /// One.
    One(T),
    /// Several.
    More(Vec<T>),
}

impl<T> OneOrMore<T> {
    /// All of them.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_cannot_be_used_says_why() {
        for (text, why) in [
            ("", "empty"),
            ("(a", "unclosed group"),
            ("a{1000}{1000}{1000}", "too large"),
            (&*"a".repeat(2_001), "longer"),
            ("(?=a)", "look-around"),
        ] {
            let error = Pattern::new(text).unwrap_err();
            assert!(error.problem.contains(why), "{text}: {error}");
        }
        assert!(Pattern::new("(?i)error").unwrap().is_in("an ERROR"));
    }
}
