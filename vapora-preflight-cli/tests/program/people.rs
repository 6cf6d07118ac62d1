use std::time::Duration;

use vapora_preflight::{Clock, SystemClock};

use crate::desk::{Desk, checklist, settings};

const ATTESTED: &str = "kind = \"manual.attested\"\nrole = \"lead\"\nstatement = \"the team `{{ each.team }}` knows\"\nfor_each = { team = [\"support\", \"product\"] }";

fn awaiting() -> Desk {
    let desk = Desk::new(&checklist(&[("notified", ATTESTED)]));
    desk.run(&["run", "--role", "lead=Ada Lovelace"]).with(3);
    desk
}

/// The lines that a person can type.
fn commands(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| line.starts_with("vapora-preflight attest ")).collect()
}

#[test]
fn what_waits_for_a_person_is_told_with_the_command_to_type() {
    let desk = awaiting();
    let said = desk.run(&["status"]).with(0);
    settings().bind(|| insta::assert_snapshot!("status-awaiting", said.out));
    let run = desk.run(&["run"]).with(3);
    assert_eq!(commands(&run.out), commands(&said.out));
    assert_eq!(commands(&desk.run(&["gate", "proceed"]).with(3).out), commands(&said.out));

    for command in commands(&said.out) {
        let line = command.replacen("vapora-preflight", "\"$0\"", 1);
        let ended = std::process::Command::new("sh")
            .args(["-c", &line, env!("CARGO_BIN_EXE_vapora-preflight")])
            .current_dir(desk.path())
            .output()
            .unwrap();
        assert!(ended.status.success(), "{line}: {}", String::from_utf8_lossy(&ended.stderr));
    }
    let said = desk.run(&["status"]).with(0);
    assert!(commands(&said.out).is_empty(), "{}", said.out);
    desk.run(&["gate", "proceed"]).with(0);
}

#[test]
fn the_gate_follows_the_words_of_people() {
    let desk = awaiting();
    let attest = |more: &[&str]| {
        let words = [&["attest", "notified[support]", "--by", "Ada Lovelace"], more].concat();
        desk.run(&words)
    };
    desk.run(&["attest", "notified[product]", "--by", "Ada Lovelace"]).with(0);
    desk.run(&["gate", "proceed"]).with(3);

    attest(&["--no", "--comment", "they are away"]).with(0);
    let said = desk.run(&["gate", "proceed"]).with(1);
    settings().bind(|| insta::assert_snapshot!("gate-no-go", said.out));

    attest(&["--withdraw"]).with(0);
    desk.run(&["gate", "proceed"]).with(3);

    let said = attest(&["--evidence", "ticket 7"]).with(0);
    settings().bind(|| insta::assert_snapshot!("attest-yes", said.out));
    let said = desk.run(&["gate", "proceed"]).with(0);
    settings().bind(|| insta::assert_snapshot!("gate-go", said.out));
    assert_eq!(desk.run(&["gate", "proceed", "--quiet"]).with(0).out, "");

    let said = desk.run(&["status"]).with(0);
    settings().bind(|| insta::assert_snapshot!("status-attested", said.out));
}

#[test]
fn a_word_counts_until_it_expires() {
    let desk = awaiting();
    desk.run(&["attest", "notified[product]", "--by", "Ada"]).with(0);
    let now = || Clock::now(&SystemClock);
    // soon, and late enough to be recorded and asked before
    let (soon, _) = [300, 2_000, 15_000]
        .map(Duration::from_millis)
        .iter()
        .map(|soon| {
            let soon = now().plus(*soon);
            let words = ["attest", "notified[support]", "--by", "Ada", "--expires"];
            (soon, desk.run(&[&words[..], &[&soon.to_string()]].concat()))
        })
        .find(|(_, said)| said.code == Some(0))
        .expect("a word is taken that has not expired");
    while now() < soon {
        // it counts now, or no longer
        let code = desk.run(&["gate", "proceed"]).code;
        assert!(code == Some(0) || now() >= soon, "{code:?}");
    }
    desk.run(&["gate", "proceed"]).with(3);
    let said = desk.run(&["status"]).with(0);
    assert_eq!(commands(&said.out).len(), 1, "{}", said.out);
}

#[test]
fn a_word_is_not_taken_for_a_name_that_stands_for_several_checks() {
    let desk = awaiting();
    let said = desk.run(&["attest", "notified", "--by", "Ada"]).with(2);
    assert!(said.err.contains("name one: `notified[support]`, `notified[product]`"), "{}", said.err);
    let said = desk.run(&["status"]).with(0);
    assert_eq!(commands(&said.out).len(), 2);
}

#[test]
fn a_word_from_somebody_else_says_who_fills_the_role() {
    let desk = awaiting();
    let said = desk.run(&["attest", "notified[support]", "--by", "Grace Hopper"]).with(0);
    assert!(said.out.contains("by Grace Hopper as lead; the role is filled by Ada Lovelace"), "{}", said.out);
}

#[test]
fn a_note_goes_into_the_report() {
    let desk = awaiting();
    desk.run(&["note", "issue", "the registry was slow", "--by", "Ada"]).with(0);
    assert!(desk.run(&["report"]).with(0).out.contains("the registry was slow"));
    let said = desk.run(&["note", "issue", " "]).with(2);
    assert!(said.err.contains("the text is missing"), "{}", said.err);
}
