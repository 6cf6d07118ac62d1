//! What waits for whom.

use std::{collections::BTreeMap, fmt};

use vapora_preflight::{CheckView, Report, Standing, Status, Unknown};

use super::escape::{code, text};
use crate::wording;

pub(super) fn write(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    let mut by_role: BTreeMap<usize, (&str, Vec<CheckView<'_>>)> = BTreeMap::new();
    let mut order: Vec<&str> = report.outline().roles.iter().map(|role| role.id.as_str()).collect();
    for check in report.checks() {
        let Some(role) = role_waited_for(report, &check) else { continue };
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
            writeln!(out, "- {}: {}", code(check.id().as_str()), text(&statement(check)))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The role whose word is missing, or no longer counts.
fn role_waited_for<'a>(report: &'a Report, check: &CheckView<'a>) -> Option<&'a str> {
    match (check.standing(report.as_of()), check.record.map(|record| &record.status)) {
        (Standing::Unknown(Unknown::Awaiting), Some(Status::Awaiting(awaiting))) => Some(&awaiting.role),
        (Standing::Unknown(Unknown::Expired), _) => check.outline.role.as_deref(),
        _ => None,
    }
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
