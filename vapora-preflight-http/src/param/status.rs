//! The statuses that are right.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::InvalidParameter;

/// One status, as `204`, or all of a hundred, as `"2xx"`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum StatusMatch {
    /// This status.
    One(u16),
    /// The hundred that begins with this digit.
    Hundred(u16),
}

impl StatusMatch {
    /// Whether a status is meant.
    pub fn holds(self, status: u16) -> bool {
        match self {
            Self::One(one) => one == status,
            Self::Hundred(hundred) => status / 100 == hundred,
        }
    }

    fn of(number: i64) -> Result<Self, InvalidParameter> {
        match u16::try_from(number) {
            Ok(number) if (100..600).contains(&number) => Ok(Self::One(number)),
            _ => Err(InvalidParameter(format!("expected a status from 100 to 599, found `{number}`"))),
        }
    }
}

impl FromStr for StatusMatch {
    type Err = InvalidParameter;

    fn from_str(text: &str) -> Result<Self, InvalidParameter> {
        if let (Some(digit @ b'1'..=b'5'), "xx") = (text.bytes().next(), text.get(1..).unwrap_or_default()) {
            return Ok(Self::Hundred(u16::from(digit - b'0')));
        }
        match text.parse() {
            Ok(number) => Self::of(number),
            Err(_) => Err(InvalidParameter(format!("expected a status as `204` or `2xx`, found `{text}`"))),
        }
    }
}

impl fmt::Display for StatusMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(status) => write!(f, "{status}"),
            Self::Hundred(digit) => write!(f, "{digit}xx"),
        }
    }
}
impl fmt::Debug for StatusMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Serialize for StatusMatch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(status) => serializer.serialize_u16(*status),
            Self::Hundred(_) => serializer.collect_str(self),
        }
    }
}
impl<'de> Deserialize<'de> for StatusMatch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a status as `204` or `\"2xx\"`")]
        enum Written {
            Number(i64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(number) => Self::of(number),
            Written::Text(text) => text.parse(),
        }
        .map_err(serde::de::Error::custom)
    }
}
impl JsonSchema for StatusMatch {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StatusMatch".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "a status as `204`, or a hundred of them as `\"2xx\"`",
            "anyOf": [
                { "type": "integer", "minimum": 100, "maximum": 599 },
                { "type": "string", "pattern": "^[1-5](xx|[0-9]{2})$" },
            ],
        })
    }
}

/// The statuses that are right, any of them: `[200, "3xx"]`. By default `["2xx"]`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct StatusSet(Vec<StatusMatch>);

impl StatusSet {
    /// Whether a status is among them.
    pub fn holds(&self, status: u16) -> bool {
        self.0.iter().any(|one| one.holds(status))
    }

    /// Whether there are none, so that nothing could be right.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<StatusMatch> for StatusSet {
    fn from_iter<I: IntoIterator<Item = StatusMatch>>(them: I) -> Self {
        Self(them.into_iter().collect())
    }
}
impl Default for StatusSet {
    fn default() -> Self {
        Self(vec![StatusMatch::Hundred(2)])
    }
}
impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, one) in self.0.iter().enumerate() {
            write!(f, "{}{one}", if index == 0 { "" } else { " or " })?;
        }
        Ok(())
    }
}
impl fmt::Debug for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_one_or_a_hundred() {
        let set: StatusSet = serde_json::from_str(r#"[204, "3xx", "401"]"#).unwrap();
        for right in [204, 300, 399, 401] {
            assert!(set.holds(right), "{right}");
        }
        for wrong in [200, 205, 299, 400, 402, 500, 0] {
            assert!(!set.holds(wrong), "{wrong}");
        }
        assert_eq!(set.to_string(), "204 or 3xx or 401");
        for bad in [
            r#"["6xx"]"#,
            r#"["xx"]"#,
            r#"["2x"]"#,
            "[99]",
            "[600]",
            "[-1]",
            r#"["éxx"]"#,
            r#"[""]"#,
            "[2.5]",
        ] {
            assert!(serde_json::from_str::<StatusSet>(bad).is_err(), "{bad}");
        }
        assert!(!StatusSet::from_iter([]).holds(200));
    }
}
