//! What takes place in the window.

use std::fmt;

use vapora_preflight::{Timestamp, Value};

use super::patterns::Patterns;
use crate::calendar::{self, Component, Event, Occurrence, Overrides, Span, Steps, Trouble, Zones};

/// What was found in a calendar.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// How many events there are.
    pub(super) events: usize,
    /// How many of them count.
    pub(super) counted: usize,
    /// When those that count take place in the window, in order.
    pub(super) conflicts: Vec<Conflict>,
}

/// An event that takes place in the window.
#[derive(Debug)]
pub(super) struct Conflict {
    pub(super) name: String,
    occurrence: Occurrence,
}

impl Conflict {
    fn begins(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.occurrence.begins)
    }

    fn ends(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.occurrence.ends)
    }

    pub(super) fn value(&self) -> Value {
        Value::table([
            ("summary", Value::from(self.name.as_str())),
            ("begins", Value::from(self.begins())),
            ("ends", Value::from(self.ends())),
        ])
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` from {} to {}", self.name, self.begins().to_minute(), self.ends().to_minute())
    }
}

/// Works out what takes place in the window.
pub(super) fn find(
    text: &str,
    patterns: &Patterns,
    zone: Option<&str>,
    span: Span,
) -> Result<Found, Trouble> {
    let mut found = Found::default();
    let mut steps = Steps::default();
    for calendar in &calendar::read(text)? {
        of_calendar(calendar, patterns, zone, span, &mut steps, &mut found)?;
    }
    found.conflicts.sort_by_key(|conflict| (conflict.occurrence.begins, conflict.occurrence.ends));
    Ok(found)
}

fn of_calendar(
    calendar: &Component,
    patterns: &Patterns,
    zone: Option<&str>,
    span: Span,
    steps: &mut Steps,
    found: &mut Found,
) -> Result<(), Trouble> {
    let events = Event::all(calendar);
    let overrides = Overrides::of(&events);
    let zones = Zones::of(calendar, zone, span.closes)?;
    found.events += events.len();
    for part in calendar.parts.iter().filter(|part| part.is("VFREEBUSY")) {
        let (count, occurrences) = calendar::busy(part, &zones, span)?;
        found.events += count;
        found.counted += count;
        let conflict = |occurrence| Conflict { name: "a busy time".to_owned(), occurrence };
        found.conflicts.extend(occurrences.into_iter().map(conflict));
    }
    for event in events.iter().filter(|event| patterns.count(event)) {
        found.counted += 1;
        for occurrence in calendar::occurrences(event, &overrides, &zones, span, steps)? {
            found.conflicts.push(Conflict { name: event.name(), occurrence });
        }
    }
    Ok(())
}
