//! Patterns of texts.

use std::fmt;

use regex::RegexBuilder;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::InvalidParameter;

/// How much memory a pattern may take when it is made ready, in bytes.
const LARGEST: usize = 1 << 20;

/// A regular expression of the `regex` crate, searched for in a text. The time that takes grows with the text and no faster.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TextPattern(regex::Regex);

impl TextPattern {
    /// Whether it is found in a text.
    pub fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// What its first group holds where it is found first in a text; the whole match where it has no group.
    pub fn first_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        let found = self.0.captures(text)?;
        let group = if found.len() > 1 { found.get(1) } else { found.get(0) };
        group.map(|it| it.as_str())
    }
}

impl TryFrom<String> for TextPattern {
    type Error = InvalidParameter;

    fn try_from(text: String) -> Result<Self, InvalidParameter> {
        let wrong =
            |why: &str| InvalidParameter(format!("expected a regular expression, found `{text}`: {why}"));
        if text.is_empty() {
            return Err(wrong("it is found everywhere"));
        }
        let built = RegexBuilder::new(&text).size_limit(LARGEST).dfa_size_limit(LARGEST).build();
        built.map(Self).map_err(|error| {
            // a picture of the place comes first, and what is wrong last
            let said = error.to_string();
            wrong(said.lines().last().unwrap_or_default().trim_start_matches("error: "))
        })
    }
}
impl From<TextPattern> for String {
    fn from(pattern: TextPattern) -> Self {
        pattern.0.as_str().to_owned()
    }
}
impl fmt::Display for TextPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.as_str())
    }
}
impl fmt::Debug for TextPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.as_str(), f)
    }
}
impl PartialEq for TextPattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}
impl JsonSchema for TextPattern {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TextPattern".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "regex", "description": "a regular expression" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_finds_its_first_group() {
        let of = |text: &str| TextPattern::try_from(text.to_owned()).unwrap();
        assert_eq!(of(r"id=(\d+)").first_in("a id=12 id=13"), Some("12"));
        assert_eq!(of(r"id=\d+").first_in("a id=12"), Some("id=12"));
        assert_eq!(of(r"a|(b)").first_in("a"), None, "its group is not in what was found");
        assert_eq!(of(r"id=(\d+)").first_in("id="), None);
    }

    #[test]
    fn what_is_no_pattern_is_told_in_a_line() {
        for bad in ["", "(", "a{1,100000}{1,100000}", r"\p{nope}"] {
            let error = TextPattern::try_from(bad.to_owned()).unwrap_err().to_string();
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}
