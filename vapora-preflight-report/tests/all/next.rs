//! What the page tells to do, and in how many words.

use vapora_preflight::{ErrorReport, Finding, Outcome, Report, Status};
use vapora_preflight_report::{Markdown, Text, render_to_string};

use crate::battery;

fn page(report: &Report) -> String {
    render_to_string(&Markdown::new(), report)
}

fn denied() -> Status {
    Status::Errored(ErrorReport {
        message: format!("could not ask: {}", "nodes is forbidden, ".repeat(30)),
        causes: vec!["the end of it".to_owned()],
        transient: false,
        remedy: Some("grant the right to `list` `nodes`".to_owned()),
        uncertain: false,
    })
}

fn two_denied() -> Report {
    battery::before()
        .settled("production-reachable", 5, 1, denied())
        .settled("production-nodes", 5, 1, denied())
        .judged("go-no-go")
        .report()
}

#[test]
fn a_remedy_is_told_once_for_all_its_checks() {
    let page = page(&two_denied());
    let next = "1. grant the right to `list` `nodes` — `production-reachable`, `production-nodes`\n\
                2. then ask again what did not hold, and judge the gate again\n    - `vapora-preflight run --phase t-4h --release 1.4.0`\n    \
                - `vapora-preflight gate go-no-go --release 1.4.0`\n";
    assert!(page.contains(&format!("### What to do next\n\n{next}")), "{page}");
}

#[test]
fn a_reason_is_one_line_and_its_details_tell_the_whole() {
    let page = page(&two_denied());
    let reasons: Vec<&str> =
        page.lines().filter(|line| line.contains("**errored**: could not ask")).collect();
    assert_eq!(reasons.len(), 1, "{page}");
    assert!(reasons[0].starts_with("- `production-reachable`, `production-nodes` **errored**"), "{page}");
    assert!(reasons.iter().all(|line| line.chars().count() < 280 && line.ends_with(" …")), "{reasons:?}");
    assert_eq!(page.matches("the end of it\n").count(), 2, "{page}");
    assert!(page.contains("| No critical issues found | ❓ not known | `production-reachable` errored, `production-nodes` errored |"));
}

#[test]
fn what_only_waits_for_another_check_is_no_action() {
    let page = page(&battery::undecided());
    let next = page.split("### What to do next").nth(1).unwrap().split("\n\n**").next().unwrap();
    assert!(next.contains("see whether the VPN is up") && !next.contains("kubectl describe"), "{next}");
}

#[test]
fn who_is_waited_for_is_told_what_to_type() {
    let command = "vapora-preflight attest on-call-briefed --by 'Bo Lindqvist' --release 1.4.0";
    let (page, text) = (page(&battery::undecided()), render_to_string(&Text::new(), &battery::undecided()));
    assert!(page.contains(&format!("  - To record it: `{command}`\n")), "{page}");
    assert!(page.contains(&format!(
        "1. Bo Lindqvist (On-call engineer) gives the word — `on-call-briefed`\n    - `{command}`\n"
    )));
    assert!(text.contains(&format!("       $ {command}\n")), "{text}");
}

#[test]
fn a_roll_back_comes_with_its_commands_before_the_reasons() {
    for (text, reasons) in [
        (render_to_string(&Markdown::decision(), &battery::roll_back()), "**Against (1):**"),
        (render_to_string(&Text::new(), &battery::roll_back()), "\n\n"),
    ] {
        let command = text.rfind("kubectl rollout undo deployment/vapora-agents -n vapora").unwrap();
        let verdict = text.find("ROLL BACK").unwrap();
        assert!(verdict < command, "{text}");
        assert!(!text[verdict..command].contains(reasons), "{text}");
        assert!(!text.contains("judge the gate again"), "{text}");
    }
    let go = render_to_string(&Markdown::decision(), &battery::go());
    assert!(!go.contains("What to do next") && !go.contains("rollout undo"), "{go}");
}

#[test]
fn what_came_up_empty_is_told_only_of_a_failure() {
    let finding = || Finding::new("seen").with("troubles", Vec::<String>::new()).with("total", 6);
    let of = |outcome| page(&battery::before().done("production-nodes", 5, outcome).report());
    let (failed, warned) = (of(Outcome::Fail(finding())), of(Outcome::Warn(finding())));
    assert!(failed.contains("  - `total`: 6\n  - nothing in `troubles`\n"), "{failed}");
    assert!(warned.contains("  - `total`: 6\n") && !warned.contains("troubles"), "{warned}");
}

#[test]
fn a_long_list_is_told_part_by_part() {
    let pods: Vec<String> = (0..14).map(|pod| format!("vapora-agents-{pod}: CrashLoopBackOff")).collect();
    let finding = Finding::new("14 pods are not ready").with("troubles", pods);
    let page = page(&battery::before().done("production-nodes", 5, Outcome::Fail(finding)).report());
    assert!(page.contains("  - `troubles` (14):\n    - vapora-agents-0: CrashLoopBackOff\n"), "{page}");
    assert!(page.contains("    - and 2 more, in the JSON report\n"), "{page}");
}
