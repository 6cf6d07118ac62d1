//! What is deployed, and the verdict with its reasons.

use std::fmt;

use anstyle::Style;
use vapora_preflight::{CheckId, Reason, Report, Side, Weight};

use super::line::{Page, style};
use crate::{
    aged::Tally,
    clip::{clip, short},
    judgement::Judgement,
    next::{actions, rollback},
    sign::Sign,
    why::why,
    wording,
};

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
    let tally = Tally::of(report, report.checks());
    let checks = wording::many(tally.counts.declared, "check", "checks");
    page.plain(0, &format!("{checks}: {}", wording::tally(&tally)))?;
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
        reasons(sign, &told, page)?;
        not_asked(&pending, page)?;
    }
    next(report, &judgement, page)
}

/// What to do next, and the commands of a roll-back where that is it.
fn next(report: &Report, judgement: &Judgement<'_>, page: &mut Page<'_>) -> fmt::Result {
    const ACTIONS: usize = 12;
    const PARTS: usize = 4;
    let actions = actions(report, judgement);
    if !actions.is_empty() {
        page.plain(2, "what to do next:")?;
    }
    for (index, action) in actions.iter().take(ACTIONS).enumerate() {
        let named: Vec<&str> = action.checks.iter().take(PARTS).map(CheckId::as_str).collect();
        let more = action.checks.len().saturating_sub(PARTS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let checks = if named.is_empty() { String::new() } else { format!(" ({}{more})", named.join(", ")) };
        let what = format!("{}{checks}", clip(&action.what, 400));
        page.line(4, &format!("{}.", index + 1), Style::new(), &what)?;
        for command in action.commands.iter().take(PARTS) {
            page.command(7, command)?;
        }
        if action.commands.len() > PARTS {
            let more = action.commands.len() - PARTS;
            page.plain(7, &format!("and {more} more like it, one for each check"))?;
        }
    }
    if actions.len() > ACTIONS {
        page.plain(4, &format!("and {} more, told in the report", actions.len() - ACTIONS))?;
    }
    if judgement.word() == Some("ROLL BACK") {
        for commands in rollback(report) {
            page.plain(2, &format!("{}:", commands.title))?;
            for line in &commands.lines {
                page.command(4, line)?;
            }
        }
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
    if let Some(why) = why(judgement) {
        let check = why.check.map(|check| format!("{check} ")).unwrap_or_default();
        let more = if why.more.is_empty() { String::new() } else { format!(" ({})", why.more) };
        let lead = if judgement.is_out_of_date() { "why then:" } else { "why:" };
        page.line(2, lead, Style::new().dimmed(), &format!("{check}{}{more}", why.told))?;
    }
    if !judgement.is_out_of_date() {
        return match judgement.aged_quietly() {
            0 => Ok(()),
            count => {
                let aged = wording::many(count, "answer has aged", "answers have aged");
                page.plain(2, &format!("({aged} since it decided; they held then)"))
            }
        };
    }
    page.line(2, "judge it again:", style(Sign::Warn), "since then")?;
    for since in judgement.turned().take(NAMED) {
        page.plain(4, &format!("{} was {}, now {}", since.check, since.was, since.is))?;
    }
    let more = judgement.turned().count().saturating_sub(NAMED);
    if more > 0 {
        page.plain(4, &format!("and {more} more"))?;
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
        let text = format!("{side} \"{}\": {} ({})", state.outline.name, state.word(), state.why());
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

fn reasons(sign: Sign, reasons: &[&Reason], page: &mut Page<'_>) -> fmt::Result {
    let groups = Judgement::together(reasons);
    for (reason, checks) in groups.iter().take(NAMED) {
        let lead = match &reason.check {
            Some(check) => format!("{} {check}", sign.glyph(page.ascii)),
            None => sign.glyph(page.ascii).to_owned(),
        };
        let remedy = reason.remedy.as_ref().filter(|_| reason.weight == Weight::Notice);
        let remedy = remedy.map(|remedy| format!("; to do: {}", short(remedy, 300))).unwrap_or_default();
        let others: Vec<&str> = checks.iter().skip(1).take(NAMED).map(|check| check.as_str()).collect();
        let more = checks.len().saturating_sub(NAMED + 1);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let others = match others.len() {
            0 => String::new(),
            _ => format!(" (and so {}{more})", others.join(", ")),
        };
        let told = format!("{}: {}{remedy}{others}", reason.status, short(&reason.message, 200));
        page.line(4, &lead, style(sign), &told)?;
    }
    if groups.len() > NAMED {
        page.plain(4, &format!("and {} more, see above", groups.len() - NAMED))?;
    }
    Ok(())
}
