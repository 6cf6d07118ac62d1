//! What the decision says.

use serde_json::json;
use vapora_preflight::{Advice, Question, Reason, Report, Verdict, Weight};
use vapora_preflight_report::{Markdown, Text, decision_word, render_to_string};

use crate::{battery, scene, scene::Scene};

fn page(report: &Report) -> String {
    render_to_string(&Markdown::decision(), report)
}

#[test]
fn the_words_are_those_of_the_checklist() {
    let of = |weight| Verdict::of([Reason::new(weight, "x", "y")]);
    let (go, against, open) = (of(Weight::For), of(Weight::Against), of(Weight::Open));
    let proceed = |verdict: &Verdict| decision_word(Question::Proceed, verdict);
    assert_eq!([proceed(&go), proceed(&against), proceed(&open)], ["GO", "NO-GO", "UNDECIDED"]);
    let keep = |verdict: &Verdict| decision_word(Question::Keep, verdict);
    assert_eq!([keep(&go), keep(&against), keep(&open)], ["KEEP", "INVESTIGATE", "INVESTIGATE"]);
    assert_eq!(keep(&against.clone().advice(Some(Advice::RollBack))), "ROLL BACK");
    assert_eq!(proceed(&against.advice(Some(Advice::RollBack))), "NO-GO");
}

#[test]
fn a_gate_that_was_not_judged_is_said_to_be_so() {
    let page = page(&battery::empty());
    assert!(page.contains("NOT JUDGED YET") && page.contains("**no decision yet**"), "{page}");
    assert!(!page.contains("## ✅"), "{page}");
    assert!(page.contains("- **not asked yet** (5): `on-call-briefed`, `ticket-complete`, "), "{page}");
}

#[test]
fn a_decision_that_the_checks_no_longer_bear_out_is_said_to_be_out_of_date() {
    let (stale, text) = (page(&battery::stale()), render_to_string(&Text::new(), &battery::stale()));
    assert!(stale.contains("**This decision is out of date: judge it again.**"), "{stale}");
    assert!(stale.contains("`ticket-complete` (was passed, now changed)"), "{stale}");
    assert!(stale.contains("`production-nodes` (was passed, now stale)"), "{stale}");
    assert!(stale.contains("## ⚠️ GO, out of date: "), "{stale}");
    assert!(text.contains("\nGO, out of date: Final"), "{text}");
    assert!(!page(&battery::go()).contains("out of date"));
    assert!(!page(&battery::no_go()).contains("out of date"));
}

#[test]
fn a_failure_cured_after_the_verdict_makes_it_out_of_date() {
    let failed = vapora_preflight::Outcome::fail("down");
    let mut outline = scene::release();
    outline["gates"] = json!([{ "id": "g", "phase": "t-4h", "title": "G", "question": "proceed", "subjects": ["latency-before"] }]);
    let report = Scene::new(outline, "2026-12-01T10:00:00Z")
        .done("latency-before", 5, failed)
        .judged("g")
        .later(60)
        .pass("latency-before", "up again")
        .report();
    assert!(page(&report).contains("`latency-before` (was failed, now passed)"), "{}", page(&report));
}

#[test]
fn a_checklist_without_gates_decides_nothing() {
    let mut outline = scene::release();
    outline["gates"] = json!([]);
    let report = Scene::new(outline, "2026-12-01T10:00:00Z").report();
    assert!(page(&report).contains("declares no gate, so nothing here decides"));
    assert!(
        render_to_string(&Text::new(), &report).ends_with("NO DECISION: the checklist declares no gate\n")
    );
}
