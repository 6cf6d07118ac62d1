//! Phases written in Rust.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    Advice, Check, CheckId, Code, Diagnostic, Effect, Gate, Kind, Limits, Offset, PhaseId, PhaseOutline,
    Problems, Question, Requirements, Retry, Severity, TargetName, Until,
    plan::{
        assemble::shared,
        draft::{Draft, DraftCheck, DraftGate, DraftPhase, Text},
    },
};

/// A phase written in Rust: what `[phase.…]` and its checks are in TOML. Both end in the same plan, and a check of the one
/// may need a check of the other.
///
/// ```
/// use vapora_preflight::{Outcome, Phase, PhaseBuilder, PhaseId, PlanBuilder, Registry, check_fn};
///
/// struct Drain;
///
/// impl Phase for Drain {
///     fn id(&self) -> PhaseId {
///         PhaseId::new("t-30min").expect("a name")
///     }
///     fn describe(&self, phase: &mut PhaseBuilder<'_>) {
///         phase.title("30 minutes before deployment").opens("T-45m").due("T-20m");
///         phase
///             .check("queue-drained", check_fn("queue-drained-v1", |_cx| async { Ok(Outcome::pass("0 messages wait")) }))
///             .title("The queue is drained")
///             .critical();
///     }
/// }
///
/// let registry = Registry::new();
/// let compiled = PlanBuilder::new(&registry).phase(&Drain).build()?;
/// assert_eq!(compiled.plan.outline().checks.len(), 1);
/// # Ok::<(), vapora_preflight::CompileError>(())
/// ```
pub trait Phase: Send + Sync {
    /// Its name.
    fn id(&self) -> PhaseId;

    /// Describes its window, checks and gates. Pure; called once, while the plan is made.
    fn describe(&self, phase: &mut PhaseBuilder<'_>);
}

impl fmt::Debug for dyn Phase + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Phase").field(&self.id()).finish()
    }
}

/// Takes the description of a phase.
#[derive(Debug)]
pub struct PhaseBuilder<'a> {
    phase: DraftPhase,
    checks: Vec<DraftCheck>,
    gates: Vec<DraftGate>,
    draft: &'a Draft,
    out: &'a mut Vec<Diagnostic>,
}

pub(crate) fn describe(phase: &dyn Phase, draft: &mut Draft, out: &mut Vec<Diagnostic>) {
    let id = phase.id();
    let mut builder = PhaseBuilder {
        phase: DraftPhase {
            outline: PhaseOutline { title: id.to_string(), id: id.clone(), opens: None, due: None },
            span: None,
            needs: Vec::new(),
        },
        checks: Vec::new(),
        gates: Vec::new(),
        draft,
        out,
    };
    phase.describe(&mut builder);
    let PhaseBuilder { phase, checks, gates, .. } = builder;
    for check in &checks {
        impossible_limits(check, out);
    }
    if draft.phases.iter().all(|declared| declared.outline.id != id) {
        draft.phases.push(phase);
    }
    draft.checks.extend(checks);
    draft.gates.extend(gates);
}

/// Tells the limits that can never be met, as the checklist's are told where they stand.
fn impossible_limits(check: &DraftCheck, out: &mut Vec<Diagnostic>) {
    let limits = &check.limits;
    let mut told = |message: String, help: &str| {
        let message = format!("`{}`: {message}", check.id);
        out.push(Diagnostic::error(Code::UnsatisfiableLimit, message, None).help(help));
    };
    let zero = "give it more than zero";
    if limits.attempt.is_zero() {
        told("the time-out is no time at all".to_owned(), zero);
    }
    if check.fresh_for.is_some_and(|fresh_for| fresh_for.is_zero()) {
        told("its result is fresh for no time at all".to_owned(), zero);
    }
    if limits.retry.attempts == 0 {
        told("it is never asked".to_owned(), "let `attempts` be at least 1");
    } else if limits.retry.attempts > 1 && limits.retry.max < limits.retry.backoff {
        told("the longest pause is shorter than the first".to_owned(), "let `max` be at least `backoff`");
    }
    if let Some(until) = limits.until {
        if until.consecutive == 0 || until.timeout.is_zero() || until.interval.is_zero() {
            told("`until` has a limit of zero".to_owned(), zero);
        } else if let Some(message) = crate::spec::never_met(until) {
            told(message, "give it more time, or ask for fewer looks");
        }
    }
}

impl PhaseBuilder<'_> {
    /// Says what people call it.
    pub fn title(&mut self, title: impl Into<String>) -> &mut Self {
        self.phase.outline.title = title.into();
        self
    }

    fn moment(&mut self, offset: &str) -> Option<crate::Timestamp> {
        match offset.parse::<Offset>() {
            Ok(offset) => self.draft.deployment.planned.map(|planned| offset.from(planned)),
            Err(error) => {
                let message = format!("phase `{}`: {error}", self.phase.outline.id);
                self.out.push(Diagnostic::error(Code::InvalidValue, message, None).maybe_help(error.help));
                None
            }
        }
    }

    /// Says from when on its checks mean something: `T-24h`.
    pub fn opens(&mut self, offset: &str) -> &mut Self {
        self.phase.outline.opens = self.moment(offset);
        self
    }

    /// Says when it should be done: `T-2h`.
    pub fn due(&mut self, offset: &str) -> &mut Self {
        self.phase.outline.due = self.moment(offset);
        self
    }

    /// Adds a check. Its `Debug` is part of its definition: results of an earlier definition do not count.
    pub fn check(&mut self, id: &str, check: impl Check + 'static) -> CheckBuilder<'_> {
        let debug = format!("{check:?}");
        let kind = debug.split(['(', '{', ' ']).next().unwrap_or("check").to_owned();
        let parameters = serde_json::Value::String(debug);
        self.add(
            id,
            format!("rust.{kind}"),
            shared(check),
            parameters,
            Requirements::default(),
            None,
            Effect::Reads,
        )
    }

    /// Adds a check of a kind that could stand in TOML too, with its effect and its requirements.
    pub fn kind<K: Kind>(&mut self, id: &str, check: K) -> CheckBuilder<'_> {
        let (mut problems, mut requirements) = (Problems::default(), Requirements::default());
        check.validate(&mut problems);
        check.requires(&mut requirements);
        for problem in problems.found {
            let message = format!("`{id}`: {}", problem.message);
            self.out.push(Diagnostic::error(Code::InvalidParameter, message, None).maybe_help(problem.help));
        }
        let parameters = serde_json::Value::String(format!("{check:?}"));
        let (evidence, effect) = (Some(K::evidence()), check.effect().min(K::EFFECT));
        self.add(id, K::NAME.to_owned(), shared(check), parameters, requirements, evidence, effect)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the one place where a check of Rust becomes a declaration"
    )]
    fn add(
        &mut self,
        id: &str,
        kind: String,
        check: Arc<dyn Check>,
        parameters: serde_json::Value,
        requirements: Requirements,
        evidence: Option<&'static [crate::EvidenceField]>,
        effect: Effect,
    ) -> CheckBuilder<'_> {
        let name = self.name(id);
        self.checks.push(DraftCheck {
            title: id.to_owned(),
            id: name,
            span: None,
            phase: self.phase.outline.id.clone(),
            phase_span: None,
            kind,
            severity: Severity::default(),
            effect,
            target: None,
            needs: Vec::new(),
            limits: Limits::default(),
            group: None,
            fresh_for: None,
            not_applicable: None,
            on_fail: None,
            hint: None,
            docs: None,
            owner: None,
            tags: Vec::new(),
            expect: Vec::new(),
            warn_unless: Vec::new(),
            baseline: None,
            check: Some(check),
            requirements,
            texts: Vec::new(),
            evidence,
            each: serde_json::Map::new(),
            parameters,
        });
        let index = self.checks.len() - 1;
        CheckBuilder { check: &mut self.checks[index], out: self.out }
    }

    /// A name that keeps to the grammar; one that does not is told, and replaced so that the rest is looked at.
    fn name(&mut self, id: &str) -> CheckId {
        CheckId::new(id).unwrap_or_else(|error| {
            self.out.push(Diagnostic::error(Code::InvalidName, error.to_string(), None));
            let number = self.checks.len() + self.gates.len();
            CheckId::new(format!("unnamed-{number}"))
                .unwrap_or_else(|_| unreachable!("it keeps to the grammar"))
        })
    }

    /// Adds a gate. It judges the phase's own checks, save those that wait for it, unless the builder says otherwise.
    pub fn gate(&mut self, id: &str, gate: impl Gate + 'static) -> GateBuilder<'_> {
        let name = self.name(id);
        self.gates.push(DraftGate {
            id: name,
            span: None,
            phase: self.phase.outline.id.clone(),
            phase_span: None,
            title: id.to_owned(),
            question: Question::Proceed,
            requires: Vec::new(),
            conditions: Vec::new(),
            gate: Some(Arc::new(gate)),
        });
        let index = self.gates.len() - 1;
        GateBuilder { gate: &mut self.gates[index] }
    }
}

/// Takes the description of a check.
#[derive(Debug)]
pub struct CheckBuilder<'a> {
    check: &'a mut DraftCheck,
    out: &'a mut Vec<Diagnostic>,
}

fn text(text: impl Into<String>) -> Text {
    Text { text: text.into(), span: None }
}

impl CheckBuilder<'_> {
    /// Says what people call it.
    pub fn title(self, title: impl Into<String>) -> Self {
        self.check.title = title.into();
        self
    }

    /// Names the checks and gates that have to hold first.
    pub fn needs<'n>(self, needs: impl IntoIterator<Item = &'n str>) -> Self {
        self.check.needs.extend(needs.into_iter().map(text));
        self
    }

    /// It never blocks.
    pub fn advisory(self) -> Self {
        self.check.severity = Severity::Advisory;
        self
    }

    /// It cannot be waived.
    pub fn critical(self) -> Self {
        self.check.severity = Severity::Critical;
        self
    }

    /// Names the target it asks.
    pub fn target(self, name: &str) -> Self {
        match TargetName::new(name) {
            Ok(name) => self.check.target = Some((name, None)),
            Err(error) => self.out.push(Diagnostic::error(Code::InvalidName, error.to_string(), None)),
        }
        self
    }

    /// Says how far it reaches.
    pub fn effect(self, effect: Effect) -> Self {
        self.check.effect = effect;
        self
    }

    /// Bounds one attempt.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.check.limits.attempt = timeout;
        self
    }

    /// Makes an attempt that errs again.
    pub fn retry(self, retry: Retry) -> Self {
        self.check.limits.retry = retry;
        self
    }

    /// Asks until it holds.
    pub fn until(self, until: Until) -> Self {
        self.check.limits.until = Some(until);
        self
    }

    /// Says how long its result counts.
    pub fn fresh_for(self, fresh_for: Duration) -> Self {
        self.check.fresh_for = Some(fresh_for);
        self
    }

    /// Puts it into a group, of which only so many run at once.
    pub fn group(self, group: impl Into<String>) -> Self {
        self.check.group = Some(text(group));
        self
    }

    /// Expects an expression over its evidence to be true.
    pub fn expect(self, expression: impl Into<String>) -> Self {
        self.check.expect.push(text(expression));
        self
    }

    /// Warns unless an expression over its evidence is true.
    pub fn warn_unless(self, expression: impl Into<String>) -> Self {
        self.check.warn_unless.push(text(expression));
        self
    }

    /// Compares with what an earlier check saw.
    pub fn baseline(self, check: impl Into<String>) -> Self {
        self.check.baseline = Some(text(check));
        self
    }

    /// Says why it does not apply.
    pub fn not_applicable(self, why: impl Into<String>) -> Self {
        self.check.not_applicable = Some(why.into());
        self
    }

    /// Says what its failure asks for after a deployment.
    pub fn on_fail(self, advice: Advice) -> Self {
        self.check.on_fail = Some(advice);
        self
    }

    /// Says what to try by hand.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        self.check.hint = Some(hint.into());
        self
    }

    /// Says where to read more.
    pub fn docs(self, docs: impl Into<String>) -> Self {
        self.check.docs = Some(docs.into());
        self
    }

    /// Says whom to ask.
    pub fn owner(self, owner: impl Into<String>) -> Self {
        self.check.owner = Some(owner.into());
        self
    }

    /// Adds a tag.
    pub fn tag(self, tag: impl Into<String>) -> Self {
        self.check.tags.push(tag.into());
        self
    }
}

/// Takes the description of a gate.
#[derive(Debug)]
pub struct GateBuilder<'a> {
    gate: &'a mut DraftGate,
}

impl GateBuilder<'_> {
    /// Says what people call it.
    pub fn title(self, title: impl Into<String>) -> Self {
        self.gate.title = title.into();
        self
    }

    /// Says what it is asked.
    pub fn question(self, question: Question) -> Self {
        self.gate.question = question;
        self
    }

    /// Names what it judges: phases, checks, patterns, `tag:…`.
    pub fn requires<'n>(self, entries: impl IntoIterator<Item = &'n str>) -> Self {
        self.gate.requires.extend(entries.into_iter().map(text));
        self
    }
}
