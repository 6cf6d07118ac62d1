//! Every check, in a table for each phase.

use std::fmt;

use vapora_preflight::{CheckView, Report};

use super::{
    escape::{code, prose, text},
    table,
};
use crate::{clip::short, sign::Sign, wording};

pub(super) fn write(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    writeln!(out, "## All checks\n")?;
    if report.checks().next().is_none() {
        return writeln!(out, "No check is declared.\n");
    }
    let head = ["Check", "Title", "Status", "Summary", "Severity", "Took", "Answered"];
    for phase in report.phases() {
        let rows: Vec<Vec<String>> = report.checks_of(&phase.id).map(|check| row(report, &check)).collect();
        if rows.is_empty() {
            continue;
        }
        writeln!(out, "### {}\n", text(&phase.title))?;
        table::write(out, &head, &rows)?;
    }
    let stray: Vec<Vec<String>> = report
        .checks()
        .filter(|check| report.outline().phase(check.outline.phase.as_str()).is_none())
        .map(|check| row(report, &check))
        .collect();
    if !stray.is_empty() {
        writeln!(out, "### In no declared phase\n")?;
        table::write(out, &head, &stray)?;
    }
    Ok(())
}

fn row(report: &Report, check: &CheckView<'_>) -> Vec<String> {
    let now = report.as_of();
    vec![
        code(check.id().as_str()),
        text(&check.outline.title),
        format!("{} {}", Sign::of(report, check).emoji(), wording::status(report, check)),
        prose(&short(&check.summary(now), 200)),
        check.outline.severity.to_string(),
        wording::took(check).unwrap_or_default(),
        check.record.map(|record| record.finished.to_minute()).unwrap_or_default(),
    ]
}
