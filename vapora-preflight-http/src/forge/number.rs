//! Numbers of tickets and changes.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::InvalidParameter;

/// The number of a ticket, a change or a run: `42`, or as text `"42"` or `"#42"`, so that a variable can hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "u64")]
pub struct ForgeNumber(u64);

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a number, such as 42 or \"42\"")]
enum Written {
    Number(u64),
    Text(String),
}

impl ForgeNumber {
    /// The number itself.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<Written> for ForgeNumber {
    type Error = InvalidParameter;

    fn try_from(written: Written) -> Result<Self, InvalidParameter> {
        let (number, found) = match written {
            Written::Number(number) => (Some(number), number.to_string()),
            Written::Text(text) => {
                let digits = text.trim().trim_start_matches(['#', '!']);
                (digits.parse().ok(), text)
            }
        };
        match number {
            Some(number) if number > 0 => Ok(Self(number)),
            _ => Err(InvalidParameter(format!("expected a number, such as 42 or \"42\", found `{found}`"))),
        }
    }
}

impl From<ForgeNumber> for u64 {
    fn from(number: ForgeNumber) -> Self {
        number.0
    }
}

impl fmt::Display for ForgeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl JsonSchema for ForgeNumber {
    fn schema_name() -> Cow<'static, str> {
        "ForgeNumber".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "a number, or a text with one: `42`, `\"#42\"`", "type": ["integer", "string"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_may_be_written_as_text() {
        for text in ["42", "'42'", "'#42'", "' #42 '", "'!42'"] {
            let table: toml::Table = format!("n = {text}").parse().unwrap();
            assert_eq!(table["n"].clone().try_into::<ForgeNumber>().unwrap().get(), 42, "{text}");
        }
        for text in ["0", "-1", "''", "'#'", "'x'", "4.2", "'4 2'", "true"] {
            let table: toml::Table = format!("n = {text}").parse().unwrap();
            assert!(table["n"].clone().try_into::<ForgeNumber>().is_err(), "{text}");
        }
    }
}
