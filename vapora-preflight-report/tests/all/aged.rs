//! What has only grown old alarms nobody; what has turned does.

use serde_json::json;
use vapora_preflight::{Finding, Outcome, Report, Word};
use vapora_preflight_report::{Json, Markdown, Text, render_to_string};

use crate::{
    battery,
    scene::{self, Scene, release},
};

fn page(report: &Report) -> String {
    render_to_string(&Markdown::new(), report)
}

/// The line of a page that begins so.
fn line<'a>(page: &'a str, start: &str) -> &'a str {
    page.lines().find(|line| line.starts_with(start)).unwrap_or_default()
}

/// The part of a page below one of its headings.
fn section<'a>(page: &'a str, title: &str) -> &'a str {
    let Some((_, below)) = page.split_once(&format!("\n## {title}")) else { return "" };
    below.split("\n## ").next().unwrap_or(below)
}

/// A go of 09:01, of which `production-nodes` is fresh until 13:00.
fn go() -> Scene {
    battery::before().judged("go-no-go")
}

#[test]
fn a_phase_whose_answers_have_only_aged_is_done() {
    let page = page(&go().later(20_000).report());
    let phase = line(&page, "| `t-4h`");
    assert!(phase.contains("| done; 1 aged since |"), "{phase}");
    let text = render_to_string(&Text::new(), &go().later(20_000).report());
    assert!(line(&text, "4 hours before").ends_with("; done"), "{text}");
}

#[test]
fn a_phase_is_late_only_where_something_was_not_answered() {
    let failed = go().done("production-nodes", 5, Outcome::fail("down")).later(11_000).report();
    assert!(line(&page(&failed), "| `t-4h`").contains("| not passed |"), "{}", page(&failed));
    let unasked = Scene::new(release(), "2026-12-01T13:00:00Z").report();
    assert!(line(&page(&unasked), "| `t-4h`").contains("| missed: 1h past due |"), "{}", page(&unasked));
    let late = go().later(14_000).pass("production-nodes", "5 of 5 nodes are ready").report();
    let late = page(&late);
    assert!(line(&late, "| `t-4h`").contains("| done; last answer 54m past due |"), "{late}");
}

#[test]
fn aged_answers_come_in_one_list_apart_from_what_is_wrong() {
    let page = page(&go().later(20_000).report());
    assert!(!section(&page, "What fails or is not known").contains("production-nodes"), "{page}");
    assert_eq!(
        line(section(&page, "🕒 1 answer has aged"), "- "),
        "- `t-4h` (1), asked at 2026-12-01 09:00 UTC, counted for 4h; gate `go-no-go` said GO at 2026-12-01 09:01 UTC: \
         `production-nodes`"
    );
}

#[test]
fn an_answer_that_aged_before_any_gate_opened_on_it_is_to_be_asked_again() {
    let page = page(&battery::before().later(20_000).judged("go-no-go").report());
    let aged = section(&page, "🕒 1 answer has aged");
    assert!(aged.contains("**no gate has opened on it**: `production-nodes`"), "{page}");
    assert!(aged.contains("wants them asked again"), "{page}");
    assert!(page.contains("## ❓ UNDECIDED: "), "{page}");
    assert!(page.contains("    - `vapora-preflight run --phase t-4h --release 1.4.0`\n"), "{page}");
}

#[test]
fn the_problems_of_a_terminal_tell_the_aged_in_one_line() {
    let text = render_to_string(&Text::new().only_problems(true), &battery::keep());
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("  ~")).collect();
    assert_eq!(
        lines,
        [
            "  ~ 1 answer has aged; it held when asked at 2026-12-01 09:00 UTC, and when gate go-no-go said GO at 2026-12-01 \
          09:01 UTC"
        ]
    );
    assert!(!text.contains("production-nodes"), "{text}");
}

#[test]
fn a_go_that_nobody_has_acted_upon_goes_out_of_date_with_age() {
    let page = page(&go().later(20_000).report());
    assert!(page.contains("## ⚠️ GO, out of date: "), "{page}");
    assert!(page.contains("`production-nodes` (was passed, now stale)"), "{page}");
    assert!(page.contains("**Why then:** "), "{page}");
    assert!(
        page.contains("1. ask what has no fresh answer in the phase t-4h — `production-nodes`\n"),
        "{page}"
    );
    assert!(page.contains("    - `vapora-preflight gate go-no-go --release 1.4.0`\n"), "{page}");
}

#[test]
fn a_go_by_which_the_deployment_has_begun_does_not() {
    let begun = go().later(18_100).noted("start", "2026-12-01T14:00:00Z").report();
    let page = page(&begun);
    assert!(page.contains("## ✅ GO: ") && !page.contains("out of date"), "{page}");
    assert!(page.contains("1 answer has aged since it decided; it held then."), "{page}");
    let json: serde_json::Value = serde_json::from_str(&render_to_string(&Json::new(), &begun)).unwrap();
    assert_eq!(json["headline"]["changed_since"], json!([]));
    let planned = go().later(18_000).noted("start", "2026-12-02T14:00:00Z").report();
    assert!(self::page(&planned).contains("GO, out of date"), "a start that is still to come is none");
}

#[test]
fn an_earlier_gate_is_marked_only_where_something_has_turned() {
    let kept = page(&battery::keep());
    let gate = line(&kept, "| `go-no-go`");
    assert!(gate.contains("| ✅ GO |") && gate.contains("| 1 aged since; they held then |"), "{gate}");
    let failed = Outcome::fail("2 of 5 nodes are not ready");
    let failed = page(&battery::kept().later(5).done("production-nodes", 5, failed).report());
    let gate = line(&failed, "| `go-no-go`");
    assert!(gate.contains("| ⚠️ GO |"), "{gate}");
    assert!(gate.contains("| out of date: `production-nodes` now failed |"), "{gate}");
}

#[test]
fn a_word_that_expired_after_the_decision_has_aged() {
    let later = page(&battery::kept().later(20_000).report());
    assert!(line(&later, "| `go-no-go`").contains("| 2 aged since; they held then |"), "{later}");
    assert!(line(&later, "| `t-24h`").contains("| done; 1 aged since |"), "{later}");
    assert!(later.contains("counted until 2026-12-01 18:00 UTC; gate `go-no-go` said GO"), "{later}");
    assert!(!later.contains("## Waiting for people"), "{later}");
    let undecided = page(&battery::before().later(40_000).report());
    assert!(undecided.contains("  - To record it: `vapora-preflight attest on-call-briefed"), "{undecided}");
}

#[test]
fn an_answer_that_says_until_when_it_counts_ages_then() {
    let until = scene::at("2026-12-01T10:00:00Z");
    let answer = || Outcome::Pass(Finding::new("the certificate is valid").counts_until(until));
    let scene = || battery::before().done("production-reachable", 5, answer());
    let judged = page(&scene().judged("go-no-go").later(7_200).report());
    assert!(
        judged.contains("asked at 2026-12-01 09:01 UTC, counted until 2026-12-01 10:00 UTC; gate"),
        "{judged}"
    );
    let open = page(&scene().later(7_200).judged("go-no-go").report());
    let next = "1. ask what has no fresh answer in the phase t-4h — `production-reachable`\n";
    assert!(open.contains(next), "{open}");
}

#[test]
fn a_failure_that_has_aged_is_still_one() {
    let failed = Outcome::fail("2 of 5 nodes are not ready");
    let report = battery::kept().later(5).done("production-nodes", 5, failed).later(20_000).report();
    let page = page(&report);
    assert!(page.contains("#### ❓ `production-nodes`"), "{page}");
    assert!(!section(&page, "🕒").contains("production-nodes"), "{page}");
    assert!(
        line(&page, "| `go-no-go`").contains("out of date: `production-nodes` now failed, and stale"),
        "{page}"
    );
    let keep = Outcome::fail("1 of 9 pods is not ready");
    let mut outline = release();
    outline["checks"][7]["fresh_for"] = json!(600.0);
    let report = battery::kept().replan(outline).later(5).done("pods-ready", 5, keep).later(20_000).report();
    let sign_off = render_to_string(&Markdown::sign_off(), &report);
    assert!(sign_off.contains("✗ Deployment not confirmed"), "{sign_off}");
}

#[test]
fn a_word_that_was_taken_back_has_not_only_aged() {
    let given = || {
        let mut outline = release();
        outline["checks"][0]["fresh_for"] = json!(600.0);
        Scene::new(outline, "2026-12-01T09:00:00Z")
            .attested("on-call-briefed", "bo", Word::Yes, None)
            .pass("on-call-briefed", "bo said so")
            .later(60)
    };
    let aged = |scene: Scene| !section(&page(&scene.later(1_000).report()), "🕒 1 answer").is_empty();
    assert!(aged(given()));
    assert!(!aged(given().attested("on-call-briefed", "bo", Word::Withdrawn, None)));
}
