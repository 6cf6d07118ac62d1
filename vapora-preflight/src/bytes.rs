//! Amounts of bytes as the checklist writes them.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount of bytes with its unit: `512MiB`, `10GiB`, `1GB`, `0B`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(u64);

const UNITS: &[(&str, u64)] = &[
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("PiB", 1 << 50),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("PB", 1_000_000_000_000_000),
    ("B", 1),
];

pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let wrong = || format!("expected bytes with their unit, as in `512MiB` or `10GB`, found `{text}`");
    let trimmed = text.trim();
    let (number, unit) =
        UNITS.iter().find_map(|(name, unit)| Some((trimmed.strip_suffix(name)?, *unit))).ok_or_else(wrong)?;
    let number: f64 = number.trim().parse().map_err(|_| wrong())?;
    let bytes = number * unit as f64;
    if !number.is_finite() || number < 0.0 || bytes >= u64::MAX as f64 {
        return Err(wrong());
    }
    Ok(bytes as u64)
}

impl Bytes {
    /// So many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The amount in bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for Bytes {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        parse(text).map(Self)
    }
}
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, unit) = UNITS[..5].iter().rev().find(|(_, unit)| self.0 >= *unit).unwrap_or(&("B", 1));
        let number = self.0 as f64 / *unit as f64;
        if number.fract() == 0.0 { write!(f, "{number}{name}") } else { write!(f, "{number:.1}{name}") }
    }
}
impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // exact, with the largest unit that divides it
        let divides = |(_, unit): &&(&str, u64)| self.0 > 0 && self.0.is_multiple_of(*unit);
        let (name, unit) = UNITS[..5].iter().rev().find(divides).unwrap_or(&("B", 1));
        serializer.serialize_str(&format!("{}{name}", self.0 / unit))
    }
}
impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(crate::time::Parsed::expecting(
            "bytes with their unit, as in `512MiB` or `10GB`",
        ))
    }
}
impl JsonSchema for Bytes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Bytes".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "bytes with their unit, as in `512MiB` or `10GB`",
            "examples": ["512MiB"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_need_their_unit() {
        assert_eq!("512MiB".parse(), Ok(Bytes::new(512 << 20)));
        assert_eq!("1.5 GB".parse(), Ok(Bytes::new(1_500_000_000)));
        assert_eq!("0B".parse(), Ok(Bytes::new(0)));
        for bad in ["", "12", "-1GB", "NaN GB", "inf GB", "x B", "99999999PB"] {
            assert!(bad.parse::<Bytes>().is_err(), "{bad}");
        }
        assert_eq!(Bytes::new(1536).to_string(), "1.5KiB");
        assert_eq!(Bytes::new(10 << 30).to_string(), "10GiB");
        for (bytes, written) in [(0, "0B"), (1_000, "1000B"), (256 << 10, "256KiB"), (1536 << 20, "1536MiB")]
        {
            assert_eq!(serde_json::json!(Bytes::new(bytes)), written);
            assert_eq!(written.parse(), Ok(Bytes::new(bytes)));
        }
    }
}
