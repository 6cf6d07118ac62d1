//! Random plans against an oracle that asks one check after the other.

use std::{collections::BTreeMap, num::NonZeroUsize};

use proptest::{collection::vec, prelude::*, sample::select};

use crate::{
    CheckId, Decision, Digest, Event, EventKind, Outcome, Plan, Retry, RunEnd, RunOutcome, Selection,
    SkipReason, Status,
    exec::testing::{
        Answer, Table, Tape, begun, failed, id, on_record, passed, paused, run, script, secs, status,
    },
};

/// How long an attempt may take.
const LIMIT: u64 = 30;

#[derive(Debug, Clone)]
struct Drawn {
    needs: Vec<usize>,
    answer: Answer,
    seconds: u64,
    group: Option<&'static str>,
    attempts: u32,
}

impl Drawn {
    /// How a check that is asked comes out, in one word.
    fn word(&self) -> &'static str {
        match self.answer {
            Answer::Pass => "passed",
            Answer::Warn => "warned",
            Answer::Fail => "failed",
            Answer::NotApplicable => "not applicable",
            Answer::Transient | Answer::Permanent | Answer::Unsettled => "errored",
            Answer::Panic => "panicked",
            Answer::Hang => "timed out",
            Answer::Awaits => "awaiting",
            _ => unreachable!("it is not drawn"),
        }
    }

    fn holds(&self) -> bool {
        matches!(self.answer, Answer::Pass | Answer::Warn | Answer::NotApplicable)
    }
}

fn drawn(most: usize) -> impl Strategy<Value = Vec<Drawn>> {
    let answers = vec![
        Answer::Pass,
        Answer::Pass,
        Answer::Pass,
        Answer::Pass,
        Answer::Warn,
        Answer::NotApplicable,
        Answer::Fail,
        Answer::Transient,
        Answer::Permanent,
        Answer::Panic,
        Answer::Hang,
        Answer::Awaits,
    ];
    let node = (
        vec(any::<prop::sample::Index>(), 0..4),
        select(answers),
        0..20_u64,
        select(vec![None, None, Some("one"), Some("two"), Some("unlisted")]),
        1..3_u32,
    );
    vec(node, 1..=most).prop_map(|nodes| {
        let nodes = nodes.into_iter().enumerate();
        let made = nodes.map(|(place, (needs, answer, seconds, group, attempts))| {
            let mut needs: Vec<usize> =
                needs.iter().filter(|_| place > 0).map(|it| it.index(place)).collect();
            needs.dedup();
            Drawn { needs, answer, seconds, group, attempts }
        });
        made.collect()
    })
}

fn name(place: usize) -> String {
    format!("n{place:02}")
}

fn plan_of(nodes: &[Drawn], groups: bool) -> Plan {
    let mut table = Table::new().group("one", 1).group("two", 2);
    let names: Vec<String> = (0..nodes.len()).map(name).collect();
    for (place, node) in nodes.iter().enumerate() {
        let needs: Vec<&str> = node.needs.iter().map(|need| names[*need].as_str()).collect();
        let answer = node.answer.clone().after(node.seconds);
        table = table.check(&names[place], &needs, script([answer])).planned(|check| {
            check.limits.attempt = secs(LIMIT);
            check.limits.retry = Retry { attempts: node.attempts, backoff: secs(1), max: secs(4) };
            check.group = node.group.filter(|_| groups).map(str::to_owned);
        });
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    table.gate("go", &names).plan()
}

/// The word of every check, and for one that is skipped the chain of its needs.
fn oracle(nodes: &[Drawn]) -> Vec<(&'static str, Vec<usize>)> {
    let mut told: Vec<(&'static str, Vec<usize>)> = Vec::new();
    for node in nodes {
        let stands = |need: &usize| told[*need].0 != "skipped" && nodes[*need].holds();
        told.push(match node.needs.iter().find(|need| !stands(need)) {
            Some(need) => {
                let deeper = if told[*need].0 == "skipped" { told[*need].1.clone() } else { Vec::new() };
                ("skipped", std::iter::once(*need).chain(deeper).collect())
            }
            None => (node.word(), Vec::new()),
        });
    }
    told
}

fn decision(nodes: &[Drawn], told: &[(&'static str, Vec<usize>)]) -> Decision {
    let words: Vec<&str> = told.iter().map(|(word, _)| *word).collect();
    let holds = |word: &&str| ["passed", "warned"].contains(word);
    let known = |word: &&str| holds(word) || *word == "not applicable";
    if words.contains(&"failed") {
        Decision::NoGo
    } else if words.iter().all(known) && words.iter().any(holds) {
        assert!(nodes.iter().all(Drawn::holds));
        Decision::Go
    } else {
        Decision::Undecided
    }
}

fn wide(width: usize) -> NonZeroUsize {
    NonZeroUsize::new(width.max(1)).unwrap()
}

fn execute(plan: &Plan, width: usize) -> (RunOutcome, Vec<Event>) {
    paused(async {
        let mut tape = Tape::default();
        let outcome = run(plan).width(wide(width)).record(&mut tape).execute().await.unwrap();
        (outcome, tape.events)
    })
}

/// Each check is settled once, none before its needs, and never more at once than may be.
fn keeps_its_limits(nodes: &[Drawn], plan: &Plan, width: usize, events: &[Event]) {
    let place = |check: &CheckId| plan.outline().checks.iter().position(|it| it.id == *check).unwrap();
    let mut settled = vec![0; nodes.len()];
    let mut started = vec![false; nodes.len()];
    let mut running = 0;
    let mut in_group: BTreeMap<&str, usize> = BTreeMap::new();
    let mut judged = 0;
    for event in events {
        match &event.kind {
            EventKind::CheckStarted { check, .. } => {
                let place = place(check);
                assert!(nodes[place].needs.iter().all(|need| settled[*need] == 1), "{check} came too early");
                assert!(!std::mem::replace(&mut started[place], true), "{check} was begun twice");
                running += 1;
                if let Some(group) = nodes[place].group {
                    *in_group.entry(group).or_default() += 1;
                    assert!(in_group[group] <= if group == "two" { 2 } else { 1 }, "{group} is too full");
                }
            }
            EventKind::CheckFinished(finished) => {
                let place = place(&finished.check);
                settled[place] += 1;
                if started[place] {
                    running -= 1;
                    if let Some(group) = nodes[place].group {
                        *in_group.get_mut(group).unwrap() -= 1;
                    }
                }
            }
            EventKind::GateJudged { .. } => {
                assert!(settled.iter().all(|times| *times == 1), "judged too early");
                judged += 1;
            }
            _ => {}
        }
        assert!(running <= width, "more than {width} at once");
    }
    assert_eq!((settled, judged), (vec![1; nodes.len()], 1));
}

fn agrees(nodes: &[Drawn], outcome: &RunOutcome) {
    let expected = oracle(nodes);
    for (place, (word, chain)) in expected.iter().enumerate() {
        let status = status(outcome, &name(place));
        assert_eq!(status.word(), *word, "{}", name(place));
        if let Status::Skipped(SkipReason::Need { chain: told, .. }) = status {
            let chain: Vec<CheckId> = chain.iter().map(|place| id(&name(*place))).collect();
            assert_eq!(*told, chain);
        }
    }
    assert_eq!(outcome.decision(), decision(nodes, &expected));
    assert_eq!(outcome.report.verdict("go").unwrap().verdict.decision, outcome.decision());
}

/// What is recorded, apart from its time.
fn without_times(outcome: &RunOutcome) -> Vec<(Status, u32)> {
    let record = |check: crate::CheckView<'_>| {
        let record = check.record.unwrap();
        (record.status.clone(), record.attempts)
    };
    outcome.report.checks().map(record).collect()
}

/// When each check is settled at the earliest, in seconds.
fn critical_path(nodes: &[Drawn]) -> u64 {
    let told = oracle(nodes);
    let mut done: Vec<u64> = Vec::new();
    for (node, (word, _)) in nodes.iter().zip(&told) {
        let begin = node.needs.iter().map(|need| done[*need]).max().unwrap_or(0);
        let takes = match *word {
            "skipped" => 0,
            "timed out" => LIMIT,
            _ => node.seconds,
        };
        done.push(begin + takes);
    }
    done.into_iter().max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn a_run_agrees_with_the_oracle_whatever_its_width(nodes in drawn(14), width in 1..6_usize) {
        let plan = plan_of(&nodes, true);
        let (first, events) = execute(&plan, width);
        keeps_its_limits(&nodes, &plan, width, &events);
        agrees(&nodes, &first);
        for other in [1, nodes.len()] {
            let (second, events) = execute(&plan, other);
            keeps_its_limits(&nodes, &plan, other, &events);
            prop_assert_eq!(without_times(&first), without_times(&second));
            prop_assert_eq!(&first.selected, &second.selected);
            prop_assert_eq!(&first.asked, &second.asked);
        }
        prop_assert_eq!(execute(&plan, width).1, events_of(&plan, width), "a run is repeatable");
    }

    #[test]
    fn a_wide_run_takes_as_long_as_its_critical_path(mut nodes in drawn(14)) {
        for node in &mut nodes {
            node.attempts = 1;
        }
        let plan = plan_of(&nodes, false);
        let (outcome, _) = execute(&plan, nodes.len());
        let run = &outcome.report.runs()[0];
        prop_assert_eq!(run.end.unwrap().1.since(run.started), secs(critical_path(&nodes)));
    }

    #[test]
    fn a_deadline_settles_each_check_once_and_never_gives_go(nodes in drawn(10), deadline in 0..60_u64) {
        let plan = plan_of(&nodes, true);
        let (outcome, events) = paused(async {
            let mut tape = Tape::default();
            let outcome = run(&plan).deadline(secs(deadline)).record(&mut tape).execute().await.unwrap();
            (outcome, tape.events)
        });
        keeps_its_limits(&nodes, &plan, 16, &events);
        match outcome.end {
            RunEnd::Completed => agrees(&nodes, &outcome),
            end => {
                prop_assert_eq!(end, RunEnd::Deadline);
                prop_assert_ne!(outcome.decision(), Decision::Go);
            }
        }
    }

    #[test]
    fn nothing_but_fresh_answers_that_hold_gives_go(past in vec(past(), 1..7)) {
        let build = |changed: bool| {
            let mut table = Table::new();
            for (place, past) in past.iter().enumerate() {
                let answer = if past.passes_now { Answer::Pass } else { Answer::Permanent };
                table = table.check(&name(place), &[], script([answer])).declared(|check| {
                    check.fresh_for = past.fresh_for.map(secs);
                    if changed && past.changed {
                        check.definition = Digest::of("another");
                    }
                });
            }
            let names: Vec<String> = (0..past.len()).map(name).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            table.gate("go", &names).plan()
        };
        let before = build(false);
        let names: Vec<String> = (0..past.len()).map(name).collect();
        let records = past.iter().zip(&names);
        let records: Vec<(&str, Status, u64)> = records
            .filter_map(|(past, name)| Some((name.as_str(), past.status.clone()?, past.age)))
            .collect();
        let mut history = on_record(&before, &records);
        for (past, name) in past.iter().zip(&names).filter(|(past, _)| past.begun) {
            begun(&mut history, name);
            prop_assert!(past.begun);
        }
        let plan = build(true);
        let gate = Selection::everything().check_glob("go");
        let outcome = paused(async {
            run(&plan).history(Some(history)).select(gate).execute().await.unwrap()
        });
        let holds: Vec<bool> = past.iter().map(Past::holds).collect();
        let not_applicable = |past: &Past| past.status.as_ref().is_some_and(|it| it.word() == "not applicable");
        let something = past.iter().any(|past| !not_applicable(past) || past.is_stale());
        let go = holds.iter().all(|holds| *holds) && something;
        prop_assert_eq!(outcome.decision() == Decision::Go, go);
    }
}

fn events_of(plan: &Plan, width: usize) -> Vec<Event> {
    execute(plan, width).1
}

/// What was left of a check by earlier runs.
#[derive(Debug, Clone)]
struct Past {
    status: Option<Status>,
    age: u64,
    fresh_for: Option<u64>,
    changed: bool,
    begun: bool,
    passes_now: bool,
}

impl Past {
    fn is_stale(&self) -> bool {
        let answered = matches!(self.status, Some(Status::Done(_)));
        answered
            && !self.changed
            && !self.begun
            && self.fresh_for.is_some_and(|fresh_for| self.age > fresh_for)
    }

    fn holds(&self) -> bool {
        if self.is_stale() {
            return self.passes_now;
        }
        !self.changed && !self.begun && self.status.as_ref().is_some_and(Status::holds)
    }
}

fn past() -> impl Strategy<Value = Past> {
    let time_out =
        crate::TimeOut { after: secs(1), scope: crate::TimeOutScope::Attempt, doing: None, last: None };
    let statuses = vec![
        None,
        Some(passed()),
        Some(passed()),
        Some(passed()),
        Some(passed()),
        Some(passed()),
        Some(Status::Done(Outcome::NotApplicable(crate::Finding::new("none")))),
        Some(failed()),
        Some(Status::TimedOut(time_out)),
        Some(Status::Panicked { message: "a bug".into() }),
        Some(Status::Skipped(SkipReason::Cancelled)),
    ];
    let rarely = || prop::bool::weighted(0.05);
    (select(statuses), 0..200_u64, select(vec![None, None, Some(100)]), rarely(), rarely(), prop::bool::ANY)
        .prop_map(|(status, age, fresh_for, changed, begun, passes_now)| Past {
            status,
            age,
            fresh_for,
            changed,
            begun,
            passes_now,
        })
}
