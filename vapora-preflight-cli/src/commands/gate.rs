//! `gate`

use vapora_preflight::{Clock, Decision, Report, SystemClock, Weight, read_journal};

use crate::{
    args::GateArgs,
    exit::{self, Ended, Stop},
    setup,
    terminal::Terminal,
};

/// Judges a gate over what is on record. It asks no check, and records nothing.
pub(crate) fn gate(args: &GateArgs, terminal: &Terminal) -> Ended {
    let mut set = args.set.clone();
    if set.release.is_none() {
        let record = crate::args::RecordArgs { release: None, dir: set.dir.clone() };
        set.release = setup::release_of(&record).ok();
    }
    let opened = setup::open(args.checklist.as_deref(), &set, terminal)?;
    let release = opened.release()?;
    let now = SystemClock.now();
    let report = match read_journal(&opened.dir, &release) {
        Ok(history) => history.report()?,
        Err(vapora_preflight::JournalError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let mut report = report.unwrap_or_else(|| Report::new(opened.plan.shared_outline(), now));
    // the present definitions decide what counts
    report.apply(&vapora_preflight::Event {
        at: now.max(report.as_of()),
        kind: vapora_preflight::EventKind::Planned(opened.plan.shared_outline()),
    });
    let Some(verdict) = opened.plan.judge(&args.gate, &report, now) else {
        let names: Vec<String> =
            opened.plan.outline().gates.iter().map(|gate| format!("`{}`", gate.id)).collect();
        return Err(Stop::usage(format!("unknown gate `{}`; there are {}", args.gate, names.join(", "))));
    };
    let mut text = format!("{}: {}\n", args.gate, verdict.decision);
    for reason in &verdict.reasons {
        if terminal.quiet && matches!(reason.weight, Weight::For | Weight::Notice) {
            continue;
        }
        let sign = match reason.weight {
            Weight::Against => "✘",
            Weight::Open => "?",
            Weight::Notice => "·",
            Weight::For => "✔",
        };
        let condition = reason.condition.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        let check = reason.check.as_ref().map(|check| format!("`{check}` ")).unwrap_or_default();
        text.push_str(&format!("  {sign} {condition}{check}{}: {}\n", reason.status, reason.message));
        if let Some(remedy) = &reason.remedy
            && verdict.decision != Decision::Go
        {
            text.push_str(&format!("      → {remedy}\n"));
        }
    }
    terminal.print(&text.replace(|c: char| c.is_control() && c != '\n', " "));
    Ok(exit::of(verdict.decision))
}
