use crate::desk::{Desk, checklist, sh};

#[test]
fn a_checklist_runs_programs_only_where_the_caller_allows_it() {
    let desk = Desk::new(&checklist(&[("one", &sh("touch ran"))]));
    desk.run(&["lint"]).with(0);
    for format in ["text", "json", "mermaid"] {
        desk.run(&["plan", "--format", format]).with(0);
    }
    let said = desk.run(&["run"]).with(3);
    assert!(said.out.contains("allow it with `--allow-commands`"), "{}", said.out);
    for words in [&["status"][..], &["report"], &["run", "--ask-again"], &["run", "--allow", "mutate"]] {
        desk.run(words);
    }
    desk.run(&["gate", "proceed"]).with(3);
    assert!(!desk.file("ran").exists(), "no program was allowed to run");

    desk.run(&["run", "--allow-commands"]).with(0);
    assert!(desk.file("ran").exists());
}

#[test]
fn what_only_looks_at_a_checklist_leaves_nothing_behind() {
    let desk = Desk::new(&checklist(&[("one", &sh("touch ran"))]));
    for words in [&["lint"][..], &["plan"], &["gate", "proceed"], &["kinds"], &["schema"]] {
        desk.run(words);
    }
    let left: Vec<_> = std::fs::read_dir(desk.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(left, ["preflight.toml"]);
}
