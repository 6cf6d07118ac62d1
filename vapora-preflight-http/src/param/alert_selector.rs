//! Which alerts are meant.

use std::{borrow::Cow, collections::BTreeMap, fmt, str::FromStr};

use regex::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::InvalidParameter;

/// Labels of alerts.
pub(crate) type Labels = BTreeMap<String, String>;

/// The alerts with such labels, as Prometheus and Alertmanager write it: `severity=~"critical|page", namespace="vapora"`.
///
/// All of the matchers have to be true; `=` and `!=` compare texts, `=~` and `!~` whole texts with a regular expression. A
/// label that is not there counts as the empty text.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AlertSelector(Vec<Matcher>);

#[derive(Clone)]
struct Matcher {
    label: String,
    sign: &'static str,
    value: String,
    pattern: Option<Regex>,
}

/// A text as it is written behind a matcher.
pub(crate) fn label_value(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

impl Matcher {
    fn holds(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.label).map_or("", String::as_str);
        let same = match &self.pattern {
            Some(pattern) => pattern.is_match(value),
            None => value == self.value,
        };
        same != self.sign.starts_with('!')
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.label, self.sign, label_value(&self.value))
    }
}

impl AlertSelector {
    /// Whether an alert with these labels is meant.
    pub fn holds(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|matcher| matcher.holds(labels))
    }

    /// Whether an alert could be meant of which only some labels are known.
    pub(crate) fn may_hold(&self, known: &Labels) -> bool {
        self.0.iter().all(|matcher| !known.contains_key(&matcher.label) || matcher.holds(known))
    }

    /// Its matchers, one by one.
    pub(crate) fn matchers(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(ToString::to_string)
    }
}

/// Reads matchers from the beginning of what is left of the text.
struct Reader<'t> {
    whole: &'t str,
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn wrong(&self, why: impl fmt::Display) -> InvalidParameter {
        InvalidParameter(format!(
            "expected matchers as in `severity=\"critical\", namespace=~\"vapora.*\"`, found `{}`: {why}",
            self.whole
        ))
    }

    fn skip(&mut self, sign: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn word(&mut self, fits: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !fits(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn quoted(&mut self) -> Result<String, InvalidParameter> {
        let mut value = String::new();
        let mut letters = self.rest.char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(value);
                }
                '\\' => match letters.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, same @ ('"' | '\\'))) => value.push(same),
                    _ => return Err(self.wrong("a backslash is doubled inside of quotes")),
                },
                other => value.push(other),
            }
        }
        Err(self.wrong("a quote is not closed"))
    }

    fn matcher(&mut self) -> Result<Matcher, InvalidParameter> {
        let label = self.word(|c| c.is_ascii_alphanumeric() || c == '_');
        if label.is_empty() || label.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self.wrong("a matcher begins with the name of a label"));
        }
        self.rest = self.rest.trim_start();
        let signs = ["=~", "!~", "!=", "="];
        let sign = signs.into_iter().find(|sign| self.rest.starts_with(sign));
        let sign = sign.ok_or_else(|| self.wrong(format!("`{label}` is followed by none of = != =~ !~")))?;
        self.rest = self.rest[sign.len()..].trim_start();
        let value = if self.rest.starts_with('"') {
            self.quoted()?
        } else {
            self.word(|c| c.is_alphanumeric() || "_-.:/".contains(c)).to_owned()
        };
        let pattern = if sign.ends_with('~') {
            Some(Regex::new(&format!("^(?s:{value})$")).map_err(|error| {
                let why = error.to_string();
                self.wrong(why.lines().last().unwrap_or_default().trim())
            })?)
        } else {
            None
        };
        Ok(Matcher { label: label.to_owned(), sign, value, pattern })
    }
}

impl FromStr for AlertSelector {
    type Err = InvalidParameter;

    fn from_str(text: &str) -> Result<Self, InvalidParameter> {
        let mut reader = Reader { whole: text, rest: text.trim() };
        let braces = reader.skip('{');
        let mut matchers = Vec::new();
        loop {
            if matchers.is_empty() || !(reader.rest.is_empty() || reader.rest.starts_with('}')) {
                matchers.push(reader.matcher()?);
            }
            if !reader.skip(',') {
                break;
            }
        }
        if reader.skip('}') != braces {
            return Err(reader.wrong("a brace has no other one"));
        }
        if !reader.rest.is_empty() {
            return Err(reader.wrong(format!("`{}` is no matcher", reader.rest)));
        }
        Ok(Self(matchers))
    }
}

impl TryFrom<String> for AlertSelector {
    type Error = InvalidParameter;
    fn try_from(text: String) -> Result<Self, InvalidParameter> {
        text.parse()
    }
}
impl From<AlertSelector> for String {
    fn from(selector: AlertSelector) -> Self {
        selector.to_string()
    }
}
impl fmt::Display for AlertSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, matcher) in self.0.iter().enumerate() {
            write!(f, "{}{matcher}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}
impl fmt::Debug for AlertSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl JsonSchema for AlertSelector {
    fn schema_name() -> Cow<'static, str> {
        "AlertSelector".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "alerts by their labels, as in `severity=~\"critical|page\", namespace=\"vapora\"`",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(rows: &[(&str, &str)]) -> Labels {
        rows.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn matchers_are_those_of_prometheus() {
        let alert =
            labels(&[("alertname", "HighErrors"), ("severity", "critical"), ("path", "C:\\x\n\"y\"")]);
        for (text, meant) in [
            (r#"severity="critical""#, true),
            (r#"{severity="critical",}"#, true),
            (r#"alertname=HighErrors, severity!="info""#, true),
            (r#"severity=~"crit""#, false),
            (r#"severity=~"crit.*|page""#, true),
            (r#"severity!~"crit.*""#, false),
            (r#"team="""#, true),
            (r#"team!="core""#, true),
            (r#"team=~".+""#, false),
            (r#"severity="critical", team="core""#, false),
            (r#"path="C:\\x\n\"y\"""#, true),
            (r#"path=~"(?i)c:.*""#, true),
        ] {
            let selector: AlertSelector = text.parse().unwrap();
            assert_eq!(selector.holds(&alert), meant, "{text}");
            let again: AlertSelector = selector.to_string().parse().unwrap();
            assert_eq!(again.to_string(), selector.to_string());
        }
    }

    #[test]
    fn what_is_not_known_may_still_be_meant() {
        let known = labels(&[("alertname", "HighErrors")]);
        let may = |text: &str| text.parse::<AlertSelector>().unwrap().may_hold(&known);
        assert!(may(r#"severity="critical""#));
        assert!(may(r#"alertname="HighErrors",severity="critical""#));
        assert!(!may(r#"alertname="Watchdog""#));
    }

    #[test]
    fn what_is_no_matcher_is_refused() {
        for bad in [
            "",
            "{}",
            "severity",
            "severity==\"a\"",
            "9a=\"b\"",
            "a=\"b",
            "a=\"b\" c=\"d\"",
            "{a=\"b\"",
            "a=\"b\"}",
            "a=~\"((\"",
            "a=\"\\x\"",
            "a>\"b\"",
            ",a=\"b\"",
            "a=\"b\",,c=\"d\"",
            "é=\"b\"",
        ] {
            assert!(bad.parse::<AlertSelector>().is_err(), "{bad}");
        }
    }
}
