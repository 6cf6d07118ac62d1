//! Units of metrics.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vapora_preflight::Unit;

/// What the number of a metric counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MetricUnit {
    /// Seconds.
    Seconds,
    /// Days of 24 hours.
    Days,
    /// Bytes.
    Bytes,
    /// Parts of a hundred.
    Percent,
    /// Cores of a processor.
    Cores,
}

impl MetricUnit {
    pub(crate) fn get(self) -> Unit {
        match self {
            Self::Seconds => Unit::Seconds,
            Self::Days => Unit::Days,
            Self::Bytes => Unit::Bytes,
            Self::Percent => Unit::Percent,
            Self::Cores => Unit::Cores,
        }
    }

    /// Its name in a checklist.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Days => "days",
            Self::Bytes => "bytes",
            Self::Percent => "percent",
            Self::Cores => "cores",
        }
    }
}
