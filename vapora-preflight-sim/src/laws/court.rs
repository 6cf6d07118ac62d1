//! Tries the laws on a case.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use vapora_preflight::{
    Attestation, CheckContext, CheckId, Clock, Effect, Event, EventKind, EvidenceField, Finding, Item,
    Outcome, Plan, Registry, Report, Run, Status, Word,
};

use super::{
    Breach, Case, IT, Law, compile, folder,
    timers::{Timers, TrialClock},
};
use crate::{Fault, FaultPlan, RequestRecord};

/// A check that is still going on after so many wake-ups is dropped no later.
const MOST_WAKES: usize = 48;

/// Tries every law on a case. A run that hangs ends the trial, since every other would hang too.
pub(super) async fn try_case(registry: &Registry, case: &Case) -> Vec<Breach> {
    let mut court = Court { case, found: Vec::new() };
    // what is told by `Err` is among the breaches
    let _ = court.sit(registry).await;
    court.found
}

struct Court<'a> {
    case: &'a Case,
    found: Vec<Breach>,
}

/// The trial cannot go on, and a breach says why.
struct Adjourned;

impl Court<'_> {
    fn breach(&mut self, law: Law, what: impl Into<String>) {
        let breach = Breach { kind: self.case.kind.to_owned(), law, what: what.into() };
        if !self.found.contains(&breach) {
            self.found.push(breach);
        }
    }

    fn adjourn<T>(&mut self, what: impl Into<String>) -> Result<T, Adjourned> {
        self.breach(Law::Case, what);
        Err(Adjourned)
    }

    async fn sit(&mut self, registry: &Registry) -> Result<(), Adjourned> {
        let case = self.case;
        let Some(info) = registry.kind(case.kind) else {
            return self.adjourn("the kind is not registered");
        };
        let plan = self.plan(registry, "the case", &case.checklist)?;
        let before = self.folders()?;
        if let Some((faults, _)) = &case.peer {
            faults.clear();
        }
        let good = self.ask(&plan, Timers::Late).await?;
        let requests = case.peer.as_ref().map_or(0, |(faults, _)| faults.seen());
        if !matches!(good, Status::Done(Outcome::Pass(_) | Outcome::Warn(_))) {
            return self.adjourn(format!("it does not hold: {}: {}", good.word(), good.summary()));
        }
        self.evidence_is_declared(info.evidence, &good);
        let again = self.ask(&plan, Timers::Late).await?;
        if !self.same(&good, &again) {
            self.breach(Law::Repeatable, format!("first {}, then {}", told(&good), told(&again)));
        }
        self.no_false_green(&plan, requests).await?;
        self.broken_worlds(registry).await?;
        self.cancel_safe(&plan, &good).await?;
        // what this case reaches, which may be less than its kind can
        if plan.outline().check(IT).is_some_and(|check| check.effect == Effect::Reads) {
            self.reads_only(&before)?;
        }
        Ok(())
    }

    fn plan(&mut self, registry: &Registry, of: &str, checklist: &str) -> Result<Plan, Adjourned> {
        let plan = match compile(registry, &[checklist]) {
            Ok(compiled) => compiled.plan,
            Err(message) => return self.adjourn(format!("{of} does not compile: {message}")),
        };
        if plan.outline().check(IT).is_none_or(|check| check.kind != self.case.kind) {
            return self.adjourn(format!("{of} has no check `{IT}` of the kind"));
        }
        Ok(plan)
    }

    fn evidence_is_declared(&mut self, declared: &[EvidenceField], good: &Status) {
        let Status::Done(outcome) = good else { return };
        for item in outcome.finding().evidence.items() {
            if declared.iter().all(|field| field.name != item.name) {
                let what = format!("its evidence holds `{}`, which it does not declare", item.name);
                self.breach(Law::Documented, what);
            }
        }
    }

    /// Asks the check in a run of its own, and looks for secrets in all that is told of it.
    async fn ask(&mut self, plan: &Plan, timers: Timers) -> Result<Status, Adjourned> {
        let case = self.case;
        let clock = TrialClock { clock: Arc::clone(&case.clock), timers };
        let mut told = String::new();
        let mut observer = |event: &Event| {
            let _ = write!(told, "{event:?}");
        };
        let history = case.attested_by.as_deref().map(|person| attested(plan, person, &*case.clock));
        let run = Run::new(plan)
            .resources(Arc::clone(&case.resources))
            .secrets(Arc::clone(&case.secrets))
            .clock(Arc::new(clock))
            .history(history)
            .allow(Effect::Mutates)
            .allow_commands(true)
            .ignore_windows(true)
            .ask_again(true)
            // what the run itself asks is none of the check's
            .review_access(false)
            .observe(&mut observer);
        let outcome = match tokio::time::timeout(case.patience, run.execute()).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => return self.adjourn(format!("it cannot be run: {error}")),
            Err(_) => {
                self.breach(Law::NoHang, format!("a run of it had not ended after {:?}", case.patience));
                return Err(Adjourned);
            }
        };
        let _ = write!(told, "{plan:?} {:?} {:?}", plan.check_of(IT), outcome.report);
        if case.planted.iter().any(|secret| told.contains(secret.as_str())) {
            let what = "a secret is told in an event, the report or the check's own `Debug`";
            self.breach(Law::KeepsSecrets, what);
        }
        match outcome.report.check(IT).and_then(|check| check.record) {
            Some(record) => Ok(record.status.clone()),
            None => self.adjourn("it was not settled"),
        }
    }

    async fn no_false_green(&mut self, plan: &Plan, requests: usize) -> Result<(), Adjourned> {
        let Some((faults, _)) = &self.case.peer else { return Ok(()) };
        if requests == 0 {
            return self.adjourn("it asked its peer nothing");
        }
        for number in 1..=requests {
            for fault in Fault::ALL {
                faults.set(FaultPlan::nth(number, fault));
                let timers = match fault {
                    Fault::Slow => Timers::OnceStruck(faults.clone()),
                    _ => Timers::AsWritten,
                };
                let status = self.ask(plan, timers).await;
                let struck = faults.struck();
                faults.clear();
                let status = status?;
                let told = format!("with request {number} of {requests} failing by `{fault}`");
                if struck == 0 {
                    self.breach(Law::Case, format!("{told}, no request was struck"));
                } else if status.holds() {
                    self.breach(Law::NoFalseGreen, format!("{told}, it holds: {}", status.summary()));
                } else if fault == Fault::Slow && !matches!(status, Status::TimedOut(_) | Status::Errored(_))
                {
                    let what = format!(
                        "{told}, expected a time-out or an error, found `{}`: {}",
                        status.word(),
                        status.summary()
                    );
                    self.breach(Law::NoHang, what);
                }
            }
        }
        Ok(())
    }

    async fn broken_worlds(&mut self, registry: &Registry) -> Result<(), Adjourned> {
        let case = self.case;
        if case.broken.is_empty() && case.peer.is_none() {
            self.breach(Law::Case, "it names neither a peer nor a broken world, so it cannot fail");
        }
        for (what, checklist) in &case.broken {
            let plan = self.plan(registry, &format!("the world in which {what}"), checklist)?;
            let status = self.ask(&plan, Timers::AsWritten).await?;
            if status.holds() {
                self.breach(Law::NoFalseGreen, format!("{what}, and it holds: {}", status.summary()));
            }
        }
        Ok(())
    }

    /// Drops the check after each of its wake-ups in turn, and asks it again each time.
    async fn cancel_safe(&mut self, plan: &Plan, good: &Status) -> Result<(), Adjourned> {
        let case = self.case;
        let Some(check) = plan.check_of(IT) else { return self.adjourn("the plan holds no such check") };
        let id = CheckId::new(IT).unwrap_or_else(|_| unreachable!("it keeps to the grammar"));
        let context = CheckContext::alone(id, Arc::clone(&case.resources))
            .with_clock(Arc::clone(&case.clock))
            .with_secrets(Arc::clone(&case.secrets));
        let target = plan.outline().check(IT).and_then(|check| check.target.as_ref());
        let context = match target.and_then(|name| plan.target(name.as_str())) {
            Some(target) => context.with_target(Arc::clone(target)),
            None => context,
        };
        let after = self.ask(plan, Timers::Late).await?;
        if !self.same(good, &after) {
            let what = format!("before {}, after its time-outs: {}", told(good), told(&after));
            self.breach(Law::CancelSafe, what);
            return Ok(());
        }
        for wakes in 1..=MOST_WAKES {
            let ended = {
                let asked = context.next_attempt();
                let asking = pin!(check.run(&asked));
                let woken = Woken { asking, wakes };
                tokio::time::timeout(case.patience, woken).await
            };
            match ended {
                Ok(Dropped::Going) => {}
                Ok(Dropped::Ended) => break,
                Err(_) => {
                    self.breach(
                        Law::NoHang,
                        format!("asked alone, it had not ended after {:?}", case.patience),
                    );
                    return Err(Adjourned);
                }
            }
            let after = self.ask(plan, Timers::Late).await?;
            if !self.same(good, &after) {
                let what = format!("before {}, dropped at await {wakes}: {}", told(good), told(&after));
                self.breach(Law::CancelSafe, what);
                break;
            }
        }
        Ok(())
    }

    fn folders(&mut self) -> Result<Vec<BTreeMap<String, Vec<u8>>>, Adjourned> {
        let read: Result<Vec<_>, _> = self.case.folders.iter().map(|path| folder::contents(path)).collect();
        read.or_else(|error| self.adjourn(format!("a folder of the case cannot be read: {error}")))
    }

    fn reads_only(&mut self, before: &[BTreeMap<String, Vec<u8>>]) -> Result<(), Adjourned> {
        let after = self.folders()?;
        for changed in
            before.iter().zip(&after).filter_map(|(before, after)| folder::difference(before, after))
        {
            self.breach(Law::ReadsOnly, format!("`{changed}` is not as it was"));
        }
        let Some((_, requests)) = &self.case.peer else { return Ok(()) };
        if let Some(written) = requests().iter().find(|request| self.writes(request)) {
            self.breach(Law::ReadsOnly, format!("it asked `{} {}`", written.method, written.path));
        }
        Ok(())
    }

    /// Whether a request may change something. An access review is a question, although it is asked with `POST`, and so is
    /// whatever an API server is asked to try.
    fn writes(&self, request: &RequestRecord) -> bool {
        let reviews = ["/selfsubjectaccessreviews", "/selfsubjectrulesreviews", "/selfsubjectreviews"];
        let question = request.method == "POST"
            && (reviews.iter().any(|review| request.path.ends_with(review))
                || self.case.questions.contains(&request.path));
        let tried = request.query.split('&').any(|parameter| parameter == "dryRun=All");
        !matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS") && !question && !tried
    }

    fn same(&self, one: &Status, other: &Status) -> bool {
        match (one, other) {
            (Status::Done(Outcome::Pass(one)), Status::Done(Outcome::Pass(other)))
            | (Status::Done(Outcome::Warn(one)), Status::Done(Outcome::Warn(other))) => {
                self.stable(one) == self.stable(other)
            }
            _ => false,
        }
    }

    fn stable<'f>(&self, finding: &'f Finding) -> Vec<&'f Item> {
        let stays = |item: &&Item| !self.case.volatile.contains(&item.name.as_str());
        finding.evidence.items().iter().filter(stays).collect()
    }
}

/// A check that is asked, and dropped after so many wake-ups.
struct Woken<'f, F> {
    asking: Pin<&'f mut F>,
    wakes: usize,
}

/// How it was when it was dropped.
enum Dropped {
    Going,
    Ended,
}

impl<F: Future> Future for Woken<'_, F> {
    type Output = Dropped;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Dropped> {
        if self.asking.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Dropped::Ended);
        }
        self.wakes -= 1;
        if self.wakes == 0 { Poll::Ready(Dropped::Going) } else { Poll::Pending }
    }
}

/// A status with its evidence, in one line.
fn told(status: &Status) -> String {
    let mut line = format!("`{}`: {}", status.word(), status.summary());
    if let Status::Done(outcome) = status {
        for item in outcome.finding().evidence.items() {
            let _ = write!(line, ", {} = {}", item.name, item.value);
        }
    }
    line
}

/// A report in which a person has given the word that the check waits for.
fn attested(plan: &Plan, person: &str, clock: &dyn Clock) -> Report {
    let at = clock.now();
    let mut report = Report::new(plan.shared_outline(), at);
    if let Some(check) = plan.outline().check(IT) {
        report.apply(&Event {
            at,
            kind: EventKind::Attested(Attestation {
                check: check.id.clone(),
                definition: check.definition,
                who: person.to_owned(),
                role: check.role.clone().unwrap_or_default(),
                word: Word::Yes,
                evidence: Some("seen".to_owned()),
                comment: None,
                expires: None,
            }),
        });
    }
    report
}
