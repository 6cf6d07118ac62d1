//! What is recorded is what is read.

use std::fs;

use vapora_preflight::{
    Digest, EventKind, Evidence, Finding, Journal, Outcome, Recorder, ReleaseId, Report, Standing, Status,
    Unknown, read_journal, releases,
};

use crate::world::{World, at, finished, full_run, planned, release, started, told};

#[test]
fn a_replayed_journal_gives_the_report_of_the_run() {
    let events = full_run();
    let mut live: Option<Report> = None;
    let world = World::new();
    let mut journal = world.open();
    for event in &events {
        journal.record(event).unwrap();
        match (&mut live, &event.kind) {
            (Some(report), _) => report.apply(event),
            (none, EventKind::Planned(outline)) => *none = Some(Report::new(outline.clone(), event.at)),
            (None, _) => panic!("the run begins with its plan"),
        }
        let read = read_journal(world.root.path(), &release()).unwrap();
        assert_eq!(read.report().unwrap(), live, "while it is being written");
    }
    assert_eq!(read_journal(world.root.path(), &release()).unwrap().events, events);
}

#[test]
fn a_journal_is_continued_where_it_ended() {
    let events = full_run();
    let world = World::new();
    for (index, event) in events.iter().enumerate() {
        let now = at(100 + i64::try_from(index).unwrap());
        let (mut journal, history) = Journal::open(world.root.path(), &release(), "ana", now).unwrap();
        assert_eq!(history.events, events[..index]);
        assert_eq!((history.created, history.dropped, journal.lines()), (at(100), None, index + 1));
        journal.record(event).unwrap();
    }
    let at_once = World::new();
    let mut journal = Journal::open(at_once.root.path(), &release(), "bea", at(100)).unwrap().0;
    for event in &events {
        journal.record(event).unwrap();
    }
    assert_eq!(world.text(), at_once.text(), "how often it was opened leaves no trace");
}

#[test]
fn a_new_journal_holds_nothing_and_gives_no_report() {
    let world = World::new();
    let (journal, history) = Journal::open(world.root.path().join("a/b"), &release(), "ana", at(0)).unwrap();
    assert!(journal.path().is_file());
    assert!(history.events.is_empty());
    assert_eq!(history.report(), Ok(None));
    assert_eq!(history.created, at(0));
}

fn kept(check: &str, content: &[u8]) -> EventKind {
    let evidence = Evidence::new().attached("backup.yaml", "application/yaml", content.to_vec());
    finished(check, Status::Done(Outcome::Pass(Finding::new("kept").evidence(evidence))))
}

#[test]
fn an_attachment_is_kept_under_its_digest() {
    let world = World::new();
    let mut journal = world.open();
    let content = b"kind: ConfigMap\n";
    for event in told([planned(), kept("backup", content), kept("nodes", content), kept("nodes", b"")]) {
        journal.record(&event).unwrap();
    }
    let history = read_journal(world.root.path(), &release()).unwrap();
    let EventKind::CheckFinished(settled) = &history.events[1].kind else { panic!("it was settled") };
    let Status::Done(outcome) = &settled.status else { panic!("it answered") };
    let attachment = &outcome.finding().evidence.attachments()[0];
    assert_eq!((attachment.digest, attachment.size), (Digest::of(content), 16));
    assert_eq!(attachment.content, None);
    assert_eq!(fs::read(history.file(attachment.digest)).unwrap(), content);
    assert_eq!(history.file(attachment.digest), journal.file(attachment.digest));
    let mut names: Vec<_> = fs::read_dir(world.folder().join("files"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut expected = [Digest::of(content).to_string(), Digest::of(b"").to_string()];
    names.sort();
    expected.sort();
    assert_eq!(names, expected, "one file for each content, and no drafts");
}

#[test]
fn an_attachment_that_was_spoilt_is_written_again() {
    let world = World::with(&told([planned(), kept("backup", b"abc")]));
    let path = world.folder().join("files").join(Digest::of(b"abc").to_string());
    fs::write(&path, "xyz").unwrap();
    world.open().record(&told([kept("backup", b"abc")])[0]).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"abc");
}

#[cfg(unix)]
#[test]
fn what_has_to_stay_whole_is_for_the_eyes_of_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let whole = |check: &str, content: &[u8]| {
        let evidence = Evidence::new().attached_whole("backup.yaml", "application/yaml", content.to_vec());
        finished(check, Status::Done(Outcome::Pass(Finding::new("kept").evidence(evidence))))
    };
    let world = World::with(&told([planned()]));
    let mut journal = world.open();
    let mode = |content: &[u8]| {
        let path = world.folder().join("files").join(Digest::of(content).to_string());
        assert_eq!(fs::read(&path).unwrap(), content);
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    let mut record = |kind: EventKind| journal.record(&told([kind])[0]).unwrap();
    record(whole("backup", b"abc"));
    assert_eq!(mode(b"abc"), 0o600);
    record(kept("backup", b"xyz"));
    assert_ne!(mode(b"xyz") & 0o044, 0, "what need not stay whole has the rights of any other file");
    record(whole("backup", b"xyz"));
    assert_eq!(mode(b"xyz"), 0o600, "though it was there before");
    record(kept("nodes", b"xyz"));
    assert_eq!(mode(b"xyz"), 0o600, "and stays so");
}

#[cfg(unix)]
#[test]
fn an_attachment_that_cannot_be_kept_leaves_no_line() {
    let world = World::with(&told([planned()]));
    fs::write(world.folder().join("files"), "in the way").unwrap();
    let before = world.text();
    let mut journal = world.open();
    let error = journal.record(&told([kept("backup", b"abc")])[0]).unwrap_err();
    assert!(error.to_string().starts_with("could not "), "{error}");
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(world.text(), before);
    fs::remove_file(world.folder().join("files")).unwrap();
    journal.record(&told([kept("backup", b"abc")])[0]).unwrap();
}

#[test]
fn what_was_started_and_not_settled_is_known_after_a_restart() {
    let world = World::with(&told([planned(), started("announced")]));
    let report = read_journal(world.root.path(), &release()).unwrap().report().unwrap().unwrap();
    let standing = report.check("announced").unwrap().standing(at(9));
    assert_eq!(standing, Standing::Unknown(Unknown::Unsettled { since: at(2) }));
}

#[test]
fn the_releases_are_those_with_a_journal_in_the_order_of_their_names() {
    let world = World::new();
    let root = world.root.path();
    assert!(releases(root.join("none")).unwrap().is_empty());
    for name in ["1.10.0", "1.4.0", "v2+b"] {
        Journal::open(root, &ReleaseId::new(name).unwrap(), "ana", at(0)).unwrap();
    }
    fs::create_dir(root.join("empty")).unwrap();
    fs::create_dir_all(root.join("not a name")).unwrap();
    fs::write(root.join("not a name/journal.jsonl"), "").unwrap();
    fs::write(root.join("file"), "").unwrap();
    let names: Vec<String> = releases(root).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["1.10.0", "1.4.0", "v2+b"]);
}
