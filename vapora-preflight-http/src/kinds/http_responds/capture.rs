//! Values that one step hands on to the next.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use vapora_preflight::{CheckContext, CheckError, Evidence, ExposeSecret, SecretString, Value};

use super::fill;
use crate::{HttpAnswer, TextPattern};

const REDACTED: &str = "[redacted]";

/// Where a value is found in an answer: one of `json`, `header`, `cookie` and `matches`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Capture {
    /// A JSON pointer into the body, as in `/data/0/id`: a text, a number, or yes or no.
    pub(super) json: Option<String>,
    /// The name of a header.
    pub(super) header: Option<String>,
    /// The name of a cookie that is set. Its value is a secret.
    pub(super) cookie: Option<String>,
    /// A regular expression that is searched for in the body: its first group, or all of it where it has none.
    pub(super) matches: Option<TextPattern>,
    /// Whether the value is a secret, which nothing that is recorded may hold.
    #[serde(default)]
    pub(super) secret: bool,
}

impl Capture {
    pub(super) fn is_secret(&self) -> bool {
        self.secret || self.cookie.is_some()
    }

    /// In words: `/data/id` of the body.
    pub(super) fn place(&self) -> String {
        match (&self.json, &self.header, &self.cookie, &self.matches) {
            (Some(pointer), ..) => format!("`{pointer}` in the body as JSON"),
            (_, Some(name), ..) => format!("the header `{name}`"),
            (_, _, Some(name), _) => format!("the cookie `{name}`"),
            (.., Some(pattern)) => format!("a match of `{pattern}` in the body"),
            _ => "nothing".to_owned(),
        }
    }

    /// How many places it names; one is right.
    pub(super) fn places(&self) -> usize {
        [self.json.is_some(), self.header.is_some(), self.cookie.is_some(), self.matches.is_some()]
            .into_iter()
            .filter(|given| *given)
            .count()
    }

    fn find(&self, answer: &HttpAnswer) -> Option<Json> {
        if let Some(pointer) = &self.json {
            let value = answer.json::<Json>().ok()?.pointer(pointer)?.clone();
            return matches!(value, Json::String(_) | Json::Number(_) | Json::Bool(_)).then_some(value);
        }
        if let Some(name) = &self.header {
            return answer.header(name).map(Json::from);
        }
        if let Some(name) = &self.cookie {
            return answer.cookies().iter().find_map(|cookie| {
                let (key, value) = cookie.expose_secret().split(';').next()?.split_once('=')?;
                (key.trim() == name).then(|| value.trim().into())
            });
        }
        self.matches.as_ref()?.first_in(answer.text()?).map(Json::from)
    }
}

/// What the steps so far have captured.
#[derive(Default)]
pub(super) struct Captured {
    values: BTreeMap<String, (Json, bool)>,
}

impl Captured {
    /// Looks for all of a step's values, and has the secret ones kept out of what is recorded. Gives the names that were not
    /// found.
    ///
    /// # Errors
    ///
    /// A secret too short to be kept out.
    pub(super) fn take<'c>(
        &mut self,
        wanted: &'c BTreeMap<String, Capture>,
        answer: &HttpAnswer,
        cx: &CheckContext,
    ) -> Result<Vec<(&'c str, &'c Capture)>, CheckError> {
        let mut missing = Vec::new();
        for (name, capture) in wanted {
            let found = capture.find(answer).filter(|value| !plain(value).is_empty());
            let Some(value) = found else {
                missing.push((name.as_str(), capture));
                continue;
            };
            let text = plain(&value);
            if capture.is_secret() {
                if !cx.hide(&SecretString::from(text.as_str())) {
                    return Err(CheckError::permanent(format!(
                        "the secret `{name}` is too short to be kept out of what the run records"
                    ))
                    .remedy("capture it without `secret` where it is none"));
                }
                cx.hide(&SecretString::from(fill::escaped(&text)));
            }
            self.values.insert(name.clone(), (value, capture.is_secret()));
        }
        Ok(missing)
    }

    /// The value of that name as text.
    pub(super) fn text(&self, name: &str) -> Result<String, CheckError> {
        self.value(name).map(plain)
    }

    /// The value of that name.
    pub(super) fn value(&self, name: &str) -> Result<&Json, CheckError> {
        match self.values.get(name) {
            Some((value, _)) => Ok(value),
            None => Err(CheckError::permanent(format!("nothing was captured as `{name}`"))),
        }
    }

    /// Whether one of the names in a text is that of a secret.
    pub(super) fn holds_secret(&self, text: &str) -> bool {
        let is_secret = |name: &&str| self.values.get(*name).is_some_and(|(_, secret)| *secret);
        fill::names(text).is_ok_and(|names| names.iter().any(is_secret))
    }

    /// What the evidence of an answer may say: a text of JSON in which a secret is written otherwise than it is, with
    /// characters escaped, is left out.
    pub(super) fn cleaned(&self, mut evidence: Evidence) -> Evidence {
        let (Some(Value::Text(text)), Some(json)) = (evidence.get("text"), evidence.get("json")) else {
            return evidence;
        };
        let escaped = |(value, secret): &(Json, bool)| {
            let value = plain(value);
            *secret && !text.contains(&value) && holds(json, &value)
        };
        if self.values.values().any(escaped) {
            evidence.set("text", Value::Null, None);
        }
        evidence
    }

    pub(super) fn shown(&self) -> Value {
        Value::table(self.values.iter().map(|(name, (value, secret))| {
            (name.clone(), if *secret { REDACTED.to_owned() } else { plain(value) })
        }))
    }
}

fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a text is anywhere in a value.
fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::Text(found) => found.contains(text),
        Value::List(values) => values.iter().any(|value| holds(value, text)),
        Value::Table(rows) => rows.iter().any(|(name, value)| name.contains(text) || holds(value, text)),
        _ => false,
    }
}
