//! Conditions over evidence, for kinds that judge by them before their own outcome.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::{
    CheckError, Evidence, EvidenceField,
    exec::named_values,
    expr::{self, Condition},
};

/// A condition over evidence as the parameter of a kind, in the language of `expect`: `json.status == 'ok'`. Only exactly
/// true holds.
///
/// A check's own `expect` is judged by the run, once the check has said its outcome. This one is for kinds that ask several
/// things, and have to judge one before the next:
///
/// ```
/// use vapora_preflight::{Evidence, EvidenceCondition};
///
/// let condition: EvidenceCondition = "depth <= 3 and state == 'idle'".parse()?;
/// assert!(condition.holds(&Evidence::new().with("depth", 2).with("state", "idle")).unwrap());
/// assert!(!condition.holds(&Evidence::new().with("depth", 4).with("state", "idle")).unwrap());
/// // what has no value is no answer
/// assert!(condition.holds(&Evidence::new().with("depth", 2)).is_err());
/// # Ok::<_, vapora_preflight::InvalidCondition>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EvidenceCondition(Condition);

/// A text that is no condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a condition as in `json.status == 'ok'`, found `{found}`: {problem}")]
pub struct InvalidCondition {
    /// What was given.
    pub found: String,
    /// What is wrong with it.
    pub problem: String,
}

impl EvidenceCondition {
    /// The condition as it was written.
    pub fn as_str(&self) -> &str {
        self.0.text()
    }

    /// The first name that it uses and that is none of these.
    pub fn unknown_name(&self, known: &[EvidenceField]) -> Option<&str> {
        let is_known = |path: &str| known.iter().any(|field| path.split('.').next() == Some(field.name));
        self.0.uses().iter().map(String::as_str).find(|path| !is_known(path))
    }

    /// Whether it holds of this evidence.
    ///
    /// # Errors
    ///
    /// A permanent [`CheckError`] where it cannot be worked out: a value that is not there, or of another type.
    pub fn holds(&self, evidence: &Evidence) -> Result<bool, CheckError> {
        let scope = expr::scope(&serde_json::Value::Null, Some(evidence), None);
        self.0.holds(&scope).map_err(|message| {
            CheckError::permanent(format!("could not work out `{}`: {message}", self.0.text()))
        })
    }

    /// The values that it names, as a finding shows them: `json: status: degraded`.
    pub fn values(&self, evidence: &Evidence) -> String {
        named_values(&[self.0.text()], evidence, None)
    }
}

impl FromStr for EvidenceCondition {
    type Err = InvalidCondition;

    fn from_str(text: &str) -> Result<Self, InvalidCondition> {
        Condition::parse_open(text)
            .map(Self)
            .map_err(|wrong| InvalidCondition { found: text.to_owned(), problem: wrong.message })
    }
}

impl TryFrom<String> for EvidenceCondition {
    type Error = InvalidCondition;
    fn try_from(text: String) -> Result<Self, InvalidCondition> {
        text.parse()
    }
}
impl From<EvidenceCondition> for String {
    fn from(condition: EvidenceCondition) -> Self {
        condition.as_str().to_owned()
    }
}
impl fmt::Display for EvidenceCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
impl fmt::Debug for EvidenceCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
impl JsonSchema for EvidenceCondition {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EvidenceCondition".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "a condition over evidence, as in `expect`" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_names_only_what_is_documented() {
        let known = [EvidenceField { name: "json", about: "the body" }];
        let of = |text: &str| text.parse::<EvidenceCondition>().unwrap();
        assert_eq!(of("json.a.b == 1").unknown_name(&known), None);
        assert_eq!(of("json.a == 1 and jason.b == 2").unknown_name(&known), Some("jason.b"));
    }

    #[test]
    fn what_cannot_be_read_is_no_condition() {
        for bad in ["", " ", "json ==", "json.a = 1", "{{ json }}"] {
            assert!(bad.parse::<EvidenceCondition>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_values_that_it_names_are_shown() {
        let evidence = Evidence::new().with("status", 503).with("size", 12);
        let condition: EvidenceCondition = "status == 200".parse().unwrap();
        assert_eq!(condition.values(&evidence), "status: 503");
        assert!(condition.holds(&Evidence::new().with("status", "200")).is_err(), "a text is no number");
    }
}
