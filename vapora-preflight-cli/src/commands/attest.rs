//! `attest`

use std::sync::Arc;

use vapora_preflight::{
    AttestError, Attestation, Clock, Journal, Run, Selection, Status, SystemClock, Word, record_attestation,
};

use super::run::stopped;
use crate::{
    args::AttestArgs,
    exit::{self, Ended, Stop},
    setup,
    terminal::Terminal,
};

/// Records the word of a person, and asks the check again that waits for it.
pub(crate) fn attest(args: &AttestArgs, terminal: &Terminal) -> Ended {
    let mut set = args.set.clone();
    if set.release.is_none() {
        let record = crate::args::RecordArgs { release: None, dir: set.dir.clone() };
        set.release = setup::release_of(&record).ok();
    }
    let opened = setup::open(args.checklist.as_deref(), &set, terminal)?;
    let release = opened.release()?;
    let outline = opened.plan.outline();
    let check = outline.check(&args.check).ok_or_else(|| unknown(&args.check, outline))?;
    let Some(role) = &check.role else {
        return Err(Stop::usage(format!("`{}` does not wait for a person; `run` asks it", check.id)));
    };
    let word = match (args.no, args.withdraw) {
        (true, _) => Word::No,
        (_, true) => Word::Withdrawn,
        _ => Word::Yes,
    };
    let attestation = Attestation {
        check: check.id.clone(),
        definition: check.definition,
        who: args.by.clone(),
        role: args.role.clone().unwrap_or_else(|| role.clone()),
        word,
        evidence: args.evidence.clone(),
        comment: args.comment.clone(),
        expires: args.expires,
    };
    let clock = Arc::new(SystemClock);
    let (mut journal, history) = Journal::open(&opened.dir, &release, &args.by, clock.now())?;
    opened.settings.write(&opened.dir, &release)?;
    let outcome = setup::block_on(async {
        let report = record_attestation(&opened.plan, history.report()?, &mut journal, &*clock, attestation)
            .map_err(|error| match error {
                AttestError::Journal(error) => Stop::from(error),
                other => Stop::usage(other.to_string()),
            })?;
        Run::new(&opened.plan)
            .clock(clock)
            .history(Some(report))
            .select(Selection::everything().check_glob(check.id.as_str()))
            .ignore_windows(true)
            .by(&args.by)
            .record(&mut journal)
            .execute()
            .await
            .map_err(stopped)
    })?;
    let view = outcome.report.check(check.id.as_str());
    let status = view.and_then(|view| view.record).map(|record| &record.status);
    let told = status.map_or_else(String::new, |status| format!("{}: {}", status.word(), status.summary()));
    terminal.print(&format!("recorded; `{}` {told}", check.id));
    Ok(match status {
        Some(Status::Awaiting(_)) if word == Word::Yes => exit::UNDECIDED,
        _ => exit::GO,
    })
}

fn unknown(check: &str, outline: &vapora_preflight::Outline) -> Stop {
    let waiting: Vec<String> = outline
        .checks
        .iter()
        .filter(|it| it.role.is_some() && it.id.base() == check)
        .map(|it| format!("`{}`", it.id))
        .collect();
    if waiting.is_empty() {
        return Stop::usage(format!("unknown check `{check}`; `status` lists those that wait for a person"));
    }
    Stop::usage(format!("`{check}` stands for several checks, name one: {}", waiting.join(", ")))
}
