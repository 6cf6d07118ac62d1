//! What holds for every gate over every report.

use super::{
    drawn::{Drawn, Known, Sort, State, World, events, id, now, plan, report, world},
    *,
};

/// Whether a gate knows enough of everything it judges: nothing fails, nothing is open, something holds.
fn sure(world: &World) -> bool {
    let judged: Vec<Known> = world
        .sort
        .judged(&world.subjects)
        .into_iter()
        .filter_map(|place| match world.checks.get(place) {
            Some(check) if !check.blocks() => None,
            check => Some(check.map_or(Known::Unknown, |check| check.state.known())),
        })
        .collect();
    !judged.contains(&Known::Unknown) && !judged.contains(&Known::Fails) && judged.contains(&Known::Holds)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_check_stands_as_it_was_drawn(world in world()) {
        let plan = plan(&world.checks);
        let report = report(&plan, &world.checks);
        for (place, check) in world.checks.iter().enumerate() {
            let view = report.check(id(place).as_str()).unwrap();
            prop_assert_eq!(view.standing(now()).word(), check.state.word(), "{:?}", check);
        }
    }

    #[test]
    fn a_gate_decides_as_the_long_way_round(world in world()) {
        prop_assert_eq!(world.judge().decision, world.sort.decides(&world.checks, &world.subjects));
    }

    #[test]
    fn what_is_not_known_to_hold_opens_no_gate(world in world()) {
        if matches!(world.sort, Sort::All | Sort::Conditions(_)) && !sure(&world) {
            prop_assert_ne!(world.judge().decision, Decision::Go);
        }
    }

    #[test]
    fn a_verdict_names_all_that_fails_and_all_that_is_open(world in world()) {
        let verdict = world.judge();
        for place in world.sort.judged(&world.subjects) {
            let Some(check) = world.checks.get(place) else {
                let missing = |reason: &&Reason| reason.check == Some(id(place));
                let reason = verdict.reasons_of(Weight::Open).find(missing);
                prop_assert_eq!(reason.map(|it| it.status.as_str()), Some("missing"));
                continue;
            };
            let weight = match check.state.known() {
                Known::Fails | Known::Unknown if !check.blocks() => Weight::Notice,
                Known::Fails => Weight::Against,
                Known::Unknown => Weight::Open,
                Known::Holds | Known::DoesNotApply => continue,
            };
            let reason = verdict.reasons_of(weight).find(|reason| reason.check == Some(id(place)));
            prop_assert!(reason.is_some(), "{:?} is not among {:?}", check, verdict);
            let reason = reason.unwrap();
            prop_assert_eq!(reason.status.as_str(), check.state.word());
            prop_assert_eq!(reason.remedy.as_deref(), check.remedy());
            prop_assert!(!reason.message.is_empty());
        }
        let weights: Vec<Weight> = verdict.reasons.iter().map(|reason| reason.weight).collect();
        prop_assert!(weights.is_sorted(), "{:?}", weights);
        if verdict.decision == Decision::Undecided {
            prop_assert!(weights.contains(&Weight::Open));
        }
    }

    #[test]
    fn an_advisory_check_decides_nothing(world in world(), other in select(vec![
        State::Passed, State::Failed, State::NotApplicable, State::Errored, State::Pending, State::Stale,
    ])) {
        let before = world.judge().decision;
        let mut changed = world.clone();
        changed.checks.iter_mut().filter(|check| !check.blocks()).for_each(|check| check.state = other);
        prop_assert_eq!(changed.judge().decision, before);
    }

    #[test]
    fn a_failure_that_is_mended_closes_no_gate(world in world()) {
        let mut mended = world.clone();
        let failures = mended.checks.iter_mut().filter(|check| check.state == State::Failed);
        failures.for_each(|check| check.state = State::Passed);
        if world.sort.plain() && world.judge().is_go() {
            prop_assert!(mended.judge().is_go());
        }
    }

    #[test]
    fn a_gate_over_nothing_that_applies_never_opens(world in world(), states in vec(select(vec![
        State::NotApplicable, State::DoesNotApply,
    ]), 5)) {
        let mut nothing = world;
        nothing.checks.iter_mut().zip(states).for_each(|(check, state)| check.state = state);
        prop_assert_eq!(nothing.judge().decision, Decision::Undecided);
    }

    #[test]
    fn a_replayed_report_gives_the_same_verdict(world in world()) {
        let plan = plan(&world.checks);
        let events = events(&plan, &world.checks);
        let replayed = Report::from_events(&events).unwrap().unwrap();
        let mut grown = Report::new(plan.shared_outline(), events[0].at);
        events[1..].iter().for_each(|event| grown.apply(event));
        let verdict = world.judged_over(&replayed);
        prop_assert_eq!(&world.judged_over(&grown), &verdict);
        // a verdict on record changes none that follows
        let gate = CheckId::new("go").unwrap();
        grown.apply(&Event { at: now(), kind: EventKind::GateJudged { gate, verdict: verdict.clone() } });
        prop_assert_eq!(world.judged_over(&grown), verdict);
    }

    #[test]
    fn an_open_or_has_a_side_that_is_open_by_itself(world in world(), other in world()) {
        let side = |sort: &Sort| World { sort: sort.clone(), ..world.clone() }.judge().decision;
        let either = Sort::Or(Box::new(world.sort.clone()), Box::new(other.sort.clone()));
        let open = [side(&world.sort), side(&other.sort)].contains(&Decision::Go);
        prop_assert_eq!(side(&either) == Decision::Go, open);
        let both = Sort::And(Box::new(world.sort.clone()), Box::new(other.sort.clone()));
        let both_open = [side(&world.sort), side(&other.sort)] == [Decision::Go; 2];
        prop_assert_eq!(side(&both) == Decision::Go, both_open);
    }

    #[test]
    fn a_gate_turned_round_decides_no_more_than_before(world in world()) {
        let turned = World { sort: Sort::Not(Box::new(world.sort.clone())), ..world.clone() };
        let (before, after) = (world.judge(), turned.judge());
        prop_assert_eq!(before.decision == Decision::Undecided, after.decision == Decision::Undecided);
        prop_assert_eq!(before.decision == Decision::NoGo, after.decision == Decision::Go);
        prop_assert_eq!(before.reasons, after.reasons);
    }
}

#[test]
fn worlds_are_drawn_in_which_gates_open_and_close_and_wait() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut seen = [0; 3];
    for _ in 0..400 {
        let world = world().new_tree(&mut runner).unwrap().current();
        seen[match world.judge().decision {
            Decision::Go => 0,
            Decision::NoGo => 1,
            Decision::Undecided => 2,
        }] += 1;
    }
    assert!(seen.iter().all(|times| *times > 30), "{seen:?}");
}

#[test]
fn a_single_failure_or_doubt_among_many_that_hold_keeps_a_gate_closed() {
    for state in drawn::UNKNOWN.into_iter().chain([State::Failed]) {
        let mut checks = vec![Drawn::required(State::Passed); 5];
        checks[3] = Drawn::required(state);
        let closed = World { checks, subjects: (0..5).collect(), sort: Sort::All };
        assert!(!closed.judge().is_go(), "{state:?}");
    }
}
