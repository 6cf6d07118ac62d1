use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    Decision, Effect, RunEnd, SkipReason, Status,
    exec::testing::{
        Answer, Table, Tape, attempts, id, in_short, paused, run, script, secs, start, status, told,
    },
};

fn world() -> Table {
    Table::new()
        .check("quick", &[], script([Answer::Pass.after(1)]))
        .check("slow", &[], script([Answer::Hang]))
        .limits(|limits| limits.attempt = secs(3_600))
        .check("next", &["slow"], script([Answer::Pass]))
        .check("effect", &[], script([Answer::Hang]))
        .effect(Effect::Mutates)
        .limits(|limits| limits.attempt = secs(3_600))
        .gate("go", &["quick", "slow", "next"])
}

#[test]
fn cancelling_settles_everything_at_once() {
    paused(async {
        let plan = world().plan();
        let token = CancellationToken::new();
        let stop = token.clone();
        let mut tape = Tape::default();
        let began = tokio::time::Instant::now();
        let running = run(&plan).allow(Effect::Mutates).cancelled_by(token).record(&mut tape).execute();
        let (outcome, ()) = tokio::join!(running, async {
            tokio::time::sleep(secs(10)).await;
            stop.cancel();
        });
        let outcome = outcome.unwrap();
        assert!(began.elapsed() < secs(11));
        assert_eq!(outcome.end, RunEnd::Cancelled);
        assert!(status(&outcome, "quick").holds());
        for name in ["slow", "next"] {
            assert_eq!(*status(&outcome, name), Status::Skipped(SkipReason::Cancelled), "{name}");
        }
        assert_eq!((attempts(&outcome, "slow"), attempts(&outcome, "next")), (1, 0));
        // nobody knows how far it came, so it is not settled
        assert_eq!(told(&outcome, "effect"), "pending");
        assert_eq!(outcome.report.begun(&id("effect")).unwrap().1, start());
        assert_eq!(outcome.decision(), Decision::Undecided);
        let short = in_short(&tape.events);
        assert_eq!(short[short.len() - 2..], ["judged go: undecided", "run finished: Cancelled"]);
        let resumed = run(&plan).allow(Effect::Mutates).history(Some(outcome.report));
        let resumed = resumed.deadline(secs(1)).execute().await.unwrap();
        assert_eq!(*status(&resumed, "effect"), Status::Skipped(SkipReason::Uncertain { since: start() }));
    });
}

#[test]
fn the_deadline_of_a_run_settles_everything() {
    paused(async {
        let plan = world().plan();
        let outcome = run(&plan).deadline(secs(5)).execute().await.unwrap();
        assert_eq!(outcome.end, RunEnd::Deadline);
        assert!(status(&outcome, "quick").holds());
        for name in ["slow", "next"] {
            assert_eq!(*status(&outcome, name), Status::Skipped(SkipReason::Deadline), "{name}");
        }
        assert_eq!(outcome.report.as_of(), start().plus(secs(5)));
        assert_eq!(outcome.decision(), Decision::Undecided);
    });
}

#[test]
fn nothing_is_asked_after_the_end() {
    paused(async {
        let check = script([Answer::Pass]);
        let plan = Table::new().check("a", &[], check.clone()).gate("go", &["a"]).plan();
        let token = CancellationToken::new();
        token.cancel();
        let cancelled = run(&plan).cancelled_by(token).execute().await.unwrap();
        assert_eq!(told(&cancelled, "a"), "skipped: the run was cancelled");
        let late = run(&plan).deadline(secs(0)).execute().await.unwrap();
        assert_eq!(told(&late, "a"), "skipped: the time of the run was used up");
        assert!(late.asked.is_empty());
        assert_eq!(check.calls(), 0);
        assert_eq!(late.report.verdict("go").unwrap().verdict.decision, Decision::Undecided);
    });
}

#[test]
fn a_run_that_is_cancelled_is_no_go_ahead_even_where_all_that_counts_holds() {
    paused(async {
        let plan = Table::new()
            .check("a", &[], script([Answer::Pass]))
            .check("b", &[], script([Answer::Hang]))
            .declared(|check| check.severity = crate::Severity::Advisory)
            .plan();
        let outcome = run(&plan).deadline(secs(1)).execute().await.unwrap();
        assert_eq!(outcome.decision(), Decision::Undecided);
    });
}

#[test]
fn a_check_is_dropped_when_its_run_is() {
    paused(async {
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let check = crate::check_fn("holding", move |_| {
            let held = Arc::clone(&held);
            async move {
                let answer = std::future::pending().await;
                drop(held);
                answer
            }
        });
        let plan = Table::new().check("a", &[], check).plan();
        {
            let running = run(&plan).execute();
            assert!(tokio::time::timeout(secs(1), running).await.is_err());
        }
        tokio::task::yield_now().await;
        assert_eq!(Arc::strong_count(&alive), 2, "the closure holds it, and no attempt does");
    });
}
