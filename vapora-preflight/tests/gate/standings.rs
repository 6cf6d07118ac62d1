//! One example for each way in which a check is not known to hold.

use super::{
    drawn::{Drawn, Sort, State, World, id, now, plan, report},
    *,
};

/// The verdict of each shipped gate over one check that passed and one that stands so.
fn verdicts(state: State) -> Vec<Verdict> {
    let checks = vec![Drawn::required(State::Passed), Drawn::required(state)];
    let sides = [Side::ProceedIf, Side::RescheduleIf];
    let conditions = sides.map(|side| Sort::Conditions(vec![(side, vec![0, 1])]));
    let sorts = conditions.into_iter().chain([Sort::All]);
    sorts.map(|sort| World { checks: checks.clone(), subjects: vec![0, 1], sort }.judge()).collect()
}

fn undecided(state: State, status: &str, message: &str, remedy: Option<&str>) {
    for verdict in verdicts(state) {
        assert_eq!(verdict.decision, Decision::Undecided, "{verdict:?}");
        let open: Vec<&Reason> = verdict.reasons_of(Weight::Open).collect();
        assert_eq!(open.len(), 1, "{verdict:?}");
        assert_eq!(open[0].check, Some(id(1)));
        assert_eq!((open[0].status.as_str(), open[0].message.as_str()), (status, message));
        assert_eq!(open[0].remedy.as_deref(), remedy);
    }
}

#[test]
fn what_was_never_asked_is_undecided() {
    undecided(State::Pending, "pending", "it has not been asked yet", Some("run its phase"));
}

#[test]
fn what_was_begun_and_never_settled_is_undecided() {
    let begun = "it was begun at 2026-12-01T14:00:00Z and never settled";
    undecided(State::Unsettled, "unsettled", begun, Some("ask it again"));
    let again = "it was begun at 2026-12-01T14:01:00Z and never settled; then: it was looked at";
    undecided(State::UnsettledSince, "unsettled", again, Some("ask it again"));
}

#[test]
fn an_answer_to_another_question_is_undecided() {
    let changed = "its definition has changed since it was answered; then: it was looked at";
    undecided(State::Changed, "changed", changed, Some("ask it again"));
    undecided(State::ChangedFailure, "changed", changed, Some("ask it again"));
}

#[test]
fn an_answer_that_is_too_old_is_undecided() {
    let stale = "it was answered 1h ago and counts for 59m; then: it was looked at";
    undecided(State::Stale, "stale", stale, Some("ask it again"));
    undecided(State::StaleFailure, "stale", stale, Some("ask it again"));
}

#[test]
fn a_word_that_no_longer_counts_is_undecided() {
    let expired = "the answer no longer counts; then: it was looked at";
    for state in [State::Expired, State::Superseded, State::Outlived] {
        undecided(state, "expired", expired, Some("ask it again"));
    }
}

#[test]
fn an_error_is_undecided() {
    undecided(State::Errored, "errored", "no route", Some("look at the network"));
}

#[test]
fn a_time_out_is_undecided() {
    undecided(State::TimedOut, "timed out", "no answer within 20s", None);
}

#[test]
fn a_panic_is_undecided() {
    undecided(State::Panicked, "panicked", "the check panicked: index out of bounds", None);
}

#[test]
fn what_was_skipped_is_undecided() {
    let remedy = "run again; what passed and is fresh is not asked again";
    undecided(State::Skipped, "skipped", "the time of the run was used up", Some(remedy));
}

#[test]
fn what_waits_for_a_person_is_undecided() {
    let awaits = "the on_call has to say: so it is";
    undecided(State::Awaiting, "awaiting", awaits, Some("record it with `attest`"));
}

#[test]
fn a_check_that_the_report_does_not_hold_is_undecided() {
    let checks = vec![Drawn::required(State::Passed)];
    let verdict = World { checks, subjects: vec![0, 99], sort: Sort::All }.judge();
    assert_eq!(verdict.decision, Decision::Undecided);
    assert_eq!(
        (verdict.reasons[0].check.clone(), verdict.reasons[0].status.as_str()),
        (Some(id(99)), "missing")
    );
}

#[test]
fn a_failure_is_a_no_go_and_names_the_open_ones_too() {
    let checks = vec![
        Drawn::required(State::Failed),
        Drawn::required(State::Pending),
        Drawn { severity: Severity::Advisory, ..Drawn::required(State::Failed) },
        Drawn::required(State::Warned),
    ];
    let verdict = World { checks, subjects: vec![3, 2, 1, 0], sort: Sort::All }.judge();
    assert_eq!(verdict.decision, Decision::NoGo);
    let told: Vec<_> =
        verdict.reasons.iter().map(|reason| (reason.weight, reason.check.clone().unwrap())).collect();
    let expected = [(Weight::Against, 0), (Weight::Open, 1), (Weight::Notice, 3), (Weight::Notice, 2)];
    assert_eq!(told, expected.map(|(weight, place)| (weight, id(place))));
}

#[test]
fn only_advisory_checks_are_nothing_to_go_by() {
    for state in [State::Passed, State::Failed, State::Pending] {
        let checks = vec![Drawn { severity: Severity::Advisory, ..Drawn::required(state) }];
        let verdict = World { checks, subjects: vec![0], sort: Sort::All }.judge();
        assert_eq!(verdict.decision, Decision::Undecided, "{state:?}");
        assert_eq!(verdict.reasons[0].status, "empty");
    }
}

#[test]
fn an_answer_counts_until_its_last_moment_and_not_at_it() {
    let checks = [Drawn::required(State::Passed), Drawn::required(State::Outlived)];
    let plan = plan(&checks);
    let report = report(&plan, &checks);
    let subjects = [id(0), id(1)];
    let moment = Duration::from_micros(1);
    let judge = |at: Timestamp| AllHold.judge(&GateInput::new(&report, &subjects, at)).decision;
    assert_eq!(judge(now().minus(moment)), Decision::Go);
    assert_eq!(judge(now()), Decision::Undecided);
    // fresh for an hour, which is over now
    let subjects = [id(0)];
    let judge = |at: Timestamp| AllHold.judge(&GateInput::new(&report, &subjects, at)).decision;
    assert_eq!((judge(now()), judge(now().plus(moment))), (Decision::Go, Decision::Undecided));
}
