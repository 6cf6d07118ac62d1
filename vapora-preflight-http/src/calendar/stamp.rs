//! Dates and times as calendars write them.

use jiff::{Timestamp, civil, tz::TimeZone};

use super::{
    Trouble,
    component::Property,
    zone::{Zone, Zones},
};

/// What a clock on a wall shows: seconds since the start of 1970 there.
pub(super) type Wall = i64;

pub(super) const DAY: i64 = 24 * 60 * 60;
const HOUR: i64 = 60 * 60;

/// A date or a time, in the place where it is meant.
#[derive(Debug, Clone)]
pub(super) struct Stamp {
    pub(super) wall: Wall,
    pub(super) place: Place,
    /// Whether it is a date, without a time.
    pub(super) date: bool,
}

/// Where a clock hangs.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Utc,
    Zone(Zone),
    /// Wherever somebody looks at it.
    Anywhere,
}

impl Place {
    /// When a clock there shows this, at the earliest and at the latest, in seconds of Unix time.
    pub(super) fn instants(&self, wall: Wall) -> (i64, i64) {
        match self {
            Self::Utc => (wall, wall),
            Self::Zone(zone) => {
                let at = zone.instant(wall);
                (at, at)
            }
            // from the first place on Earth where it is so late to the last one
            Self::Anywhere => (wall - 14 * HOUR, wall + 12 * HOUR),
        }
    }

    /// What a clock there shows at an instant; nothing where it hangs anywhere.
    pub(super) fn wall(&self, instant: i64) -> Option<Wall> {
        match self {
            Self::Utc => Some(instant),
            Self::Zone(zone) => Some(zone.wall(instant)),
            Self::Anywhere => None,
        }
    }
}

/// How long something goes on: days by the calendar, then seconds by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Length {
    pub(super) days: i64,
    pub(super) seconds: i64,
}

impl Length {
    /// No more than so many seconds, whatever happens to clocks in between.
    pub(super) fn most(self) -> i64 {
        self.days.saturating_mul(DAY).saturating_add(self.seconds)
    }

    /// A duration such as `P1DT2H`.
    pub(super) fn read(text: &str) -> Result<Self, Trouble> {
        let wrong = || Trouble::new(format!("`{text}` is no duration"));
        let positive = text.trim();
        let rest = positive.strip_prefix('+').unwrap_or(positive).strip_prefix('P').ok_or_else(wrong)?;
        let (mut length, mut in_time, mut digits, mut any) = (Self::default(), false, String::new(), false);
        for c in rest.chars() {
            if c.is_ascii_digit() {
                digits.push(c);
                continue;
            }
            if c == 'T' && !in_time && digits.is_empty() {
                in_time = true;
                continue;
            }
            let count: i64 = std::mem::take(&mut digits).parse().map_err(|_| wrong())?;
            let (days, seconds) = match (c, in_time) {
                ('W', false) => (7, 0),
                ('D', false) => (1, 0),
                ('H', true) => (0, HOUR),
                ('M', true) => (0, 60),
                ('S', true) => (0, 1),
                _ => return Err(wrong()),
            };
            any = true;
            length.days = length.days.saturating_add(count.saturating_mul(days));
            length.seconds = length.seconds.saturating_add(count.saturating_mul(seconds));
        }
        if any && digits.is_empty() && length.most() < 400 * 366 * DAY { Ok(length) } else { Err(wrong()) }
    }
}

impl Stamp {
    /// When it is at the earliest and at the latest.
    pub(super) fn instants(&self) -> (i64, i64) {
        self.place.instants(self.wall)
    }

    /// The date or time of a property with one.
    pub(super) fn of(property: &Property, zones: &Zones) -> Result<Self, Trouble> {
        Self::read(property.value.trim(), property, zones)
    }

    /// One of the values of a property.
    pub(super) fn read(text: &str, property: &Property, zones: &Zones) -> Result<Self, Trouble> {
        let (wall, form) = wall(text)?;
        let named = || match property.parameter("TZID") {
            Some(name) => zones.named(name).map(Place::Zone),
            None => Ok(zones.default_place()),
        };
        Ok(match form {
            Form::Date => Self { wall, place: zones.default_place(), date: true },
            Form::Utc => Self { wall, place: Place::Utc, date: false },
            Form::Local => Self { wall, place: named()?, date: false },
        })
    }
}

/// How a date or time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Date,
    Local,
    Utc,
}

/// What a clock on the wall shows, from a text such as `20261201T140000Z`.
pub(super) fn wall(text: &str) -> Result<(Wall, Form), Trouble> {
    let wrong =
        || Trouble::new(format!("`{}` is no date or time", text.chars().take(40).collect::<String>()));
    let number = |part: &str| -> Option<i16> {
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten()
    };
    let part = |from: usize, to: usize| text.get(from..to).and_then(number);
    let small = |from: usize, to: usize| part(from, to).and_then(|it| i8::try_from(it).ok());
    let day = || civil::Date::new(part(0, 4)?, small(4, 6)?, small(6, 8)?).ok();
    let date = day().ok_or_else(wrong)?;
    let (time, form) = match text.get(8..).unwrap_or_default() {
        "" => (civil::Time::midnight(), Form::Date),
        rest => {
            let form = match (rest.len(), rest.as_bytes().last()) {
                (7, _) => Form::Local,
                (8, Some(b'Z')) => Form::Utc,
                _ => return Err(wrong()),
            };
            // a leap second is the second before it
            let time = || civil::Time::new(small(9, 11)?, small(11, 13)?, small(13, 15)?.min(59), 0).ok();
            (time().filter(|_| rest.starts_with('T')).ok_or_else(wrong)?, form)
        }
    };
    Ok((seconds(civil::DateTime::from_parts(date, time)), form))
}

/// The seconds of a clock on the wall.
pub(super) fn seconds(shown: civil::DateTime) -> Wall {
    // every year of a calendar is within its range
    shown.to_zoned(TimeZone::UTC).map_or(i64::MAX, |zoned| zoned.timestamp().as_second())
}

/// What a clock on the wall shows, from its seconds.
pub(super) fn shown(wall: Wall) -> civil::DateTime {
    let clipped = wall.clamp(Timestamp::MIN.as_second() + DAY, Timestamp::MAX.as_second() - DAY);
    Timestamp::from_second(clipped).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).datetime()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_times_and_durations_follow_their_grammar() {
        assert_eq!(wall("19700102").unwrap(), (DAY, Form::Date));
        assert_eq!(wall("19700101T010203Z").unwrap(), (3_723, Form::Utc));
        assert_eq!(wall("19700101T010203").unwrap(), (3_723, Form::Local));
        assert_eq!(wall("20261231T235960Z").unwrap(), wall("20261231T235959Z").unwrap());
        for wrong in [
            "",
            "2026",
            "20261301",
            "20260230",
            "20261201T",
            "20261201T1400",
            "20261201 140000",
            "20261201T250000",
            "2026120éT140000",
            "20261201T140000+01",
        ] {
            assert!(wall(wrong).is_err(), "{wrong}");
        }
        let length = |text: &str| Length::read(text).map(|length| (length.days, length.seconds)).ok();
        assert_eq!(length("P1DT2H3M4S"), Some((1, 7_384)));
        assert_eq!(length("P2W"), Some((14, 0)));
        assert_eq!(length("PT0S"), Some((0, 0)));
        for wrong in ["", "P", "PT", "1D", "-P1D", "P1H", "P1", "PT1D", "P99999999999999999D", "P999999999D"]
        {
            assert_eq!(length(wrong), None, "{wrong}");
        }
        assert_eq!(seconds(shown(1_796_133_600)), 1_796_133_600);
    }
}
