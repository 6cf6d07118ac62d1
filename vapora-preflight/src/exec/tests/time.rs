use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;

use crate::{
    Clock, Outcome, Retry, Status, TimeOutScope, Timestamp, Until,
    exec::testing::{
        Answer, Table, Tape, attempts, in_short, outcome, paused, run, script, secs, start, status, told,
    },
};

fn retry(attempts: u32) -> Retry {
    Retry { attempts, backoff: secs(1), max: secs(10) }
}

fn until(consecutive: u32) -> Until {
    Until { interval: secs(10), timeout: secs(60), consecutive }
}

#[test]
fn an_attempt_that_errs_is_made_again_and_told() {
    paused(async {
        let check = script([Answer::Transient, Answer::Hang, Answer::Pass]);
        let plan = Table::new().check("a", &[], check).limits(|limits| limits.retry = retry(3)).plan();
        let mut tape = Tape::default();
        let outcome = run(&plan).record(&mut tape).execute().await.unwrap();
        assert!(status(&outcome, "a").holds());
        assert_eq!(attempts(&outcome, "a"), 3);
        assert_eq!(
            in_short(&tape.events),
            [
                "planned",
                "run started",
                "started a",
                "attempt 1 of a: connection refused",
                "attempt 2 of a: no answer within 30s, while following its script",
                "finished a: passed",
                "run finished: Completed",
            ]
        );
    });
}

#[test]
fn neither_a_failure_nor_a_lasting_error_nor_a_person_is_asked_again() {
    paused(async {
        for answer in [Answer::Fail, Answer::Permanent, Answer::Awaits, Answer::Panic] {
            let check = script([answer, Answer::Pass]);
            let plan =
                Table::new().check("a", &[], check.clone()).limits(|limits| limits.retry = retry(5)).plan();
            let outcome = outcome(&plan).await;
            assert!(!status(&outcome, "a").holds());
            assert_eq!((check.calls(), attempts(&outcome, "a")), (1, 1));
        }
    });
}

#[test]
fn the_last_error_is_what_is_recorded() {
    paused(async {
        let plan = Table::new()
            .check("a", &[], script([Answer::Transient]))
            .limits(|limits| limits.retry = retry(3))
            .plan();
        let outcome = outcome(&plan).await;
        assert_eq!(told(&outcome, "a"), "errored: connection refused");
        assert_eq!(attempts(&outcome, "a"), 3);
    });
}

#[test]
fn a_server_that_asks_for_a_pause_is_given_it() {
    paused(async {
        let check = script([Answer::RetryAfter(secs(120)), Answer::Pass]);
        let plan = Table::new().check("a", &[], check).limits(|limits| limits.retry = retry(2)).plan();
        let outcome = outcome(&plan).await;
        assert!(status(&outcome, "a").holds());
        assert_eq!(outcome.report.check("a").unwrap().took(), Some(secs(120)));
    });
}

#[test]
fn all_attempts_together_have_their_time() {
    paused(async {
        let plan = Table::new()
            .check("a", &[], script([Answer::Transient.after(5)]))
            .limits(|limits| {
                limits.retry = Retry { attempts: 100, backoff: secs(1), max: secs(1) };
                limits.total = Some(secs(20));
            })
            .plan();
        let outcome = outcome(&plan).await;
        let Status::TimedOut(time_out) = status(&outcome, "a") else { panic!("{}", told(&outcome, "a")) };
        assert_eq!((time_out.scope, time_out.after), (TimeOutScope::Check, secs(20)));
        assert_eq!(time_out.last.as_deref(), Some("connection refused"));
        assert_eq!(outcome.report.check("a").unwrap().took(), Some(secs(20)));
    });
}

#[test]
fn until_looks_again_until_it_holds() {
    paused(async {
        let check = script([Answer::Fail, Answer::Fail, Answer::Transient, Answer::Pass]);
        let plan = Table::new().check("a", &[], check).limits(|limits| limits.until = Some(until(1))).plan();
        let mut tape = Tape::default();
        let outcome = run(&plan).record(&mut tape).execute().await.unwrap();
        assert!(status(&outcome, "a").holds());
        assert_eq!(attempts(&outcome, "a"), 4);
        assert_eq!(outcome.report.check("a").unwrap().took(), Some(secs(30)));
        assert_eq!(
            in_short(&tape.events)[3..5],
            ["attempt 1 of a: 2 of 5 are not ready", "attempt 3 of a: connection refused"],
            "what repeats itself is told once"
        );
    });
}

#[test]
fn until_counts_what_holds_in_a_row() {
    paused(async {
        let answers =
            [Answer::Pass, Answer::Pass, Answer::Transient, Answer::Pass, Answer::Warn, Answer::Pass];
        let check = script(answers);
        let plan = Table::new().check("a", &[], check).limits(|limits| limits.until = Some(until(3))).plan();
        let outcome = outcome(&plan).await;
        assert!(status(&outcome, "a").holds());
        assert_eq!(attempts(&outcome, "a"), 6);
    });
}

#[test]
fn until_that_never_holds_is_no_pass() {
    let cases = [
        (vec![Answer::Fail], 1, "failed: 2 of 5 are not ready; it did not come to hold within 1m"),
        (vec![Answer::Permanent], 1, "timed out: did not come to hold within 1m; last: no such client"),
        (
            vec![Answer::Hang],
            1,
            "timed out: did not come to hold within 1m; last: no answer within 30s, while following its \
             script",
        ),
        (vec![Answer::Awaits], 1, "awaiting: the lead has to say: all is well"),
        (
            vec![Answer::Hang.after(70)],
            2,
            "timed out: did not come to hold within 1m, while following its script",
        ),
        (
            vec![Answer::Fail, Answer::Pass, Answer::Fail, Answer::Pass],
            9,
            "timed out: did not come to hold within 1m; last: it holds, which held 3 of 9 times in a row",
        ),
    ];
    for (answers, consecutive, expected) in cases {
        paused(async {
            let long = matches!(answers[0], Answer::After(..));
            let plan = Table::new()
                .check("a", &[], script(answers))
                .limits(|limits| {
                    limits.until = Some(until(consecutive));
                    limits.attempt = secs(if long { 600 } else { 30 });
                })
                .plan();
            assert_eq!(told(&outcome(&plan).await, "a"), expected);
        });
    }
}

#[test]
fn until_ends_where_waiting_mends_nothing() {
    let ended = || Outcome::Fail(crate::Finding::new("the job has failed").lasting());
    let cases = [
        (Answer::Says(ended()), "failed: the job has failed"),
        (Answer::Lasting, "errored: no client was given to the run"),
    ];
    for (last, expected) in cases {
        paused(async {
            let check = script([Answer::Fail, Answer::Transient, Answer::Pass, last, Answer::Pass]);
            let plan = Table::new()
                .check("a", &[], check.clone())
                .limits(|limits| limits.until = Some(until(2)))
                .plan();
            let outcome = outcome(&plan).await;
            assert_eq!(told(&outcome, "a"), expected);
            assert_eq!((check.calls(), attempts(&outcome, "a")), (4, 4));
            assert_eq!(
                outcome.report.check("a").unwrap().took(),
                Some(secs(30)),
                "no pause after the last look"
            );
        });
    }
}

#[test]
fn what_holds_is_not_ended_by_being_lasting() {
    paused(async {
        let says = |value: i64| {
            let finding = crate::Finding::new("seen").with("value", value);
            Answer::Says(Outcome::Pass(finding.lasting()))
        };
        let plan = Table::new()
            .check("a", &[], script([says(3)]))
            .limits(|limits| limits.until = Some(until(3)))
            .check("b", &[], script([says(3), says(9), says(3)]))
            .expect(&["value <= vars.limit"])
            .limits(|limits| limits.until = Some(until(2)))
            .plan();
        let outcome = outcome(&plan).await;
        assert!(status(&outcome, "a").holds());
        assert_eq!(attempts(&outcome, "a"), 3);
        assert!(status(&outcome, "b").holds());
        assert_eq!(attempts(&outcome, "b"), 4, "a condition of the checklist is looked at again");
    });
}

#[test]
fn a_lasting_error_is_not_tried_again() {
    paused(async {
        let check = script([Answer::Lasting, Answer::Pass]);
        let plan =
            Table::new().check("a", &[], check.clone()).limits(|limits| limits.retry = retry(5)).plan();
        let outcome = outcome(&plan).await;
        assert_eq!(told(&outcome, "a"), "errored: no client was given to the run");
        assert_eq!(check.calls(), 1);
    });
}

#[test]
fn conditions_are_part_of_every_look() {
    paused(async {
        let says = |value: i64| Answer::Says(Outcome::Pass(crate::Finding::new("seen").with("value", value)));
        let check = script([says(9), says(7), says(3)]);
        let plan = Table::new()
            .check("a", &[], check)
            .expect(&["value <= vars.limit"])
            .limits(|limits| limits.until = Some(until(1)))
            .plan();
        let outcome = outcome(&plan).await;
        assert!(status(&outcome, "a").holds());
        assert_eq!(attempts(&outcome, "a"), 3);
    });
}

/// A world in which pauses pass at once.
#[derive(Debug, Default)]
struct Skipping(AtomicU64);

#[async_trait]
impl Clock for Skipping {
    fn now(&self) -> Timestamp {
        start().plus(Duration::from_micros(self.0.load(Ordering::SeqCst)))
    }
    async fn sleep(&self, duration: Duration) {
        self.0.fetch_add(duration.as_micros() as u64, Ordering::SeqCst);
    }
    async fn timer(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[test]
fn a_simulated_clock_lets_hours_pass_at_once() {
    paused(async {
        let began = tokio::time::Instant::now();
        let hours = Until { interval: secs(600), timeout: secs(36_000), consecutive: 1 };
        let plan = Table::new()
            .check("a", &[], script([Answer::Fail]))
            .limits(|limits| limits.until = Some(hours))
            .check("b", &[], script([Answer::Transient]))
            .limits(|limits| {
                limits.retry = Retry { attempts: 1_000, backoff: secs(600), max: secs(600) };
                limits.total = Some(secs(7_200));
            })
            .plan();
        let outcome =
            run(&plan).clock(Arc::new(Skipping::default())).width(NonZeroUsize::MIN).execute().await;
        let outcome = outcome.unwrap();
        assert_eq!(attempts(&outcome, "a"), 60);
        assert!(told(&outcome, "a").starts_with("failed"));
        assert_eq!(
            told(&outcome, "b"),
            "timed out: no answer within 2h, over all attempts, while following its script; last: connection \
             refused"
        );
        assert_eq!(began.elapsed(), Duration::ZERO);
    });
}

#[test]
fn the_check_is_told_its_attempt_and_its_time() {
    paused(async {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&seen);
        let check = crate::check_fn("watching", move |cx: crate::CheckContext| {
            keep.lock().unwrap().push((cx.attempt(), cx.time(), cx.now().since(start()) >= secs(1)));
            async { Err(crate::CheckError::transient("not yet")) }
        });
        let plan = Table::new().check("a", &[], check).limits(|limits| limits.retry = retry(2)).plan();
        outcome(&plan).await;
        assert_eq!(*seen.lock().unwrap(), [(1, secs(30), false), (2, secs(30), true)]);
    });
}
