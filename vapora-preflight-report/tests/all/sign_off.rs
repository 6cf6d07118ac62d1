//! The sign-off claims only what is so.

use insta::assert_snapshot;
use vapora_preflight::{Outcome, Report};
use vapora_preflight_report::{Markdown, render_to_string};

use crate::battery;

fn sign_off(report: &Report) -> String {
    render_to_string(&Markdown::sign_off(), report)
}

#[test]
fn a_deployment_that_is_kept_is_signed_off() {
    assert_snapshot!("sign_off.keep", sign_off(&battery::keep()));
}

#[test]
fn a_deployment_that_was_rolled_back_is_not() {
    assert_snapshot!("sign_off.roll_back", sign_off(&battery::roll_back()));
}

#[test]
fn nothing_is_ticked_where_nothing_is_known() {
    let text = sign_off(&battery::empty());
    assert!(!text.contains('✓'), "{text}");
    assert!(text.contains("DEPLOYMENT NOT STARTED"), "{text}");
    assert!(text.contains("Rollback needed: not recorded"), "{text}");
}

#[test]
fn a_go_is_no_sign_off() {
    let text = sign_off(&battery::go());
    assert!(!text.contains('✓'), "{text}");
    assert!(text.contains("✗ Not all checks passed: of 11 checks, 6 hold (1 with a warning), 4 are not known, 1 does not apply"), "{text}");
}

#[test]
fn what_a_gate_opened_by_still_counts_when_it_has_gone_stale_since() {
    let report = battery::keep();
    assert_eq!(report.counts().unknown, 1, "the nodes are stale by now");
    assert!(sign_off(&report).contains("✓ All checks passed (10, 1 with a warning; 1 does not apply)"));
    let stale = sign_off(&battery::stale());
    assert!(stale.contains("✗ Not all checks passed"), "{stale}");
}

#[test]
fn a_failure_after_the_word_to_keep_it_takes_the_tick_away() {
    let report = battery::kept().later(60).done("pods-ready", 5, Outcome::fail("2 pods restart")).report();
    let text = sign_off(&report);
    assert!(text.contains("DEPLOYMENT ENDED, NOT CONFIRMED"), "{text}");
    assert!(text.contains("✗ Deployment not confirmed: gate keep-or-roll-back decided KEEP at "), "{text}");
    assert!(text.contains("✗ All pods running: no; of 1 check, 1 fails"), "{text}");
    assert!(
        text.contains(
            "Rollback needed: not decided (gate keep-or-roll-back said KEEP, which is out of date)"
        ),
        "{text}"
    );
}
