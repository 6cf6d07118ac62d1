//! Plans of TOML and Rust together.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics, and its texts are short")]

use std::time::Duration;

use vapora_preflight::{
    CheckId, Code, CompileError, Compiled, Effect, Outcome, Phase, PhaseBuilder, PhaseId, PlanBuilder, Retry,
    Severity, Sources, Until, Verdict, check_fn, gate_fn, kinds,
};

#[path = "kinds/demo.rs"]
mod demo;

/// A phase made of a closure.
struct Described<F>(&'static str, F);

impl<F: Fn(&mut PhaseBuilder<'_>) + Send + Sync> Phase for Described<F> {
    fn id(&self) -> PhaseId {
        PhaseId::new(self.0).unwrap()
    }
    fn describe(&self, phase: &mut PhaseBuilder<'_>) {
        self.1(phase);
    }
}

fn build(text: &str, phases: &[&dyn Phase]) -> Result<Compiled, CompileError> {
    let mut sources = Sources::new();
    sources.add("checklist.toml", text);
    let registry = demo::registry();
    let mut builder = PlanBuilder::new(&registry).sources(&sources);
    for phase in phases {
        builder = builder.phase(*phase);
    }
    builder.build()
}

fn errors(text: &str, phases: &[&dyn Phase]) -> Vec<(Code, String)> {
    let error = build(text, phases).unwrap_err();
    error.diagnostics.into_iter().map(|it| (it.code, it.message)).collect()
}

fn passes() -> impl vapora_preflight::Check + 'static {
    check_fn("passes-v1", |_cx| async { Ok(Outcome::pass("fine")) })
}

fn ids(ids: Vec<&CheckId>) -> Vec<&str> {
    ids.into_iter().map(CheckId::as_str).collect()
}

const TOML: &str = r#"
    [deployment]
    planned = 2026-12-01T14:00:00Z
    [phase.before]
    title = "Before"
    [check.written]
    kind = "demo.answers"
    phase = "before"
    question = "q"
    at_least = 1
    needs = ["drained"]
    [target.staging.demo]
    address = "a"
"#;

#[test]
fn checks_of_rust_and_of_toml_need_one_another() {
    let own = Described("before", |phase: &mut PhaseBuilder<'_>| {
        phase.title("Not this one");
        phase.check("drained", passes()).title("The queue is drained").critical();
        phase.check("last", passes()).needs(["written", "go"]);
        phase
            .gate("go", gate_fn("nobody-home", |_| Verdict::undecided("nobody is at home")))
            .requires(["written"]);
    });
    let plan = build(TOML, &[&own]).unwrap().plan;
    let outline = plan.outline();
    assert_eq!(outline.phases.len(), 1, "its checks are added to the phase of that name");
    assert_eq!(outline.phases[0].title, "Before");
    assert_eq!(ids(plan.needs_of("written")), ["drained"]);
    assert_eq!(ids(plan.needs_of("last")), ["written", "go"]);
    assert_eq!(ids(plan.needs_of("go")), ["written"]);
    let drained = outline.check("drained").unwrap();
    assert_eq!((drained.title.as_str(), drained.severity), ("The queue is drained", Severity::Critical));
}

#[test]
fn a_phase_of_rust_stands_after_those_of_toml_with_its_window() {
    let written = TOML.replace("needs = [\"drained\"]", "");
    let own = Described("after", |phase: &mut PhaseBuilder<'_>| {
        phase.title("After").opens("T").due("T+30m");
        phase.check("one", passes());
    });
    let plan = build(&written, &[&own]).unwrap().plan;
    let phases: Vec<_> = plan.outline().phases.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(phases, ["before", "after"]);
    let after = plan.outline().phase("after").unwrap();
    assert_eq!(after.opens.unwrap().to_string(), "2026-12-01T14:00:00Z");
    assert_eq!(after.due.unwrap().to_string(), "2026-12-01T14:30:00Z");
}

#[test]
fn a_phase_of_rust_alone_is_a_plan() {
    let own = Described("before", |phase: &mut PhaseBuilder<'_>| {
        phase
            .check("one", passes())
            .timeout(Duration::from_secs(2))
            .retry(Retry { attempts: 3, ..Retry::default() })
            .until(Until {
                interval: Duration::from_secs(1),
                timeout: Duration::from_mins(1),
                consecutive: 2,
            })
            .fresh_for(Duration::from_mins(1))
            .effect(Effect::Notifies)
            .expect("anything > 1")
            .tag("fast");
        phase.check("two", passes()).not_applicable("not today").advisory();
    });
    let registry = demo::registry();
    let plan = PlanBuilder::new(&registry).phase(&own).build().unwrap().plan;
    let limits = plan.limits_of("one").unwrap();
    assert_eq!((limits.attempt, limits.retry.attempts), (Duration::from_secs(2), 3));
    assert_eq!(limits.until.unwrap().consecutive, 2);
    let one = plan.outline().check("one").unwrap();
    assert_eq!((one.effect, one.tags.len()), (Effect::Notifies, 1));
    assert_eq!(plan.outline().check("two").unwrap().not_applicable.as_deref(), Some("not today"));
}

#[test]
fn a_kind_in_rust_brings_its_effect_and_its_requirements() {
    let mutates = || -> demo::Mutates { serde_json::from_str("{}").unwrap() };
    let own = Described("before", |phase: &mut PhaseBuilder<'_>| {
        phase.kind("drained", mutates());
    });
    let told = errors(TOML, &[&own]);
    assert_eq!(told[0].0, Code::MissingTarget, "{told:?}");
    let own = Described("before", |phase: &mut PhaseBuilder<'_>| {
        phase.kind("drained", mutates()).target("staging");
    });
    let plan = build(TOML, &[&own]).unwrap().plan;
    let drained = plan.outline().check("drained").unwrap();
    assert_eq!((drained.effect, drained.kind.as_str()), (Effect::Mutates, "demo.mutates"));
}

#[test]
fn what_is_wrong_with_a_kind_in_rust_is_told() {
    let own = Described("before", |phase: &mut PhaseBuilder<'_>| {
        let wrong: kinds::Documented =
            serde_json::from_str(r#"{ "document": "message.start", "at_least": 0 }"#).unwrap();
        phase.kind("drained", wrong);
    });
    let codes: Vec<Code> = errors(TOML, &[&own]).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [Code::InvalidParameter, Code::UnknownDocument]);
}

#[test]
fn names_given_twice_are_told() {
    let own = Described("before", |phase: &mut PhaseBuilder<'_>| {
        phase.check("drained", passes());
        phase.check("written", passes());
        phase.check("twice", passes());
        phase.check("twice", passes());
        phase.gate("twice", gate_fn("g", |_| Verdict::undecided("no"))).requires(["drained"]);
    });
    let told = errors(TOML, &[&own]);
    let names: Vec<_> = told.iter().map(|(code, message)| (*code, message.as_str())).collect();
    assert_eq!(
        names,
        [
            (Code::DuplicateId, "the name `twice` is declared twice"),
            (Code::DuplicateId, "the name `written` is declared twice"),
        ]
    );
}

#[test]
fn wrong_names_are_told_and_the_rest_is_looked_at() {
    let own = Described("before", |phase: &mut PhaseBuilder<'_>| {
        phase.check("Drained", passes()).target("../etc").needs(["nothing"]);
        phase.check("drained", passes()).expect("value >").baseline("nobody");
        phase.opens("yesterday");
    });
    let codes: Vec<Code> = errors(TOML, &[&own]).into_iter().map(|(code, _)| code).collect();
    for code in [Code::InvalidName, Code::UnknownNeed, Code::InvalidExpression, Code::InvalidValue] {
        assert!(codes.contains(&code), "{code} of {codes:?}");
    }
    assert_eq!(codes.iter().filter(|code| **code == Code::InvalidName).count(), 2);
}

#[test]
fn limits_that_can_never_be_met_are_told_in_rust_too() {
    let own = Described("before", |phase: &mut PhaseBuilder<'_>| {
        phase.check("drained", passes()).timeout(Duration::ZERO).fresh_for(Duration::ZERO);
        phase.check("until", passes()).until(Until {
            interval: Duration::from_mins(1),
            timeout: Duration::from_secs(30),
            consecutive: 3,
        });
        phase.check("retry", passes()).retry(Retry { attempts: 0, ..Retry::default() });
    });
    let told = errors(TOML, &[&own]);
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told.iter().all(|(code, _)| *code == Code::UnsatisfiableLimit), "{told:?}");
}

#[test]
fn a_phase_without_checks_decides_nothing() {
    let own = Described("empty", |_: &mut PhaseBuilder<'_>| {});
    let written = TOML.replace("needs = [\"drained\"]", "");
    assert_eq!(errors(&written, &[&own])[0].0, Code::EmptyPhase);
}

#[test]
fn a_circle_through_rust_and_toml_is_told() {
    let own = Described("before", |phase: &mut PhaseBuilder<'_>| {
        phase.check("drained", passes()).needs(["written"]);
    });
    let told = errors(TOML, &[&own]);
    assert_eq!(told[0].0, Code::DependencyCycle);
    assert!(told[0].1.ends_with("`written` → `drained` → `written`"), "{}", told[0].1);
}
