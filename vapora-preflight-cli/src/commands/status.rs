//! `status`

use vapora_preflight::{Clock, Report, SystemClock, read_journal};
use vapora_preflight_report::{Text, render_to_string};

use crate::{
    args::{RecordArgs, StatusArgs},
    exit::{self, Ended, Stop},
    setup,
    terminal::Terminal,
};

/// Says how the release stands now, from what is on record.
pub(crate) fn status(args: &StatusArgs, terminal: &Terminal) -> Ended {
    let report = recorded(&args.record, terminal)?;
    let text = Text::new().color(terminal.colors()).only_problems(terminal.quiet);
    terminal.print(&render_to_string(&text, &report));
    Ok(exit::GO)
}

/// What is on record, told as of now: what is stale by now shows as stale.
pub(crate) fn recorded(record: &RecordArgs, terminal: &Terminal) -> Result<Report, Stop> {
    let release = setup::release_of(record)?;
    let history = read_journal(&record.dir, &release)?;
    if let Some(torn) = &history.dropped {
        terminal.say(&format!("note: {torn}"));
    }
    let report = history.report()?;
    let report = report.ok_or_else(|| Stop::usage(format!("nothing is on record of `{release}` yet")))?;
    Ok(report.at(SystemClock.now()))
}
