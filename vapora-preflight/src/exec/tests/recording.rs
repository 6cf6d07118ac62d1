use std::{sync::Arc, time::Duration};

use crate::{
    Event, EventKind, RunError, SecretRef, SecretStore, SecretString,
    exec::testing::{Answer, Table, Tape, in_short, paused, run, script, told},
};

#[test]
fn a_recorder_that_fails_ends_the_run_at_once() {
    paused(async {
        for fails_at in 0..6 {
            let second = script([Answer::Pass]);
            let plan = Table::new()
                .check("a", &[], script([Answer::Pass]))
                .check("b", &["a"], second.clone())
                .plan();
            let mut tape = Tape { fails_at: Some(fails_at), ..Tape::default() };
            let mut seen = 0;
            let mut watch = |_: &Event| seen += 1;
            let result = run(&plan).record(&mut tape).observe(&mut watch).execute().await;
            assert!(matches!(result, Err(RunError::Journal(_))), "{fails_at}");
            assert_eq!(seen, fails_at, "nobody hears of what was not recorded");
            assert!(fails_at > 5 || second.calls() == usize::from(fails_at > 4), "{fails_at}");
        }
    });
}

#[test]
fn events_come_to_recorder_and_observers_in_one_order() {
    paused(async {
        let plan = Table::new()
            .check("a", &[], script([Answer::Pass]))
            .check("b", &["a"], script([Answer::Fail]))
            .gate("go", &["a", "b"])
            .plan();
        let (mut tape, mut first, mut second) = (Tape::default(), Vec::new(), Vec::new());
        let mut one = |event: &Event| first.push(event.clone());
        let mut two = |event: &Event| second.push(event.clone());
        let by = "release tooling";
        run(&plan).by(by).record(&mut tape).observe(&mut one).observe(&mut two).execute().await.unwrap();
        assert_eq!(tape.events, first);
        assert_eq!(tape.events, second);
        assert_eq!(
            in_short(&tape.events),
            [
                "planned",
                "run started",
                "started a",
                "finished a: passed",
                "started b",
                "finished b: failed",
                "judged go: no-go",
                "run finished: Completed",
            ]
        );
        let EventKind::RunStarted(start) = &tape.events[1].kind else { panic!("no start") };
        assert_eq!((start.by.as_str(), start.selection.as_str()), (by, "everything"));
    });
}

struct Vault;

impl SecretStore for Vault {
    fn resolve(&self, _: &SecretRef) -> Result<SecretString, String> {
        Ok("hunter22".into())
    }
}

#[test]
fn a_secret_is_kept_out_of_all_that_is_recorded() {
    paused(async {
        let leak = |how: &'static str| {
            crate::check_fn(how, move |cx: crate::CheckContext| async move {
                let token = cx.secret(&SecretRef::Env("TOKEN".into()))?;
                let token = crate::ExposeSecret::expose_secret(&token).to_owned();
                cx.doing(format!("sending {token}"));
                match how {
                    "fail" => Ok(crate::Outcome::Fail(
                        crate::Finding::new(format!("{token} is refused")).with("sent", token.as_str()),
                    )),
                    "err" => Err(crate::CheckError::transient(format!("{token} is refused"))),
                    "panic" => std::panic::resume_unwind(Box::new(token)),
                    _ => std::future::pending().await,
                }
            })
        };
        let mut table = Table::new();
        for how in ["fail", "err", "panic", "hang"] {
            table = table.check(how, &[], leak(how)).limits(|limits| limits.retry.attempts = 2).check(
                &format!("after-{how}"),
                &[how],
                script([Answer::Pass]),
            );
        }
        let plan = table.gate("go", &["fail", "after-fail", "err", "panic", "hang"]).plan();
        let mut tape = Tape::default();
        let outcome = run(&plan).secrets(Arc::new(Vault)).record(&mut tape).execute().await.unwrap();
        assert_eq!(told(&outcome, "fail"), "failed: [redacted] is refused");
        let all = format!("{:?} {:?}", tape.events, outcome);
        assert!(!all.contains("hunter22"));
        assert!(in_short(&tape.events).contains(&"attempt 1 of err: [redacted] is refused".to_owned()));
        assert!(told(&outcome, "hang").contains("while sending [redacted]"));
    });
}

#[test]
fn a_file_that_has_to_stay_whole_is_not_kept_without_its_secrets() {
    paused(async {
        let keeps = |attach: fn(crate::Evidence, Vec<u8>) -> crate::Evidence, reads_it: bool| {
            crate::check_fn("keeps", move |cx: crate::CheckContext| async move {
                if reads_it {
                    cx.secret(&SecretRef::Env("TOKEN".into()))?;
                }
                let evidence = attach(crate::Evidence::new(), b"password: hunter22\n".to_vec());
                Ok(crate::Outcome::Pass(crate::Finding::new("kept").evidence(evidence)))
            })
        };
        let whole =
            |evidence: crate::Evidence, content| evidence.attached_whole("a.yaml", "text/yaml", content);
        let part = |evidence: crate::Evidence, content| evidence.attached("a.yaml", "text/yaml", content);
        let plan = Table::new()
            .check("before", &[], keeps(whole, false))
            .check("part", &["before"], keeps(part, true))
            .check("whole", &["part"], keeps(whole, true))
            .limits(|limits| limits.retry.attempts = 3)
            .check("after", &["whole"], script([Answer::Pass]))
            .gate("go", &["whole"])
            .plan();
        let mut tape = Tape::default();
        let outcome = run(&plan).secrets(Arc::new(Vault)).record(&mut tape).execute().await.unwrap();
        let report = |check: &str| outcome.report.check(check).unwrap().record.unwrap().status.clone();
        let content = |check: &str| match report(check) {
            crate::Status::Done(done) => done.finding().evidence.attachments()[0].content.clone().unwrap(),
            other => panic!("{other:?}"),
        };
        assert_eq!(&*content("before"), b"password: hunter22\n", "nothing is known of the secret yet");
        assert_eq!(&*content("part"), b"password: [redacted]\n");
        let crate::Status::Errored(error) = report("whole") else { panic!("it was kept") };
        assert!(!error.transient);
        assert_eq!(
            error.to_string(),
            "the file `a.yaml` could not be kept as it is: it holds a secret that this run has resolved, and none is written down"
        );
        assert!(error.remedy.is_some_and(|remedy| remedy.starts_with("leave out of it")));
        assert_ne!(outcome.decision(), crate::Decision::Go);
        assert!(told(&outcome, "after").starts_with("skipped"), "{}", told(&outcome, "after"));
        let settled = tape.events.iter().rev().find(|event| {
            matches!(&event.kind, EventKind::CheckFinished(finished) if finished.check.as_str() == "whole")
        });
        assert!(!format!("{settled:?}").contains("hunter22"));
    });
}

#[test]
fn a_check_that_asks_for_the_report_sees_what_was_known_when_it_began() {
    paused(async {
        let check = crate::check_fn("reads", |cx: crate::CheckContext| async move {
            let report = cx.report().ok_or_else(|| crate::CheckError::permanent("no report"))?;
            let known = report.checks().filter(|check| check.record.is_some()).count();
            Ok(crate::Outcome::pass(format!("{known} known")))
        });
        let plan = Table::new()
            .check("a", &[], script([Answer::Pass]))
            .check("b", &["a"], check)
            .planned(|check| check.wants_report = true)
            .plan();
        let outcome = crate::exec::testing::outcome(&plan).await;
        assert_eq!(told(&outcome, "b"), "passed: 1 known");
    });
}

#[test]
fn what_a_check_said_comes_before_what_it_came_to_on_many_threads_too() {
    let mut table = Table::new();
    for place in 0..200 {
        let check = script([Answer::Transient, Answer::Pass]);
        table = table.check(&format!("a{place}"), &[], check).limits(|limits| {
            limits.retry = crate::Retry { attempts: 2, backoff: Duration::ZERO, max: Duration::ZERO };
        });
    }
    let plan = table.plan();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build().unwrap();
    let mut tape = Tape::default();
    let outcome = runtime.block_on(async { run(&plan).record(&mut tape).execute().await.unwrap() });
    assert_eq!(outcome.decision(), crate::Decision::Go);
    let events = in_short(&tape.events);
    let of = |text: String| events.iter().position(|event| *event == text).unwrap();
    for place in 0..200 {
        let said = of(format!("attempt 1 of a{place}: connection refused"));
        assert!(of(format!("started a{place}")) < said);
        assert!(said < of(format!("finished a{place}: passed")));
    }
}

#[test]
fn a_run_can_be_moved_to_another_thread() {
    fn is_send<T: Send>(_: T) {}
    let plan = Table::new().check("a", &[], script([Answer::Pass])).plan();
    let mut tape = Tape::default();
    is_send(crate::Run::new(&plan).record(&mut tape).execute());
}
