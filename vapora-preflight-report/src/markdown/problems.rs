//! What fails, is not known, or came with a warning, phase by phase.

use std::fmt;

use vapora_preflight::{CheckView, PhaseOutline, Report, Standing, Status, Unknown};

use super::{
    escape::{code, codes, link, prose, text},
    evidence,
};
use crate::{clip::clip, sign::Sign, wording};

pub(super) fn write(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    let trouble = |check: &CheckView<'_>| {
        !matches!(Sign::of(report, check), Sign::Pass | Sign::NotApplicable | Sign::Aged)
    };
    if !report.checks().any(|check| trouble(&check)) {
        return Ok(());
    }
    writeln!(out, "## What fails or is not known\n")?;
    for phase in report.phases() {
        let checks: Vec<CheckView<'_>> = report.checks_of(&phase.id).filter(trouble).collect();
        if !checks.is_empty() {
            of_phase(report, phase, &checks, out)?;
        }
    }
    Ok(())
}

fn of_phase(
    report: &Report,
    phase: &PhaseOutline,
    checks: &[CheckView<'_>],
    out: &mut dyn fmt::Write,
) -> fmt::Result {
    writeln!(out, "### {} ({})\n", text(&phase.title), code(phase.id.as_str()))?;
    let rank = |check: &CheckView<'_>| match check.standing(report.as_of()) {
        Standing::Fails => 0,
        Standing::Unknown(Unknown::Pending) => 4,
        Standing::Unknown(Unknown::Awaiting) => 5,
        Standing::Unknown(Unknown::Skipped) => 3,
        Standing::Unknown(_) => 1,
        _ => 2,
    };
    let ranked = |wanted| checks.iter().filter(move |check| rank(check) == wanted);
    for check in (0..3).flat_map(ranked) {
        in_full(report, check, out)?;
    }
    if (0..3).flat_map(ranked).next().is_some() && (3..6).flat_map(ranked).next().is_some() {
        writeln!(out, "#### Not asked, or waiting for a person\n")?;
    }
    let mut any = false;
    for check in ranked(3) {
        any = true;
        let summary = prose(&clip(&check.summary(report.as_of()), 400));
        writeln!(out, "- {} {} skipped: {summary}", Sign::Unknown.emoji(), code(check.id().as_str()))?;
        if let Some(remedy) = check.remedy(report.as_of()) {
            writeln!(out, "  - To do: {}", prose(&remedy))?;
        }
    }
    let pending: Vec<&str> = ranked(4).map(|check| check.id().as_str()).collect();
    let awaiting: Vec<&str> = ranked(5).map(|check| check.id().as_str()).collect();
    for (ids, what) in [(pending, "not asked yet"), (awaiting, "waiting for a person, see below")] {
        if !ids.is_empty() {
            any = true;
            writeln!(out, "- {} {what} ({}): {}", Sign::Waiting.emoji(), ids.len(), named(&ids))?;
        }
    }
    if any { writeln!(out) } else { Ok(()) }
}

fn named(ids: &[&str]) -> String {
    const NAMED: usize = 20;
    let more = ids.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", codes(&ids[..ids.len().min(NAMED)]))
}

fn in_full(report: &Report, check: &CheckView<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let now = report.as_of();
    let outline = check.outline;
    writeln!(
        out,
        "#### {} {}: {}\n",
        Sign::of(report, check).emoji(),
        code(outline.id.as_str()),
        text(&outline.title)
    )?;
    let mut facts = vec![format!("**{}**", wording::status(report, check)), outline.severity.to_string()];
    facts.push(format!("kind {}", code(&outline.kind)));
    facts.extend(outline.target.as_ref().map(|target| format!("target {}", code(target.as_str()))));
    facts.extend(outline.owner.as_ref().map(|owner| format!("owner {}", text(owner))));
    writeln!(out, "{}\n", facts.join(" · "))?;
    writeln!(out, "{}\n", prose(&clip(&check.summary(now), 1_000)))?;
    let finding = check.record.and_then(|record| match &record.status {
        Status::Done(outcome) => Some(outcome.finding()),
        _ => None,
    });
    let mut lines: Vec<(&str, String)> = Vec::new();
    if let Some(finding) = finding {
        lines.extend(finding.expected.iter().map(|it| ("Expected", prose(&clip(it, 1_000)))));
        lines.extend(finding.actual.iter().map(|it| ("Found", prose(&clip(it, 1_000)))));
    }
    let remedy = check.remedy(now);
    let hint = outline.hint.as_ref().filter(|hint| remedy.as_ref() != Some(hint));
    lines.extend(remedy.iter().map(|it| ("To do", prose(&clip(it, 1_000)))));
    lines.extend(hint.map(|it| ("Hint", code(it))));
    lines.extend(outline.docs.iter().map(|it| ("Docs", link(it))));
    let any = !lines.is_empty();
    for (name, line) in lines {
        writeln!(out, "- {name}: {line}")?;
    }
    if let Some(finding) = finding.filter(|finding| !finding.evidence.is_empty()) {
        let failed = check.standing(now) == Standing::Fails;
        evidence::write(&finding.evidence, failed, out)?;
        return writeln!(out);
    }
    if any { writeln!(out) } else { Ok(()) }
}
