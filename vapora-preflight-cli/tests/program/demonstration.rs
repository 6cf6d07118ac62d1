#![cfg(feature = "demo")]

use std::{
    fs,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::Value;

use crate::desk::{Desk, Said};

/// Runs the demonstration into the folder `records`, and finds that it wrote nowhere else.
fn demo(desk: &Desk, words: &[&str]) -> Said {
    for folder in ["home", "here", "temporary"] {
        fs::create_dir_all(desk.file(folder)).unwrap();
    }
    let mut program = desk.program(&["demo", "--dir"]);
    program.arg(desk.file("records")).args(words).current_dir(desk.file("here"));
    program.env("HOME", desk.file("home")).env("TMPDIR", desk.file("temporary"));
    let said = Said::of(program.output().unwrap());
    for folder in ["home", "here", "temporary"] {
        assert_eq!(fs::read_dir(desk.file(folder)).unwrap().count(), 0, "{folder} is empty");
    }
    said
}

/// The report of one act, which is as its schema says.
fn report(desk: &Desk, act: &str) -> Value {
    let markdown = desk.read(&format!("records/{act}/report.md"));
    assert!(markdown.starts_with("# "), "{markdown}");
    let report: Value = serde_json::from_str(&desk.read(&format!("records/{act}/report.json"))).unwrap();
    let schema = include_str!("../../../vapora-preflight-report/schema/report.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    report
}

fn decision(report: &Value, gate: &str) -> Option<String> {
    let gates = report["gates"].as_array().unwrap();
    let gate = gates.iter().find(|it| it["id"] == gate).expect("the gate is declared");
    Some(gate.pointer("/verdict/decision")?.as_str()?.to_owned())
}

#[test]
fn the_demonstration_comes_to_a_deployment_that_is_kept() {
    let desk = Desk::new("");
    let said = demo(&desk, &[]).with(0);
    assert!(said.out.contains("KEEP"), "{}", said.out);
    let report = report(&desk, "demo");
    assert_eq!(decision(&report, "go-no-go").as_deref(), Some("go"));
    assert_eq!(decision(&report, "keep-or-roll-back").as_deref(), Some("go"));
    // once more into the same folder
    let again = demo(&desk, &[]).with(0);
    assert_eq!(again.out, said.out, "every demonstration tells the same");
}

#[test]
fn no_fault_gets_past_the_gate() {
    let list = Desk::new("").run(&["demo", "--list-faults"]).with(0).out;
    let faults: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(faults.len() >= 16, "{list}");
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let desk = Desk::new("");
                    let said = demo(&desk, &["--fault", fault]);
                    // these come with the deployment itself, or are asked for only after it
                    let late = ["image-unchanged", "alert-firing"].contains(fault);
                    let gate = if late { "keep-or-roll-back" } else { "go-no-go" };
                    let decision = decision(&report(&desk, "demo-before"), gate);
                    let open = !matches!(decision.as_deref(), Some("no_go" | "undecided"));
                    if open || !matches!(said.code, Some(1 | 3)) {
                        wrong.lock().unwrap().push(format!(
                            "{fault}: {:?}, {decision:?}\n{}",
                            said.code,
                            said.all()
                        ));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_folder_that_is_not_of_a_demonstration_is_left_alone() {
    let desk = Desk::new("");
    fs::create_dir_all(desk.file("records/demo")).unwrap();
    desk.write("records/demo/mine", "precious");
    let said = demo(&desk, &[]).with(2);
    assert!(said.err.contains("--dir"), "{}", said.err);
    assert_eq!(desk.read("records/demo/mine"), "precious");
}
