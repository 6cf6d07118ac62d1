//! The decision: what is deployed, the verdict, its reasons.

use std::fmt;

use vapora_preflight::{CheckId, Counts, Reason, Report, Side, Weight};

use super::{
    escape::{code, codes, text},
    table,
};
use crate::{clip::clip, judgement::Judgement, wording};

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
        writeln!(out, "{}.\n", wording::counts(&report.counts()))?;
    }
    other_gates(report, out)
}

fn gate(report: &Report, judgement: &Judgement<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let gate = judgement.gate;
    let (sign, word) = judgement.head();
    writeln!(out, "## {} {word}: {}\n", sign.emoji(), text(&gate.title))?;
    let subjects = gate.subjects.iter().filter_map(|id| report.check(id.as_str()));
    let counts = Counts::of(subjects, report.as_of());
    let stand =
        format!("of {}, {}", wording::many(gate.subjects.len(), "check", "checks"), wording::counts(&counts));
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
    if !judgement.since.is_empty() {
        let changed: Vec<String> = judgement
            .since
            .iter()
            .map(|since| format!("{} (was {}, now {})", code(&since.check), text(&since.was), since.is))
            .take(10)
            .collect();
        let more = judgement.since.len() - changed.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        writeln!(
            out,
            "> **This decision is out of date: judge it again.** Since then: {}{more}.\n",
            changed.join(", ")
        )?;
    }
    conditions(judgement, out)?;
    for (weight, title) in [
        (Weight::Against, "Against"),
        (Weight::Open, "Open: not known"),
        (Weight::Notice, "Notices, which decide nothing"),
        (Weight::For, "In favour"),
    ] {
        let (told, pending) = judgement.told_and_pending(weight);
        reasons(report, out, title, &told, &pending)?;
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
                vec![text(&state.outline.name), format!("{sign} {}", state.word()), text(&state.why)]
            })
            .collect();
        if !rows.is_empty() {
            table::write(out, &[title, "Met?", "Because"], &rows)?;
        }
    }
    Ok(())
}

fn reasons(
    report: &Report,
    out: &mut dyn fmt::Write,
    title: &str,
    reasons: &[&Reason],
    pending: &[&CheckId],
) -> fmt::Result {
    const NAMED: usize = 25;
    if reasons.is_empty() && pending.is_empty() {
        return Ok(());
    }
    writeln!(out, "**{title} ({}):**\n", reasons.len() + pending.len())?;
    for reason in reasons.iter().take(NAMED) {
        let message = text(&clip(&reason.message, 400));
        let status = text(&reason.status);
        match &reason.check {
            Some(check) => writeln!(out, "- {} **{status}**: {message}", code(check.as_str()))?,
            None => writeln!(out, "- **{status}**: {message}")?,
        }
        if let Some(who) = reason.check.as_ref().and_then(|check| wording::awaited(report, check.as_str())) {
            writeln!(out, "  - Who: {}", text(&who))?;
        }
        if let Some(remedy) = &reason.remedy {
            writeln!(out, "  - To do: {}", text(&clip(remedy, 400)))?;
        }
    }
    if reasons.len() > NAMED {
        writeln!(out, "- and {} more; every check is listed in the whole report", reasons.len() - NAMED)?;
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
            vec![
                format!("{} {}", code(gate.id.as_str()), text(&gate.title)),
                format!("{} {}", sign.emoji(), word.unwrap_or("not judged yet")),
                at,
                against,
            ]
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    table::write(out, &["Other gates", "Verdict", "At", "Against"], &rows)
}
