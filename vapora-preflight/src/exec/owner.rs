//! The one owner of a run: it alone makes events, and everything else waits for it.

use std::{
    any::Any,
    collections::HashMap,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::{Id, JoinError, JoinSet},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{
    RunError, RunOutcome, access,
    attempt::{Asking, AttemptFailed, Progress},
    needs, restoring,
    roster::{Part, Roster, has_effect},
    schedule::Schedule,
};
use crate::{
    AccessReview, CheckFinished, CheckId, Clock, Earlier, Event, EventKind, JournalError, Observer, Outcome,
    Plan, Recorder, Report, Resources, RunEnd, RunStarted, SecretStore, SkipReason, Status, Timestamp,
    Verdict,
    check::{Changed, Common, Moment},
    plan::Node,
    secret::Redactor,
    status::ErrorReport,
};

/// How long a run that was stopped waits for its checks to let go.
const GRACE: Duration = Duration::from_millis(500);

/// What checks see of the world.
pub(super) struct World {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) resources: Arc<Resources>,
    pub(super) secrets: Arc<dyn SecretStore>,
    pub(super) seed: u64,
    /// Whether the targets are asked for the rights on them.
    pub(super) review_access: bool,
}

/// Who is told of events.
pub(super) struct Told<'p> {
    pub(super) recorder: Option<&'p mut dyn Recorder>,
    pub(super) observers: Vec<&'p mut dyn Observer>,
}

pub(super) struct Owner<'p> {
    plan: &'p Plan,
    report: Report,
    roster: Roster,
    schedule: Schedule,
    world: World,
    told: Told<'p>,
    redactor: Redactor,
    common: Arc<Common>,
    /// By check: when the last of its needs was settled.
    ready_at: Vec<Option<Moment>>,
    tasks: JoinSet<Status>,
    running: HashMap<Id, Running>,
    /// By check: whether it was asked.
    asked: Vec<bool>,
    /// By node: whether it is settled, or takes no part.
    settled: Vec<bool>,
    open: usize,
    failed: (UnboundedSender<AttemptFailed>, UnboundedReceiver<AttemptFailed>),
}

/// A check that is being asked.
struct Running {
    index: usize,
    started: Timestamp,
    attempts: Arc<AtomicU32>,
    changed: Arc<Changed>,
}

/// How often a check was asked, and since when.
type Asked = (Timestamp, u32);

impl<'p> Owner<'p> {
    pub(super) fn new(
        plan: &'p Plan,
        report: Report,
        roster: Roster,
        width: NonZeroUsize,
        world: World,
        told: Told<'p>,
    ) -> Self {
        let checks = plan.checks.len();
        let mut owner = Self {
            plan,
            report,
            schedule: Schedule::new(checks + plan.gates.len(), width),
            world,
            told,
            redactor: Redactor::default(),
            common: Arc::default(),
            ready_at: vec![None; checks],
            tasks: JoinSet::new(),
            running: HashMap::new(),
            asked: vec![false; checks],
            settled: vec![true; checks + plan.gates.len()],
            open: 0,
            failed: unbounded_channel(),
            roster,
        };
        owner.line_up();
        owner
    }

    fn line_up(&mut self) {
        let (plan, roster) = (self.plan, &self.roster);
        let checks = plan.checks.len();
        let place = |node: &Node| match *node {
            Node::Check(index) => index,
            Node::Gate(index) => checks + index,
        };
        let takes_part = |node: &Node| match *node {
            Node::Check(index) => matches!(roster.checks[index], Part::Ask | Part::Settle(_)),
            Node::Gate(index) => roster.gates[index],
        };
        let mut groups: HashMap<&str, usize> = HashMap::new();
        let nodes = (0..checks).map(Node::Check).chain((0..plan.gates.len()).map(Node::Gate));
        for node in nodes.filter(takes_part) {
            let (needs, group) = match node {
                Node::Check(index) if matches!(roster.checks[index], Part::Settle(_)) => (&[][..], None),
                Node::Check(index) => (&plan.checks[index].needs[..], plan.checks[index].group.as_deref()),
                Node::Gate(index) => (&plan.gates[index].needs[..], None),
            };
            let group = group.map(|name| {
                *groups
                    .entry(name)
                    .or_insert_with(|| self.schedule.add_group(plan.groups.get(name).copied().unwrap_or(1)))
            });
            self.schedule.add(place(&node), needs.iter().filter(|need| takes_part(need)).map(place), group);
            self.settled[place(&node)] = false;
            self.open += 1;
        }
    }

    /// Runs until all is settled, or it is stopped.
    pub(super) async fn run(
        mut self,
        planned: Option<Event>,
        started: RunStarted,
        cancel: CancellationToken,
        deadline: Option<Duration>,
    ) -> Result<RunOutcome, RunError> {
        if let Some(event) = planned {
            self.publish(&event)?;
        }
        tracing::info!(selection = started.selection, by = started.by, "a run begins");
        self.emit(EventKind::RunStarted(started))?;
        let used_before = self.world.resources.used();
        let clock = Arc::clone(&self.world.clock);
        let mut time_is_up = pin!(async move {
            match deadline {
                Some(deadline) => clock.timer(deadline).await,
                None => std::future::pending().await,
            }
        });
        let World { resources, clock, review_access, .. } = &self.world;
        let asking = if *review_access {
            access::ask(self.plan, &self.roster, resources, clock)
        } else {
            JoinSet::new()
        };
        let mut reviews = Vec::new();
        let stopped = tokio::select! {
            biased;
            () = cancel.cancelled() => Some(RunEnd::Cancelled),
            () = &mut time_is_up => Some(RunEnd::Deadline),
            all = access::answers(asking) => {
                reviews = all;
                None
            }
        };
        for review in reviews {
            self.take_up(review)?;
        }
        let end = loop {
            if let Some(end) = stopped {
                break end;
            }
            self.settle_what_is_due()?;
            if self.open == 0 {
                break RunEnd::Completed;
            }
            tokio::select! {
                biased;
                () = cancel.cancelled() => break RunEnd::Cancelled,
                () = &mut time_is_up => break RunEnd::Deadline,
                () = std::future::ready(()) => {}
            }
            self.start_what_is_ready()?;
            if self.tasks.is_empty() {
                debug_assert!(false, "a plan has no circles");
                break RunEnd::Completed;
            }
            tokio::select! {
                biased;
                () = cancel.cancelled() => break RunEnd::Cancelled,
                () = &mut time_is_up => break RunEnd::Deadline,
                Some(failed) = self.failed.1.recv() => self.attempt_failed(failed)?,
                Some(joined) = self.tasks.join_next_with_id() => self.joined(joined)?,
            }
        };
        match end {
            RunEnd::Cancelled => self.stop(&SkipReason::Cancelled).await?,
            RunEnd::Deadline => self.stop(&SkipReason::Deadline).await?,
            RunEnd::Completed => {}
        }
        for (before, mut usage) in used_before.into_iter().zip(self.world.resources.used()) {
            usage.amount = usage.amount.saturating_sub(before.amount);
            self.emit(EventKind::Used(usage))?;
        }
        self.emit(EventKind::RunFinished(end))?;
        tracing::info!(?end, "the run ended");
        Ok(self.into_outcome(end))
    }

    /// Takes up what a target said of the rights on it: the checks that lack one are settled without being asked.
    fn take_up(&mut self, review: AccessReview) -> Result<(), JournalError> {
        for index in 0..self.plan.checks.len() {
            let outline = self.plan.check_outline(index);
            if matches!(self.roster.checks[index], Part::Ask)
                && outline.target.as_ref() == Some(&review.target)
                && let Some(status) = access::lacking(&review, &outline.id)
            {
                self.roster.checks[index] = Part::Settle(status);
            }
        }
        self.emit(EventKind::AccessReviewed(review))
    }

    /// Settles whatever waits for nothing and need not be asked, and lines up the rest.
    fn settle_what_is_due(&mut self) -> Result<(), JournalError> {
        while let Some(node) = self.schedule.due() {
            if self.settled[node] {
                continue;
            }
            let Some(gate) = node.checked_sub(self.plan.checks.len()) else {
                match std::mem::replace(&mut self.roster.checks[node], Part::Ask) {
                    Part::Settle(status) => self.settle(node, status, None)?,
                    _ => self.line_up_or_skip(node)?,
                }
                continue;
            };
            self.judge(gate)?;
        }
        Ok(())
    }

    fn line_up_or_skip(&mut self, index: usize) -> Result<(), JournalError> {
        let now = self.world.clock.now();
        if let Some(reason) = needs::unmet(self.plan, &self.report, index, &self.roster.not_open, now) {
            return self.skip(index, reason, None);
        }
        match &self.plan.checks[index].baseline {
            Some(baseline) if self.report.evidence(baseline.as_str()).is_none() => {
                let report = ErrorReport {
                    message: format!("no baseline is on record: `{baseline}` has no answer to compare with"),
                    causes: Vec::new(),
                    transient: false,
                    remedy: Some(format!("run `{baseline}` first")),
                    uncertain: false,
                };
                self.settle(index, Status::Errored(report), None)
            }
            _ => {
                self.ready_at[index] = Some(self.common.mark());
                self.schedule.line_up(index);
                Ok(())
            }
        }
    }

    fn start_what_is_ready(&mut self) -> Result<(), JournalError> {
        while let Some(index) = self.schedule.start() {
            let outline = self.plan.check_outline(index);
            let (id, definition) = (outline.id.clone(), outline.definition);
            self.emit(EventKind::CheckStarted { check: id.clone(), definition })?;
            self.asked[index] = true;
            let check = self.plan.checks[index].clone();
            let attempts = Arc::new(AtomicU32::new(0));
            let changed = Arc::<Changed>::default();
            let span = tracing::info_span!("check", id = %id);
            let asking = Asking {
                index,
                definition,
                clock: Arc::clone(&self.world.clock),
                resources: Arc::clone(&self.world.resources),
                secrets: Arc::clone(&self.world.secrets),
                redactor: self.redactor.clone(),
                outline: self.plan.shared_outline(),
                baseline: check.baseline.as_ref().and_then(|baseline| self.earlier(baseline)),
                attestation: self.report.attestation(id.as_str()).cloned(),
                report: check.wants_report.then(|| Arc::new(self.report.clone())),
                seed: self.world.seed,
                attempts: Arc::clone(&attempts),
                failed: self.failed.0.clone(),
                progress: Mutex::new(Progress::default()),
                common: Arc::clone(&self.common),
                ready_at: self.ready_at[index].unwrap_or_else(|| self.common.mark()),
                changed: Arc::clone(&changed),
                id,
                check,
            };
            let task = self.tasks.spawn(asking.ask().instrument(span));
            let started = self.report.as_of();
            self.running.insert(task.id(), Running { index, started, attempts, changed });
        }
        Ok(())
    }

    fn earlier(&self, check: &CheckId) -> Option<Earlier> {
        let record = self.report.check(check.as_str())?.current()?;
        let evidence = self.report.evidence(check.as_str())?;
        let passed = matches!(record.status, Status::Done(Outcome::Pass(_)));
        Some(Earlier::new(check.clone(), evidence.clone(), record.finished, passed))
    }

    fn attempt_failed(&mut self, failed: AttemptFailed) -> Result<(), JournalError> {
        let AttemptFailed { index, attempt, mut why } = failed;
        self.redactor.clean(&mut why);
        let check = self.plan.check_outline(index).id.clone();
        tracing::debug!(%check, attempt, why, "another attempt follows");
        self.emit(EventKind::AttemptFailed { check, attempt, why })
    }

    /// Takes what a task came to. One that was aborted came to nothing, and stays as it is.
    fn joined(&mut self, joined: Result<(Id, Status), JoinError>) -> Result<(), JournalError> {
        // what a task has said comes before what it came to
        while let Ok(failed) = self.failed.1.try_recv() {
            self.attempt_failed(failed)?;
        }
        let (id, status) = match joined {
            Ok((id, status)) => (id, status),
            Err(error) => {
                let id = error.id();
                let Ok(payload) = error.try_into_panic() else { return Ok(()) };
                (id, Status::Panicked { message: panic_message(&*payload) })
            }
        };
        let Some(running) = self.running.remove(&id) else { return Ok(()) };
        if !running.changed.is_empty() {
            self.put_back(running, status);
            return Ok(());
        }
        self.schedule.release(running.index);
        let attempts = running.attempts.load(Ordering::Relaxed);
        self.settle(running.index, status, Some((running.started, attempts)))
    }

    /// Puts back what a check has left changed, in a task of its own.
    fn put_back(&mut self, running: Running, status: Status) {
        let (clock, changed) = (Arc::clone(&self.world.clock), Arc::clone(&running.changed));
        let task = self.tasks.spawn(async move { restoring::put_back(&changed, &*clock, status).await });
        self.running.insert(task.id(), running);
    }

    /// Skips a check; silently where saying so would hide that its effect is done.
    fn skip(&mut self, index: usize, reason: SkipReason, asked: Option<Asked>) -> Result<(), JournalError> {
        if let Some(status) = self.roster.past[index].skipped(reason) {
            return self.settle(index, status, asked);
        }
        self.close(index);
        Ok(())
    }

    fn settle(&mut self, index: usize, mut status: Status, asked: Option<Asked>) -> Result<(), JournalError> {
        status.clean(&|text| self.redactor.clean(text));
        let outline = self.plan.check_outline(index);
        let (started, attempts) = asked.unwrap_or_else(|| (self.world.clock.now(), 0));
        tracing::info!(check = %outline.id, attempts, status = status.word(), "settled");
        let (check, definition) = (outline.id.clone(), outline.definition);
        let finished = CheckFinished { check, definition, started, attempts, status };
        self.emit(EventKind::CheckFinished(finished))?;
        self.close(index);
        Ok(())
    }

    fn judge(&mut self, index: usize) -> Result<(), JournalError> {
        let now = self.world.clock.now();
        let judging = AssertUnwindSafe(|| self.plan.judge_at(index, &self.report, now));
        let verdict = catch_unwind(judging).unwrap_or_else(|payload| {
            Verdict::undecided(format!("the gate panicked: {}", panic_message(&*payload)))
        });
        let gate = self.plan.gate_outline(index).id.clone();
        tracing::info!(%gate, decision = %verdict.decision, "judged");
        self.emit(EventKind::GateJudged { gate, verdict })?;
        self.close(self.plan.checks.len() + index);
        Ok(())
    }

    /// Nothing more comes of a node in this run.
    fn close(&mut self, node: usize) {
        if !std::mem::replace(&mut self.settled[node], true) {
            self.open -= 1;
            self.schedule.settle(node);
        }
    }

    /// Settles everything that is not: what has finished by now as it came out, the rest as skipped. An effect that was
    /// being asked stays begun on record, since nobody knows how far it came. Gates are judged all the same.
    async fn stop(&mut self, reason: &SkipReason) -> Result<(), JournalError> {
        self.tasks.abort_all();
        let clock = Arc::clone(&self.world.clock);
        let mut patience = clock.timer(GRACE);
        loop {
            let joined = tokio::select! {
                biased;
                joined = self.tasks.join_next_with_id() => joined,
                () = &mut patience => None,
            };
            let Some(joined) = joined else { break };
            self.joined(joined)?;
        }
        self.put_back_what_was_aborted(reason).await?;
        let mut aborted: HashMap<usize, Asked> = HashMap::new();
        for running in std::mem::take(&mut self.running).into_values() {
            aborted.insert(running.index, (running.started, running.attempts.load(Ordering::Relaxed)));
        }
        for index in 0..self.plan.checks.len() {
            if self.settled[index] {
                continue;
            }
            let asked = aborted.get(&index).copied();
            if asked.is_some() && has_effect(self.plan.check_outline(index)) {
                self.close(index);
            } else if let Part::Settle(status) = &self.roster.checks[index] {
                self.settle(index, status.clone(), None)?;
            } else {
                self.skip(index, reason.clone(), asked)?;
            }
        }
        self.settle_what_is_due()
    }

    /// What an aborted check has changed and promised to put back is put back, each in the time it was promised in. Only
    /// then does the run end.
    async fn put_back_what_was_aborted(&mut self, reason: &SkipReason) -> Result<(), JournalError> {
        self.tasks = JoinSet::new();
        let left: Vec<Id> = self
            .running
            .iter()
            .filter(|(_, running)| !running.changed.is_empty())
            .map(|(id, _)| *id)
            .collect();
        for id in left {
            let Some(running) = self.running.remove(&id) else { continue };
            let status = Status::Errored(ErrorReport {
                message: reason.to_string(),
                causes: Vec::new(),
                transient: false,
                remedy: None,
                uncertain: false,
            });
            self.put_back(running, status);
        }
        while let Some(joined) = self.tasks.join_next_with_id().await {
            self.joined(joined)?;
        }
        Ok(())
    }

    fn emit(&mut self, kind: EventKind) -> Result<(), JournalError> {
        let event = Event { at: self.world.clock.now(), kind };
        self.told.tell_recorder(&event)?;
        self.report.apply(&event);
        self.told.tell_observers(&event);
        Ok(())
    }

    /// Tells an event that the report holds already.
    fn publish(&mut self, event: &Event) -> Result<(), JournalError> {
        self.told.tell_recorder(event)?;
        self.told.tell_observers(event);
        Ok(())
    }

    fn into_outcome(self, end: RunEnd) -> RunOutcome {
        let outline = self.plan.outline();
        let checks = |which: &[bool]| -> Vec<CheckId> {
            let ids = outline.checks.iter().map(|check| &check.id);
            ids.zip(which).filter(|(_, is)| **is).map(|(id, _)| id.clone()).collect()
        };
        let gates = outline.gates.iter().map(|gate| &gate.id).zip(&self.roster.gates);
        RunOutcome {
            end,
            asked: checks(&self.asked),
            selected: checks(&self.roster.selected),
            gates: gates.filter(|(_, judged)| **judged).map(|(id, _)| id.clone()).collect(),
            not_open: self.roster.not_open,
            report: self.report,
        }
    }
}

impl Told<'_> {
    fn tell_recorder(&mut self, event: &Event) -> Result<(), JournalError> {
        match &mut self.recorder {
            Some(recorder) => recorder.record(event),
            None => Ok(()),
        }
    }

    fn tell_observers(&mut self, event: &Event) {
        for observer in &mut self.observers {
            observer.on_event(event);
        }
    }
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("it gave no message")
        .to_owned()
}
