use std::fs;

use crate::desk::{Desk, checklist};

const DOCUMENTED: &str = "kind = \"plan.documented\"\ndocument = \"what\"";

#[test]
fn a_changed_journal_is_refused_with_its_line_and_what_to_do() {
    let desk = Desk::new(&checklist(&[("one", DOCUMENTED)]));
    desk.run(&["run"]).with(0);
    let journal = ".preflight/r1/journal.jsonl";
    let changed: Vec<String> = desk
        .read(journal)
        .lines()
        .enumerate()
        .map(|(at, line)| if at == 2 { line.replace("tester", "mallory") } else { line.to_owned() })
        .collect();
    assert_ne!(changed.join("\n") + "\n", desk.read(journal), "a line was changed");
    desk.write(journal, &(changed.join("\n") + "\n"));
    for words in [&["status"][..], &["report"], &["run"], &["gate", "proceed"], &["note", "issue", "slow"]] {
        let said = desk.run(words).with(4);
        assert!(said.err.contains("line 3 of the journal is broken"), "{words:?}: {}", said.err);
        assert!(said.err.contains("help: restore the journal from a copy"), "{words:?}: {}", said.err);
        assert_eq!(said.out, "", "{words:?}");
    }
}

#[test]
fn a_folder_without_a_journal_has_nothing_on_record() {
    let desk = Desk::new(&checklist(&[("one", DOCUMENTED)]));
    fs::create_dir_all(desk.file(".preflight/r1")).unwrap();
    for words in [&["status", "--release", "r1"][..], &["report", "--release", "r1"], &["status"]] {
        let said = desk.run(words).with(2);
        assert!(said.err.contains("on record"), "{words:?}: {}", said.err);
        assert!(said.err.contains("help: `run`"), "{words:?}: {}", said.err);
    }
    desk.run(&["gate", "proceed"]).with(3);
    desk.run(&["run"]).with(0);
    desk.run(&["gate", "proceed"]).with(0);
}

#[test]
fn a_folder_that_cannot_be_written_is_a_failure_before_anything_is_asked() {
    let desk = Desk::new(&checklist(&[("one", DOCUMENTED)]));
    desk.write("records", "a file, and no folder");
    let said = desk.run(&["run", "--dir", "records/here"]).with(4);
    assert!(said.err.contains("records/here"), "{}", said.err);
    assert!(said.err.contains("help: `--dir FOLDER`"), "{}", said.err);
    assert!(!said.err.contains("passed"), "{}", said.err);
}

#[test]
fn several_releases_are_never_mixed_up() {
    let desk = Desk::new(&checklist(&[("one", DOCUMENTED)]));
    desk.run(&["run"]).with(0);
    desk.run(&["run", "--release", "r2"]).with(0);
    let said = desk.run(&["status"]).with(2);
    assert!(said.err.contains("several releases are on record: `r1`, `r2`"), "{}", said.err);
    assert!(desk.run(&["status", "--release", "r2"]).with(0).out.contains("release r2"));

    // what the checklist names goes before the only one on record
    let desk = Desk::new(&checklist(&[("one", DOCUMENTED)]));
    desk.run(&["run", "--release", "r0"]).with(0);
    let said = desk.run(&["gate", "proceed"]).with(3);
    assert!(said.err.contains("nothing is on record of the release `r1` yet"), "{}", said.err);
}
