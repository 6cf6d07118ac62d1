//! The checklists of `examples/checklists/`: they compile, and VAPORA's holds every item that `docs/coverage.md` lists.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

#[path = "support/registry.rs"]
mod registry;

use registry::registry;
use vapora_preflight::{
    CheckOutline, Level, Outline, Overrides, PlanBuilder, Question, Severity, Side, load,
};

const TODO: &str = "todo-kind";

fn project(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Compiles a checklist of `examples/checklists/`; what its author is warned of comes with it.
fn compile(name: &str, overrides: Overrides) -> (Outline, Vec<String>) {
    let loaded = load(project("examples/checklists").join(name));
    assert_eq!(loaded.diagnostics, []);
    match PlanBuilder::new(&registry()).sources(&loaded.sources).overrides(overrides).build() {
        Ok(compiled) => {
            let warnings = compiled.warnings.iter().map(|warning| warning.message.clone()).collect();
            (compiled.plan.outline().clone(), warnings)
        }
        Err(error) => {
            let told: Vec<String> = error
                .diagnostics
                .iter()
                .filter(|diagnostic| diagnostic.level == Level::Error)
                .map(|diagnostic| {
                    let place = diagnostic.span().and_then(|span| {
                        let source = loaded.sources.iter().find(|(id, _)| *id == span.source)?.1;
                        let line = source.text[..span.start].lines().count();
                        Some(format!("{}:{line}: ", source.name))
                    });
                    let help = diagnostic.help.as_deref().unwrap_or_default();
                    format!("{}{} ({help})", place.unwrap_or_default(), diagnostic.message)
                })
                .collect();
            panic!("{error}:\n{}", told.join("\n"));
        }
    }
}

fn planned() -> Overrides {
    let at = |text: &str| text.parse().unwrap();
    Overrides::new()
        .var("ticket", "1287")
        .var("deployed_tag", "v1.9.3")
        .planned(at("2026-12-01T14:00:00Z"))
        .window(at("2026-12-01T13:30:00Z"), at("2026-12-01T15:00:00Z"))
}

fn vapora() -> Outline {
    compile("vapora", planned()).0
}

/// An id of a table of `docs/coverage.md`.
#[derive(Debug)]
struct Row {
    phase: String,
    kinds: Vec<String>,
    state: String,
}

/// What stands in backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The tables of the page, each under a heading that names its phase.
fn table() -> BTreeMap<String, Row> {
    let page = fs::read_to_string(project("docs/coverage.md")).unwrap();
    let mut rows = BTreeMap::new();
    let mut phase = String::new();
    for line in page.lines() {
        if line.starts_with('#') {
            phase = quoted(line).pop().unwrap_or_default();
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [ids, _, kind, _, state] = cells[..] else { continue };
        if !line.starts_with('|') || ids == "id" || ids.starts_with('-') {
            continue;
        }
        for id in ids.split(", ") {
            let row = Row { phase: phase.clone(), kinds: quoted(kind), state: state.to_owned() };
            assert!(rows.insert(id.to_owned(), row).is_none(), "`{id}` stands twice in the tables");
        }
    }
    rows
}

/// The first instance of each check, by the name before the brackets.
fn checks(outline: &Outline) -> BTreeMap<String, &CheckOutline> {
    outline.checks.iter().rev().map(|check| (check.id.base().to_owned(), check)).collect()
}

#[test]
fn the_checklist_and_the_table_name_the_same() {
    let outline = vapora();
    let gates = outline.gates.iter().map(|gate| gate.id.to_string());
    let declared: BTreeSet<String> = checks(&outline).into_keys().chain(gates).collect();
    let listed: BTreeSet<String> = table().into_keys().collect();
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>();
    assert_eq!(only(&listed, &declared), Vec::<String>::new(), "in the table only");
    assert_eq!(only(&declared, &listed), Vec::<String>::new(), "in the checklist only");
    assert!(listed.len() > 80, "the tables have only {} ids", listed.len());
}

#[test]
fn the_state_in_the_table_is_the_kind_in_use() {
    let outline = vapora();
    let checks = checks(&outline);
    let mut wrong = Vec::new();
    for (id, row) in table() {
        let check = checks.get(&id);
        let manual = check.is_some_and(|check| check.kind == "manual.attested");
        let todo = check.is_some_and(|check| check.tags.iter().any(|tag| tag == TODO));
        let right = match row.state.as_str() {
            "kind" => check.is_some_and(|check| row.kinds.contains(&check.kind)) && !todo,
            "manual" => manual && todo && row.kinds.iter().any(|kind| kind.contains('.')),
            "M" => manual && !todo,
            "gate" => outline.gate(&id).is_some(),
            _ => false,
        };
        if !right {
            wrong.push(format!("{id}: `{}`, and it is {:?}", row.state, check.map(|check| &check.kind)));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_check_that_could_be_of_its_kind_is_not_left_to_a_person() {
    let registry = registry();
    let late: Vec<String> = table()
        .into_iter()
        .filter(|(_, row)| row.state == "manual")
        .filter(|(_, row)| row.kinds.iter().any(|kind| registry.kind(kind).is_some()))
        .map(|(id, _)| id)
        .collect();
    assert_eq!(late, Vec::<String>::new());
}

#[test]
fn every_item_is_in_the_phase_of_its_table() {
    let outline = vapora();
    let checks = checks(&outline);
    for (id, row) in table() {
        let phase = checks.get(&id).map(|check| &check.phase).or(outline.gate(&id).map(|gate| &gate.phase));
        assert_eq!(phase.map(ToString::to_string), Some(row.phase), "{id}");
    }
}

#[test]
fn a_word_says_how_to_find_out_and_does_not_count_forever() {
    let loaded = load(project("examples/checklists/vapora"));
    let outline = vapora();
    let mut words = 0;
    for (_, source) in loaded.sources.iter() {
        let file: toml::Table = toml::from_str(&source.text).unwrap();
        for (id, check) in file.get("check").and_then(toml::Value::as_table).into_iter().flatten() {
            if check["kind"].as_str() != Some("manual.attested") {
                continue;
            }
            words += 1;
            assert!(check.get("how").is_some(), "`{id}` does not say how");
            let outlined = checks(&outline)[id];
            let before = !["after", "record"].contains(&outlined.phase.as_str());
            assert!(!before || check.get("valid_for").is_some(), "`{id}` does not say how long it counts");
        }
    }
    assert!(words > 10, "only {words} words");
}

#[test]
fn the_checklist_compiles_without_knowing_when() {
    let (outline, warnings) = compile("vapora", Overrides::new());
    assert_eq!(
        warnings,
        [
            "`vars.ticket` is not given, and its example `1287` stands for it",
            "`vars.deployed_tag` is not given, and its example `\"v1.9.3\"` stands for it",
            "the planned time T is not known, so no window around it is kept",
        ]
    );
    assert!(outline.document("message.schedule").unwrap().contains("[DATE TIME UTC]"));
    assert!(outline.roles.iter().all(|role| role.person.is_empty()));
    let (outline, warnings) = compile("vapora", planned());
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(
        outline.document("message.schedule").as_deref(),
        Some("Deployment scheduled for 2026-12-01T14:00:00Z")
    );
    assert!(outline.document("message.maintenance").unwrap().contains("starting at 14:00 UTC."));
}

#[test]
fn the_decision_has_the_conditions_of_the_checklist() {
    let outline = vapora();
    let names = |side: Side| {
        let conditions = &outline.gate("go-no-go").unwrap().conditions;
        conditions.iter().filter(|it| it.side == side).map(|it| it.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        names(Side::ProceedIf),
        [
            "All checklist items above completed",
            "No critical issues found during testing",
            "Staging deployment successful",
            "Team ready and monitoring",
            "Rollback plan clear and tested",
            "Within designated maintenance window",
        ]
    );
    assert_eq!(
        names(Side::RescheduleIf),
        [
            "Any critical issues discovered",
            "Staging tests failed",
            "Team member unavailable",
            "Production issues detected",
            "Unexpected changes in code/configs",
        ]
    );
}

#[test]
fn everything_before_the_decision_is_judged_by_it() {
    let outline = vapora();
    let gate = outline.gate("go-no-go").unwrap();
    let after = ["after", "record"];
    for check in outline.checks.iter().filter(|check| !after.contains(&check.phase.as_str())) {
        let follows = check.needs.iter().any(|need| *need == "go-no-go");
        assert_ne!(gate.subjects.contains(&check.id), follows, "{}", check.id);
    }
    let keep = outline.gate("keep-or-roll-back").unwrap();
    assert_eq!(keep.question, Question::Keep);
    for check in outline.checks.iter().filter(|check| check.phase == "after") {
        assert!(keep.subjects.contains(&check.id), "{}", check.id);
        assert!(check.on_fail.is_some(), "`{}` advises nothing", check.id);
        assert!(check.severity > Severity::Advisory, "{}", check.id);
    }
}

#[test]
fn every_deployment_has_its_rollback_command() {
    let loaded = load(project("examples/checklists/vapora"));
    let (_, first) = loaded.sources.iter().next().unwrap();
    let file: toml::Table = toml::from_str(&first.text).unwrap();
    let deployments = file["vars"]["deployments"].as_array().unwrap();
    let commands = vapora().document("commands.rollback").unwrap();
    for deployment in deployments.iter().map(|it| it.as_str().unwrap()) {
        let line = format!("kubectl --context production rollout undo deployment/{deployment} -n vapora");
        assert!(commands.lines().any(|it| it == line), "{line}");
    }
    assert_eq!(commands.lines().count(), deployments.len());
}

#[test]
fn production_is_protected() {
    let outline = vapora();
    let protected: Vec<_> = outline.targets.iter().map(|it| (it.name.as_str(), it.protected)).collect();
    assert_eq!(protected, [("production", true), ("staging", false)]);
}

#[test]
fn the_first_checklist_compiles_as_it_stands() {
    let (outline, warnings) = compile("hello", Overrides::new());
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!((outline.checks.len(), outline.gates.len()), (2, 1));
    assert!(outline.deployment.release.is_some());
}
