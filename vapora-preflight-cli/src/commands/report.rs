//! `report`

use vapora_preflight_report::{Format, Markdown, render_to_string};

use super::status::recorded;
use crate::{
    args::ReportArgs,
    exit::{self, Ended, Stop},
    terminal::Terminal,
};

/// Writes a report of what is on record.
pub(crate) fn report(args: &ReportArgs, terminal: &Terminal) -> Ended {
    let format: Format = args.format.parse().map_err(|error| Stop::usage(format!("`--format`: {error}")))?;
    let report = recorded(&args.record, terminal)?.1;
    let text = if args.decision {
        render_to_string(&Markdown::decision(), &report)
    } else if args.sign_off {
        render_to_string(&Markdown::sign_off(), &report)
    } else {
        render_to_string(&*format.renderer(), &report)
    };
    match &args.output {
        Some(path) => std::fs::write(path, text).map_err(|error| Stop::io("write", path, &error))?,
        None => terminal.print(&text),
    }
    Ok(exit::GO)
}
