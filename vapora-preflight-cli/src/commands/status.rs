//! `status`

use vapora_preflight::{Clock, ReleaseId, Report, SystemClock, read_journal};
use vapora_preflight_report::{Text, render_to_string};

use crate::{
    args::{RecordArgs, StatusArgs},
    exit::{self, Ended, Stop},
    setup,
    terminal::{Terminal, columns},
    waiting::{Record, waiting},
};

/// Says how the release stands now, from what is on record.
pub(crate) fn status(args: &StatusArgs, terminal: &Terminal) -> Ended {
    let (release, report) = recorded(&args.record, terminal)?;
    terminal.print(&render_to_string(&text(terminal), &report));
    let record = Record { release: &release, dir: &args.record.dir };
    if let Some(text) = waiting(&report, record) {
        terminal.print(&format!("\n{text}"));
    }
    Ok(exit::GO)
}

/// How a report is shown on a terminal.
pub(crate) fn text(terminal: &Terminal) -> Text {
    let text = Text::new().color(terminal.colors()).only_problems(terminal.quiet);
    columns().map_or(text, |width| text.width(width))
}

/// The release, and what is on record of it, told as of now: what is stale by now shows as stale.
pub(crate) fn recorded(record: &RecordArgs, terminal: &Terminal) -> Result<(ReleaseId, Report), Stop> {
    let release = setup::release_of(record)?;
    let history = read_journal(&record.dir, &release)?;
    if let Some(torn) = &history.dropped {
        terminal.say(&format!("note: {torn}"));
    }
    let report = history.report()?;
    let report = report.ok_or_else(|| {
        Stop::usage(format!("nothing is on record of the release `{release}` yet"))
            .remedy("`run` its checklist first")
    })?;
    Ok((release, report.at(SystemClock.now())))
}
