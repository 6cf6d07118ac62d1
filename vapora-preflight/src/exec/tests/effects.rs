use crate::{
    Effect, SkipReason, Status,
    exec::testing::{
        Answer, Script, Table, begun, failed, id, on_record, passed, paused, run, script, secs, start,
        status, told,
    },
};

fn pass() -> Script {
    script([Answer::Pass])
}

fn notifying(check: &Script) -> crate::Plan {
    Table::new().check("tell", &[], check.clone()).effect(Effect::Notifies).fresh_for(60).plan()
}

#[test]
fn what_goes_further_than_the_run_may_is_skipped() {
    paused(async {
        let (keeps, tells, changes, programs) = (pass(), pass(), pass(), pass());
        let plan = Table::new()
            .check("keeps", &[], keeps.clone())
            .effect(Effect::KeepsFiles)
            .check("tells", &[], tells.clone())
            .effect(Effect::Notifies)
            .check("changes", &["programs"], changes.clone())
            .effect(Effect::Mutates)
            .check("programs", &[], programs.clone())
            .declared(|check| check.runs_commands = true)
            .plan();
        let shy = run(&plan).execute().await.unwrap();
        assert_eq!((keeps.calls(), tells.calls(), changes.calls(), programs.calls()), (1, 0, 0, 0));
        let refused = |effect| SkipReason::Effect { effect, allowed: Effect::KeepsFiles };
        assert_eq!(*status(&shy, "tells"), Status::Skipped(refused(Effect::Notifies)));
        assert_eq!(*status(&shy, "changes"), Status::Skipped(refused(Effect::Mutates)));
        assert_eq!(*status(&shy, "programs"), Status::Skipped(SkipReason::Commands));
        let bold = run(&plan).allow(Effect::Mutates).allow_commands(true).execute().await.unwrap();
        assert_eq!((tells.calls(), changes.calls(), programs.calls()), (1, 1, 1));
        assert_eq!(bold.decision(), crate::Decision::Go);
    });
}

#[test]
fn an_effect_that_is_done_is_not_repeated_even_when_stale() {
    paused(async {
        let check = pass();
        let plan = notifying(&check);
        let history = on_record(&plan, &[("tell", passed(), 3_600)]);
        let by_name = crate::Selection::everything().check_glob("tell");
        let again = || run(&plan).history(Some(history.clone())).allow(Effect::Mutates);
        again().execute().await.unwrap();
        again().ask_again(true).execute().await.unwrap();
        again().select(by_name).execute().await.unwrap();
        assert_eq!(check.calls(), 0);
        again().repeat_effects(true).execute().await.unwrap();
        assert_eq!(check.calls(), 1);
    });
}

#[test]
fn an_effect_that_failed_is_asked_again() {
    paused(async {
        let check = pass();
        let plan = notifying(&check);
        let history = on_record(&plan, &[("tell", failed(), 10)]);
        run(&plan).history(Some(history)).allow(Effect::Notifies).execute().await.unwrap();
        assert_eq!(check.calls(), 1);
    });
}

#[test]
fn an_effect_that_was_cut_off_stays_uncertain_until_it_is_repeated_on_purpose() {
    paused(async {
        let check = pass();
        let plan = notifying(&check);
        let mut history = on_record(&plan, &[]);
        begun(&mut history, "tell");
        let uncertain = Status::Skipped(SkipReason::Uncertain { since: start().minus(secs(600)) });
        let run_again = |history| run(&plan).history(Some(history)).allow(Effect::Notifies);
        let first = run_again(history).execute().await.unwrap();
        assert_eq!(*status(&first, "tell"), uncertain);
        // it is not forgotten, whatever the runs that follow may do
        let second = run_again(first.report).execute().await.unwrap();
        assert_eq!(*status(&second, "tell"), uncertain);
        let third = run(&plan).history(Some(second.report)).execute().await.unwrap();
        assert_eq!(*status(&third, "tell"), uncertain);
        let token = tokio_util::sync::CancellationToken::new();
        token.cancel();
        let cancelled = run_again(third.report).repeat_effects(true).cancelled_by(token);
        let fourth = cancelled.execute().await.unwrap();
        assert_eq!(*status(&fourth, "tell"), uncertain);
        assert_eq!(check.calls(), 0);
        let fifth = run_again(fourth.report).repeat_effects(true).execute().await.unwrap();
        assert_eq!(told(&fifth, "tell"), "passed: it holds");
        assert_eq!(check.calls(), 1);
    });
}

#[test]
fn that_an_effect_is_done_is_not_forgotten_when_its_repetition_is_skipped() {
    paused(async {
        let check = pass();
        let plan = Table::new()
            .check("first", &[], script([Answer::Fail]))
            .check("tell", &["first"], check.clone())
            .effect(Effect::Notifies)
            .plan();
        let history = on_record(&plan, &[("tell", passed(), 10)]);
        let again = run(&plan).history(Some(history)).allow(Effect::Notifies).repeat_effects(true);
        let outcome = again.execute().await.unwrap();
        assert_eq!(told(&outcome, "tell"), "passed: it holds");
        assert_eq!((check.calls(), outcome.asked), (0, vec![id("first")]));
    });
}

#[test]
fn an_effect_without_an_answer_is_not_tried_twice_and_stays_uncertain() {
    paused(async {
        let check = script([Answer::Hang, Answer::Pass]);
        let plan = Table::new()
            .check("tell", &[], check.clone())
            .effect(Effect::Notifies)
            .limits(|limits| limits.retry.attempts = 3)
            .plan();
        let first = run(&plan).allow(Effect::Notifies).execute().await.unwrap();
        assert!(matches!(status(&first, "tell"), Status::TimedOut(_)), "{}", told(&first, "tell"));
        assert_eq!(check.calls(), 1);
        let second = run(&plan).history(Some(first.report)).allow(Effect::Notifies).execute().await.unwrap();
        let uncertain = Status::Skipped(SkipReason::Uncertain { since: start() });
        assert_eq!(*status(&second, "tell"), uncertain);
        assert_eq!(check.calls(), 1);
    });
}

#[test]
fn an_effect_whose_answer_was_lost_is_not_tried_twice_and_stays_uncertain() {
    paused(async {
        let check = script([Answer::Unsettled, Answer::Pass]);
        let plan = Table::new()
            .check("tell", &[], check.clone())
            .effect(Effect::Notifies)
            .limits(|limits| {
                limits.retry.attempts = 3;
                limits.until = Some(crate::Until { timeout: secs(60), interval: secs(5), consecutive: 1 });
            })
            .plan();
        let first = run(&plan).allow(Effect::Notifies).execute().await.unwrap();
        assert_eq!(told(&first, "tell"), "errored: the answer was cut short");
        let second = run(&plan).history(Some(first.report)).allow(Effect::Notifies).execute().await.unwrap();
        let uncertain = Status::Skipped(SkipReason::Uncertain { since: start() });
        assert_eq!(*status(&second, "tell"), uncertain);
        assert_eq!(check.calls(), 1);
        let again = run(&plan).history(Some(second.report)).allow(Effect::Notifies).repeat_effects(true);
        assert_eq!(told(&again.execute().await.unwrap(), "tell"), "passed: it holds");
        assert_eq!(check.calls(), 2);
    });
}

#[test]
fn an_answer_is_not_overwritten_by_a_run_that_may_not_ask() {
    paused(async {
        let check = script([Answer::Fail]);
        let plan = Table::new()
            .check("program", &[], check.clone())
            .declared(|check| check.runs_commands = true)
            .plan();
        let first = run(&plan).allow_commands(true).execute().await.unwrap();
        assert_eq!(first.decision(), crate::Decision::NoGo);
        let second = run(&plan).history(Some(first.report.clone())).execute().await.unwrap();
        assert_eq!(status(&second, "program"), status(&first, "program"));
        assert_eq!(second.decision(), crate::Decision::NoGo);
    });
}
