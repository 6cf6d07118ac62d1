//! The laws that every kind obeys.
//!
//! A [`Case`] says how a kind passes: a checklist with one check called `it`, and the world in which it holds. The laws then
//! break that world in every way they know, and look whether the check can be brought to pass, to hang, or to tell a
//! secret.
//!
//! 1. *No false green*: with each of its requests failing in each way, one at a time, it never holds.
//! 2. *No hang*: without an answer it times out.
//! 3. *Cancel-safe*: dropped at any await, it answers the same afterwards.
//! 4. *Repeatable*: two runs over an unchanged world say the same.
//! 5. *Reads only*, unless it declares an effect.
//! 6. *Keeps secrets*: none is in its `Debug`, in an event or in the report.
//! 7. *Documented*: it has documentation, and its example compiles and settles.

use std::{any::Any, fmt, future::Future, pin::pin, sync::Arc, task::Poll};

use vapora_preflight::{
    Attestation, CheckContext, CheckId, Clock, Compiled, Effect, Event, Finding, Item, NoSecrets, Outcome,
    Plan, PlanBuilder, Registry, Report, Resources, Run, RunError, SecretStore, Sources, Status, SystemClock,
};

use crate::{Fault, FaultPlan, Faults, RequestRecord};

/// The name of the check in a case's checklist.
pub const IT: &str = "it";

/// Lists the requests that a peer has seen.
type Requests = Box<dyn Fn() -> Vec<RequestRecord> + Send + Sync>;

/// How a kind passes.
pub struct Case {
    kind: &'static str,
    checklist: String,
    resources: Arc<Resources>,
    secrets: Arc<dyn SecretStore>,
    planted: Vec<String>,
    clock: Arc<dyn Clock>,
    peer: Option<(Faults, Requests)>,
    volatile: Vec<&'static str>,
    attested_by: Option<String>,
    world: Vec<Box<dyn Any + Send + Sync>>,
}

/// A law that a kind broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The kind.
    pub kind: String,
    /// The law, in words.
    pub law: &'static str,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` breaks the law of {}: {}", self.kind, self.law, self.what)
    }
}

impl Case {
    /// A case of a kind: a whole checklist, whose check called `it` holds. Let it have a short `timeout`, since the laws wait
    /// for it.
    pub fn new(kind: &'static str, checklist: impl Into<String>) -> Self {
        Self {
            kind,
            checklist: checklist.into(),
            resources: Arc::new(Resources::new()),
            secrets: Arc::new(NoSecrets),
            planted: Vec::new(),
            clock: Arc::new(SystemClock),
            peer: None,
            volatile: Vec::new(),
            attested_by: None,
            world: Vec::new(),
        }
    }

    /// Gives the run its resources.
    pub fn resources(mut self, resources: Resources) -> Self {
        self.resources = Arc::new(resources);
        self
    }

    /// Gives the run its clock.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Gives the run its secrets, and names the values that must not be told.
    pub fn secrets(mut self, secrets: impl SecretStore + 'static, planted: &[&str]) -> Self {
        self.secrets = Arc::new(secrets);
        self.planted = planted.iter().map(|&text| text.to_owned()).collect();
        self
    }

    /// Names the peer that is asked: its faults, and what it has seen.
    pub fn peer(
        mut self,
        faults: &Faults,
        requests: impl Fn() -> Vec<RequestRecord> + Send + Sync + 'static,
    ) -> Self {
        self.peer = Some((faults.clone(), Box::new(requests)));
        self
    }

    /// Names the evidence that differs from run to run, such as a latency.
    pub fn volatile(mut self, names: &[&'static str]) -> Self {
        self.volatile.extend(names);
        self
    }

    /// Lets a person give the word that the check waits for.
    pub fn attested_by(mut self, person: impl Into<String>) -> Self {
        self.attested_by = Some(person.into());
        self
    }

    /// Keeps something alive as long as the case: a server, a folder.
    pub fn keep(mut self, world: impl Any + Send + Sync) -> Self {
        self.world.push(Box::new(world));
        self
    }

    /// The name of the kind.
    pub fn kind(&self) -> &'static str {
        self.kind
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("kind", &self.kind)
            .field("checklist", &self.checklist)
            .finish_non_exhaustive()
    }
}

/// The kinds of a registry that have no case: a suite with any of them is not complete.
pub fn without_a_case<'r>(registry: &'r Registry, cases: &[Case]) -> Vec<&'r str> {
    registry
        .kinds()
        .map(|kind| kind.name)
        .filter(|name| cases.iter().all(|case| case.kind != *name))
        .collect()
}

/// Tries every law on a case, and tells which are broken.
pub async fn breaches(registry: &Registry, case: &Case) -> Vec<Breach> {
    let mut court = Court { registry, case, found: Vec::new() };
    court.sit().await;
    court.found
}

/// Tries the law of documentation on every kind: `prelude` is a checklist with the targets, roles, variables and the phase
/// that the examples may name, and a default `phase` at its top.
pub async fn undocumented(registry: &Registry, prelude: &str) -> Vec<Breach> {
    let mut found = Vec::new();
    for kind in registry.kinds() {
        let mut breach = |what: String| {
            found.push(Breach { kind: kind.name.to_owned(), law: "documentation", what });
        };
        if kind.docs().trim().is_empty() {
            breach("it has no documentation".to_owned());
        }
        for name in kind.parameters() {
            if kind.schema["properties"][name]["description"].as_str().is_none_or(str::is_empty) {
                breach(format!("the parameter `{name}` has no documentation"));
            }
        }
        let compiled = match compile(registry, &format!("{prelude}\n{}", kind.example)) {
            Ok(compiled) => compiled,
            Err(message) => {
                breach(format!("its example does not compile: {message}"));
                continue;
            }
        };
        if compiled.plan.outline().checks.iter().all(|check| check.kind != kind.name) {
            breach("its example holds no check of the kind".to_owned());
        }
        // without any client every check settles, and none of those that need one holds
        match Run::new(&compiled.plan)
            .ignore_windows(true)
            .deadline(std::time::Duration::from_secs(30))
            .execute()
            .await
        {
            Ok(outcome) if outcome.report.checks().all(|check| check.record.is_some()) => {}
            Ok(_) => breach("its example leaves a check unsettled".to_owned()),
            Err(error) => breach(format!("its example cannot be run: {error}")),
        }
    }
    found
}

fn compile(registry: &Registry, text: &str) -> Result<Compiled, String> {
    let mut sources = Sources::new();
    sources.add("case.toml", text);
    PlanBuilder::new(registry).sources(&sources).build().map_err(|error| {
        let lines: Vec<String> = error.diagnostics.iter().map(ToString::to_string).collect();
        lines.join("; ")
    })
}

struct Court<'a> {
    registry: &'a Registry,
    case: &'a Case,
    found: Vec<Breach>,
}

impl Court<'_> {
    fn breach(&mut self, law: &'static str, what: impl Into<String>) {
        self.found.push(Breach { kind: self.case.kind.to_owned(), law, what: what.into() });
    }

    async fn sit(&mut self) {
        let case = self.case;
        let Some(info) = self.registry.kind(case.kind) else {
            return self.breach("registration", "it is not registered");
        };
        let plan = match compile(self.registry, &case.checklist) {
            Ok(compiled) => compiled.plan,
            Err(message) => return self.breach("cases", format!("the case does not compile: {message}")),
        };
        if plan.outline().check(IT).is_none_or(|check| check.kind != case.kind) {
            return self.breach("cases", "the case has no check `it` of the kind");
        }
        let before = self.seen();
        let good = match self.ask(&plan).await {
            Ok(status) if status.holds() => status,
            Ok(status) => return self.breach("cases", format!("it does not hold: {}", status.summary())),
            Err(message) => return self.breach("cases", message),
        };
        let requests = self.seen() - before;
        self.evidence_is_declared(info.evidence, &good);
        self.no_false_green(&plan, requests).await;
        self.cancel_safe(&plan, &good).await;
        match self.ask(&plan).await {
            Ok(again) if self.same(&good, &again) => {}
            Ok(again) => self.breach("repetition", format!("first {good:?}, then {again:?}")),
            Err(message) => self.breach("repetition", message),
        }
        if info.effect == Effect::Reads
            && let Some((_, requests)) = &case.peer
            && let Some(written) = requests().into_iter().find(writes)
        {
            self.breach("reading only", format!("it asked {} {}", written.method, written.path));
        }
    }

    fn seen(&self) -> usize {
        self.case.peer.as_ref().map_or(0, |(_, requests)| requests().len())
    }

    fn evidence_is_declared(&mut self, declared: &[vapora_preflight::EvidenceField], good: &Status) {
        let Status::Done(outcome) = good else { return };
        for item in outcome.finding().evidence.items() {
            if declared.iter().all(|field| field.name != item.name) {
                self.breach(
                    "documentation",
                    format!("its evidence holds `{}`, which it does not declare", item.name),
                );
            }
        }
    }

    /// Asks the check in a run of its own, and looks for secrets in all that is told of it.
    async fn ask(&mut self, plan: &Plan) -> Result<Status, String> {
        let case = self.case;
        let mut told = String::new();
        let mut observer = |event: &Event| told.push_str(&format!("{event:?}"));
        let history = case.attested_by.as_deref().map(|person| attested(plan, person, &*case.clock));
        let run = Run::new(plan)
            .resources(Arc::clone(&case.resources))
            .secrets(Arc::clone(&case.secrets))
            .clock(Arc::clone(&case.clock))
            .history(history)
            .allow(Effect::Mutates)
            .allow_commands(true)
            .ignore_windows(true)
            .ask_again(true)
            .observe(&mut observer);
        let outcome = run.execute().await.map_err(|error: RunError| error.to_string())?;
        told.push_str(&format!("{plan:?} {:?} {:?}", plan.check_of(IT), outcome.report));
        for secret in &case.planted {
            if told.contains(secret.as_str()) {
                self.breach("secrets", "a secret is told in an event, the report or the check's own `Debug`");
            }
        }
        let view = outcome.report.check(IT).ok_or("the report does not hold it")?;
        view.record.map(|record| record.status.clone()).ok_or_else(|| "it was not settled".to_owned())
    }

    async fn no_false_green(&mut self, plan: &Plan, requests: usize) {
        let Some((faults, _)) = &self.case.peer else { return };
        let faults = faults.clone();
        if requests == 0 {
            self.breach("cases", "it asked its peer nothing");
        }
        for number in 1..=requests {
            for fault in Fault::ALL {
                faults.set(FaultPlan::nth(number, fault));
                let status = self.ask(plan).await;
                let struck = faults.struck();
                faults.clear();
                let told = format!("with request {number} of {requests} failing by {fault}");
                match status {
                    Ok(status) if status.holds() && struck > 0 => {
                        self.breach("no false green", format!("{told}, it holds: {}", status.summary()));
                    }
                    Ok(status)
                        if fault == Fault::Slow && !matches!(status, Status::TimedOut(_)) && struck > 0 =>
                    {
                        self.breach("no hang", format!("{told}, it did not time out: {}", status.summary()));
                    }
                    Ok(_) if struck == 0 => self.breach("cases", format!("{told}, no request was struck")),
                    Ok(_) => {}
                    Err(message) => self.breach("no false green", format!("{told}: {message}")),
                }
            }
        }
    }

    /// Drops the check after each of its first polls, then asks it again.
    async fn cancel_safe(&mut self, plan: &Plan, good: &Status) {
        let Some(check) = plan.check_of(IT) else { return };
        let id = CheckId::new(IT).unwrap_or_else(|_| unreachable!("it keeps to the grammar"));
        let context = CheckContext::alone(id, Arc::clone(&self.case.resources))
            .with_clock(Arc::clone(&self.case.clock))
            .with_secrets(Arc::clone(&self.case.secrets));
        let target = plan.outline().check(IT).and_then(|check| check.target.as_ref());
        let context = match target.and_then(|name| plan.target(name.as_str())) {
            Some(target) => context.with_target(Arc::clone(target)),
            None => context,
        };
        for polls in 1..=12 {
            let mut asking = pin!(check.run(&context));
            for _ in 0..polls {
                let done = std::future::poll_fn(|cx| Poll::Ready(asking.as_mut().poll(cx).is_ready())).await;
                if done {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        match self.ask(plan).await {
            Ok(after) if self.same(good, &after) => {}
            Ok(after) => self.breach("cancel safety", format!("before {good:?}, after {after:?}")),
            Err(message) => self.breach("cancel safety", message),
        }
    }

    fn same(&self, one: &Status, other: &Status) -> bool {
        let (Status::Done(one), Status::Done(other)) = (one, other) else { return one == other };
        let same_sort = matches!(
            (one, other),
            (Outcome::Pass(_), Outcome::Pass(_)) | (Outcome::Warn(_), Outcome::Warn(_))
        );
        same_sort && self.stable(one.finding()) == self.stable(other.finding())
    }

    fn stable<'f>(&self, finding: &'f Finding) -> Vec<&'f Item> {
        let volatile = |item: &&Item| !self.case.volatile.contains(&item.name.as_str());
        finding.evidence.items().iter().filter(volatile).collect()
    }
}

/// What a request may change. An access review is a question that is asked with `POST`.
fn writes(request: &RequestRecord) -> bool {
    let question = request.path.contains("selfsubject") && request.method == "POST";
    !matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS") && !question
}

/// A report in which a person has given the word that the check waits for.
fn attested(plan: &Plan, person: &str, clock: &dyn Clock) -> Report {
    let mut report = Report::new(plan.shared_outline(), clock.now());
    if let Some(check) = plan.outline().check(IT) {
        report.apply(&Event {
            at: clock.now(),
            kind: vapora_preflight::EventKind::Attested(Attestation {
                check: check.id.clone(),
                definition: check.definition,
                who: person.to_owned(),
                role: check.role.clone().unwrap_or_default(),
                word: vapora_preflight::Word::Yes,
                evidence: Some("seen".to_owned()),
                comment: None,
                expires: None,
            }),
        });
    }
    report
}
