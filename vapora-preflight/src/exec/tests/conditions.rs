use crate::{
    Finding, Outcome, Status, Unit,
    exec::testing::{
        Answer, Table, attempts, failed, on_record, outcome, passed, paused, run, script, status, told,
    },
};

fn seen(value: impl Into<crate::Value>) -> crate::exec::testing::Script {
    let finding = Finding::new("7 pods restarted").measured("value", value, Unit::Percent).with("other", "x");
    script([Answer::Says(Outcome::Pass(finding))])
}

#[test]
fn a_false_expectation_fails_with_its_text_and_the_values() {
    paused(async {
        let plan = Table::new().check("a", &[], seen(7)).expect(&["value > 0", "value <= vars.limit"]).plan();
        let outcome = outcome(&plan).await;
        let Status::Done(Outcome::Fail(finding)) = status(&outcome, "a") else { panic!("it passed") };
        assert_eq!(finding.summary, "`value <= vars.limit` does not hold: 7 pods restarted");
        assert_eq!(finding.expected.as_deref(), Some("`value <= vars.limit`"));
        assert_eq!(finding.actual.as_deref(), Some("value: 7 %"));
        assert_eq!(finding.evidence.get("other"), Some(&"x".into()));
    });
}

#[test]
fn a_false_warn_unless_warns() {
    paused(async {
        let plan = Table::new()
            .check("a", &[], seen(7))
            .expect(&["value < 10"])
            .warn_unless(&["value < 5"])
            .check("b", &[], seen(3))
            .warn_unless(&["value < 5"])
            .plan();
        let outcome = outcome(&plan).await;
        assert_eq!(told(&outcome, "a"), "warned: `value < 5` does not hold: 7 pods restarted");
        assert_eq!(told(&outcome, "b"), "passed: 7 pods restarted");
    });
}

#[test]
fn a_condition_that_cannot_be_worked_out_is_an_error_and_not_asked_again() {
    paused(async {
        let retry = crate::Retry { attempts: 3, ..crate::Retry::default() };
        let plan = Table::new()
            .check("a", &[], seen(f64::NAN))
            .expect(&["value < 5"])
            .limits(|limits| limits.retry = retry)
            .check("b", &[], seen("text"))
            .warn_unless(&["value < 5"])
            .check("c", &[], seen("text"))
            .expect(&["value == 'no'", "value < 5"])
            .plan();
        let outcome = outcome(&plan).await;
        for name in ["a", "b"] {
            assert!(told(&outcome, name).starts_with("errored: could not work out `value < 5`: "), "{name}");
        }
        assert_eq!(attempts(&outcome, "a"), 1);
        assert!(told(&outcome, "c").starts_with("failed: `value == 'no'` does not hold"));
    });
}

#[test]
fn a_failure_stays_one_whatever_is_expected() {
    paused(async {
        let plan = Table::new().check("a", &[], script([Answer::Fail])).expect(&["1 == 1"]).plan();
        assert_eq!(told(&outcome(&plan).await, "a"), "failed: 2 of 5 are not ready");
    });
}

fn compared() -> Table {
    Table::new()
        .check("before", &[], seen(10))
        .fresh_for(60)
        .phase("after", None)
        .check("after", &[], seen(12))
        .expect(&["value <= baseline.value * 1.10"])
        .baseline("before")
}

fn value(value: i64) -> Status {
    Status::Done(Outcome::Pass(Finding::new("seen").with("value", value)))
}

#[test]
fn a_baseline_is_the_evidence_of_an_earlier_check() {
    paused(async {
        let plan = compared().plan();
        let outcome = outcome(&plan).await;
        let Status::Done(Outcome::Fail(finding)) = status(&outcome, "after") else { panic!("it passed") };
        assert_eq!(finding.actual.as_deref(), Some("value: 12 %, baseline.value: 10 %"));
    });
}

#[test]
fn a_baseline_on_record_is_used_however_old_and_not_taken_anew() {
    paused(async {
        let plan = compared().plan();
        let before = on_record(&plan, &[("before", value(11), 3_600)]);
        let after = crate::Selection::everything().check_glob("after");
        let outcome = run(&plan).history(Some(before)).select(after).execute().await.unwrap();
        assert_eq!(told(&outcome, "after"), "passed: 7 pods restarted");
        assert_eq!(outcome.asked, [crate::exec::testing::id("after")]);
    });
}

#[test]
fn a_baseline_that_was_never_taken_is_not_taken_now() {
    paused(async {
        let plan = compared().plan();
        let after = crate::Selection::everything().check_glob("after");
        let outcome = run(&plan).select(after.clone()).execute().await.unwrap();
        assert_eq!(told(&outcome, "after"), "skipped: needs `before`, which has not been asked");
        let history = on_record(&plan, &[("before", failed(), 10)]);
        let outcome = run(&plan).history(Some(history)).select(after).execute().await.unwrap();
        assert_eq!(told(&outcome, "after"), "skipped: needs `before`, which failed: 2 of 5 are not ready");
    });
}

#[test]
fn without_evidence_of_the_baseline_nothing_is_compared() {
    paused(async {
        let plan = compared().plan();
        // it does not apply, so it does not stand in the way; but there is nothing to compare with either
        let mut table = compared();
        table = table.phase("more", None).check("later", &[], seen(1)).baseline("none");
        let table =
            table.check("none", &[], seen(1)).declared(|check| check.not_applicable = Some("x".into()));
        let late = table.plan();
        let before = on_record(&plan, &[("before", passed(), 10)]);
        let later = crate::Selection::everything().check_glob("later");
        let outcome = run(&late).history(Some(before)).select(later).execute().await.unwrap();
        assert!(
            told(&outcome, "later").starts_with("errored: no baseline is on record"),
            "{}",
            told(&outcome, "later")
        );
        assert_eq!(attempts(&outcome, "later"), 0);
    });
}
