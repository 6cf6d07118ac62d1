//! `lint`

use crate::{
    args::ChecklistArgs,
    exit::{self, Ended},
    setup::{self, Purpose},
    terminal::{Terminal, clean, many},
};

/// Reads a checklist, and says what is wrong with it.
pub(crate) fn lint(args: &ChecklistArgs, terminal: &Terminal) -> Ended {
    let opened = setup::open(args.checklist.as_deref(), &args.set, Purpose::Lint, terminal)?;
    let outline = opened.plan.outline();
    if !terminal.quiet {
        terminal.print(&format!(
            "`{}` is fine: {} in {}, {}, {}",
            clean(&outline.checklist),
            many(outline.checks.len(), "check"),
            many(outline.phases.len(), "phase"),
            many(outline.gates.len(), "gate"),
            many(outline.targets.len(), "target"),
        ));
    }
    Ok(exit::GO)
}
