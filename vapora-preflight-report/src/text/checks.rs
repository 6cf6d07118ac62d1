//! The phases with their checks.

use std::fmt;

use anstyle::Style;
use vapora_preflight::{CheckView, PhaseOutline, Report, Status, Timestamp};

use super::line::{Page, style};
use crate::{
    aged::{self, Tally},
    clip::clip,
    sign::Sign,
    visible::visible,
    wording,
};

pub(super) fn write(report: &Report, only_problems: bool, page: &mut Page<'_>) -> fmt::Result {
    for phase in report.phases() {
        let checks: Vec<CheckView<'_>> = report.checks_of(&phase.id).collect();
        let (title, state) = title(report, phase);
        page.line(0, &title, Style::new().bold(), &state)?;
        lines(report, &checks, only_problems, page)?;
        page.blank()?;
    }
    let stray: Vec<CheckView<'_>> = report
        .checks()
        .filter(|check| report.outline().phase(check.outline.phase.as_str()).is_none())
        .collect();
    if !stray.is_empty() {
        page.title("in no declared phase", Style::new().bold())?;
        lines(report, &stray, only_problems, page)?;
        page.blank()?;
    }
    Ok(())
}

fn title(report: &Report, phase: &PhaseOutline) -> (String, String) {
    let tally = Tally::of(report, report.checks_of(&phase.id));
    let state = wording::phase_course(report, phase);
    let due = phase.due.filter(|_| !state.starts_with("done"));
    let due = due.map(|due| format!(" (due {})", Timestamp::to_minute(due))).unwrap_or_default();
    (format!("{} ({}):", phase.title, phase.id), format!("{}; {state}{due}", wording::tally(&tally)))
}

fn lines(report: &Report, checks: &[CheckView<'_>], only_problems: bool, page: &mut Page<'_>) -> fmt::Result {
    const WIDEST: usize = 36;
    let width = |check: &CheckView<'_>| visible(check.id().as_str()).chars().count();
    let column = checks.iter().map(width).filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let mut left_out = 0;
    for check in checks {
        let sign = Sign::of(report, check);
        if only_problems && sign == Sign::Aged {
            continue;
        }
        if only_problems && matches!(sign, Sign::Pass | Sign::NotApplicable) {
            left_out += 1;
            continue;
        }
        let id = visible(check.id().as_str());
        let lead = format!("{} {id:column$} ", sign.glyph(page.ascii));
        page.line(2, &lead, style(sign), &said(report, check))?;
        let errored = matches!(
            check.record.map(|record| &record.status),
            Some(Status::Errored { .. } | Status::TimedOut { .. })
        );
        if matches!(sign, Sign::Fail | Sign::Warn) || errored {
            details(report, check, page)?;
        }
    }
    if only_problems && let Some(aged) = aged::sentence(&aged::groups(report, checks.iter().copied())) {
        page.line(2, Sign::Aged.glyph(page.ascii), style(Sign::Aged), &aged)?;
    }
    if left_out > 0 {
        let told = wording::many(
            left_out,
            "check that passed or does not apply",
            "checks that passed or do not apply",
        );
        page.plain(4, &format!("({told})"))?;
    }
    Ok(())
}

/// `timed out after 2 attempts: no answer within 20s (40.1s)`; of a pass only what was found.
fn said(report: &Report, check: &CheckView<'_>) -> String {
    let now = report.as_of();
    let status = wording::status(report, check);
    let summary = clip(&check.summary(now), 600);
    let took = wording::took(check).map(|took| format!(" ({took})")).unwrap_or_default();
    match (Sign::of(report, check), status.as_str()) {
        (_, "pending") => "not asked yet".to_owned(),
        (_, "awaiting") => format!(
            "awaiting {}; {summary}",
            wording::awaited(report, check.id().as_str()).unwrap_or_default()
        ),
        (Sign::Pass, "passed") | (Sign::Fail, "failed") | (Sign::Warn, "warned") => {
            format!("{summary}{took}")
        }
        _ => format!("{status}: {summary}{took}"),
    }
}

/// What was expected and found; what to do, where the verdict below does not say it.
fn details(report: &Report, check: &CheckView<'_>, page: &mut Page<'_>) -> fmt::Result {
    if let Some(Status::Done(outcome)) = check.record.map(|record| &record.status) {
        let finding = outcome.finding();
        for (name, text) in [("expected:", &finding.expected), ("found:", &finding.actual)] {
            if let Some(text) = text {
                page.line(6, name, Style::new().dimmed(), &clip(text, 600))?;
            }
        }
    }
    let judged = report.headline().is_some_and(|(gate, _)| gate.subjects.contains(check.id()));
    if let Some(remedy) = check.remedy(report.as_of()).filter(|_| !judged) {
        page.line(6, "to do:", Style::new().dimmed(), &clip(&remedy, 600))?;
    }
    Ok(())
}
