//! Numbers of metrics, to be read.

use std::time::Duration;

use vapora_preflight::{Bytes, Timestamp};

use crate::MetricUnit;

/// A number with its unit, rounded to four digits: `0.25 s`, `1.5GiB`, `12 %`.
pub(crate) fn shown(number: f64, unit: Option<MetricUnit>) -> String {
    match unit {
        Some(MetricUnit::Bytes) if (0.0..9e15).contains(&number) => Bytes::new(number as u64).to_string(),
        Some(unit) => format!("{} {}", rounded(number), unit.get().sign()),
        None => rounded(number).to_string(),
    }
}

/// A number rounded to four digits that count.
fn rounded(number: f64) -> f64 {
    format!("{number:.3e}").parse().unwrap_or(number)
}

/// The instant of a time of Prometheus, in seconds since 1970.
pub(crate) fn at(seconds: f64) -> Timestamp {
    let since = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    Timestamp::UNIX_EPOCH.plus(since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_shown_as_it_is_spoken_of() {
        assert_eq!(shown(0.250_04, Some(MetricUnit::Seconds)), "0.25 s");
        assert_eq!(shown(1536.0, Some(MetricUnit::Bytes)), "1.5KiB");
        assert_eq!(shown(-3.0, Some(MetricUnit::Bytes)), "-3 B");
        assert_eq!(shown(1.0 / 3.0, None), "0.3333");
        assert_eq!(shown(123_456.0, None), "123500");
        assert_eq!(shown(0.0, Some(MetricUnit::Percent)), "0 %");
        assert_eq!(at(1_796_133_600.5).to_string(), "2026-12-01T14:00:00.5Z");
        assert_eq!(at(-1.0), Timestamp::UNIX_EPOCH);
    }
}
