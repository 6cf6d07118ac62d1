//! Time zones: those of the world, and those that a calendar brings along.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::tz::TimeZone;

use super::{
    Component, Trouble,
    recurrence::{self, Steps},
    stamp::{DAY, Form, Place, Wall, shown, wall},
};

/// A time zone.
#[derive(Debug, Clone)]
pub(super) enum Zone {
    /// One of the tz database.
    Known(TimeZone),
    /// One that the calendar defines: when its offset changes, in order.
    Defined(Arc<Vec<Change>>),
}

/// A change of an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    /// When, by the offset before it.
    at: Wall,
    before: i64,
    after: i64,
}

impl Zone {
    /// The instant at which a clock there shows this. Of two it is the first; where clocks skip it, it is as long after
    /// the skip as the clock would have said.
    pub(super) fn instant(&self, wall: Wall) -> i64 {
        match self {
            Self::Known(zone) => {
                zone.to_ambiguous_timestamp(shown(wall)).compatible().map_or(wall, jiff::Timestamp::as_second)
            }
            Self::Defined(changes) => {
                let (Some(first), next) = (changes.first(), changes.partition_point(|it| it.at <= wall))
                else {
                    return wall;
                };
                match next.checked_sub(1).and_then(|last| changes.get(last)) {
                    None => wall - first.before,
                    Some(last) if wall < last.at + last.after - last.before => wall - last.before,
                    Some(last) => wall - last.after,
                }
            }
        }
    }

    /// What a clock there shows at an instant.
    pub(super) fn wall(&self, instant: i64) -> Wall {
        match self {
            Self::Known(zone) => {
                let at = jiff::Timestamp::from_second(instant).unwrap_or_default();
                instant + i64::from(zone.to_offset(at).seconds())
            }
            Self::Defined(changes) => {
                let next = changes.partition_point(|it| it.at - it.before <= instant);
                let offset = match next.checked_sub(1).and_then(|last| changes.get(last)) {
                    Some(last) => last.after,
                    None => changes.first().map_or(0, |first| first.before),
                };
                instant + offset
            }
        }
    }
}

/// The time zones of a calendar.
pub(crate) struct Zones<'c> {
    defined: HashMap<String, &'c Component>,
    /// Where dates, and times without a zone, are meant.
    default: Option<Zone>,
    /// Up to when changes have to be known, in seconds of Unix time.
    until: i64,
    made: Mutex<HashMap<String, Zone>>,
}

impl<'c> Zones<'c> {
    /// The zones of a calendar: those it defines, and those of the tz database. `zone` is where dates and times without
    /// a zone are meant; where it is not said, the calendar may say it, and else they are meant everywhere.
    pub(crate) fn of(calendar: &'c Component, zone: Option<&str>, until: i64) -> Result<Self, Trouble> {
        let parts = calendar.parts.iter().filter(|part| part.is("VTIMEZONE"));
        let defined = parts.filter_map(|part| Some((part.text("TZID")?, part))).collect();
        let mut zones = Self { defined, default: None, until, made: Mutex::default() };
        let own = || calendar.text("X-WR-TIMEZONE");
        if let Some(name) = zone.map(str::to_owned).or_else(own) {
            zones.default = Some(zones.named(&name)?);
        }
        Ok(zones)
    }

    /// Where dates, and times without a zone, are meant.
    pub(super) fn default_place(&self) -> Place {
        self.default.clone().map_or(Place::Anywhere, Place::Zone)
    }

    fn made(&self) -> MutexGuard<'_, HashMap<String, Zone>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The zone of that name.
    pub(super) fn named(&self, name: &str) -> Result<Zone, Trouble> {
        if let Some(zone) = self.made().get(name) {
            return Ok(zone.clone());
        }
        let zone = match (known(name), self.defined.get(name)) {
            (Some(zone), _) => zone,
            (None, Some(part)) => defined(part, self.until).map_err(|trouble| {
                Trouble::new(format!("the time zone `{name}` cannot be understood: {trouble}"))
            })?,
            (None, None) => return Err(Trouble::new(format!("the time zone `{name}` is not known"))),
        };
        self.made().insert(name.to_owned(), zone.clone());
        Ok(zone)
    }
}

/// A zone of the tz database, also behind a prefix as in `/example.com/20260101/Europe/Madrid`.
fn known(name: &str) -> Option<Zone> {
    let find = |name: &str| TimeZone::get(name).ok().map(Zone::Known);
    if let Some(rest) = name.strip_prefix('/') {
        let cuts = rest.match_indices('/').map(|(at, _)| &rest[at + 1..]);
        return cuts.filter(|cut| cut.contains('/')).find_map(find);
    }
    find(name)
}

/// A zone that a calendar defines by when its offset changes.
fn defined(zone: &Component, until: i64) -> Result<Zone, Trouble> {
    let mut changes = Vec::new();
    // changes long before are of no use, and long after they are not asked for
    let (from, to) = (until - 5 * 366 * DAY, until + 2 * DAY);
    for part in zone.parts.iter().filter(|part| part.is("STANDARD") || part.is("DAYLIGHT")) {
        let offset = |name: &str| {
            let property = part.first(name).ok_or_else(|| Trouble::new(format!("`{name}` is missing")))?;
            offset(property.value.trim())
        };
        let (before, after) = (offset("TZOFFSETFROM")?, offset("TZOFFSETTO")?);
        let start = part.first("DTSTART").ok_or_else(|| Trouble::new("`DTSTART` is missing"))?;
        let (start, _) = wall(start.value.trim())?;
        let mut at = vec![start];
        for rule in part.all("RRULE") {
            let of_until = |text: &str| {
                wall(text).map(|(wall, form)| if form == Form::Utc { wall + before } else { wall })
            };
            at.extend(recurrence::walls(&rule.value, start, (from, to), &of_until, &mut Steps::default())?);
        }
        for date in part.all("RDATE").flat_map(|property| property.value.split(',')) {
            at.push(wall(date.trim())?.0);
        }
        changes.extend(at.into_iter().map(|at| Change { at, before, after }));
    }
    if changes.is_empty() {
        return Err(Trouble::new("it says nothing about its offset"));
    }
    changes.sort_unstable();
    changes.dedup();
    Ok(Zone::Defined(Arc::new(changes)))
}

/// An offset such as `+0100` or `-033000`, in seconds.
fn offset(text: &str) -> Result<i64, Trouble> {
    let wrong = || Trouble::new(format!("`{text}` is no offset"));
    let (sign, digits) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        _ => return Err(wrong()),
    };
    if !(digits.len() == 4 || digits.len() == 6) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let part = |at: usize| digits.get(at..at + 2).map_or(0, |part| part.parse::<i64>().unwrap_or_default());
    Ok(sign * (part(0) * 3_600 + part(2) * 60 + part(4)))
}

#[cfg(test)]
mod tests {
    use jiff::civil::datetime;

    use super::{
        super::{component::read, stamp::seconds},
        *,
    };

    const CENTRAL: &str = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:W. Europe Standard Time\n\
        BEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\n\
        BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\n\
        END:VTIMEZONE\nEND:VCALENDAR\n";

    #[test]
    fn a_zone_that_a_calendar_defines_is_the_one_of_the_database() {
        let calendars = read(CENTRAL).unwrap();
        let zones = Zones::of(&calendars[0], None, seconds(datetime(2026, 12, 1, 0, 0, 0, 0))).unwrap();
        let own = zones.named("W. Europe Standard Time").unwrap();
        let berlin = zones.named("/example.com/20260101/Europe/Berlin").unwrap();
        for hour in (0..24 * 366).step_by(5) {
            let wall = seconds(datetime(2026, 1, 1, 0, 30, 0, 0)) + hour * 3_600;
            assert_eq!(own.instant(wall), berlin.instant(wall), "{:?}", shown(wall));
            assert_eq!(own.wall(wall), berlin.wall(wall), "{:?}", shown(wall));
        }
        // skipped in spring, and twice in autumn
        for (month, day, hour) in [(3, 29, 2), (10, 25, 2)] {
            let wall = seconds(datetime(2026, month, day, hour, 30, 0, 0));
            assert_eq!(own.instant(wall), berlin.instant(wall));
        }
        assert!(matches!(zones.default_place(), Place::Anywhere));
    }

    #[test]
    fn a_zone_that_is_not_known_is_trouble() {
        let calendars = read(CENTRAL).unwrap();
        let zones = Zones::of(&calendars[0], None, 0).unwrap();
        for name in ["Mars/Olympus", "", "/example.com", "/example.com/x"] {
            assert!(zones.named(name).is_err(), "{name}");
        }
        assert!(Zones::of(&calendars[0], Some("Mars/Olympus"), 0).is_err());
        for wrong in ["0100", "+1", "+01000", "-ab00", ""] {
            assert!(offset(wrong).is_err(), "{wrong}");
        }
        assert_eq!(offset("-033015").unwrap(), -(3 * 3_600 + 30 * 60 + 15));
    }
}
