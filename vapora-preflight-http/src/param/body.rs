//! Bodies of a request.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is sent: a text as it stands, or a table or list as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a text, or a table or list to be sent as JSON")]
pub enum BodySource {
    /// Sent as it stands.
    Text(String),
    /// Sent as JSON, with that content type.
    List(Vec<Value>),
    /// Sent as JSON, with that content type.
    Table(serde_json::Map<String, Value>),
}

/// What a date of TOML turns into.
const DATE: &str = "$__toml_private_datetime";

impl BodySource {
    /// Whether it is sent as JSON.
    pub fn is_json(&self) -> bool {
        !matches!(self, Self::Text(_))
    }

    /// The bytes to send.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::List(list) => Value::from(list.clone()).to_string().into_bytes(),
            Self::Table(table) => Value::from(table.clone()).to_string().into_bytes(),
        }
    }

    /// All texts in it, those that it sends as values.
    pub(crate) fn texts(&self) -> Vec<&str> {
        fn of<'v>(value: &'v Value, into: &mut Vec<&'v str>) {
            match value {
                Value::String(text) => into.push(text),
                Value::Array(list) => list.iter().for_each(|value| of(value, into)),
                Value::Object(table) => table.values().for_each(|value| of(value, into)),
                _ => {}
            }
        }
        let mut texts = Vec::new();
        match self {
            Self::Text(text) => texts.push(text.as_str()),
            Self::List(list) => list.iter().for_each(|value| of(value, &mut texts)),
            Self::Table(table) => table.values().for_each(|value| of(value, &mut texts)),
        }
        texts
    }

    /// Whether there is a date in it, which JSON does not know.
    pub(crate) fn holds_date(&self) -> bool {
        fn dated(value: &Value) -> bool {
            match value {
                Value::Array(list) => list.iter().any(dated),
                Value::Object(table) => table.contains_key(DATE) || table.values().any(dated),
                _ => false,
            }
        }
        match self {
            Self::Text(_) => false,
            Self::List(list) => list.iter().any(dated),
            Self::Table(table) => table.contains_key(DATE) || table.values().any(dated),
        }
    }
}

impl JsonSchema for BodySource {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "BodySource".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "a text, or a table or list to be sent as JSON", "type": ["string", "array", "object"] })
    }
}
