//! Numbers of metrics, as a checklist writes them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use vapora_preflight::{Bytes, Period};

use super::{InvalidParameter, MetricUnit};

/// A number, or a text with a unit that is turned into the one of metrics: `"250ms"` into seconds, `"512MiB"` into bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Amount {
    number: f64,
    unit: Option<MetricUnit>,
}

impl Amount {
    /// The number, in the unit of metrics.
    pub fn get(self) -> f64 {
        self.number
    }

    /// The unit, where one was written.
    pub fn unit(self) -> Option<MetricUnit> {
        self.unit
    }

    fn of(text: &str) -> Result<Self, InvalidParameter> {
        if let Ok(period) = text.parse::<Period>() {
            return Ok(Self { number: period.get().as_secs_f64(), unit: Some(MetricUnit::Seconds) });
        }
        if let Ok(bytes) = text.parse::<Bytes>() {
            return Ok(Self { number: bytes.get() as f64, unit: Some(MetricUnit::Bytes) });
        }
        Err(InvalidParameter(format!(
            "expected a number, or a duration or bytes as in `250ms` or `512MiB`, found `{text}`"
        )))
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a number, or a text as `250ms` or `512MiB`")]
        enum Written {
            Number(f64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(number) if number.is_finite() => Ok(Self { number, unit: None }),
            Written::Number(number) => Err(InvalidParameter(format!("expected a number, found `{number}`"))),
            Written::Text(text) => Self::of(text.trim()),
        }
        .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "a number, or a duration or bytes with their unit as `\"250ms\"` or `\"512MiB\"`",
            "type": ["number", "string"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_in_the_unit_of_metrics() {
        let of = |json: &str| serde_json::from_str::<Amount>(json).map(|it| (it.get(), it.unit()));
        assert_eq!(of("3").unwrap(), (3.0, None));
        assert_eq!(of("-0.5").unwrap(), (-0.5, None));
        assert_eq!(of(r#""250ms""#).unwrap(), (0.25, Some(MetricUnit::Seconds)));
        assert_eq!(of(r#""512MiB""#).unwrap(), (536_870_912.0, Some(MetricUnit::Bytes)));
        for bad in [r#""3""#, r#""10%""#, r#""""#, "true", "[1]", r#""NaN""#] {
            assert!(of(bad).is_err(), "{bad}");
        }
        assert!(toml::from_str::<std::collections::BTreeMap<String, Amount>>("a = nan").is_err());
        assert!(toml::from_str::<std::collections::BTreeMap<String, Amount>>("a = inf").is_err());
    }
}
