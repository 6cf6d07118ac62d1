//! Dates in the names of files.

use std::{borrow::Cow, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use vapora_preflight::Timestamp;

use crate::{param::text_parameter, place::InvalidParameter};

/// How a date is written in the names of files: `%Y-%m-%d`, `%Y%m%dT%H%M%SZ`, `%s`.
///
/// `%Y`, `%m`, `%d`, `%H`, `%M` and `%S` stand for the year in four digits, and month, day, hour, minute and second in two;
/// `%F` for `%Y-%m-%d`, `%T` for `%H:%M:%S`, `%s` for the seconds since 1970 in ten digits, `%%` for a percent sign.
/// There have to be a year, a month and a day, or the seconds since 1970.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DateFormat {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Literal(char),
    Field(Field),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Unix,
}

impl Field {
    fn digits(self) -> usize {
        match self {
            Self::Year => 4,
            Self::Unix => 10,
            _ => 2,
        }
    }
}

/// A time that a name tells, which is one moment of a span: a name that tells only the day can be of any moment in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) from: Timestamp,
    pub(crate) span: Duration,
}

impl Told {
    /// Whether a moment is among those that the name can mean.
    pub(crate) fn holds(self, moment: Timestamp) -> bool {
        self.from <= moment && moment < self.from.plus(self.span)
    }
}

/// What is wrong with the date in a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoDate {
    /// There is none.
    None,
    /// There are several that differ.
    Several,
}

impl DateFormat {
    /// Finds the date in a name. `zone` is the name of the time zone that it is written in.
    pub(crate) fn find(&self, name: &str, zone: &str) -> Result<Told, NoDate> {
        let mut found: Option<Told> = None;
        for (at, _) in name.char_indices() {
            if let Some(told) = self.read(name, at, zone) {
                match found {
                    Some(before) if before != told => return Err(NoDate::Several),
                    _ => found = Some(told),
                }
            }
        }
        found.ok_or(NoDate::None)
    }

    /// Reads the date that begins there, where one does, and no digit lies beside it.
    fn read(&self, name: &str, at: usize, zone: &str) -> Option<Told> {
        let digit = |character: Option<char>| character.is_some_and(|it| it.is_ascii_digit());
        let field = |part: Option<&Part>| matches!(part, Some(Part::Field(_)));
        if field(self.parts.first()) && digit(name[..at].chars().next_back()) {
            return None;
        }
        let mut rest = &name[at..];
        let (mut year, mut month, mut day, mut unix) = (0, 0, 0, None);
        let (mut hour, mut minute, mut second) = (None, None, None);
        for part in &self.parts {
            match part {
                Part::Literal(character) => rest = rest.strip_prefix(*character)?,
                Part::Field(field) => {
                    let digits = rest
                        .get(..field.digits())
                        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
                    rest = &rest[digits.len()..];
                    let number: i64 = digits.parse().ok()?;
                    match field {
                        Field::Year => year = number,
                        Field::Month => month = number,
                        Field::Day => day = number,
                        Field::Hour => hour = Some(number),
                        Field::Minute => minute = Some(number),
                        Field::Second => second = Some(number),
                        Field::Unix => unix = Some(number),
                    }
                }
            }
        }
        if field(self.parts.last()) && digit(rest.chars().next()) {
            return None;
        }
        let seconds = |seconds| Duration::from_secs(seconds);
        if let Some(unix) = unix {
            return Some(Told { from: Timestamp::from_unix_seconds(unix), span: seconds(1) });
        }
        let span = match (hour, minute, second) {
            (None, ..) => seconds(86_400),
            (_, None, _) => seconds(3600),
            (_, _, None) => seconds(60),
            _ => seconds(1),
        };
        let (hour, minute, second) = (hour.unwrap_or(0), minute.unwrap_or(0), second.unwrap_or(0));
        let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}[{zone}]");
        Some(Told { from: text.parse().ok()?, span })
    }
}

impl FromStr for DateFormat {
    type Err = InvalidParameter;

    fn from_str(text: &str) -> Result<Self, InvalidParameter> {
        let wrong = |why: &str| {
            InvalidParameter(format!(
                "expected how a date is written, as in `%Y-%m-%d`, found `{text}`: {why}"
            ))
        };
        let mut parts = Vec::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            if character != '%' {
                parts.push(Part::Literal(character));
                continue;
            }
            let letter = characters.next().ok_or_else(|| wrong("it ends after a percent sign"))?;
            use Field::{Day, Hour, Minute, Month, Second, Unix, Year};
            let (fields, between): (&[Field], char) = match letter {
                '%' => {
                    parts.push(Part::Literal('%'));
                    continue;
                }
                'Y' => (&[Year], ' '),
                'm' => (&[Month], ' '),
                'd' => (&[Day], ' '),
                'H' => (&[Hour], ' '),
                'M' => (&[Minute], ' '),
                'S' => (&[Second], ' '),
                's' => (&[Unix], ' '),
                'F' => (&[Year, Month, Day], '-'),
                'T' => (&[Hour, Minute, Second], ':'),
                _ => return Err(wrong(&format!("`%{letter}` is not known"))),
            };
            for (index, field) in fields.iter().enumerate() {
                if index > 0 {
                    parts.push(Part::Literal(between));
                }
                parts.push(Part::Field(*field));
            }
        }
        let count = |field: Field| parts.iter().filter(|part| **part == Part::Field(field)).count();
        let all =
            [Field::Year, Field::Month, Field::Day, Field::Hour, Field::Minute, Field::Second, Field::Unix]
                .map(count);
        if all.iter().any(|count| *count > 1) {
            return Err(wrong("a part of the date is in it twice"));
        }
        match all {
            [0, 0, 0, 0, 0, 0, 1] | [1, 1, 1, 0 | 1, 0, 0, 0] | [1, 1, 1, 1, 1, _, 0] => {
                Ok(Self { text: text.to_owned(), parts })
            }
            _ => Err(wrong(
                "it needs a year, a month and a day, and then the hour before the minute, or `%s` alone",
            )),
        }
    }
}

text_parameter!(DateFormat);

impl JsonSchema for DateFormat {
    fn schema_name() -> Cow<'static, str> {
        "DateFormat".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "how a date is written, as in `%Y-%m-%d`, `%Y%m%dT%H%M%SZ` or `%s`",
            "examples": ["%Y-%m-%d"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(format: &str, name: &str, zone: &str) -> Result<String, NoDate> {
        format
            .parse::<DateFormat>()
            .unwrap()
            .find(name, zone)
            .map(|told| format!("{} +{}s", told.from, told.span.as_secs()))
    }

    #[test]
    fn a_date_is_found_in_a_name() {
        assert_eq!(find("%F", "vapora-2026-11-30.zip", "UTC").unwrap(), "2026-11-30T00:00:00Z +86400s");
        assert_eq!(
            find("%Y%m%dT%H%M%SZ", "a-20261130T021500Z.tar", "UTC").unwrap(),
            "2026-11-30T02:15:00Z +1s"
        );
        assert_eq!(
            find("%Y%m%d-%H%M", "x20261130-0215", "Europe/Madrid").unwrap(),
            "2026-11-30T01:15:00Z +60s"
        );
        assert_eq!(find("%s", "db.1796004900.gz", "UTC").unwrap(), "2026-11-30T02:15:00Z +1s");
        assert_eq!(find("%Y/%m/%d", "2026/11/30/db.gz", "UTC").unwrap(), "2026-11-30T00:00:00Z +86400s");
    }

    #[test]
    fn what_is_no_date_is_not_taken_for_one() {
        assert_eq!(find("%Y%m%d", "vapora-20261330.zip", "UTC"), Err(NoDate::None));
        assert_eq!(find("%Y%m%d", "vapora-120261130.zip", "UTC"), Err(NoDate::None));
        assert_eq!(find("%Y%m%d", "vapora-202611301.zip", "UTC"), Err(NoDate::None));
        assert_eq!(find("%F", "2026-11-30 to 2026-12-01", "UTC"), Err(NoDate::Several));
        assert!(find("%F", "2026-11-30/2026-11-30.zip", "UTC").is_ok());
        assert_eq!(find("%F", "größe-2026-11-3", "UTC"), Err(NoDate::None));
    }

    #[test]
    fn a_format_without_a_day_is_none() {
        for bad in ["", "%Y", "%Y-%m", "%Y-%m-%d-%Y", "%F%M", "%F %S", "%q", "%", "%F%s"] {
            assert!(bad.parse::<DateFormat>().is_err(), "{bad}");
        }
        assert!("100%%-%F_%T".parse::<DateFormat>().is_ok());
    }
}
