//! What the author of a checklist is told. A fixture is added by dropping a file, or a folder of files, into
//! `tests/fixtures/checklists`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics, and its texts are short")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use vapora_preflight::{Code, Diagnostic, Level, PlanBuilder, Sources, load};
use vapora_preflight_report::render_diagnostics;

#[path = "kinds/demo.rs"]
mod demo;

const FIXTURES: &str = "tests/fixtures/checklists";

fn fixtures() -> Vec<(String, PathBuf)> {
    let mut fixtures: Vec<_> = fs::read_dir(FIXTURES)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path))
        .collect();
    fixtures.sort();
    fixtures
}

/// All that is told of a checklist: by its reading, and by its compilation.
fn told(path: &Path) -> (Sources, Vec<Diagnostic>) {
    let loaded = load(path);
    let registry = demo::registry();
    let mut told = loaded.diagnostics;
    told.extend(match PlanBuilder::new(&registry).sources(&loaded.sources).build() {
        Ok(compiled) => compiled.warnings,
        Err(error) => error.diagnostics,
    });
    told.sort_by_key(Diagnostic::span);
    (loaded.sources, told)
}

#[test]
fn every_fixture_is_told_as_its_author_would_want_it() {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("fixtures/diagnostics");
    settings.bind(|| {
        insta::allow_duplicates! {
            for (name, path) in fixtures() {
                let (sources, diagnostics) = told(&path);
                insta::assert_snapshot!(name, render_diagnostics(&diagnostics, &sources, false));
            }
        }
    });
}

#[test]
fn every_snapshot_has_its_fixture() {
    let fixtures: BTreeSet<String> = fixtures().into_iter().map(|(name, _)| name).collect();
    for entry in fs::read_dir("tests/fixtures/diagnostics").unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(fixtures.contains(&name), "{} has no fixture", path.display());
    }
}

#[test]
fn every_code_is_told_by_a_fixture() {
    let told: BTreeSet<Code> =
        fixtures().iter().flat_map(|(_, path)| told(path).1).map(|diagnostic| diagnostic.code).collect();
    let untold: Vec<_> = Code::ALL.iter().filter(|code| !told.contains(code)).collect();
    assert!(untold.is_empty(), "no fixture has {untold:?}");
}

#[test]
fn every_place_lies_in_its_source_and_every_message_is_a_fragment() {
    for (name, path) in fixtures() {
        let (sources, diagnostics) = told(&path);
        assert!(!diagnostics.is_empty(), "{name} is told nothing");
        for diagnostic in &diagnostics {
            for label in &diagnostic.labels {
                let text = &sources.get(label.span.source).unwrap().text;
                assert!(text.get(label.span.start..label.span.end).is_some(), "{name}: {diagnostic}");
            }
            let message = &diagnostic.message;
            assert!(!message.ends_with('.') && !message.contains('\n'), "{name}: {message}");
            assert!(!message.starts_with(char::is_uppercase), "{name}: {message}");
            assert!(
                !diagnostic.labels.is_empty() || diagnostic.code == Code::EmptyChecklist,
                "{name}: {message}"
            );
        }
    }
}

#[test]
fn nothing_is_told_twice() {
    for (name, path) in fixtures() {
        let (_, diagnostics) = told(&path);
        let mut seen = Vec::new();
        for diagnostic in diagnostics {
            let what = (diagnostic.code, diagnostic.message.clone(), diagnostic.span());
            assert!(!seen.contains(&what), "{name}: {diagnostic}");
            seen.push(what);
        }
    }
}

#[test]
fn only_warnings_leave_a_plan() {
    let registry = demo::registry();
    for (name, path) in fixtures() {
        let loaded = load(&path);
        match PlanBuilder::new(&registry).sources(&loaded.sources).build() {
            Ok(compiled) => assert!(compiled.warnings.iter().all(|it| it.level == Level::Warning), "{name}"),
            Err(error) => assert!(error.diagnostics.iter().any(|it| it.level == Level::Error), "{name}"),
        }
    }
}
