use crate::desk::{Desk, checklist};

#[test]
fn a_release_remembers_what_it_was_run_with() {
    let text = checklist(&[
        ("named", "kind = \"plan.documented\"\ndocument = \"why\"\nhint = \"write of {{ vars.what }}\""),
        ("said", "kind = \"manual.attested\"\nrole = \"lead\"\nstatement = \"{{ vars.what }} is ready\""),
    ]);
    let desk = Desk::new(&format!("{text}\n[vars]\nwhat = \"nothing\"\n"));
    desk.write("why.txt", "projects were listed twice");
    let words = ["run", "--var", "what=the release", "--role", "lead=Ada", "--change", "why=@why.txt"];
    desk.run(&[&words[..], &["--planned", "2026-12-01T14:00:00Z", "--environment", "production"]].concat())
        .with(3);
    std::fs::remove_file(desk.file("why.txt")).unwrap();

    let said = desk.run(&["attest", "said", "--by", "Ada"]).with(0);
    assert!(said.out.contains("who fills the role"), "{}", said.out);
    desk.run(&["gate", "proceed"]).with(0);
    let said = desk.run(&["run"]).with(0);
    assert!(!said.all().contains("changed"), "{}", said.all());
    assert!(!said.err.contains("passed"), "nothing is asked again: {}", said.err);
    assert!(said.out.contains("to production"), "{}", said.out);
    assert!(said.out.contains("planned: 2026-12-01 14:00 UTC"), "{}", said.out);

    // what is said now goes before what is remembered, and is remembered in turn
    let said = desk.run(&["run", "--var", "what=another"]).with(3);
    assert!(said.out.contains("another is ready"), "{}", said.out);
    assert!(desk.run(&["plan"]).with(0).out.contains("said"));
    desk.run(&["gate", "proceed"]).with(3);
}

#[test]
fn what_a_release_has_of_its_own_is_asked_for() {
    let text = checklist(&[(
        "said",
        "kind = \"plan.documented\"\ndocument = \"what\"\nhint = \"see {{ vars.ticket }}\"",
    )]);
    let desk = Desk::new(&format!(
        "{text}\n[required_vars]\nticket = {{ about = \"the number of the ticket\", example = 1287 }}\n"
    ));
    desk.run(&["lint"]).with(0);
    let said = desk.run(&["plan"]).with(0);
    assert!(said.err.contains("its example `1287` stands for it"), "{}", said.err);

    let said = desk.run(&["run"]).with(2);
    let expected = "error: expected `ticket` (the number of the ticket), found nothing\n  help: give what this release has of its own: `--var ticket=…`";
    assert_eq!(said.err.trim_end(), expected);
    assert!(!desk.file(".preflight").exists(), "nothing is begun");

    desk.run(&["run", "--var", "ticket=7"]).with(0);
    desk.run(&["run"]).with(0);
    assert_eq!(desk.run(&["plan"]).with(0).err, "");
}

#[test]
fn a_release_remembers_its_checklist() {
    let desk = Desk::new("");
    std::fs::remove_file(desk.file("preflight.toml")).unwrap();
    desk.write("mine.toml", &checklist(&[("one", "kind = \"plan.documented\"\ndocument = \"what\"")]));
    desk.run(&["run", "mine.toml"]).with(0);
    desk.run(&["run"]).with(0);
    desk.run(&["gate", "proceed"]).with(0);
    desk.run(&["lint", "--release", "r1"]).with(0);
}

#[cfg(target_os = "linux")]
#[test]
fn paths_need_not_be_utf_8() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let desk = Desk::new("");
    let name = OsStr::from_bytes(b"check\xffs.toml");
    let text = checklist(&[("one", "kind = \"plan.documented\"\ndocument = \"what\"")]);
    std::fs::write(desk.path().join(name), text).unwrap();
    let mut run = desk.program(&["run", "--dir"]);
    let output = run.arg(OsStr::from_bytes(b"rec\xffords")).arg(name).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(desk.path().join(OsStr::from_bytes(b"rec\xffords/r1/journal.jsonl")).is_file());
}
