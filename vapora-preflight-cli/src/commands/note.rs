//! `note`

use vapora_preflight::{Clock, Event, EventKind, Journal, Note, Recorder, SystemClock};

use crate::{
    args::NoteArgs,
    exit::{self, Ended, Stop},
    setup,
    terminal::Terminal,
};

/// Adds a note to the deployment record.
pub(crate) fn note(args: &NoteArgs, terminal: &Terminal) -> Ended {
    for (what, text) in [("topic", &args.topic), ("text", &args.text)] {
        if text.trim().is_empty() {
            return Err(Stop::usage(format!("the {what} is missing")));
        }
    }
    let release = setup::release_of(&args.record)?;
    let by = args.by.clone().unwrap_or_else(setup::who);
    let now = SystemClock.now();
    let (mut journal, history) = Journal::open(&args.record.dir, &release, &by, now)?;
    if history.report()?.is_none() {
        return Err(Stop::usage(format!("nothing is on record of the release `{release}` yet"))
            .remedy("`run` its checklist first"));
    }
    let note = Note { who: by, topic: args.topic.clone(), text: args.text.clone() };
    journal.record(&Event { at: now, kind: EventKind::Noted(note) })?;
    terminal.say("recorded");
    Ok(exit::GO)
}
