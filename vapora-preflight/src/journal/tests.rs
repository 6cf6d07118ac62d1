use std::fs::{self, File};

use super::*;
use crate::{CheckId, Note, RunEnd};

fn at(kind: EventKind) -> Event {
    Event { at: Timestamp::UNIX_EPOCH, kind }
}

fn noted(text: &str) -> Event {
    at(EventKind::Noted(Note { who: "ana".into(), topic: "note".into(), text: text.into() }))
}

fn open(root: &Path) -> Journal {
    let release = ReleaseId::new("1.4.0").unwrap();
    Journal::open(root, &release, "ana", Timestamp::UNIX_EPOCH).unwrap().0
}

#[test]
fn a_journal_that_could_not_be_written_takes_nothing_more() {
    let root = tempfile::tempdir().unwrap();
    let mut journal = open(root.path());
    journal.record(&noted("first")).unwrap();
    let path = journal.path.clone();
    let before = fs::read(&path).unwrap();
    let writable = std::mem::replace(&mut journal.file, File::open(&path).unwrap());
    let error = journal.record(&noted("second")).unwrap_err();
    assert_eq!(error.to_string(), format!("could not write `{}`", path.display()));
    journal.file = writable;
    let error = journal.record(&noted("third")).unwrap_err();
    assert_eq!(error.to_string(), format!("could not go on with `{}`", path.display()));
    assert_eq!(fs::read(&path).unwrap(), before);
    drop(journal);
    let mut journal = open(root.path());
    journal.record(&noted("fourth")).unwrap();
    assert_eq!(journal.lines(), 3);
}

#[test]
fn what_settles_something_is_synced() {
    let root = tempfile::tempdir().unwrap();
    let mut journal = open(root.path());
    let id = |text: &str| CheckId::new(text).unwrap();
    let started = |check| EventKind::CheckStarted { check: id(check), definition: Digest::ZERO };
    assert!(journal.settles(&started("nodes")), "nothing is known of it");

    let mut outline = Outline::empty();
    let effects = [Effect::Reads, Effect::KeepsFiles, Effect::Notifies, Effect::Mutates];
    for (name, effect) in ["reads", "keeps", "notifies", "mutates"].into_iter().zip(effects) {
        let check = serde_json::json!({
            "id": name, "phase": "t-4h", "kind": "demo.holds", "title": name, "severity": "required",
            "effect": effect, "definition": Digest::ZERO,
        });
        outline.checks.push(serde_json::from_value(check).unwrap());
    }
    let planned = at(EventKind::Planned(outline.into()));
    assert!(journal.settles(&planned.kind));
    journal.record(&planned).unwrap();
    let judge = |journal: &Journal| {
        ["reads", "keeps", "notifies", "mutates", "other"].map(|check| journal.settles(&started(check)))
    };
    assert_eq!(judge(&journal), [false, false, true, true, true]);
    drop(journal);
    let journal = open(root.path());
    assert_eq!(judge(&journal), [false, false, true, true, true], "the plan is found in the journal");
    assert!(journal.settles(&noted("x").kind));
    assert!(journal.settles(&EventKind::RunFinished(RunEnd::Completed)));
    let failed = EventKind::AttemptFailed { check: id("mutates"), attempt: 1, why: "refused".into() };
    assert!(!journal.settles(&failed));
}
