//! Rules by which something recurs.

use chrono::{DateTime, Utc};
use rrule::{Frequency, RRule, RRuleSet, Tz, Unvalidated};

use super::{
    Trouble,
    stamp::{DAY, Wall},
};

/// How many times everything in a calendar may recur, while it is worked out.
const MOST: u32 = 200_000;
/// After so many periods in which nothing recurs, the library gives up on a rule.
const PATIENCE: i64 = 99_000;

/// How much work is left.
#[derive(Debug)]
pub(crate) struct Steps(u32);

impl Default for Steps {
    fn default() -> Self {
        Self(MOST)
    }
}

impl Steps {
    fn one(&mut self) -> Result<(), Trouble> {
        self.0 = self
            .0
            .checked_sub(1)
            .ok_or_else(|| Trouble::new(format!("more than {MOST} recurrences have to be worked out")))?;
        Ok(())
    }
}

/// When something recurs by a rule, from its start on, within `from` and `to` and both of them included. `of_until`
/// gives what a clock in its place shows at the end that a rule names.
///
/// The library works with what a clock on the wall shows, as though it were UTC: that it recurs at nine means at nine
/// there, in summer and in winter.
pub(super) fn walls(
    rule: &str,
    start: Wall,
    (from, to): (Wall, Wall),
    of_until: &dyn Fn(&str) -> Result<Wall, Trouble>,
    steps: &mut Steps,
) -> Result<Vec<Wall>, Trouble> {
    let wrong =
        |why: &dyn std::fmt::Display| Trouble::new(format!("the rule `{rule}` cannot be understood: {why}"));
    let (text, until) = without_until(rule, of_until)?;
    let read: RRule<Unvalidated> = text.parse().map_err(|error| wrong(&error))?;
    if read.get_interval() == 0 || read.get_count() == Some(0) {
        return Err(wrong(&"it recurs never"));
    }
    let begins = instant(start).ok_or_else(|| wrong(&"it begins outside of the calendar"))?;
    let validated = read.validate(begins).map_err(|error| wrong(&error))?;
    let (count, period) = (validated.get_count(), period(validated.get_frequency_and_interval()));
    let last = until.unwrap_or(i64::MAX).min(to);
    let mut found = Vec::new();
    let (mut seen, mut latest) = (0_u32, start);
    for date in &RRuleSet::new(begins).rrule(validated).limit() {
        steps.one()?;
        let at = date.timestamp();
        if at > last {
            return Ok(found);
        }
        (seen, latest) = (seen + 1, at);
        if at >= from {
            found.push(at);
        }
    }
    // It ends of itself by its count, or because nothing recurs for as long as the library looks. Whether that is as
    // long as is asked for, it does not say.
    let looked_until = latest.saturating_add(period.saturating_mul(PATIENCE));
    if count.is_some_and(|count| seen >= count) || looked_until >= last {
        return Ok(found);
    }
    Err(Trouble::new(format!("the rule `{rule}` recurs too rarely to be worked out")))
}

/// What the interval of a rule takes at least, in seconds.
fn period((frequency, interval): (Frequency, u16)) -> i64 {
    let unit = match frequency {
        Frequency::Yearly => 365 * DAY,
        Frequency::Monthly => 28 * DAY,
        Frequency::Weekly => 7 * DAY,
        Frequency::Daily => DAY,
        Frequency::Hourly => 3_600,
        Frequency::Minutely => 60,
        Frequency::Secondly => 1,
    };
    unit * i64::from(interval)
}

trait FrequencyAndInterval {
    fn get_frequency_and_interval(&self) -> (Frequency, u16);
}

impl<S> FrequencyAndInterval for RRule<S> {
    fn get_frequency_and_interval(&self) -> (Frequency, u16) {
        (self.get_freq(), self.get_interval())
    }
}

fn instant(wall: Wall) -> Option<DateTime<Tz>> {
    DateTime::<Utc>::from_timestamp(wall, 0).map(|at| at.with_timezone(&Tz::UTC))
}

/// A rule without the end that it names, and that end.
fn without_until(
    rule: &str,
    of_until: &dyn Fn(&str) -> Result<Wall, Trouble>,
) -> Result<(String, Option<Wall>), Trouble> {
    let (mut kept, mut until) = (Vec::new(), None);
    for part in rule.trim().trim_end_matches(';').split(';') {
        match part.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("UNTIL") => {
                until = Some(of_until(value.trim())?);
            }
            _ => kept.push(part.trim().to_ascii_uppercase()),
        }
    }
    Ok((kept.join(";"), until))
}

#[cfg(test)]
mod tests {
    use super::{
        super::stamp::{shown, wall},
        *,
    };

    fn told(rule: &str, start: &str, from: &str, to: &str) -> String {
        let at = |text: &str| wall(text).unwrap().0;
        let of_until = |text: &str| wall(text).map(|(wall, _)| wall);
        match walls(rule, at(start), (at(from), at(to)), &of_until, &mut Steps::default()) {
            Ok(found) => found.iter().map(|wall| shown(*wall).to_string()).collect::<Vec<_>>().join(" "),
            Err(trouble) => trouble.to_string(),
        }
    }

    #[test]
    fn rules_recur_as_they_say() {
        let mut all = Vec::new();
        for (rule, start) in [
            ("FREQ=DAILY", "20150101T090000"),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH", "20260105T140000"),
            ("FREQ=MONTHLY;BYDAY=1TU", "20250107T220000"),
            ("FREQ=MONTHLY;BYMONTHDAY=-1", "20250131T220000"),
            ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "20250131T220000"),
            ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=1", "19990101T000000"),
            ("FREQ=DAILY;COUNT=3", "20261201T090000"),
            ("FREQ=DAILY;COUNT=3", "20250101T090000"),
            ("freq=daily;until=20261202T090000Z;", "20261101T090000"),
            ("FREQ=DAILY;UNTIL=20200101", "20261101T090000"),
            ("FREQ=HOURLY;INTERVAL=36", "20261101T090000"),
            ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "20200101T000000"),
        ] {
            all.push(format!("{rule}: {}", told(rule, start, "20261130", "20261204")));
        }
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn what_cannot_be_worked_out_is_trouble() {
        let mut all = Vec::new();
        for (rule, start) in [
            ("", "20260101"),
            ("FREQ=SOMETIMES", "20260101"),
            ("FREQ=DAILY;INTERVAL=0", "20260101"),
            ("FREQ=DAILY;COUNT=0", "20260101"),
            ("FREQ=DAILY;UNTIL=tomorrow", "20260101"),
            ("FREQ=SECONDLY", "20260101"),
            ("FREQ=SECONDLY;BYMONTH=11;BYMONTHDAY=31", "20260101"),
            ("FREQ=MONTHLY;BYDAY=1XX", "20260101"),
        ] {
            all.push(format!("{rule}: {}", told(rule, start, "20261130", "20261204")));
        }
        insta::assert_snapshot!(all.join("\n"));
    }
}
