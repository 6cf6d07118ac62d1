//! The phases, a line for each.

use std::fmt;

use vapora_preflight::{Counts, Report, Timestamp};

use super::{
    escape::{code, text},
    table,
};
use crate::wording::phase_state;

pub(super) fn write(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    let count = |count: usize| if count == 0 { String::new() } else { count.to_string() };
    let rows: Vec<Vec<String>> = report
        .phases()
        .iter()
        .map(|phase| {
            let counts = Counts::of(report.checks_of(&phase.id), report.as_of());
            vec![
                format!("{} {}", code(phase.id.as_str()), text(&phase.title)),
                phase.opens.map(Timestamp::to_minute).unwrap_or_default(),
                phase.due.map(Timestamp::to_minute).unwrap_or_default(),
                phase_state(report, phase),
                counts.declared.to_string(),
                count(counts.holding - counts.warned),
                count(counts.warned),
                count(counts.failing),
                count(counts.awaiting),
                count(counts.unknown),
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
        "Opens",
        "Due",
        "State",
        "Checks",
        "✅ Pass",
        "⚠️ Warn",
        "❌ Fail",
        "⏳ Await a person",
        "❓ Not known",
        "➖ Not applicable",
    ];
    table::write(out, &head, &rows)
}
