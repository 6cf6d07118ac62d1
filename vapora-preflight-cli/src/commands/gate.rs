//! `gate`

use std::fmt::Write as _;

use vapora_preflight::{
    CheckId, Clock, Decision, Event, EventKind, GateOutline, Reason, Report, Side, SystemClock, Verdict,
    Weight, read_journal,
};
use vapora_preflight_report::decision_word;

use crate::{
    args::GateArgs,
    exit::{self, Ended, Stop},
    setup::{self, Purpose},
    terminal::{Terminal, clean, many},
    waiting::{Record, waiting_of},
};

/// Judges a gate over what is on record. It asks no check, and records nothing.
pub(crate) fn gate(args: &GateArgs, terminal: &Terminal) -> Ended {
    let opened = setup::open(args.checklist.as_deref(), &args.set, Purpose::Record, terminal)?;
    let release = opened.release()?;
    let now = SystemClock.now();
    let report = match read_journal(&opened.dir, &release) {
        Ok(history) => {
            if let Some(torn) = &history.dropped {
                terminal.say(&format!("note: {torn}"));
            }
            history.report()?
        }
        Err(vapora_preflight::JournalError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    if report.is_none() {
        terminal.say(&format!("note: nothing is on record of the release `{release}` yet"));
    }
    let mut report = report.unwrap_or_else(|| Report::new(opened.plan.shared_outline(), now));
    // the present definitions decide what counts
    let at = now.max(report.as_of());
    report.apply(&Event { at, kind: EventKind::Planned(opened.plan.shared_outline()) });
    let outline = opened.plan.outline();
    let judged = outline.gates.iter().find(|gate| gate.id == *args.gate);
    let Some((gate, verdict)) = judged.zip(opened.plan.judge(&args.gate, &report, now)) else {
        let names: Vec<String> = outline.gates.iter().map(|gate| format!("`{}`", gate.id)).collect();
        let remedy = match &names[..] {
            [] => "the checklist declares none".to_owned(),
            names => format!("the checklist has {}", names.join(", ")),
        };
        return Err(Stop::usage(format!("unknown gate `{}`", args.gate)).remedy(remedy));
    };
    let notable = verdict.decision != Decision::Go || !verdict.reasons.is_empty();
    if !terminal.quiet || notable {
        terminal.print(&told(gate, &verdict, terminal.quiet));
        let record = Record { release: &release, dir: &opened.dir };
        let subject = |check: &vapora_preflight::CheckOutline| gate.subjects.contains(&check.id);
        if let Some(text) = waiting_of(&report.at(at), record, subject) {
            terminal.print(&format!("\n{text}"));
        }
    }
    Ok(exit::of(verdict.decision))
}

/// The verdict, then its conditions, then each check that it rests on once.
fn told(gate: &GateOutline, verdict: &Verdict, quiet: bool) -> String {
    let mut text = String::new();
    let mut line = |indent: usize, said: String| {
        let _ = writeln!(text, "{:indent$}{}", "", clean(&said));
    };
    let word = decision_word(gate.question, verdict);
    line(0, format!("{word}: {} ({}), over {}", gate.title, gate.id, many(gate.subjects.len(), "check")));
    for condition in &gate.conditions {
        let of = |weight| {
            let own = |it: &&Reason| it.condition.as_ref() == Some(&condition.name) && it.weight == weight;
            verdict.reasons.iter().any(|it| own(&it))
        };
        let side = match condition.side {
            Side::ProceedIf => "proceed if",
            Side::RescheduleIf => "reschedule if",
        };
        let (sign, met) = match (of(Weight::Against), of(Weight::Open), condition.side) {
            (true, _, Side::ProceedIf) => ("✘", "not met"),
            (true, _, Side::RescheduleIf) => ("✘", "met"),
            (_, true, _) => ("?", "not known"),
            (_, _, Side::ProceedIf) => ("✔", "met"),
            (_, _, Side::RescheduleIf) => ("✔", "not met"),
        };
        if !quiet || sign != "✔" {
            line(2, format!("{sign} {side} \"{}\": {met}", condition.name));
        }
    }
    for (weight, title, sign) in [
        (Weight::Against, "against:", "✘"),
        (Weight::Open, "open, not known:", "?"),
        (Weight::Notice, "notices, which decide nothing:", "·"),
        (Weight::For, "in favour:", "✔"),
    ] {
        if quiet && matches!(weight, Weight::For | Weight::Notice) {
            continue;
        }
        let mut reasons: Vec<&Reason> = Vec::new();
        for reason in verdict.reasons.iter().filter(|reason| reason.weight == weight) {
            let of_a_condition = reason.condition.is_some() && reason.check.is_none();
            let same = |it: &&Reason| it.check == reason.check && it.message == reason.message;
            if !of_a_condition && !reasons.iter().any(same) {
                reasons.push(reason);
            }
        }
        let (pending, reasons): (Vec<&Reason>, Vec<&Reason>) =
            reasons.into_iter().partition(|reason| reason.status == PENDING && reason.check.is_some());
        if pending.is_empty() && reasons.is_empty() {
            continue;
        }
        line(2, title.to_owned());
        for reason in reasons {
            let check = reason.check.as_ref().map(|check| format!("{check} ")).unwrap_or_default();
            line(4, format!("{sign} {check}{}: {}", reason.status, reason.message));
            if let Some(remedy) = &reason.remedy {
                line(6, format!("to do: {remedy}"));
            }
        }
        if !pending.is_empty() {
            let names: Vec<&str> =
                pending.iter().filter_map(|it| it.check.as_ref()).map(CheckId::as_str).collect();
            line(4, format!("… not asked yet ({}): {}", names.len(), names.join(", ")));
        }
    }
    text
}

/// The status under which a verdict names a check that has not been asked.
const PENDING: &str = "pending";
