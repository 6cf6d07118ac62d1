//! `lint`

use crate::{
    args::ChecklistArgs,
    exit::{self, Ended},
    setup,
    terminal::Terminal,
};

/// Reads a checklist, and says what is wrong with it.
pub(crate) fn lint(args: &ChecklistArgs, terminal: &Terminal) -> Ended {
    let opened = setup::open(args.checklist.as_deref(), &args.set, terminal)?;
    let outline = opened.plan.outline();
    if !terminal.quiet {
        terminal.print(&format!(
            "`{}` is fine: {} checks in {} phases, {} gates, {} targets",
            outline.checklist,
            outline.checks.len(),
            outline.phases.len(),
            outline.gates.len(),
            outline.targets.len()
        ));
    }
    Ok(exit::GO)
}
