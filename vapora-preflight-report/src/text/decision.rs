//! What is deployed, and the verdict with its reasons.

use std::fmt;

use anstyle::Style;
use vapora_preflight::{CheckId, Reason, Report, Side, Weight};

use super::line::{Page, style};
use crate::{clip::clip, judgement::Judgement, sign::Sign, wording};

pub(super) fn head(report: &Report, page: &mut Page<'_>) -> fmt::Result {
    let outline = report.outline();
    let deployment = report.deployment();
    let mut title = outline.title.clone().unwrap_or_else(|| outline.checklist.clone());
    if let Some(release) = &deployment.release {
        title = format!("{title}, release {release}");
    }
    if let Some(environment) = &deployment.environment {
        title = format!("{title}, to {environment}");
    }
    page.title(&title, Style::new().bold())?;
    let planned = wording::planned(report).unwrap_or_else(|| "not said".to_owned());
    page.plain(0, &format!("planned: {planned}; as of {}", report.as_of().to_minute()))?;
    page.blank()
}

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> fmt::Result {
    let counts = report.counts();
    page.plain(
        0,
        &format!("{}: {}", wording::many(counts.declared, "check", "checks"), wording::counts(&counts)),
    )?;
    page.blank()?;
    let Some(judgement) = Judgement::headline(report) else {
        return page.plain(0, "NO DECISION: the checklist declares no gate");
    };
    verdict(&judgement, page)?;
    conditions(&judgement, page)?;
    for (weight, title, sign) in [
        (Weight::Against, "against:", Sign::Fail),
        (Weight::Open, "open, not known:", Sign::Unknown),
        (Weight::Notice, "notices, which decide nothing:", Sign::Warn),
        (Weight::For, "in favour:", Sign::Pass),
    ] {
        let (told, pending) = judgement.told_and_pending(weight);
        if told.is_empty() && pending.is_empty() {
            continue;
        }
        page.plain(2, title)?;
        reasons(report, sign, &told, page)?;
        not_asked(&pending, page)?;
    }
    Ok(())
}

fn verdict(judgement: &Judgement<'_>, page: &mut Page<'_>) -> fmt::Result {
    let gate = judgement.gate;
    let (sign, word) = judgement.head();
    let at = match judgement.record {
        Some(record) => format!(", decided at {}", record.at.to_minute()),
        None => "; there is no decision yet, and this is how its checks stand".to_owned(),
    };
    page.line(0, &format!("{word}:"), style(sign), &format!("{} ({}){at}", gate.title, gate.id))?;
    if judgement.since.is_empty() {
        return Ok(());
    }
    page.line(2, "judge it again:", style(Sign::Warn), "since then")?;
    for since in &judgement.since {
        page.plain(4, &format!("{} was {}, now {}", since.check, since.was, since.is))?;
    }
    Ok(())
}

fn conditions(judgement: &Judgement<'_>, page: &mut Page<'_>) -> fmt::Result {
    for state in judgement.conditions() {
        let sign = match state.speaks_for() {
            Some(true) => Sign::Pass,
            Some(false) => Sign::Fail,
            None => Sign::Unknown,
        };
        let side = match state.outline.side {
            Side::ProceedIf => "proceed if",
            Side::RescheduleIf => "reschedule if",
        };
        let text = format!("{side} \"{}\": {} ({})", state.outline.name, state.word(), state.why);
        page.line(2, sign.glyph(page.ascii), style(sign), &text)?;
    }
    Ok(())
}

const NAMED: usize = 25;

fn not_asked(pending: &[&CheckId], page: &mut Page<'_>) -> fmt::Result {
    if pending.is_empty() {
        return Ok(());
    }
    let mut names: Vec<String> = pending.iter().take(NAMED).map(ToString::to_string).collect();
    if pending.len() > NAMED {
        names.push(format!("and {} more", pending.len() - NAMED));
    }
    let lead = format!("{} not asked yet ({}):", Sign::Waiting.glyph(page.ascii), pending.len());
    page.line(4, &lead, style(Sign::Waiting), &names.join(", "))
}

fn reasons(report: &Report, sign: Sign, reasons: &[&Reason], page: &mut Page<'_>) -> fmt::Result {
    for reason in reasons.iter().take(NAMED) {
        let lead = match &reason.check {
            Some(check) => format!("{} {check}", sign.glyph(page.ascii)),
            None => sign.glyph(page.ascii).to_owned(),
        };
        page.line(4, &lead, style(sign), &format!("{}: {}", reason.status, clip(&reason.message, 600)))?;
        if let Some(who) = reason.check.as_ref().and_then(|check| wording::awaited(report, check.as_str())) {
            page.line(6, "who:", Style::new().dimmed(), &who)?;
        }
        if let Some(remedy) = &reason.remedy {
            page.line(6, "to do:", Style::new().dimmed(), &clip(remedy, 600))?;
        }
    }
    if reasons.len() > NAMED {
        page.plain(4, &format!("and {} more, see above", reasons.len() - NAMED))?;
    }
    Ok(())
}
