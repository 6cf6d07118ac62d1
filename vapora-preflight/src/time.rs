//! Instants and durations as the checklist writes them.

use std::{fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant in UTC, with the precision of a microsecond in text.
///
/// It is read from RFC 3339 with an offset (`2026-12-01T14:00:00Z`) or with a zone in brackets; a date without either
/// is an error, because it names a different instant in every office.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

/// A text that is not an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidTime {
    message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Timestamp {
    /// The start of 1970 in UTC.
    pub const UNIX_EPOCH: Self = Self(jiff::Timestamp::UNIX_EPOCH);

    /// The instant that many seconds after the start of 1970 in UTC; what lies outside the calendar is cut to its ends.
    pub fn from_unix_seconds(seconds: i64) -> Self {
        let limit = jiff::Timestamp::MAX.as_second();
        let seconds = seconds.clamp(jiff::Timestamp::MIN.as_second(), limit);
        Self(jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX))
    }

    /// Whole seconds since the start of 1970 in UTC.
    pub fn unix_seconds(self) -> i64 {
        self.0.as_second()
    }

    /// Microseconds since the start of 1970 in UTC.
    pub fn unix_micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// The wall clock of this machine. Only a [`Clock`](crate::Clock) should call it.
    #[expect(clippy::disallowed_methods, reason = "this is where the clocks take it from")]
    pub(crate) fn from_wall_clock() -> Self {
        Self::truncated(jiff::Timestamp::now())
    }

    fn truncated(at: jiff::Timestamp) -> Self {
        Self(jiff::Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at))
    }

    /// How long after `earlier` this is; zero where it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::try_from(self.0.duration_since(earlier.0)).unwrap_or(Duration::ZERO)
    }

    /// This instant moved forward; what lies outside the calendar is cut to its end.
    pub fn plus(self, by: Duration) -> Self {
        Self::truncated(self.0.checked_add(by).unwrap_or(jiff::Timestamp::MAX))
    }

    /// This instant moved back; what lies outside the calendar is cut to its start.
    pub fn minus(self, by: Duration) -> Self {
        Self::truncated(self.0.checked_sub(by).unwrap_or(jiff::Timestamp::MIN))
    }

    /// The instant to the minute, for people: `2026-12-01 14:00 UTC`.
    pub fn to_minute(self) -> String {
        self.0.strftime("%Y-%m-%d %H:%M UTC").to_string()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        if let Ok(at) = text.parse::<jiff::Timestamp>() {
            return Ok(Self::truncated(at));
        }
        if let Ok(at) = text.parse::<jiff::Zoned>() {
            return Ok(Self::truncated(at.timestamp()));
        }
        if text.parse::<jiff::civil::DateTime>().is_ok() {
            return Err(InvalidTime {
                message: format!("expected a date with a zone, found `{text}`"),
                help: Some("write the offset too, as in `2026-12-01T14:00:00Z` or `…+01:00`".to_owned()),
            });
        }
        Err(InvalidTime {
            message: format!("expected a date and time with a zone, found `{text}`"),
            help: Some("write it as `2026-12-01T14:00:00Z`".to_owned()),
        })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parsed::expecting("a date and time with a zone"))
    }
}
impl JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "description": "an instant with its offset, as in `2026-12-01T14:00:00Z`" })
    }
}

/// A length of time as the checklist writes it: `20s`, `1m 30s`, `4h`, `1d` (24 hours). Never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Period(Duration);

impl Period {
    /// The period as a duration.
    pub const fn get(self) -> Duration {
        self.0
    }

    /// So many seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// So many milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }
}

impl From<Duration> for Period {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl FromStr for Period {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        jiff::fmt::friendly::SpanParser::new()
            .parse_span(text.trim())
            .ok()
            .filter(|span| !span.is_negative())
            .and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok())
            .and_then(|signed| Duration::try_from(signed).ok())
            .map(Self)
            .ok_or_else(|| InvalidTime {
                message: format!("expected a duration, found `{text}`"),
                help: Some("write it with its unit, as in `500ms`, `20s`, `1m 30s`, `4h` or `1d`".to_owned()),
            })
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&jiff::fmt::friendly::SpanPrinter::new().unsigned_duration_to_string(&self.0))
    }
}
impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl TryFrom<String> for Period {
    type Error = InvalidTime;
    fn try_from(text: String) -> Result<Self, InvalidTime> {
        text.parse()
    }
}
impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parsed::expecting("a duration"))
    }
}
impl JsonSchema for Period {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Period".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "a duration with its unit, as in `500ms`, `20s`, `1m 30s`, `4h` or `1d`",
            "examples": ["1m 30s"],
        })
    }
}

/// A moment given by its distance from the planned time T of the deployment: `T-24h`, `T`, `T+5m`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(jiff::SignedDuration);

impl Offset {
    /// The instant it names when the deployment is planned for `planned`.
    pub fn from(self, planned: Timestamp) -> Timestamp {
        let end = if self.0.is_negative() { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        Timestamp::truncated(planned.0.checked_add(self.0).unwrap_or(end))
    }
}

impl FromStr for Offset {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let wrong = || InvalidTime {
            message: format!("expected a moment around T, found `{text}`"),
            help: Some("write it as `T-24h`, `T-15m`, `T` or `T+5m`".to_owned()),
        };
        let rest = text.trim().strip_prefix(['T', 't']).ok_or_else(wrong)?.trim();
        if rest.is_empty() {
            return Ok(Self(jiff::SignedDuration::ZERO));
        }
        let (back, period) = match (rest.strip_prefix('-'), rest.strip_prefix('+')) {
            (Some(period), _) => (true, period),
            (_, Some(period)) => (false, period),
            _ => return Err(wrong()),
        };
        let period: Period = period.parse().map_err(|_| wrong())?;
        let signed = jiff::SignedDuration::try_from(period.get()).map_err(|_| wrong())?;
        Ok(Self(if back { -signed } else { signed }))
    }
}
impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.0.signum() {
            0 => return f.pad("T"),
            -1 => '-',
            _ => '+',
        };
        f.pad(&format!("T{sign}{}", Period(self.0.unsigned_abs())))
    }
}
impl fmt::Debug for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl Serialize for Offset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Offset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parsed::expecting("a moment around T"))
    }
}

/// Reads a text and parses it. Where there is no text, it says what the text would have been.
pub(crate) struct Parsed<T> {
    expected: &'static str,
    of: std::marker::PhantomData<T>,
}

impl<T> Parsed<T> {
    pub(crate) fn expecting(expected: &'static str) -> Self {
        Self { expected, of: std::marker::PhantomData }
    }
}

impl<T: FromStr<Err: fmt::Display>> serde::de::Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_needs_a_zone() {
        let error = "2026-12-01T14:00:00".parse::<Timestamp>().unwrap_err();
        assert_eq!(error.to_string(), "expected a date with a zone, found `2026-12-01T14:00:00`");
        assert!(error.help.unwrap().contains('Z'));
        let zoned: Timestamp = "2026-12-01T15:00:00+01:00".parse().unwrap();
        assert_eq!(zoned, "2026-12-01T14:00:00Z".parse().unwrap());
        assert_eq!(zoned, "2026-12-01T15:00:00[Europe/Madrid]".parse().unwrap());
    }

    #[test]
    fn a_period_needs_its_unit() {
        assert_eq!("1m 30s".parse::<Period>().unwrap().get(), Duration::from_secs(90));
        assert_eq!("1d".parse::<Period>().unwrap(), Period::from_secs(86_400));
        assert_eq!("500ms".parse::<Period>().unwrap(), Period::from_millis(500));
        for bad in ["", "20", "-5s", "5 lightyears", "s"] {
            assert!(bad.parse::<Period>().is_err(), "{bad}");
        }
        assert_eq!(Period::from_secs(90).to_string().parse::<Period>().unwrap(), Period::from_secs(90));
    }

    #[test]
    fn an_offset_is_around_t() {
        let planned: Timestamp = "2026-12-01T14:00:00Z".parse().unwrap();
        let at = |text: &str| text.parse::<Offset>().unwrap().from(planned).to_string();
        assert_eq!(at("T-24h"), "2026-11-30T14:00:00Z");
        assert_eq!(at("T"), "2026-12-01T14:00:00Z");
        assert_eq!(at("T+5m"), "2026-12-01T14:05:00Z");
        for bad in ["24h", "T24h", "T-", "T-x", "U-4h"] {
            assert!(bad.parse::<Offset>().is_err(), "{bad}");
        }
    }
}
