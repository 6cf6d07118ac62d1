use std::{process::Child, time::Duration};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::desk::{Desk, Said, checklist, sh};

/// A check that passes and counts how often it was asked, and one that goes on for long unless the file `short` is there.
fn long_checklist() -> String {
    let first = sh("echo asked >> asked");
    let long =
        sh("[ -e short ] && exit 0; exec 3> ready; sleep 1000 & (sleep 1000 & wait) & echo $$ >&3; wait");
    checklist(&[("first", &first), ("long", &format!("{long}\nneeds = [\"first\"]"))])
}

fn begin(desk: &Desk) -> Child {
    desk.program(&["run", "--allow-commands", "--by", "first writer"]).spawn().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "what is measured is the time of the machine")]
fn ends_in_time(child: Child) -> Said {
    let begun = std::time::Instant::now();
    let said = Said::of(child.wait_with_output().unwrap());
    // a second is promised; the rest is for a busy machine
    assert!(begun.elapsed() < Duration::from_secs(4), "it took {:?}", begun.elapsed());
    said
}

#[test]
fn an_interrupted_run_records_what_was_settled_ends_its_programs_and_is_continued() {
    for signal in [Signal::INT, Signal::TERM] {
        let desk = Desk::new(&long_checklist());
        let ready = desk.pipe("ready");
        let child = begin(&desk);
        ready.line();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let said = ends_in_time(child).with(130);
        assert!(said.err.contains("interrupted; what was settled is recorded"), "{}", said.err);
        // child and grandchildren had the pipe open
        ready.closed();

        let said = desk.run(&["status"]).with(0);
        assert!(said.out.contains("✔ first"), "{}", said.out);
        assert!(said.out.contains("? long"), "{}", said.out);
        desk.run(&["gate", "proceed"]).with(3);

        desk.write("short", "");
        desk.run(&["run", "--allow-commands"]).with(0);
        assert_eq!(desk.read("asked"), "asked\n", "what passed and is fresh is not asked again");
    }
}

#[test]
fn a_run_that_was_killed_is_continued_by_another_process() {
    let desk = Desk::new(&long_checklist());
    let ready = desk.pipe("ready");
    let mut child = begin(&desk);
    let group: i32 = ready.line().parse().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    // nobody is left to end the programs of the killed run
    kill_process_group(Pid::from_raw(group).unwrap(), Signal::KILL).unwrap();
    ready.closed();

    let said = desk.run(&["status"]).with(0);
    assert!(said.out.contains("✔ first"), "{}", said.out);
    assert!(!said.out.contains("✔ long"), "{}", said.out);
    desk.run(&["gate", "proceed"]).with(3);

    // as if it had been killed in the middle of a line
    let journal = ".preflight/r1/journal.jsonl";
    let whole = desk.read(journal);
    desk.write(journal, &format!("{whole}{{\"sha256\":\"00"));
    desk.write("short", "");
    let said = desk.run(&["run", "--allow-commands"]).with(0);
    assert!(said.err.contains("note: "), "{}", said.err);
    assert_eq!(desk.read("asked"), "asked\n");
    assert!(desk.read(journal).starts_with(&whole), "nothing recorded is lost");
    desk.run(&["gate", "proceed"]).with(0);
}

#[test]
fn two_phases_are_run_by_two_processes() {
    let text = "checklist = \"c\"\ndeployment = { release = \"r1\" }\n[phase.one]\n[phase.two]\n";
    let check = |id: &str, phase: &str| {
        format!("[check.{id}]\nphase = \"{phase}\"\n{}\n", sh(&format!("echo {id} >> asked")))
    };
    let gate = "[gate.proceed]\nphase = \"two\"\nrequires = [\"one\", \"two\"]\n";
    let desk = Desk::new(&format!("{text}{}{}{gate}", check("early", "one"), check("late", "two")));
    desk.run(&["run", "--allow-commands", "--phase", "one"]).with(0);
    desk.run(&["gate", "proceed"]).with(3);
    desk.run(&["run", "--allow-commands", "--phase", "two"]).with(0);
    desk.run(&["gate", "proceed"]).with(0);
    assert_eq!(desk.read("asked"), "early\nlate\n");
    desk.run(&["run", "--allow-commands", "--ask-again", "--only", "early"]).with(0);
    assert_eq!(desk.read("asked"), "early\nlate\nearly\n");
}

#[test]
fn a_second_writer_is_told_who_the_first_one_is() {
    let desk = Desk::new(&long_checklist());
    let ready = desk.pipe("ready");
    let child = begin(&desk);
    ready.line();
    for words in [&["run", "--allow-commands"][..], &["note", "issue", "slow"]] {
        let said = desk.run(words).with(4);
        assert!(said.err.contains("`first writer`"), "{}", said.err);
        assert!(said.err.contains(&format!("process {}", child.id())), "{}", said.err);
        assert!(said.err.contains("help: wait until it has ended"), "{}", said.err);
    }
    // those who only read are not kept out
    desk.run(&["status"]).with(0);
    desk.run(&["report"]).with(0);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    ends_in_time(child).with(130);
}
