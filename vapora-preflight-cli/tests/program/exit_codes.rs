use crate::desk::{Desk, checklist, sh};

const DOCUMENTED: &str = "kind = \"plan.documented\"\ndocument = \"what\"";
const UNDOCUMENTED: &str = "kind = \"plan.documented\"\ndocument = \"why\"";
const ATTESTED: &str = "kind = \"manual.attested\"\nrole = \"lead\"\nstatement = \"it is so\"";
const UNREACHABLE: &str = "kind = \"http.responds\"\nurl = \"http://127.0.0.1:9/\"";

#[test]
fn a_run_ends_with_the_code_of_what_its_checks_come_to() {
    let slow = format!("{}\ntimeout = \"50ms\"", sh("sleep 1000"));
    type Checks<'a> = &'a [(&'a str, &'a str)];
    let table: &[(&str, Checks<'_>, i32)] = &[
        ("a pass", &[("one", DOCUMENTED)], 0),
        ("a fail", &[("one", UNDOCUMENTED)], 1),
        ("a fail beside a pass", &[("one", DOCUMENTED), ("two", UNDOCUMENTED)], 1),
        ("a person is awaited", &[("one", DOCUMENTED), ("two", ATTESTED)], 3),
        ("an error", &[("one", UNREACHABLE)], 3),
        ("an error beside a fail", &[("one", UNREACHABLE), ("two", UNDOCUMENTED)], 1),
        ("a time-out", &[("one", &slow)], 3),
        ("a program that ends wrongly", &[("one", &sh("exit 7"))], 1),
        (
            "a program that is not there",
            &[("one", "kind = \"host.command_succeeds\"\nargv = [\"/none\"]")],
            3,
        ),
    ];
    for (what, checks, code) in table {
        let desk = Desk::new(&checklist(checks));
        let said = desk.run(&["run", "--allow-commands"]);
        assert_eq!(said.code, Some(*code), "{what}: {}", said.all());
        // the gate over the same checks says the same, from the record alone
        let said = desk.run(&["gate", "proceed"]);
        assert_eq!(said.code, Some(*code), "{what}, at the gate: {}", said.all());
    }
}

#[test]
fn only_an_advisory_check_may_fail_in_a_run_that_is_a_go() {
    let fails = |severity: &str| format!("{UNDOCUMENTED}\nseverity = \"{severity}\"");
    for (severity, code) in [("advisory", 0), ("required", 1), ("critical", 1)] {
        let desk = Desk::new(&checklist(&[("one", DOCUMENTED), ("two", &fails(severity))]));
        let said = desk.run(&["run"]);
        assert_eq!(said.code, Some(code), "{severity}: {}", said.all());
    }
}

#[test]
fn a_run_that_asks_nothing_that_counts_is_no_go() {
    // every way in which the one check that matters is not asked
    let desk = Desk::new(&checklist(&[("one", DOCUMENTED), ("two", &sh("true"))]));
    desk.run(&["run"]).with(3);
    desk.run(&["run", "--exclude", "two"]).with(3);
    desk.run(&["run", "--allow-commands", "--deadline", "0s"]).with(3);
    desk.run(&["run", "--allow-commands"]).with(0);

    let closed = "checklist = \"c\"\ndeployment = { release = \"r1\", planned = 2999-01-01T00:00:00Z }\n\
                  [change]\nwhat = \"the images of release 2\"\n[phase.a]\nwindow = { opens = \"T-1h\", due = \"T\" }\n\
                  [check.one]\nphase = \"a\"\nkind = \"plan.documented\"\ndocument = \"what\"\n";
    let desk = Desk::new(closed);
    let said = desk.run(&["run"]).with(3);
    assert!(said.err.contains("not open: `a` until 2998-12-31 23:00 UTC"), "{}", said.err);
    desk.run(&["run", "--ignore-windows"]).with(0);
}

#[test]
fn what_is_called_wrongly_is_a_usage_error_that_names_the_remedy() {
    let desk = Desk::new(&checklist(&[("one", DOCUMENTED), ("two", ATTESTED)]));
    desk.run(&["run"]).with(3);
    for (words, told) in [
        (&["run", "--only", "on"][..], "did you mean `one`?"),
        (&["run", "--tag", "blue"], "no tag fits `blue`"),
        (&["run", "--phase", "b"], "the checklist has `a`"),
        (&["run", "--report", "pdf=x"], "expected one of `markdown`"),
        (&["run", "--report", "json=none/x"], "there is no folder `none`"),
        (&["run", "--planned", "2026-12-01"], "--planned"),
        (&["run", "--var", "colour=red"], "does not declare"),
        (&["run", "--role", "nobody"], "expected a name and a value with `=` between"),
        (&["run", "none.toml"], "could not read `none.toml`"),
        (&["run", "--release", "../r1"], "expected a release of letters"),
        (&["attest", "tow", "--by", "Ana"], "did you mean `two`?"),
        (&["attest", "one", "--by", "Ana"], "`run` asks it"),
        (&["attest", "two", "--by", " "], "the name of the person is missing"),
        (&["attest", "two", "--by", "Ana", "--as", "backup"], "expected the word of the role `lead`"),
        (&["attest", "two", "--by", "Ana", "--expires", "2020-01-01T00:00:00Z"], "expired already"),
        (&["gate", "proced"], "the checklist has `proceed`"),
        (&["status", "--release", "r2"], "on record are `r1`"),
        (&["report", "--format", "pdf"], "expected one of `markdown`"),
        (&["note", "issue", "slow", "--release", "r2"], "on record are `r1`"),
        (&["explain", "plan.document"], "did you mean `plan.documented`?"),
        (&["schema", "--nope"], "--nope"),
        (&["demo", "--fault", "nope"], "nope"),
        (&[], "Usage:"),
    ] {
        let said = desk.run(words);
        assert_eq!(said.code, Some(2), "{words:?}: {}", said.all());
        assert!(said.err.contains(told), "{words:?}: {}", said.err);
        assert_eq!(said.out, "", "{words:?}");
    }
    // none of it has left anything behind, on a new release either
    let new = Desk::new(&checklist(&[("one", DOCUMENTED)]));
    new.run(&["run", "--only", "on"]).with(2);
    new.run(&["run", "--tag", "blue"]).with(2);
    assert!(!new.file(".preflight").exists());
    let releases: Vec<_> = std::fs::read_dir(desk.file(".preflight")).unwrap().collect();
    assert_eq!(releases.len(), 1);
}

#[test]
fn a_checklist_that_is_wrong_is_told_everywhere_before_anything_runs() {
    let desk = Desk::new(&checklist(&[("one", "kind = \"plan.documentd\"\ndocument = \"what\"")]));
    for words in [&["lint"][..], &["plan"], &["run"], &["gate", "proceed"], &["attest", "one", "--by", "Ana"]]
    {
        let said = desk.run(words).with(2);
        assert!(said.err.contains("did you mean `plan.documented`?"), "{words:?}: {}", said.err);
    }
    assert!(!desk.file(".preflight").exists());
}

#[test]
fn without_a_checklist_the_help_says_how_to_name_one() {
    let desk = Desk::new("");
    std::fs::remove_file(desk.file("preflight.toml")).unwrap();
    let said = desk.run(&["run"]).with(2);
    assert_eq!(said.err.lines().next(), Some("error: there is no checklist"));
    assert!(said.err.contains("help: name a TOML file"), "{}", said.err);
    let said = desk.run(&["status"]).with(2);
    assert!(said.err.contains("no release is on record in `.preflight`"), "{}", said.err);
}

#[test]
fn output_that_cannot_be_written_is_a_failure_and_a_reader_that_left_is_none() {
    let desk = Desk::new(&checklist(&[("one", DOCUMENTED)]));
    if let Ok(full) = std::fs::File::options().write(true).open("/dev/full") {
        let output = desk.program(&["kinds"]).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(4));
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = desk.program(&["kinds"]).stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
