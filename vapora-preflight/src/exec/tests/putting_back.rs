use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::{
    Check, CheckContext, CheckError, CheckResult, Effect, Outcome, Plan, Retry, RunEnd,
    exec::testing::{Table, outcome, paused, run, secs, told},
};

/// How a check ends that has changed something.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Settles,
    Passes,
    Errs,
    Hangs,
    Panics,
    ErrsThenSettles,
}

/// How putting back goes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Back {
    Works,
    Fails,
    Hangs,
}

/// Changes two things, and promises to put both back.
#[derive(Debug, Clone)]
struct Changes {
    end: End,
    back: Back,
    log: Arc<Mutex<Vec<String>>>,
    calls: Arc<AtomicUsize>,
}

impl Changes {
    fn new(end: End, back: Back) -> Self {
        Self { end, back, log: Arc::default(), calls: Arc::default() }
    }

    fn plan(&self) -> Plan {
        let retry = Retry { attempts: 2, backoff: secs(1), max: secs(1) };
        Table::new()
            .check("a", &[], self.clone())
            .effect(Effect::Mutates)
            .limits(|limits| limits.retry = retry)
            .plan()
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

#[async_trait]
impl Check for Changes {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let promise = |what: &'static str| {
            let (log, back) = (Arc::clone(&self.log), self.back);
            cx.put_back(what, secs(60), move || {
                let log = Arc::clone(&log);
                async move {
                    match back {
                        Back::Works => {}
                        Back::Fails => return Err(CheckError::permanent("it is gone").remedy("make it anew")),
                        Back::Hangs => std::future::pending().await,
                    }
                    tokio::time::sleep(secs(5)).await;
                    log.lock().unwrap().push(format!("{what} put back"));
                    Ok(())
                }
            })
        };
        let (first, second) = (promise("the first thing"), promise("the second thing"));
        self.log.lock().unwrap().push("changed".to_owned());
        match self.end {
            End::ErrsThenSettles if call > 0 => {}
            End::Settles => {}
            End::Passes => return Ok(Outcome::pass("it went well")),
            End::Errs | End::ErrsThenSettles => return Err(CheckError::transient("half way")),
            End::Hangs => std::future::pending().await,
            End::Panics => std::panic::resume_unwind(Box::new("a bug".to_owned())),
        }
        first.settled();
        second.settled();
        Ok(Outcome::pass("it went well"))
    }
}

#[test]
fn what_is_settled_is_not_put_back() {
    paused(async {
        let check = Changes::new(End::Settles, Back::Works);
        assert_eq!(told(&allowed(&check.plan()).await, "a"), "passed: it went well");
        assert_eq!(check.log(), ["changed"]);
    });
}

async fn allowed(plan: &Plan) -> crate::RunOutcome {
    run(plan).allow(Effect::Mutates).execute().await.unwrap()
}

#[test]
fn whatever_becomes_of_a_check_its_changes_are_put_back_the_last_one_first() {
    paused(async {
        for (end, word) in [
            (End::Passes, "passed: it went well"),
            (
                End::Hangs,
                "errored: no answer within 30s: the second thing was put back: the first thing was put back",
            ),
            (
                End::Panics,
                "errored: the check panicked: a bug: the second thing was put back: the first thing was put back",
            ),
        ] {
            let check = Changes::new(end, Back::Works);
            let said = told(&allowed(&check.plan()).await, "a");
            assert_eq!(said, word, "{end:?}");
            assert_eq!(
                check.log(),
                ["changed", "the second thing put back", "the first thing put back"],
                "{end:?}"
            );
        }
    });
}

#[test]
fn it_is_put_back_before_another_attempt() {
    paused(async {
        let check = Changes::new(End::ErrsThenSettles, Back::Works);
        assert_eq!(told(&allowed(&check.plan()).await, "a"), "passed: it went well");
        assert_eq!(
            check.log(),
            ["changed", "the second thing put back", "the first thing put back", "changed"]
        );
    });
}

#[test]
fn what_cannot_be_put_back_is_an_error_that_is_not_tried_again() {
    paused(async {
        for (end, back, words) in [
            (End::Errs, Back::Fails, "half way: the second thing could not be put back: it is gone"),
            (End::Passes, Back::Fails, "the first thing could not be put back: it is gone"),
            (End::Hangs, Back::Hangs, "the second thing could not be put back: it did not end within 1m"),
        ] {
            let check = Changes::new(end, back);
            let outcome = allowed(&check.plan()).await;
            let said = told(&outcome, "a");
            assert!(said.starts_with("errored: ") && said.contains(words), "{end:?}: {said}");
            assert_eq!(check.calls.load(Ordering::SeqCst), 1, "{end:?}");
        }
    });
}

#[test]
fn a_run_that_is_cancelled_or_out_of_time_ends_after_everything_is_put_back() {
    paused(async {
        let check = Changes::new(End::Hangs, Back::Works);
        let token = CancellationToken::new();
        let plan = check.plan();
        let running = run(&plan).allow(Effect::Mutates).cancelled_by(token.clone()).execute();
        let cancel = async {
            tokio::time::sleep(secs(3)).await;
            token.cancel();
        };
        let (outcome, ()) = tokio::join!(running, cancel);
        let outcome = outcome.unwrap();
        assert_eq!(outcome.end, RunEnd::Cancelled);
        let said = told(&outcome, "a");
        assert!(said.starts_with("errored: the run was cancelled: the second thing was put back"), "{said}");
        assert_eq!(check.log().len(), 3);

        let check = Changes::new(End::Hangs, Back::Works);
        let plan = check.plan();
        let outcome = run(&plan).allow(Effect::Mutates).deadline(secs(3)).execute().await.unwrap();
        assert_eq!((outcome.end, check.log().len()), (RunEnd::Deadline, 3));
    });
}

#[test]
fn a_moment_is_that_of_the_needs_and_then_that_of_the_attempt() {
    /// Marks a moment, and compares it with the one it was asked at.
    #[derive(Debug, Clone, Default)]
    struct Marks(Arc<Mutex<Vec<crate::Moment>>>);

    #[async_trait]
    impl Check for Marks {
        async fn run(&self, cx: &CheckContext) -> CheckResult {
            let earlier = self.0.lock().unwrap().last().copied();
            assert_eq!(earlier.is_some_and(|earlier| earlier > cx.asked_at()), cx.id().as_str() == "c");
            let mark = cx.mark();
            self.0.lock().unwrap().push(mark);
            tokio::time::sleep(secs(1)).await;
            if cx.attempt() == 1 && cx.id().as_str() == "a" {
                return Err(CheckError::transient("once more"));
            }
            Ok(Outcome::pass("it holds"))
        }
    }

    paused(async {
        let marks = Marks::default();
        let retry = Retry { attempts: 2, backoff: secs(1), max: secs(1) };
        let plan = Table::new()
            .check("a", &[], marks.clone())
            .limits(|limits| limits.retry = retry)
            // both wait for `a`; `c` is started after `b` has read, and may use what `b` has read
            .group("one", 1)
            .check("b", &["a"], marks.clone())
            .planned(|check| check.group = Some("one".to_owned()))
            .check("c", &["a"], marks.clone())
            .planned(|check| check.group = Some("one".to_owned()))
            .plan();
        let outcome = outcome(&plan).await;
        assert_eq!(outcome.decision(), crate::Decision::Go);
        assert_eq!(marks.0.lock().unwrap().len(), 4);
    });
}
