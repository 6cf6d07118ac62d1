use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::desk::{Desk, settings};

fn desk() -> Desk {
    Desk::new("")
}

#[test]
fn the_kinds_are_listed_and_each_has_a_page() {
    let desk = desk();
    let list = desk.run(&["kinds"]).with(0).out;
    let kinds: Value = serde_json::from_str(&desk.run(&["kinds", "--json"]).with(0).out).unwrap();
    let kinds = kinds.as_array().unwrap();
    assert!(kinds.len() >= 16, "{} kinds", kinds.len());
    for kind in kinds {
        let name = kind["name"].as_str().unwrap();
        assert!(list.lines().any(|line| line.starts_with(&format!("{name} "))), "{name} is listed");
        let page = desk.run(&["explain", name]).with(0).out;
        assert!(page.starts_with(&format!("# `{name}`")), "{page}");
        assert!(page.contains("## Example"), "{page}");
        jsonschema::validator_for(&kind["schema"]).unwrap();
    }
}

#[test]
fn a_page_tells_parameters_evidence_and_an_example() {
    let page = desk().run(&["explain", "manual.attested"]).with(0).out;
    settings().bind(|| insta::assert_snapshot!("explain", page));
}

#[test]
fn the_reference_is_written_into_a_folder() {
    let desk = desk();
    desk.run(&["kinds", "--write", "docs/kinds"]).with(0);
    assert!(std::fs::read_dir(desk.file("docs/kinds")).unwrap().count() >= 16);
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(desk().run(&["completions", shell]).with(0).out.contains("attest"), "{shell}");
    }
}

fn json(value: &toml::Value) -> Value {
    match value {
        toml::Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
        toml::Value::Array(values) => values.iter().map(json).collect(),
        toml::Value::Datetime(time) => time.to_string().into(),
        other => serde_json::to_value(other).unwrap(),
    }
}

fn shipped() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/checklists");
    let mut files = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            files.push(file.unwrap().path());
        }
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files
}

#[test]
fn the_schema_fits_the_checklists_that_are_shipped() {
    let schema: Value = serde_json::from_str(&desk().run(&["schema"]).with(0).out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let files = shipped();
    assert!(files.len() >= 9, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let checklist = json(&toml::Value::Table(text.parse().unwrap()));
        let wrong: Vec<String> = validator
            .iter_errors(&checklist)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", file.display());
    }
}

#[test]
fn the_schema_refuses_what_lint_refuses() {
    let schema: Value = serde_json::from_str(&desk().run(&["schema"]).with(0).out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for text in [
        "checklist = 5\n",
        "checklist = \"c\"\nunknown = 1\n",
        "checklist = \"c\"\n[check.a]\nkind = \"plan.documented\"\ndocumnt = \"what\"\n",
    ] {
        let checklist = json(&toml::Value::Table(text.parse().unwrap()));
        assert!(!validator.is_valid(&checklist), "{text}");
        Desk::new(text).run(&["lint"]).with(2);
    }
}
