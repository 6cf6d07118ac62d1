//! What waits for whom.

use std::{collections::BTreeMap, fmt};

use vapora_preflight::{CheckView, Report, Status};

use super::escape::{code, prose, text};
use crate::{
    aged::{is_aged, opened},
    command, wording,
};

pub(super) fn write(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    let mut by_role: BTreeMap<usize, (&str, Vec<CheckView<'_>>)> = BTreeMap::new();
    let mut order: Vec<&str> = report.outline().roles.iter().map(|role| role.id.as_str()).collect();
    // a word that a gate opened on, and that has expired since, is not waited for
    let done = |check: &CheckView<'_>| is_aged(report, check) && opened(report, check).is_some();
    for check in report.checks().filter(|check| !done(check)) {
        let Some((role, _)) = wording::role_awaited(report, check.id().as_str()) else { continue };
        let place = order.iter().position(|known| *known == role).unwrap_or_else(|| {
            order.push(role);
            order.len() - 1
        });
        by_role.entry(place).or_insert_with(|| (role, Vec::new())).1.push(check);
    }
    if by_role.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Waiting for people\n")?;
    for (id, checks) in by_role.values() {
        let who = checks.first().and_then(|check| wording::awaited(report, check.id().as_str()));
        writeln!(out, "### {} ({})\n", text(&who.unwrap_or_default()), code(id))?;
        for check in checks {
            writeln!(out, "- {}: {}", code(check.id().as_str()), prose(&statement(check)))?;
            writeln!(
                out,
                "  - To record it: {}",
                code(&command::for_release(report, command::attest(check.id(), report.outline().role(id))))
            )?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn statement(check: &CheckView<'_>) -> String {
    match check.record.map(|record| &record.status) {
        Some(Status::Awaiting(awaiting)) => match &awaiting.because {
            Some(because) => format!("{} ({because})", awaiting.statement),
            None => awaiting.statement.clone(),
        },
        _ => format!("{} (the word given no longer counts)", check.outline.title),
    }
}
