use crate::{
    Decision, SkipReason, Status,
    exec::testing::{Answer, Table, id, outcome, paused, script, status, told},
};

#[test]
fn a_failed_need_skips_its_dependants_with_the_chain_of_reasons() {
    paused(async {
        let (second, third) = (script([Answer::Pass]), script([Answer::Pass]));
        let plan = Table::new()
            .check("first", &[], script([Answer::Fail]))
            .check("second", &["first"], second.clone())
            .check("third", &["second"], third.clone())
            .check("beside", &[], script([Answer::Pass]))
            .plan();
        let outcome = outcome(&plan).await;
        let because = "failed: 2 of 5 are not ready".to_owned();
        let skipped = |chain: &[&str]| {
            let chain = chain.iter().map(|name| id(name)).collect();
            Status::Skipped(SkipReason::Need { chain, because: because.clone() })
        };
        assert_eq!(*status(&outcome, "second"), skipped(&["first"]));
        assert_eq!(*status(&outcome, "third"), skipped(&["second", "first"]));
        assert!(status(&outcome, "beside").holds());
        assert_eq!((second.calls(), third.calls()), (0, 0));
        assert_eq!(outcome.asked, [id("first"), id("beside")]);
        assert_eq!(outcome.decision(), Decision::NoGo);
    });
}

#[test]
fn whatever_is_no_answer_holds_no_dependant_up_and_lets_none_start() {
    let cases = [
        (Answer::Transient, "errored: connection refused"),
        (Answer::Permanent, "errored: no such client"),
        (Answer::Panic, "panicked: the check panicked: a bug"),
        (Answer::Hang, "timed out: no answer within 30s, while following its script"),
        (Answer::Awaits, "waits for a person: the lead has to say: all is well"),
    ];
    for (answer, because) in cases {
        paused(async {
            let plan = Table::new()
                .check("a", &[], script([answer]))
                .check("b", &["a"], script([Answer::Pass]))
                .gate("go", &["a", "b"])
                .plan();
            let outcome = outcome(&plan).await;
            assert_eq!(told(&outcome, "b"), format!("skipped: needs `a`, which {because}"));
            assert_eq!(outcome.decision(), Decision::Undecided);
        });
    }
}

#[test]
fn a_warning_and_what_does_not_apply_let_dependants_start() {
    paused(async {
        let plan = Table::new()
            .check("a", &[], script([Answer::Warn]))
            .check("b", &[], script([Answer::NotApplicable]))
            .check("c", &["a", "b"], script([Answer::Pass]))
            .plan();
        assert!(status(&outcome(&plan).await, "c").holds());
    });
}

#[test]
fn a_check_after_a_gate_starts_only_when_it_is_open() {
    for (answer, decision, then) in [
        (Answer::Pass, Decision::Go, "passed: it holds"),
        (Answer::Fail, Decision::NoGo, "skipped: needs `go`, which is no-go"),
        (Answer::Permanent, Decision::Undecided, "skipped: needs `go`, which is undecided"),
    ] {
        paused(async {
            let plan = Table::new()
                .check("a", &[], script([answer]))
                .gate("go", &["a"])
                .check("deploy", &["go"], script([Answer::Pass]))
                .plan();
            let outcome = outcome(&plan).await;
            assert_eq!(outcome.report.verdict("go").unwrap().verdict.decision, decision);
            assert_eq!(told(&outcome, "deploy"), then);
            assert_eq!(outcome.decision(), decision);
        });
    }
}

#[test]
fn a_gate_that_panics_is_undecided() {
    paused(async {
        let gate = crate::gate_fn("broken", |_: &crate::GateInput<'_>| {
            std::panic::resume_unwind(Box::new("a bug"));
        });
        let plan = Table::new().check("a", &[], script([Answer::Pass])).gate_of("go", &["a"], gate).plan();
        let outcome = outcome(&plan).await;
        assert_eq!(outcome.decision(), Decision::Undecided);
        let verdict = &outcome.report.verdict("go").unwrap().verdict;
        assert_eq!(verdict.reasons[0].message, "the gate panicked: a bug");
    });
}

#[test]
fn an_advisory_failure_and_nothing_but_what_does_not_apply() {
    paused(async {
        let advisory = |answer| {
            Table::new()
                .check("a", &[], script([answer]))
                .declared(|check| check.severity = crate::Severity::Advisory)
        };
        let failing = advisory(Answer::Fail);
        assert_eq!(outcome(&failing.plan()).await.decision(), Decision::Undecided, "nothing holds");
        let beside = advisory(Answer::Fail).check("b", &[], script([Answer::Pass])).plan();
        assert_eq!(outcome(&beside).await.decision(), Decision::Go);
        let none = Table::new().check("a", &[], script([Answer::NotApplicable])).plan();
        assert_eq!(outcome(&none).await.decision(), Decision::Undecided);
    });
}
