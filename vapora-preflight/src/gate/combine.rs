//! Gates made of gates, and of closures.

use std::fmt;

use crate::{ConditionOutline, Decision, Gate, GateInput, Verdict};

/// Both gates have to be open.
#[derive(Debug, Clone)]
pub struct And<A, B>(A, B);

/// One open gate is enough.
#[derive(Debug, Clone)]
pub struct Or<A, B>(A, B);

/// The gate is open where the other is closed; where the other cannot decide, neither can this one.
#[derive(Debug, Clone)]
pub struct Not<A>(A);

/// Puts gates together.
pub trait GateExt: Gate + Sized {
    /// Open where both are.
    fn and<B: Gate>(self, other: B) -> And<Self, B> {
        And(self, other)
    }

    /// Open where either is.
    fn or<B: Gate>(self, other: B) -> Or<Self, B> {
        Or(self, other)
    }

    /// Open where this one is closed. Named apart from `std::ops::Not`.
    fn negate(self) -> Not<Self> {
        Not(self)
    }
}

impl<G: Gate + Sized> GateExt for G {}

fn joined(a: Verdict, b: Verdict, decision: Decision) -> Verdict {
    let advice = a.advice.max(b.advice);
    let mut reasons = a.reasons;
    for reason in b.reasons {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.sort_by_key(|reason| reason.weight);
    Verdict { decision, reasons, advice }
}

impl<A: Gate, B: Gate> Gate for And<A, B> {
    fn judge(&self, input: &GateInput<'_>) -> Verdict {
        let (a, b) = (self.0.judge(input), self.1.judge(input));
        let decision = match (a.decision, b.decision) {
            (Decision::NoGo, _) | (_, Decision::NoGo) => Decision::NoGo,
            (Decision::Go, Decision::Go) => Decision::Go,
            _ => Decision::Undecided,
        };
        joined(a, b, decision)
    }

    fn conditions(&self) -> Vec<ConditionOutline> {
        [self.0.conditions(), self.1.conditions()].concat()
    }
}

impl<A: Gate, B: Gate> Gate for Or<A, B> {
    fn judge(&self, input: &GateInput<'_>) -> Verdict {
        let (a, b) = (self.0.judge(input), self.1.judge(input));
        let decision = match (a.decision, b.decision) {
            (Decision::Go, _) | (_, Decision::Go) => Decision::Go,
            (Decision::NoGo, Decision::NoGo) => Decision::NoGo,
            _ => Decision::Undecided,
        };
        joined(a, b, decision)
    }

    fn conditions(&self) -> Vec<ConditionOutline> {
        [self.0.conditions(), self.1.conditions()].concat()
    }
}

impl<A: Gate> Gate for Not<A> {
    fn judge(&self, input: &GateInput<'_>) -> Verdict {
        let mut verdict = self.0.judge(input);
        verdict.decision = match verdict.decision {
            Decision::Go => Decision::NoGo,
            Decision::NoGo => Decision::Go,
            Decision::Undecided => Decision::Undecided,
        };
        verdict
    }

    fn conditions(&self) -> Vec<ConditionOutline> {
        self.0.conditions()
    }
}

/// A gate made of a closure; see [`gate_fn`].
pub struct GateFn<F> {
    name: String,
    judge: F,
}

/// Makes a gate of a closure, which has to keep to the contract of [`Gate`].
pub fn gate_fn<F>(name: impl Into<String>, judge: F) -> GateFn<F>
where
    F: Fn(&GateInput<'_>) -> Verdict + Send + Sync,
{
    GateFn { name: name.into(), judge }
}

impl<F> fmt::Debug for GateFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GateFn").field(&self.name).finish()
    }
}

impl<F: Fn(&GateInput<'_>) -> Verdict + Send + Sync> Gate for GateFn<F> {
    fn judge(&self, input: &GateInput<'_>) -> Verdict {
        (self.judge)(input)
    }
}
