//! The decision: what is deployed, the verdict, its reasons.

use std::fmt;

use vapora_preflight::{CheckId, Reason, Report, Side, Weight};

use super::{
    escape::{code, codes, fenced, prose, text},
    table,
};
use crate::{
    aged::Tally,
    clip::{clip, short},
    judgement::{ConditionState, Judgement},
    next::{actions, rollback},
    why::why,
    wording,
};

pub(super) fn write(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    let outline = report.outline();
    let deployment = report.deployment();
    writeln!(out, "# {}\n", text(outline.title.as_deref().unwrap_or(&outline.checklist)))?;
    let unsaid = || "not said".to_owned();
    let rows: Vec<String> = vec![
        deployment.release.as_ref().map_or_else(unsaid, |release| code(release.as_str())),
        deployment.environment.as_deref().map_or_else(unsaid, text),
        wording::planned(report).unwrap_or_else(unsaid),
        report.as_of().to_minute(),
    ];
    table::write(out, &["Release", "Environment", "Planned", "As of"], &[rows])?;
    if let Some(judgement) = Judgement::headline(report) {
        gate(report, &judgement, out)?;
    } else {
        writeln!(out, "## ❓ No decision\n")?;
        writeln!(out, "This checklist declares no gate, so nothing here decides.\n")?;
        writeln!(out, "{}.\n", wording::tally(&Tally::of(report, report.checks())))?;
    }
    other_gates(report, out)
}

fn gate(report: &Report, judgement: &Judgement<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let gate = judgement.gate;
    let (sign, word) = judgement.head();
    writeln!(out, "## {} {word}: {}\n", sign.emoji(), text(&gate.title))?;
    if judgement.is_out_of_date() {
        out_of_date(judgement, out)?;
    }
    because(judgement, out)?;
    let subjects = gate.subjects.iter().filter_map(|id| report.check(id.as_str()));
    let tally = Tally::of(report, subjects);
    let stand =
        format!("of {}, {}", wording::many(gate.subjects.len(), "check", "checks"), wording::tally(&tally));
    match judgement.record {
        Some(record) => {
            writeln!(
                out,
                "Gate {} decided at {}; {stand}.\n",
                code(gate.id.as_str()),
                record.at.to_minute()
            )?;
        }
        None => writeln!(
            out,
            "Gate {} has not been judged, so there is **no decision yet**; {stand}. What follows is how its checks stand now.\n",
            code(gate.id.as_str())
        )?,
    }
    let aged = judgement.aged_quietly();
    if aged > 0 {
        let told = wording::many(
            aged,
            "answer has aged since it decided; it",
            "answers have aged since it decided; they",
        );
        writeln!(out, "{told} held then.\n")?;
    }
    conditions(judgement, out)?;
    next(report, judgement, out)?;
    for (weight, title) in [
        (Weight::Against, "Against"),
        (Weight::Open, "Open: not known"),
        (Weight::Notice, "Notices, which decide nothing"),
        (Weight::For, "In favour"),
    ] {
        let (told, pending) = judgement.told_and_pending(weight);
        reasons(out, title, &told, &pending)?;
    }
    Ok(())
}

fn because(judgement: &Judgement<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let Some(why) = why(judgement) else { return Ok(()) };
    let check = why.check.map(|check| format!("{} ", code(check.as_str()))).unwrap_or_default();
    let more = if why.more.is_empty() { String::new() } else { format!(" ({})", why.more) };
    let then = if judgement.is_out_of_date() { " then" } else { "" };
    writeln!(out, "**Why{then}:** {check}{}{more}\n", prose(&why.told))
}

fn out_of_date(judgement: &Judgement<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    const NAMED: usize = 10;
    let turned: Vec<String> = judgement
        .turned()
        .map(|since| format!("{} (was {}, now {})", code(&since.check), text(&since.was), since.is))
        .collect();
    let more = turned.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    writeln!(
        out,
        "> **This decision is out of date: judge it again.** Since then: {}{more}.\n",
        turned[..turned.len().min(NAMED)].join(", ")
    )
}

/// What to do next, and the commands of a roll-back where that is it.
fn next(report: &Report, judgement: &Judgement<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    const ACTIONS: usize = 12;
    const PARTS: usize = 4;
    let actions = actions(report, judgement);
    if actions.is_empty() {
        return Ok(());
    }
    writeln!(out, "### What to do next\n")?;
    for (index, action) in actions.iter().take(ACTIONS).enumerate() {
        let checks = match action.checks.len() {
            0 => String::new(),
            count if count > PARTS => {
                format!(" — {} and {} more", codes(&action.checks[..PARTS]), count - PARTS)
            }
            _ => format!(" — {}", codes(&action.checks)),
        };
        writeln!(out, "{}. {}{checks}", index + 1, prose(&clip(&action.what, 400)))?;
        for command in action.commands.iter().take(PARTS) {
            writeln!(out, "    - {}", code(command))?;
        }
        if action.commands.len() > PARTS {
            writeln!(out, "    - and {} more like it, one for each check", action.commands.len() - PARTS)?;
        }
    }
    if actions.len() > ACTIONS {
        writeln!(out, "\nAnd {} more, told with each check.", actions.len() - ACTIONS)?;
    }
    writeln!(out)?;
    if judgement.word() == Some("ROLL BACK") {
        roll_back(report, out)?;
    }
    Ok(())
}

fn roll_back(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    for commands in rollback(report) {
        let target = match &commands.target {
            Some(target) => format!(", on {}", code(target.as_str())),
            None => String::new(),
        };
        writeln!(out, "**{}** ({}{target}):\n", text(&commands.title), code(&commands.id))?;
        fenced(out, "sh", &commands.lines.join("\n"))?;
    }
    Ok(())
}

fn conditions(judgement: &Judgement<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let all = judgement.conditions();
    for (side, title) in [(Side::ProceedIf, "Proceed if"), (Side::RescheduleIf, "Reschedule if")] {
        let rows: Vec<Vec<String>> = all
            .iter()
            .filter(|state| state.outline.side == side)
            .map(|state| {
                let sign = match state.speaks_for() {
                    Some(true) => "✅",
                    Some(false) => "❌",
                    None => "❓",
                };
                vec![text(&state.outline.name), format!("{sign} {}", state.word()), decided_by(state)]
            })
            .collect();
        if !rows.is_empty() {
            table::write(out, &[title, "Met?", "Decided by"], &rows)?;
        }
    }
    Ok(())
}

/// The checks that decide a condition, each with its status.
fn decided_by(state: &ConditionState<'_>) -> String {
    const NAMED: usize = 4;
    let mut parts: Vec<String> = state
        .deciding
        .iter()
        .take(NAMED)
        .map(|(check, told)| match check {
            Some(check) => format!("{} {}", code(check.as_str()), text(told)),
            None => prose(told),
        })
        .collect();
    if state.deciding.len() > NAMED {
        parts.push(format!("and {} more", state.deciding.len() - NAMED));
    }
    parts.join(", ")
}

/// A line for each reason; its details tell the whole of it.
fn reasons(out: &mut dyn fmt::Write, title: &str, reasons: &[&Reason], pending: &[&CheckId]) -> fmt::Result {
    const NAMED: usize = 25;
    if reasons.is_empty() && pending.is_empty() {
        return Ok(());
    }
    writeln!(out, "**{title} ({}):**\n", reasons.len() + pending.len())?;
    let groups = Judgement::together(reasons);
    for (reason, checks) in groups.iter().take(NAMED) {
        let message = prose(&short(&reason.message, 200));
        let status = text(&reason.status);
        let remedy = reason.remedy.as_ref().filter(|_| reason.weight == Weight::Notice);
        let remedy = remedy.map(|remedy| format!(" — to do: {}", prose(&short(remedy, 300))));
        let remedy = remedy.unwrap_or_default();
        let names = codes(checks.iter().take(NAMED));
        let more = match checks.len() {
            0 => String::new(),
            count if count > NAMED => format!("{names} and {} more ", count - NAMED),
            _ => format!("{names} "),
        };
        writeln!(out, "- {more}**{status}**: {message}{remedy}")?;
    }
    if groups.len() > NAMED {
        writeln!(out, "- and {} more; every check is listed in the whole report", groups.len() - NAMED)?;
    }
    if !pending.is_empty() {
        let more = pending.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let names = codes(pending.iter().take(NAMED));
        writeln!(out, "- **not asked yet** ({}): {names}{more}", pending.len())?;
    }
    writeln!(out)
}

fn other_gates(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    let headline = report.headline().map(|(gate, _)| &gate.id);
    let rows: Vec<Vec<String>> = report
        .gates()
        .filter(|(gate, _)| Some(&gate.id) != headline)
        .map(|(gate, record)| {
            let judgement = Judgement::new(report, gate, record);
            let (sign, _) = judgement.head();
            let word = judgement.word();
            let at = record.map(|record| record.at.to_minute()).unwrap_or_default();
            let against = codes(
                judgement.reasons(Weight::Against).iter().filter_map(|reason| reason.check.as_ref()).take(5),
            );
            let since = match (judgement.turned().count(), judgement.aged_quietly()) {
                (0, 0) => String::new(),
                (0, aged) => format!("{aged} aged since; they held then"),
                (turned, _) => {
                    let named = judgement.turned().take(3);
                    let named: Vec<String> = named
                        .map(|since| format!("{} now {}", code(&since.check), text(&since.is)))
                        .collect();
                    let more = turned.saturating_sub(3);
                    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
                    format!("out of date: {}{more}", named.join(", "))
                }
            };
            vec![
                format!("{} {}", code(gate.id.as_str()), text(&gate.title)),
                format!("{} {}", sign.emoji(), word.unwrap_or("not judged yet")),
                at,
                against,
                since,
            ]
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    table::write(out, &["Other gates", "Verdict", "At", "Against", "Since then"], &rows)
}
