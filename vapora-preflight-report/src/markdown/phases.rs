//! The phases, a line for each.

use std::fmt;

use vapora_preflight::{Report, Timestamp};

use super::{
    escape::{code, text},
    table,
};
use crate::{aged::Tally, wording::phase_state};

pub(super) fn write(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    let count = |count: usize| if count == 0 { String::new() } else { count.to_string() };
    let rows: Vec<Vec<String>> = report
        .phases()
        .iter()
        .map(|phase| {
            let tally = Tally::of(report, report.checks_of(&phase.id));
            let counts = tally.counts;
            vec![
                format!("{} {}", code(phase.id.as_str()), text(&phase.title)),
                phase.opens.map(short).unwrap_or_default(),
                phase.due.map(short).unwrap_or_default(),
                phase_state(report, phase),
                counts.declared.to_string(),
                count(counts.holding - counts.warned),
                count(tally.aged),
                count(counts.warned),
                count(counts.failing),
                count(counts.awaiting),
                count(tally.unknown()),
                count(counts.not_applicable),
            ]
        })
        .collect();
    writeln!(out, "## Phases\n")?;
    if rows.is_empty() {
        return writeln!(out, "No phase is declared.\n");
    }
    let head = [
        "Phase",
        "Opens (UTC)",
        "Due (UTC)",
        "State",
        "Checks",
        "✅ Pass",
        "🕒 Aged",
        "⚠️ Warn",
        "❌ Fail",
        "⏳ Await",
        "❓ Not known",
        "➖ N/A",
    ];
    table::write(out, &head, &rows)
}

/// An instant to the minute, of which the head of the column says that it is UTC.
fn short(at: Timestamp) -> String {
    at.to_minute().trim_end_matches(" UTC").to_owned()
}
