//! `note`

use vapora_preflight::{Clock, Journal, Note, SystemClock, record_note};

use super::run::stopped;
use crate::{
    args::NoteArgs,
    exit::{self, Ended, Stop},
    setup,
    terminal::Terminal,
};

/// Adds a note to the deployment record.
pub(crate) fn note(args: &NoteArgs, terminal: &Terminal) -> Ended {
    let release = setup::release_of(&args.record)?;
    let by = args.by.clone().unwrap_or_else(setup::who);
    let now = SystemClock.now();
    let (mut journal, history) = Journal::open(&args.record.dir, &release, &by, now)?;
    let report = history
        .report()?
        .ok_or_else(|| Stop::usage(format!("nothing is on record of `{release}` yet; `run` its checklist first")))?;
    let note = Note { who: by, topic: args.topic.clone(), text: args.text.clone() };
    record_note(report, &mut journal, now, note).map_err(stopped)?;
    terminal.say("recorded");
    Ok(exit::GO)
}
