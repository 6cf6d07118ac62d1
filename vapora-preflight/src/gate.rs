//! Decisions, and what they rest on.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Advice, CheckId, CheckView, ConditionOutline, Report, Standing, Timestamp};

mod builtin;
mod combine;

pub use self::{
    builtin::{AllHold, Conditions},
    combine::{And, GateExt, GateFn, Not, Or, gate_fn},
};

/// Decides over a set of checks. Pure: the same report at the same time gives the same verdict, so that every verdict can be
/// worked out again from the journal.
///
/// # Contract
///
/// Unknown is never a pass: an errored, timed out, skipped, awaited, pending, stale or missing check gives no `Go` unless
/// the gate has another way of its own to be sure. [`AllHold`], [`Conditions`] and the combinators keep to it.
pub trait Gate: fmt::Debug + Send + Sync {
    /// Decides.
    fn judge(&self, input: &GateInput<'_>) -> Verdict;

    /// Its named conditions, for the plan and the reports.
    fn conditions(&self) -> Vec<ConditionOutline> {
        Vec::new()
    }
}

/// What a gate decides over.
#[derive(Debug, Clone, Copy)]
pub struct GateInput<'a> {
    report: &'a Report,
    subjects: &'a [CheckId],
    now: Timestamp,
}

impl<'a> GateInput<'a> {
    /// The checks named in `subjects`, as they stand in a report at a time.
    pub fn new(report: &'a Report, subjects: &'a [CheckId], now: Timestamp) -> Self {
        Self { report, subjects, now }
    }

    /// The time of the decision.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The whole report.
    pub fn report(&self) -> &'a Report {
        self.report
    }

    /// The names of the checks that are judged.
    pub fn subjects(&self) -> &'a [CheckId] {
        self.subjects
    }

    /// Only some of the checks.
    pub fn only<'b>(&self, subjects: &'b [CheckId]) -> GateInput<'b>
    where
        'a: 'b,
    {
        GateInput { report: self.report, subjects, now: self.now }
    }

    /// The checks that are judged. One that the report does not hold comes as its name alone.
    pub fn checks(&self) -> impl Iterator<Item = Result<CheckView<'a>, &'a CheckId>> + use<'a> {
        let report = self.report;
        self.subjects.iter().map(move |id| report.check(id.as_str()).ok_or(id))
    }
}

/// What a gate decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Proceed, or keep what was deployed.
    Go,
    /// Do not proceed, or do not keep it as it is.
    NoGo,
    /// It cannot be said yet.
    Undecided,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Go => "go",
            Self::NoGo => "no-go",
            Self::Undecided => "undecided",
        })
    }
}

/// A decision with every reason it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// What was decided.
    pub decision: Decision,
    /// Every reason, in plan order: first those against, then those that are open, then what else was seen.
    pub reasons: Vec<Reason>,
    /// After a deployment: what the failures ask for, the most urgent of them.
    pub advice: Option<Advice>,
}

/// One reason of a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reason {
    /// Which way it weighs.
    pub weight: Weight,
    /// The named condition it belongs to, if any.
    pub condition: Option<String>,
    /// The check it is about, if any.
    pub check: Option<CheckId>,
    /// The status of that check, in one word; of a condition, whether it is met.
    pub status: String,
    /// What is the matter.
    pub message: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// Which way a reason weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// It speaks against.
    Against,
    /// It is not known.
    Open,
    /// It is to be known, and decides nothing: an advisory check, a warning.
    Notice,
    /// It speaks for.
    For,
}

impl Reason {
    /// A reason in words.
    pub fn new(weight: Weight, status: impl Into<String>, message: impl Into<String>) -> Self {
        let (status, message) = (status.into(), message.into());
        Self { weight, condition: None, check: None, status, message, remedy: None }
    }

    /// Names the condition it belongs to.
    pub fn condition(mut self, name: impl Into<String>) -> Self {
        self.condition = Some(name.into());
        self
    }

    /// Says what to do about it.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The reason that a check is, as it stands at a time; none where it simply holds or does not apply.
    pub fn of_check(check: &CheckView<'_>, now: Timestamp) -> Option<Self> {
        let standing = check.standing(now);
        let weight = match standing {
            Standing::Holds { warned: false } | Standing::NotApplicable => return None,
            Standing::Holds { warned: true } => Weight::Notice,
            Standing::Fails | Standing::Unknown(_) if !check.blocks() => Weight::Notice,
            Standing::Fails => Weight::Against,
            Standing::Unknown(_) => Weight::Open,
        };
        Some(Self {
            weight,
            condition: None,
            check: Some(check.id().clone()),
            status: standing.word().to_owned(),
            message: check.summary(now),
            remedy: check.remedy(now),
        })
    }

    fn missing(id: &CheckId) -> Self {
        Self {
            check: Some(id.clone()),
            ..Self::new(Weight::Open, "missing", "the gate names it, and the report does not hold it")
        }
    }
}

impl Verdict {
    /// The verdict that some reasons come to: no-go where one speaks against, else undecided where one is open, else
    /// go.
    pub fn of(reasons: impl IntoIterator<Item = Reason>) -> Self {
        let mut reasons: Vec<Reason> = reasons.into_iter().collect();
        reasons.sort_by_key(|reason| reason.weight);
        let decision = match reasons.first().map(|reason| reason.weight) {
            Some(Weight::Against) => Decision::NoGo,
            Some(Weight::Open) => Decision::Undecided,
            _ => Decision::Go,
        };
        Self { decision, reasons, advice: None }
    }

    /// An undecided verdict for one reason.
    pub fn undecided(why: impl Into<String>) -> Self {
        Self::of([Reason::new(Weight::Open, "unknown", why)])
    }

    /// Says what the failures ask for.
    pub fn advice(mut self, advice: Option<Advice>) -> Self {
        self.advice = advice;
        self
    }

    /// Whether it opens the gate.
    pub fn is_go(&self) -> bool {
        self.decision == Decision::Go
    }

    /// The reasons of one weight.
    pub fn reasons_of(&self, weight: Weight) -> impl Iterator<Item = &Reason> {
        self.reasons.iter().filter(move |reason| reason.weight == weight)
    }
}
