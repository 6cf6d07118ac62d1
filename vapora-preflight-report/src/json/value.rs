//! Evidence on the wire.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use vapora_preflight as core;

/// A value in the order it was seen. A number that JSON does not have is null.
#[derive(Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Value>),
    Table(Vec<(String, Value)>),
}

impl From<&core::Value> for Value {
    fn from(value: &core::Value) -> Self {
        match value {
            core::Value::Bool(value) => Self::Bool(*value),
            core::Value::Int(value) => Self::Int(*value),
            core::Value::Float(value) if value.is_finite() => Self::Float(*value),
            core::Value::Null | core::Value::Float(_) => Self::Null,
            core::Value::Text(value) => Self::Text(value.clone()),
            core::Value::List(values) => Self::List(values.iter().map(Self::from).collect()),
            core::Value::Table(rows) => {
                Self::Table(rows.iter().map(|(name, value)| (name.clone(), Self::from(value))).collect())
            }
            other => Self::Text(other.to_string()),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(values) => {
                let mut seq = serializer.serialize_seq(Some(values.len()))?;
                values.iter().try_for_each(|value| seq.serialize_element(value))?;
                seq.end()
            }
            Self::Table(rows) => {
                let mut map = serializer.serialize_map(Some(rows.len()))?;
                rows.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
                map.end()
            }
        }
    }
}

impl JsonSchema for Value {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Value".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "what was seen: any JSON value" })
    }
}
