//! `attest`

use std::{fmt::Write as _, sync::Arc};

use vapora_preflight::{
    Attestation, CheckId, Clock, Digest, Event, Journal, JournalError, Outcome, Outline, Recorder, Run,
    Selection, Status, SystemClock, Word, record_attestation,
};

use crate::{
    args::AttestArgs,
    exit::{self, Ended, Stop},
    setup::{self, Purpose},
    terminal::{Terminal, clean_lines, many},
    waiting::filled,
};

/// Records the word of a person, and asks the check again that waits for it.
pub(crate) fn attest(args: &AttestArgs, terminal: &Terminal) -> Ended {
    let opened = setup::open(args.checklist.as_deref(), &args.set, Purpose::Record, terminal)?;
    let release = opened.release()?;
    let outline = opened.plan.outline();
    if outline.check(&args.check).is_none() {
        one_of_several(&args.check, outline)?;
    }
    let id = CheckId::new(&args.check).map_err(|error| Stop::usage(error.to_string()))?;
    let attestation = Attestation {
        check: id.clone(),
        // the plan knows it
        definition: Digest::of(""),
        who: args.by.clone(),
        role: args.role.clone().unwrap_or_default(),
        word: word(args),
        evidence: args.evidence.clone(),
        comment: args.comment.clone(),
        expires: args.expires,
    };
    // a word that would not be taken leaves no trace
    let clock = Arc::new(SystemClock);
    record_attestation(&opened.plan, None, &mut Nowhere, &*clock, attestation.clone())?;

    let (mut journal, history) = Journal::open(&opened.dir, &release, &args.by, clock.now())?;
    if let Some(torn) = &history.dropped {
        terminal.say(&format!("note: {torn}"));
    }
    opened.settings.write(&opened.dir, &release)?;
    let outcome = setup::block_on(async {
        let report = record_attestation(&opened.plan, history.report()?, &mut journal, &*clock, attestation)?;
        let run = Run::new(&opened.plan)
            .clock(clock)
            .history(Some(report))
            .select(Selection::everything().check_glob(literal(id.as_str())))
            .only_selected(true)
            .ignore_windows(true)
            .by(&args.by)
            .record(&mut journal);
        Ok(run.execute().await?)
    })?;
    let view = outcome.report.check(id.as_str());
    let status = view.and_then(|view| view.record).map(|record| &record.status);
    let role = outline.check(id.as_str()).and_then(|check| check.role.as_deref()).unwrap_or_default();
    tell(args, outline, role, status, terminal);
    let counts = matches!(status, Some(Status::Done(Outcome::Pass(_) | Outcome::Warn(_))));
    // a `no` and a withdrawal are heard whatever the check comes to; a `yes` is given in order to count
    Ok(if word(args) == Word::Yes && !counts { exit::UNDECIDED } else { exit::GO })
}

fn word(args: &AttestArgs) -> Word {
    match (args.no, args.withdraw) {
        (true, _) => Word::No,
        (_, true) => Word::Withdrawn,
        _ => Word::Yes,
    }
}

/// What is on record now, who fills the role, and what the check comes to.
fn tell(args: &AttestArgs, outline: &Outline, role: &str, status: Option<&Status>, terminal: &Terminal) {
    let said = match word(args) {
        Word::Yes => "yes",
        Word::No => "no",
        _ => "withdrawn",
    };
    let mut text = format!("recorded: `{}`, {said}, by {} as {role}", args.check, args.by);
    match filled(outline, role) {
        Some(person) if person == args.by => text.push_str(", who fills the role"),
        Some(person) => {
            let _ = write!(text, "; the role is filled by {person}");
        }
        None => text.push_str("; nobody fills the role"),
    }
    if let Some(status) = status {
        let _ = write!(text, "\nit is now {}: {}", status.word(), status.summary());
        if let Some(remedy) = status.remedy().filter(|_| matches!(status, Status::Skipped(_))) {
            let _ = write!(text, "\n  help: {remedy}");
        }
    }
    if !terminal.quiet {
        terminal.print(&clean_lines(&text));
    }
}

/// A pattern that fits one id alone, for the values of `for_each` in it may hold what a pattern gives a meaning to.
fn literal(id: &str) -> String {
    if !id.contains(['*', '?', '{']) {
        return id.to_owned();
    }
    let meant = |c: char| "*?{}\\".contains(c);
    id.chars().flat_map(|c| meant(c).then_some('\\').into_iter().chain([c])).collect()
}

/// Keeps nothing.
struct Nowhere;

impl Recorder for Nowhere {
    fn record(&mut self, _: &Event) -> Result<(), JournalError> {
        Ok(())
    }
}

/// A check of which `for_each` makes several has to be named with its values.
fn one_of_several(base: &str, outline: &Outline) -> Result<(), Stop> {
    let several: Vec<String> = outline
        .checks
        .iter()
        .filter(|check| check.role.is_some() && check.id.base() == base)
        .map(|check| format!("`{}`", check.id))
        .collect();
    if several.is_empty() {
        return Ok(());
    }
    Err(Stop::usage(format!("`{base}` stands for {}", many(several.len(), "check")))
        .remedy(format!("name one: {}", several.join(", "))))
}
