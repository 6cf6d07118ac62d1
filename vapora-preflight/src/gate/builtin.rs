//! The gates a checklist is made of.

use crate::{Advice, CheckId, ConditionOutline, Gate, GateInput, Reason, Side, Standing, Verdict, Weight};

/// Every check has to hold, save the advisory ones, which decide nothing either way. Nothing to judge is no reason to go.
#[derive(Debug, Clone, Copy, Default)]
pub struct AllHold;

impl Gate for AllHold {
    fn judge(&self, input: &GateInput<'_>) -> Verdict {
        let mut reasons = Vec::new();
        let mut holding = 0_usize;
        let mut advice: Option<Advice> = None;
        for check in input.checks() {
            let check = match check {
                Ok(check) => check,
                Err(id) => {
                    reasons.push(Reason::missing(id));
                    continue;
                }
            };
            let standing = check.standing(input.now());
            holding += usize::from(standing.holds() && check.blocks());
            if standing == Standing::Fails && check.blocks() {
                let asked = check.record.and_then(|record| match &record.status {
                    crate::Status::Done(outcome) => outcome.finding().advice,
                    _ => None,
                });
                advice = advice.max(asked.or(check.outline.on_fail).or(Some(Advice::Investigate)));
            }
            reasons.extend(Reason::of_check(&check, input.now()));
        }
        if holding == 0 && reasons.iter().all(|reason| reason.weight > Weight::Open) {
            reasons.push(Reason::new(
                Weight::Open,
                "empty",
                "no check that has to hold does, so there is nothing to go by",
            ));
        }
        if advice.is_none() && reasons.iter().any(|reason| reason.weight == Weight::Open) {
            advice = Some(Advice::Investigate);
        }
        Verdict::of(reasons).advice(advice)
    }
}

/// Named conditions: each `proceed_if` has to be met, and no `reschedule_if` may be; besides, every check the gate judges
/// has to hold.
#[derive(Debug, Clone)]
pub struct Conditions {
    conditions: Vec<ConditionOutline>,
}

impl Conditions {
    /// A gate of these conditions.
    pub fn new(conditions: Vec<ConditionOutline>) -> Self {
        Self { conditions }
    }
}

impl Gate for Conditions {
    fn judge(&self, input: &GateInput<'_>) -> Verdict {
        let whole = AllHold.judge(input);
        let mut reasons = Vec::new();
        for condition in &self.conditions {
            reasons.extend(judge_condition(condition, input));
        }
        let told: Vec<CheckId> = reasons.iter().filter_map(|reason| reason.check.clone()).collect();
        let advice = whole.advice;
        // what no condition has told already
        reasons.extend(
            whole
                .reasons
                .into_iter()
                .filter(|reason| reason.check.as_ref().is_none_or(|check| !told.contains(check))),
        );
        Verdict::of(reasons).advice(advice)
    }

    fn conditions(&self) -> Vec<ConditionOutline> {
        self.conditions.clone()
    }
}

/// Tells a condition: the reasons that its checks are, or else one reason for the condition as a whole.
fn judge_condition(condition: &ConditionOutline, input: &GateInput<'_>) -> Vec<Reason> {
    let verdict = AllHold.judge(&input.only(&condition.subjects));
    let mut reasons: Vec<Reason> =
        verdict.reasons.into_iter().map(|reason| reason.condition(&condition.name)).collect();
    if reasons.iter().all(|reason| reason.weight > Weight::Open) {
        let count = condition.subjects.len();
        let checks = if count == 1 { "check holds" } else { "checks hold" };
        let told = match condition.side {
            Side::ProceedIf => Reason::new(Weight::For, "met", format!("{count} {checks}")),
            Side::RescheduleIf => Reason::new(
                Weight::For,
                "not met",
                format!("{count} {checks}, so there is no reason to reschedule"),
            ),
        };
        reasons.push(told.condition(&condition.name));
    }
    reasons
}
