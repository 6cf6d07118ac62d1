//! Small plans from a table, checks that follow a script, and a recorder that can fail.

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;

use super::{Run, RunOutcome};
use crate::{
    AllHold, Awaiting, Check, CheckContext, CheckError, CheckFinished, CheckId, CheckOutline, CheckResult,
    Digest, Effect, Event, EventKind, Finding, Gate, GateOutline, JournalError, Limits, Outcome, Outline,
    PhaseId, PhaseOutline, Plan, Question, Recorder, Report, RunEnd, RunStarted, Severity, Status, Timestamp,
    TokioClock,
    expr::{Condition, Names},
    plan::{Node, PlannedCheck, PlannedGate},
};

/// When every test begins.
pub(super) fn start() -> Timestamp {
    "2026-12-01T12:00:00Z".parse().unwrap()
}

pub(super) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn id(name: &str) -> CheckId {
    CheckId::new(name).unwrap()
}

/// Runs a test with time paused.
pub(super) fn paused<T>(test: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap().block_on(test)
}

/// A run of a plan by tokio's clock, with the same jitter every time.
pub(super) fn run(plan: &Plan) -> Run<'_> {
    Run::new(plan).clock(Arc::new(TokioClock::starting(start()))).jitter_seed(1)
}

pub(super) async fn outcome(plan: &Plan) -> RunOutcome {
    run(plan).execute().await.unwrap()
}

/// What one attempt of a scripted check does.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Pass,
    Warn,
    Fail,
    NotApplicable,
    Says(Outcome),
    Transient,
    RetryAfter(Duration),
    Permanent,
    Lasting,
    Unsettled,
    Awaits,
    Panic,
    Hang,
    After(Duration, Box<Answer>),
}

impl Answer {
    pub(super) fn after(self, seconds: u64) -> Self {
        Self::After(secs(seconds), Box::new(self))
    }
}

/// Answers one after the other; the last one for good.
#[derive(Debug, Clone)]
pub(super) struct Script {
    answers: Vec<Answer>,
    pub(super) calls: Arc<AtomicUsize>,
}

pub(super) fn script(answers: impl IntoIterator<Item = Answer>) -> Script {
    Script { answers: answers.into_iter().collect(), calls: Arc::default() }
}

impl Script {
    pub(super) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Check for Script {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        cx.doing("following its script");
        let mut answer = &self.answers[call.min(self.answers.len() - 1)];
        while let Answer::After(pause, then) = answer {
            tokio::time::sleep(*pause).await;
            answer = then;
        }
        match answer {
            Answer::Pass => Ok(Outcome::pass("it holds")),
            Answer::Warn => Ok(Outcome::Warn(Finding::new("it nearly does not"))),
            Answer::Fail => Ok(Outcome::fail("2 of 5 are not ready")),
            Answer::NotApplicable => Ok(Outcome::NotApplicable(Finding::new("there is none"))),
            Answer::Says(outcome) => Ok(outcome.clone()),
            Answer::Transient => Err(CheckError::transient("connection refused")),
            Answer::RetryAfter(pause) => Err(CheckError::transient("too many requests").retry_after(*pause)),
            Answer::Unsettled => Err(CheckError::transient("the answer was cut short").uncertain()),
            Answer::Permanent => Err(CheckError::permanent("no such client")),
            Answer::Lasting => Err(CheckError::transient("no client was given to the run").lasting()),
            Answer::Awaits => Err(CheckError::awaiting(Awaiting {
                role: "lead".to_owned(),
                statement: "all is well".to_owned(),
                because: None,
            })),
            // as `panic!`, without a word on the terminal
            Answer::Panic => std::panic::resume_unwind(Box::new("a bug".to_owned())),
            Answer::Hang | Answer::After(..) => std::future::pending().await,
        }
    }
}

/// A plan being written down.
pub(super) struct Table {
    outline: Outline,
    checks: Vec<(Vec<String>, PlannedCheck)>,
    gates: Vec<Arc<dyn Gate>>,
    groups: BTreeMap<String, usize>,
}

impl Table {
    /// A plan with one phase, `now`, which is open.
    pub(super) fn new() -> Self {
        let table = Self {
            outline: Outline::empty(),
            checks: Vec::new(),
            gates: Vec::new(),
            groups: BTreeMap::new(),
        };
        table.phase("now", None)
    }

    /// A phase, to which all that follows belongs.
    pub(super) fn phase(mut self, name: &str, opens: Option<Timestamp>) -> Self {
        let id = PhaseId::new(name).unwrap();
        self.outline.phases.push(PhaseOutline { id, title: name.to_owned(), opens, due: None });
        self
    }

    pub(super) fn group(mut self, name: &str, at_once: usize) -> Self {
        self.groups.insert(name.to_owned(), at_once);
        self
    }

    pub(super) fn check(mut self, name: &str, needs: &[&str], check: impl Check + 'static) -> Self {
        self.outline.checks.push(CheckOutline {
            id: id(name),
            phase: self.outline.phases.last().unwrap().id.clone(),
            kind: "test.script".to_owned(),
            title: name.to_owned(),
            severity: Severity::Required,
            effect: Effect::Reads,
            definition: Digest::of(name),
            target: None,
            needs: needs.iter().map(|need| id(need)).collect(),
            fresh_for: None,
            not_applicable: None,
            on_fail: None,
            role: None,
            runs_commands: false,
            hint: None,
            docs: None,
            owner: None,
            tags: Vec::new(),
        });
        let check = PlannedCheck {
            check: Arc::new(check),
            target: None,
            needs: Vec::new(),
            limits: Limits { attempt: secs(30), ..Limits::default() },
            group: None,
            expect: Vec::new(),
            warn_unless: Vec::new(),
            baseline: None,
            scope: Arc::new(serde_json::json!({ "vars": { "limit": 5 } })),
            wants_report: false,
            permissions: Vec::new(),
        };
        self.checks.push((needs.iter().map(ToString::to_string).collect(), check));
        self
    }

    /// Changes the last check as it is declared.
    pub(super) fn declared(mut self, change: impl FnOnce(&mut CheckOutline)) -> Self {
        change(self.outline.checks.last_mut().unwrap());
        self
    }

    /// Changes the last check as it is planned.
    pub(super) fn planned(mut self, change: impl FnOnce(&mut PlannedCheck)) -> Self {
        change(&mut self.checks.last_mut().unwrap().1);
        self
    }

    pub(super) fn effect(self, effect: Effect) -> Self {
        self.declared(|check| check.effect = effect)
    }

    pub(super) fn limits(self, change: impl FnOnce(&mut Limits)) -> Self {
        self.planned(|check| change(&mut check.limits))
    }

    pub(super) fn fresh_for(self, seconds: u64) -> Self {
        self.declared(|check| check.fresh_for = Some(secs(seconds)))
    }

    pub(super) fn expect(self, conditions: &[&str]) -> Self {
        let conditions = conditions.iter().map(|text| condition(text)).collect();
        self.planned(|check| check.expect = conditions)
    }

    pub(super) fn warn_unless(self, conditions: &[&str]) -> Self {
        let conditions = conditions.iter().map(|text| condition(text)).collect();
        self.planned(|check| check.warn_unless = conditions)
    }

    /// The last check is compared with another one, which it needs.
    pub(super) fn baseline(mut self, name: &str) -> Self {
        let (needs, check) = self.checks.last_mut().unwrap();
        needs.push(name.to_owned());
        check.baseline = Some(id(name));
        self
    }

    /// A gate under which all of its subjects have to hold.
    pub(super) fn gate(self, name: &str, subjects: &[&str]) -> Self {
        self.gate_of(name, subjects, AllHold)
    }

    pub(super) fn gate_of(mut self, name: &str, subjects: &[&str], gate: impl Gate + 'static) -> Self {
        self.outline.gates.push(GateOutline {
            id: id(name),
            phase: self.outline.phases.last().unwrap().id.clone(),
            title: name.to_owned(),
            question: Question::Proceed,
            subjects: subjects.iter().map(|subject| id(subject)).collect(),
            conditions: Vec::new(),
        });
        self.gates.push(Arc::new(gate));
        self
    }

    pub(super) fn plan(self) -> Plan {
        let checks = self.outline.checks.iter().enumerate();
        let mut nodes: HashMap<CheckId, Node> =
            checks.map(|(index, check)| (check.id.clone(), Node::Check(index))).collect();
        let gates = self.outline.gates.iter().enumerate();
        nodes.extend(gates.map(|(index, gate)| (gate.id.clone(), Node::Gate(index))));
        let place = |name: &str| *nodes.get(name).unwrap();
        let checks = self.checks.into_iter().map(|(needs, mut check)| {
            check.needs = needs.iter().map(|need| place(need)).collect();
            check
        });
        let checks = checks.collect();
        let gates = self.outline.gates.iter().zip(self.gates).map(|(outline, gate)| PlannedGate {
            gate,
            needs: outline.subjects.iter().map(|subject| place(subject.as_str())).collect(),
        });
        let gates = gates.collect();
        Plan {
            outline: Arc::new(self.outline),
            checks,
            gates,
            targets: BTreeMap::new(),
            groups: self.groups,
            not_given: Vec::new(),
            nodes,
        }
    }
}

fn condition(text: &str) -> Condition {
    let names = Names::default().open("value").open("baseline").open("vars");
    Condition::parse(text, &names).unwrap()
}

/// A report as an earlier run left it: each check with its status, settled so many seconds ago.
pub(super) fn on_record(plan: &Plan, records: &[(&str, Status, u64)]) -> Report {
    let mut report = Report::new(plan.shared_outline(), start().minus(secs(90_000)));
    let first = Event { at: start().minus(secs(90_000)), kind: EventKind::RunStarted(a_start()) };
    report.apply(&first);
    for (name, status, ago) in records {
        let at = start().minus(secs(*ago));
        let definition = plan.outline().check(name).unwrap().definition;
        report.apply(&Event {
            at,
            kind: EventKind::CheckFinished(CheckFinished {
                check: id(name),
                definition,
                started: at,
                attempts: 1,
                status: status.clone(),
            }),
        });
    }
    report.apply(&Event { at: start(), kind: EventKind::RunFinished(RunEnd::Completed) });
    report
}

/// A check was begun by an earlier run, and never settled.
pub(super) fn begun(report: &mut Report, name: &str) {
    let definition = report.outline().check(name).unwrap().definition;
    let kind = EventKind::CheckStarted { check: id(name), definition };
    report.apply(&Event { at: start().minus(secs(600)), kind });
}

fn a_start() -> RunStarted {
    RunStarted { by: "a test".to_owned(), selection: "everything".to_owned(), version: "0".to_owned() }
}

pub(super) fn passed() -> Status {
    Status::Done(Outcome::pass("it holds"))
}

pub(super) fn failed() -> Status {
    Status::Done(Outcome::fail("2 of 5 are not ready"))
}

/// What a report says of a check, in one word and one line.
pub(super) fn told(outcome: &RunOutcome, name: &str) -> String {
    let check = outcome.report.check(name).unwrap();
    match check.record {
        Some(record) => format!("{}: {}", record.status.word(), record.status.summary()),
        None => "pending".to_owned(),
    }
}

pub(super) fn status<'o>(outcome: &'o RunOutcome, name: &str) -> &'o Status {
    &outcome.report.check(name).unwrap().record.unwrap().status
}

pub(super) fn attempts(outcome: &RunOutcome, name: &str) -> u32 {
    outcome.report.check(name).unwrap().record.unwrap().attempts
}

/// Keeps every event, and fails from a given number on.
#[derive(Debug, Default)]
pub(super) struct Tape {
    pub(super) events: Vec<Event>,
    pub(super) fails_at: Option<usize>,
}

impl Recorder for Tape {
    fn record(&mut self, event: &Event) -> Result<(), JournalError> {
        if self.fails_at.is_some_and(|at| self.events.len() >= at) {
            return Err(JournalError::Io {
                action: "write",
                path: "journal.jsonl".into(),
                source: std::io::Error::other("no space left"),
            });
        }
        self.events.push(event.clone());
        Ok(())
    }
}

/// The events in short: `started a`, `finished a`, `judged g`.
pub(super) fn in_short(events: &[Event]) -> Vec<String> {
    let short = |event: &Event| match &event.kind {
        EventKind::Planned(_) => "planned".to_owned(),
        EventKind::RunStarted(_) => "run started".to_owned(),
        EventKind::AccessReviewed(review) => format!("reviewed {}: {}", review.target, review.denied.len()),
        EventKind::Used(usage) => format!("used {} {}", usage.amount, usage.what),
        EventKind::CheckStarted { check, .. } => format!("started {check}"),
        EventKind::AttemptFailed { check, attempt, why } => format!("attempt {attempt} of {check}: {why}"),
        EventKind::CheckFinished(finished) => {
            format!("finished {}: {}", finished.check, finished.status.word())
        }
        EventKind::Attested(attestation) => format!("attested {}", attestation.check),
        EventKind::Noted(note) => format!("noted {}", note.topic),
        EventKind::GateJudged { gate, verdict } => format!("judged {gate}: {}", verdict.decision),
        EventKind::RunFinished(end) => format!("run finished: {end:?}"),
    };
    events.iter().map(short).collect()
}
