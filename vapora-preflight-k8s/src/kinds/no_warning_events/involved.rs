//! Which objects, by kind and name.

use std::{borrow::Cow, fmt};

use regex::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::{InvalidName, object::Regarding};

const EXPECTED: &str = "a kind and a name, as in `Deployment/vapora-*`, `Pod/*` or `*/vapora-*`";

/// Objects by their kind and name, as in `Deployment/vapora-*`. A `*` stands for anything.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct ObjectPattern {
    text: String,
    /// None for every kind.
    kind: Option<String>,
    name: Regex,
}

impl ObjectPattern {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// A text without a kind, or with signs that no name has.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
        let text = text.into();
        let wrong = |text: &str| InvalidName { expected: EXPECTED, found: text.to_owned() };
        let (kind, name) = text.split_once('/').ok_or_else(|| wrong(&text))?;
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':' | '*');
        let kind_fits = kind == "*" || (!kind.is_empty() && kind.chars().all(|c| c.is_ascii_alphanumeric()));
        if !kind_fits || name.is_empty() || name.len() > 253 || !name.chars().all(known) {
            return Err(wrong(&text));
        }
        let parts: Vec<String> = name.split('*').map(regex::escape).collect();
        let pattern = Regex::new(&format!("^{}$", parts.join(".*"))).map_err(|_| wrong(&text))?;
        let kind = (kind != "*").then(|| kind.to_owned());
        Ok(Self { kind, name: pattern, text })
    }

    pub(crate) fn fits(&self, object: &Regarding) -> bool {
        self.kind.as_ref().is_none_or(|kind| kind.eq_ignore_ascii_case(&object.kind))
            && self.name.is_match(&object.name)
    }
}

impl TryFrom<String> for ObjectPattern {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

impl fmt::Display for ObjectPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl JsonSchema for ObjectPattern {
    fn schema_name() -> Cow<'static, str> {
        "ObjectPattern".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 3, "description": EXPECTED })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_fits_by_its_kind_and_name() {
        let fits = |pattern: &str, kind: &str, name: &str| {
            let object = Regarding { kind: kind.to_owned(), name: name.to_owned(), ..Regarding::default() };
            ObjectPattern::new(pattern).unwrap().fits(&object)
        };
        assert!(
            fits("Pod/vapora-*", "Pod", "vapora-backend-1") && fits("pod/*-1", "Pod", "vapora-backend-1")
        );
        assert!(fits("*/vapora*backend*", "Deployment", "vapora-backend") && fits("Node/n.1", "Node", "n.1"));
        assert!(!fits("Pod/vapora-*", "ReplicaSet", "vapora-a") && !fits("Pod/vapora", "Pod", "vapora-a"));
        assert!(!fits("Node/n.1", "Node", "n-1"));
        for bad in ["", "Pod", "Pod/", "/a", "Po d/a", "Pod/a b", "Pod/a[1]", "Pod/a/b"] {
            assert!(ObjectPattern::new(bad).is_err(), "{bad}");
        }
    }
}
