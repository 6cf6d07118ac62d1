use crate::{
    Digest, Outcome, Selection, Status,
    exec::testing::{
        Answer, Script, Table, Tape, begun, failed, id, in_short, on_record, outcome, passed, paused, run,
        script, secs, start, status, told,
    },
};

fn pass() -> Script {
    script([Answer::Pass])
}

#[test]
fn what_passed_and_is_fresh_is_not_asked_again() {
    paused(async {
        let (kept, stale, wrong) = (pass(), pass(), pass());
        let plan = Table::new()
            .check("kept", &[], kept.clone())
            .fresh_for(100)
            .check("stale", &[], stale.clone())
            .fresh_for(100)
            .check("wrong", &["kept"], wrong.clone())
            .check("new", &[], pass())
            .plan();
        let history =
            on_record(&plan, &[("kept", passed(), 100), ("stale", passed(), 101), ("wrong", failed(), 5)]);
        let outcome = run(&plan).history(Some(history)).execute().await.unwrap();
        assert_eq!((kept.calls(), stale.calls(), wrong.calls()), (0, 1, 1));
        assert_eq!(outcome.asked, [id("stale"), id("wrong"), id("new")]);
        assert_eq!(outcome.decision(), crate::Decision::Go);
    });
}

#[test]
fn what_did_not_come_to_an_answer_is_asked_again() {
    paused(async {
        let statuses = [
            Status::Skipped(crate::SkipReason::Cancelled),
            Status::Panicked { message: "x".into() },
            Status::Awaiting(crate::Awaiting { role: "r".into(), statement: "s".into(), because: None }),
        ];
        for status in statuses {
            let check = pass();
            let plan = Table::new().check("a", &[], check.clone()).plan();
            let history = on_record(&plan, &[("a", status, 5)]);
            run(&plan).history(Some(history)).execute().await.unwrap();
            assert_eq!(check.calls(), 1);
        }
    });
}

#[test]
fn a_changed_definition_is_asked_again_and_the_plan_recorded_anew() {
    paused(async {
        let plan = Table::new().check("a", &[], pass()).plan();
        let history = on_record(&plan, &[("a", passed(), 5)]);
        let check = pass();
        let changed = Table::new()
            .check("a", &[], check.clone())
            .declared(|check| check.definition = Digest::of("another"))
            .plan();
        let mut tape = Tape::default();
        run(&changed).history(Some(history.clone())).record(&mut tape).execute().await.unwrap();
        assert_eq!(check.calls(), 1);
        assert_eq!(in_short(&tape.events)[..2], ["planned", "run started"]);
        let mut tape = Tape::default();
        run(&plan).history(Some(history)).record(&mut tape).execute().await.unwrap();
        assert_eq!(in_short(&tape.events), ["run started", "run finished: Completed"]);
    });
}

#[test]
fn asking_again_is_said_by_name_or_for_all() {
    paused(async {
        let (a, b) = (pass(), pass());
        let plan = Table::new().check("a", &[], a.clone()).check("b", &["a"], b.clone()).plan();
        let history = on_record(&plan, &[("a", passed(), 5), ("b", passed(), 5)]);
        let named = Selection::everything().check_glob("b");
        run(&plan).history(Some(history.clone())).select(named).execute().await.unwrap();
        assert_eq!((a.calls(), b.calls()), (0, 1));
        let glob = Selection::everything().check_glob("b*");
        run(&plan).history(Some(history.clone())).select(glob).execute().await.unwrap();
        assert_eq!((a.calls(), b.calls()), (0, 1));
        run(&plan).history(Some(history)).ask_again(true).execute().await.unwrap();
        assert_eq!((a.calls(), b.calls()), (1, 2));
    });
}

#[test]
fn a_reading_check_that_was_cut_off_is_simply_asked_again() {
    paused(async {
        let check = pass();
        let plan = Table::new().check("a", &[], check.clone()).plan();
        let mut history = on_record(&plan, &[("a", passed(), 700)]);
        begun(&mut history, "a");
        let outcome = run(&plan).history(Some(history)).execute().await.unwrap();
        assert_eq!(check.calls(), 1);
        assert!(status(&outcome, "a").holds());
    });
}

#[test]
fn a_phase_that_is_not_open_is_left() {
    paused(async {
        let later = pass();
        let plan = Table::new()
            .check("a", &[], pass())
            .phase("later", Some(start().plus(secs(1))))
            .check("b", &[], later.clone())
            .check("na", &[], pass())
            .declared(|check| check.not_applicable = Some("there is none".into()))
            .phase("free", None)
            .check("c", &["b"], pass())
            .gate("go", &["a", "b"])
            .plan();
        let all = outcome(&plan).await;
        assert_eq!(told(&all, "b"), "pending");
        assert_eq!(told(&all, "na"), "not applicable: there is none");
        assert_eq!(
            told(&all, "c"),
            "skipped: needs `b`, which has not been asked: the phase `later` is not open yet"
        );
        assert_eq!(all.not_open, [crate::PhaseId::new("later").unwrap()]);
        assert_eq!(all.decision(), crate::Decision::Undecided);
        let named = Selection::everything().check_glob("b");
        let named = run(&plan).select(named).execute().await.unwrap();
        assert_eq!((later.calls(), named.decision()), (0, crate::Decision::Undecided));
        let all = run(&plan).ignore_windows(true).execute().await.unwrap();
        assert!(all.not_open.is_empty());
        assert_eq!((later.calls(), all.decision()), (1, crate::Decision::Go));
    });
}

#[test]
fn what_does_not_apply_is_recorded_once_and_not_asked() {
    paused(async {
        let check = pass();
        let plan = Table::new()
            .check("a", &[], check.clone())
            .declared(|check| check.not_applicable = Some("staging has none".into()))
            .check("b", &["a"], pass())
            .plan();
        let mut tape = Tape::default();
        let first = run(&plan).record(&mut tape).execute().await.unwrap();
        assert_eq!(told(&first, "a"), "not applicable: staging has none");
        assert_eq!(check.calls(), 0);
        assert!(in_short(&tape.events).contains(&"finished a: not applicable".to_owned()));
        let mut tape = Tape::default();
        run(&plan).history(Some(first.report)).record(&mut tape).execute().await.unwrap();
        assert_eq!(in_short(&tape.events), ["run started", "run finished: Completed"]);
    });
}

#[test]
fn a_journal_that_is_replayed_gives_the_report_of_the_run() {
    paused(async {
        let plan = Table::new()
            .check("a", &[], script([Answer::Transient, Answer::Warn.after(3)]))
            .limits(|limits| limits.retry.attempts = 2)
            .check("b", &["a"], script([Answer::Says(Outcome::fail("no"))]))
            .gate("go", &["a", "b"])
            .plan();
        let mut tape = Tape::default();
        let outcome = run(&plan).record(&mut tape).execute().await.unwrap();
        assert_eq!(crate::Report::from_events(&tape.events).unwrap(), Some(outcome.report));
    });
}
