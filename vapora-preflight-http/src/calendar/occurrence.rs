//! When events take place.

use std::collections::HashMap;

use super::{
    Event, Trouble, Zones,
    component::{Component, Property},
    recurrence::{self, Steps},
    stamp::{DAY, Form, Length, Stamp, Wall, wall},
};

/// A stretch of time, in seconds of Unix time: its first instant, and the first one after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) opens: i64,
    pub(crate) closes: i64,
}

/// An event that takes place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Occurrence {
    /// When it begins, at the earliest.
    pub(crate) begins: i64,
    /// When it ends, at the latest.
    pub(crate) ends: i64,
}

impl Span {
    /// Whether something takes place within, or over its edge. What takes no time counts at its instant.
    fn meets(self, it: &Occurrence) -> bool {
        it.begins < self.closes && (it.ends > self.opens || it.begins == it.ends && it.begins == self.opens)
    }
}

/// One of an event's instances.
struct Instance {
    start: Stamp,
    length: Length,
}

impl Instance {
    fn occurrence(&self) -> Occurrence {
        let (begins, _) = self.start.instants();
        let (_, ends) = self.start.place.instants(self.start.wall + self.length.days * DAY);
        Occurrence { begins, ends: (ends + self.length.seconds).max(begins) }
    }
}

/// When an event takes place within a span, with the instances that others take the place of left out. `events` are all
/// events of the calendar.
pub(crate) fn occurrences(
    event: &Event<'_>,
    events: &Overrides<'_>,
    zones: &Zones<'_>,
    span: Span,
    steps: &mut Steps,
) -> Result<Vec<Occurrence>, Trouble> {
    let instances = instances(event, events, zones, span, steps).map_err(|trouble| event.has(&trouble))?;
    let mut found: Vec<Occurrence> =
        instances.iter().map(Instance::occurrence).filter(|occurrence| span.meets(occurrence)).collect();
    found.sort_by_key(|occurrence| (occurrence.begins, occurrence.ends));
    found.dedup();
    Ok(found)
}

/// Which instances have others in their place, by the events they belong to.
pub(crate) struct Overrides<'c>(HashMap<String, Vec<&'c Property>>);

impl<'c> Overrides<'c> {
    pub(crate) fn of(events: &[Event<'c>]) -> Self {
        let mut them: HashMap<String, Vec<&Property>> = HashMap::new();
        for event in events {
            if let (Some(uid), Some(of)) = (&event.uid, event.part.first("RECURRENCE-ID")) {
                them.entry(uid.clone()).or_default().push(of);
            }
        }
        Self(them)
    }
}

/// The busy times of a part that says no more than that somebody is busy: how many there are, and those within a span.
pub(crate) fn busy(
    part: &Component,
    zones: &Zones<'_>,
    span: Span,
) -> Result<(usize, Vec<Occurrence>), Trouble> {
    let (mut count, mut found) = (0, Vec::new());
    let free = |times: &Property| times.parameter("FBTYPE").is_some_and(|it| it.eq_ignore_ascii_case("FREE"));
    for times in part.all("FREEBUSY").filter(|times| !free(times)) {
        for text in times.value.split(',').map(str::trim) {
            let instance = added(text, times, Length::default(), zones)
                .map_err(|trouble| Trouble::new(format!("a busy time cannot be placed: {trouble}")))?;
            count += 1;
            found.extend(Some(instance.occurrence()).filter(|occurrence| span.meets(occurrence)));
        }
    }
    Ok((count, found))
}

fn instances(
    event: &Event<'_>,
    overrides: &Overrides<'_>,
    zones: &Zones<'_>,
    span: Span,
    steps: &mut Steps,
) -> Result<Vec<Instance>, Trouble> {
    let part = event.part;
    let start = part.first("DTSTART").ok_or_else(|| Trouble::new("it does not say when it begins"))?;
    let start = Stamp::of(start, zones)?;
    let length = length(event, &start, zones)?;
    if let Some(of) = part.first("RECURRENCE-ID") {
        if of.parameter("RANGE").is_some() {
            return Err(Trouble::new("it takes the place of all later instances, which is not understood"));
        }
        return Ok(vec![Instance { start, length }]);
    }
    let rules: Vec<&Property> = part.all("RRULE").collect();
    let mut found = vec![Instance { start: start.clone(), length }];
    // clocks on the wall differ from UTC by less than two days
    let (from, to) = (span.opens - length.most() - 2 * DAY, span.closes + 2 * DAY);
    for rule in rules {
        let of_until = |text: &str| until(text, &start);
        for wall in recurrence::walls(&rule.value, start.wall, (from, to), &of_until, steps)? {
            found.push(Instance { start: Stamp { wall, ..start.clone() }, length });
        }
    }
    for dates in part.all("RDATE") {
        for text in dates.value.split(',').map(str::trim) {
            found.push(added(text, dates, length, zones)?);
        }
    }
    let mut left_out = Vec::new();
    for dates in part.all("EXDATE") {
        for text in dates.value.split(',').map(str::trim) {
            left_out.push(Stamp::read(text, dates, zones)?);
        }
    }
    for of in event.uid.as_ref().and_then(|uid| overrides.0.get(uid)).into_iter().flatten() {
        left_out.push(Stamp::of(of, zones)?);
    }
    found.retain(|instance| !left_out.iter().any(|stamp| means(stamp, &instance.start)));
    Ok(found)
}

/// Whether a stamp names the instance that begins at another: as a time the same instant, as a date the same day there.
fn means(stamp: &Stamp, start: &Stamp) -> bool {
    if stamp.date || start.date {
        return stamp.wall.div_euclid(DAY) == start.wall.div_euclid(DAY);
    }
    stamp.instants() == start.instants()
}

/// One more instance, as a date, a time, or a period.
fn added(text: &str, dates: &Property, length: Length, zones: &Zones<'_>) -> Result<Instance, Trouble> {
    let Some((begins, ends)) = text.split_once('/') else {
        return Ok(Instance { start: Stamp::read(text, dates, zones)?, length });
    };
    let start = Stamp::read(begins, dates, zones)?;
    let length = if ends.starts_with(['P', '+']) {
        Length::read(ends)?
    } else {
        between(&start, &Stamp::read(ends, dates, zones)?)?
    };
    Ok(Instance { start, length })
}

/// What a clock in the place of an event shows at the end that its rule names. A date is meant with all of its day.
fn until(text: &str, start: &Stamp) -> Result<Wall, Trouble> {
    let (wall, form) = wall(text)?;
    Ok(match form {
        Form::Date => wall + DAY - 1,
        Form::Utc => start.place.wall(wall).unwrap_or(wall + DAY),
        Form::Local => wall,
    })
}

fn length(event: &Event<'_>, start: &Stamp, zones: &Zones<'_>) -> Result<Length, Trouble> {
    if let Some(end) = event.part.first("DTEND") {
        return between(start, &Stamp::of(end, zones)?);
    }
    match event.part.first("DURATION") {
        Some(duration) => Length::read(&duration.value),
        // a date is the whole of its day, a time no more than its instant
        None if start.date => Ok(Length { days: 1, seconds: 0 }),
        None => Ok(Length::default()),
    }
}

fn between(start: &Stamp, end: &Stamp) -> Result<Length, Trouble> {
    let length = if start.date && end.date {
        // some programs end a day on itself
        Length { days: ((end.wall - start.wall) / DAY).max(i64::from(end.wall == start.wall)), seconds: 0 }
    } else if start.date || end.date {
        return Err(Trouble::new("it begins at a date and ends at a time, or the other way round"));
    } else {
        match (start.place.wall(0), end.place.wall(0)) {
            (None, None) => Length { days: 0, seconds: end.wall - start.wall },
            _ => Length { days: 0, seconds: end.instants().1 - start.instants().0 },
        }
    };
    if end.wall < start.wall && length.seconds <= 0 || length.seconds < 0 {
        return Err(Trouble::new("it ends before it begins"));
    }
    Ok(length)
}
