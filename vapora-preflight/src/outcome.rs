//! What a check says.

use serde::{Deserialize, Serialize};

use crate::{Evidence, Timestamp, Unit, Value};

/// What a check says about the world. That it could not find out is no outcome but a [`CheckError`](crate::CheckError).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// What the kind's name states holds.
    Pass(Finding),
    /// It holds, and somebody should look at it.
    Warn(Finding),
    /// It does not hold.
    Fail(Finding),
    /// The question does not arise here. It never counts as done work, and is always shown.
    NotApplicable(Finding),
}

/// What was found: a sentence for the operator, what was expected and seen, and what to do about it.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Finding {
    /// One line: `2 of 5 nodes are not ready`.
    pub summary: String,
    /// What would have been right.
    pub expected: Option<String>,
    /// What was seen instead.
    pub actual: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
    /// What the failure asks for after a deployment, where the check itself can tell.
    pub advice: Option<Advice>,
    /// From when on the answer no longer counts, where the check itself can tell: a word that expires.
    pub counts_until: Option<Timestamp>,
    /// Whether a failure stays one however long it is waited for. A check with `until` is then not asked again.
    pub lasting: bool,
    /// What was seen, value by value.
    pub evidence: Evidence,
}

/// What a failure after the deployment asks for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Advice {
    /// Look into it before deciding.
    Investigate,
    /// Roll back at once.
    RollBack,
}

impl Finding {
    /// A finding of one line.
    pub fn new(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), ..Self::default() }
    }

    /// Says what would have been right.
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Says what was seen instead.
    pub fn actual(mut self, actual: impl Into<String>) -> Self {
        self.actual = Some(actual.into());
        self
    }

    /// Says what to do about it.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Says what the failure asks for after a deployment.
    pub fn advice(mut self, advice: Advice) -> Self {
        self.advice = Some(advice);
        self
    }

    /// Says from when on the answer no longer counts.
    pub fn counts_until(mut self, until: Timestamp) -> Self {
        self.counts_until = Some(until);
        self
    }

    /// Says of a failure that waiting does not mend it: the job has ended badly, the window has closed. A check with `until`
    /// ends there at once, instead of looking again until its time is over. Leave it out where somebody could still put it
    /// right while the check waits. On an outcome that holds it means nothing.
    pub fn lasting(mut self) -> Self {
        self.lasting = true;
        self
    }

    /// Takes over what was seen.
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence = evidence;
        self
    }

    /// Adds a value to what was seen.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.evidence.set(name, value, None);
        self
    }

    /// Adds a number with its unit to what was seen.
    pub fn measured(mut self, name: impl Into<String>, value: impl Into<Value>, unit: Unit) -> Self {
        self.evidence.set(name, value, Some(unit));
        self
    }

    pub(crate) fn map_text(&mut self, edit: &dyn Fn(&mut String)) {
        edit(&mut self.summary);
        for text in [&mut self.expected, &mut self.actual, &mut self.remedy].into_iter().flatten() {
            edit(text);
        }
        self.evidence.map_text(edit);
    }
}

impl Outcome {
    /// A pass of one line; add to it through [`Finding`] and [`Outcome::Pass`].
    pub fn pass(summary: impl Into<String>) -> Self {
        Self::Pass(Finding::new(summary))
    }

    /// A failure of one line; add to it through [`Finding`] and [`Outcome::Fail`].
    pub fn fail(summary: impl Into<String>) -> Self {
        Self::Fail(Finding::new(summary))
    }

    /// What was found, whatever it means.
    pub fn finding(&self) -> &Finding {
        let (Self::Pass(finding) | Self::Warn(finding) | Self::Fail(finding) | Self::NotApplicable(finding)) =
            self;
        finding
    }

    pub(crate) fn finding_mut(&mut self) -> &mut Finding {
        let (Self::Pass(finding) | Self::Warn(finding) | Self::Fail(finding) | Self::NotApplicable(finding)) =
            self;
        finding
    }

    /// Whether it lets dependants start: a pass, a warning, or a question that does not arise.
    pub fn holds(&self) -> bool {
        !matches!(self, Self::Fail(_))
    }
}
