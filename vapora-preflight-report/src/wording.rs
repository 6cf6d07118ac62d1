//! Phrases that more than one renderer says.

use std::time::Duration;

use vapora_preflight::{
    CheckRecord, CheckView, Counts, Period, PhaseOutline, Report, Role, Standing, Status, Timestamp, Unknown,
};

use crate::aged::{Tally, is_aged};

/// `3 checks`, `1 check`.
pub(crate) fn many(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// How many checks stand how: `20 hold (1 with a warning), 2 fail, 1 awaits a person, 1 is not known`.
pub(crate) fn counts(counts: &Counts) -> String {
    tally(&Tally { counts: *counts, aged: 0 })
}

/// The same, with those that have only grown old told apart: `20 hold, 3 held and have aged since, 2 fail`.
pub(crate) fn tally(tally: &Tally) -> String {
    let counts = tally.counts;
    let nothing_else = counts.failing + counts.awaiting + counts.unknown + counts.not_applicable == 0;
    let mut parts = Vec::new();
    if counts.holding > 0 || nothing_else {
        parts.push(match counts.warned {
            0 => many(counts.holding, "holds", "hold"),
            warned => format!("{} ({warned} with a warning)", many(counts.holding, "holds", "hold")),
        });
    }
    let mut add = |count, one, more| {
        if count > 0 {
            parts.push(many(count, one, more));
        }
    };
    add(tally.aged, "held and has aged since", "held and have aged since");
    add(counts.failing, "fails", "fail");
    add(counts.awaiting, "awaits a person", "await a person");
    add(tally.unknown(), "is not known", "are not known");
    add(counts.not_applicable, "does not apply", "do not apply");
    parts.join(", ")
}

/// A length of time for people: whole seconds where it is long, three digits where it is short.
pub(crate) fn duration(duration: Duration) -> String {
    let rounded = match duration.as_secs() {
        0 if duration.as_millis() == 0 => return "<1ms".to_owned(),
        0..10 => Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)),
        seconds => Duration::from_secs(seconds),
    };
    match rounded.as_millis() {
        millis if millis < 1_000 => format!("{millis}ms"),
        millis if millis < 10_000 => format!("{:.1}s", millis as f64 / 1_000.0),
        _ => Period::from(rounded).to_string(),
    }
}

/// How a check stands, in words: `passed on attempt 3`, `errored after 2 attempts`, `stale, had passed`.
pub(crate) fn status(report: &Report, check: &CheckView<'_>) -> String {
    let standing = check.standing(report.as_of());
    let attempts = check.current().map_or(0, |record| record.attempts);
    let done = check.current().is_some_and(|record| matches!(record.status, Status::Done(_)));
    match (standing, attempts, check.record) {
        (Standing::Holds { .. } | Standing::Fails, 2.., _) => {
            format!("{} on attempt {attempts}", standing.word())
        }
        (Standing::Unknown(_), 2.., _) if !done => format!("{} after {attempts} attempts", standing.word()),
        (Standing::Unknown(unknown), _, Some(record)) if is_aged(report, check) => {
            match record.status.word() {
                "not applicable" => format!("{}, did not apply", unknown.word()),
                word => format!("{}, had {word}", unknown.word()),
            }
        }
        _ => standing.word().to_owned(),
    }
}

/// Whether anything of a check came to a question to the world: what never was asked took no time.
pub(crate) fn took(check: &CheckView<'_>) -> Option<String> {
    let asked = |record: &&CheckRecord| record.attempts > 0 && !matches!(record.status, Status::Awaiting(_));
    check.record.filter(asked).and(check.took()).map(duration)
}

/// Where a phase stands: `done`, `done; 3 aged since`, `open`, `not open yet: opens in 2h`, `not passed`,
/// `late: 2h past due`, `missed: 2h past due`.
///
/// It is late, or missed, only where something was not answered when it was due. An answer that has only grown old was
/// one; of an answer after the due time it is not on record whether there was another one before it.
pub(crate) fn phase_state(report: &Report, phase: &PhaseOutline) -> String {
    let tally = Tally::of(report, report.checks_of(&phase.id));
    let aged = (tally.aged > 0 && tally.is_settled()).then(|| format!("; {} aged since", tally.aged));
    format!("{}{}", phase_course(report, phase), aged.unwrap_or_default())
}

/// The same, without the number of those that have aged.
pub(crate) fn phase_course(report: &Report, phase: &PhaseOutline) -> String {
    let now = report.as_of();
    let tally = Tally::of(report, report.checks_of(&phase.id));
    if tally.is_settled() {
        let last =
            report.checks_of(&phase.id).filter_map(|check| check.record).map(|record| record.finished).max();
        let after = last.zip(phase.due).filter(|(last, due)| last > due);
        let after = after.map(|(last, due)| format!("; last answer {} past due", coarse(last.since(due))));
        return format!("done{}", after.unwrap_or_default());
    }
    if let Some(opens) = phase.opens.filter(|opens| *opens > now) {
        return format!("not open yet: opens in {}", coarse(opens.since(now)));
    }
    match phase.due {
        Some(due) if due < now => {
            if tally.counts.awaiting + tally.unknown() == 0 {
                return "not passed".to_owned();
            }
            let asked = report.checks_of(&phase.id).any(|check| check.record.is_some());
            format!("{}: {} past due", if asked { "late" } else { "missed" }, coarse(now.since(due)))
        }
        _ => "open".to_owned(),
    }
}

/// A length of time to the minute where it is ten of them or more, else to the second.
fn coarse(duration: Duration) -> Period {
    let unit = if duration.as_secs() < 600 { 1 } else { 60 };
    Period::from_secs(duration.as_secs() / unit * unit)
}

/// Who has to give the word that a check rests on: `On-call engineer: Bo Lindqvist`.
pub(crate) fn awaited(report: &Report, check: &str) -> Option<String> {
    let (id, role) = role_awaited(report, check)?;
    Some(match role {
        Some(role) if role.person.is_empty() => format!("{}: nobody fills this role yet", role.title),
        Some(role) => format!("{}: {}", role.title, role.person),
        None => format!("{id}: the checklist does not declare this role"),
    })
}

/// The role whose word is missing, or no longer counts; its name, and what the checklist says of it.
pub(crate) fn role_awaited<'a>(report: &'a Report, check: &str) -> Option<(&'a str, Option<&'a Role>)> {
    let check = report.check(check)?;
    let id = match (check.standing(report.as_of()), check.record.map(|record| &record.status)) {
        (Standing::Unknown(Unknown::Awaiting), Some(Status::Awaiting(awaiting))) => &awaiting.role,
        (Standing::Unknown(Unknown::Expired), _) => check.outline.role.as_ref()?,
        _ => return None,
    };
    Some((id, report.outline().role(id)))
}

/// The planned time and the window: `2026-12-01 14:00 UTC, window 13:30 to 15:00`, or with its dates where they differ.
pub(crate) fn planned(report: &Report) -> Option<String> {
    let deployment = report.deployment();
    let planned = deployment.planned.map(Timestamp::to_minute);
    let window = deployment.window.map(|window| {
        let (opens, closes) = (window.opens.to_minute(), window.closes.to_minute());
        let day = |text: &str| text.split(' ').next().map(str::to_owned);
        let hour = |text: &str| text.split(' ').nth(1).map(str::to_owned);
        match (&planned, hour(&opens), hour(&closes)) {
            (Some(planned), Some(from), Some(to))
                if day(planned) == day(&opens) && day(&opens) == day(&closes) =>
            {
                format!("window {from} to {to}")
            }
            _ => format!("window {opens} to {closes}"),
        }
    });
    let parts: Vec<String> = [planned, window].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_as_exact_as_it_is_short() {
        let said = |millis| duration(Duration::from_millis(millis));
        assert_eq!(
            [said(0), said(7), said(1_234), said(61_900), said(7_200_000)],
            ["<1ms", "7ms", "1.2s", "1m 1s", "2h"]
        );
        assert_eq!(said(9_990), "10.0s");
    }
}
