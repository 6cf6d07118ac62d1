//! What one budget comes to.

use std::collections::BTreeMap;

use vapora_preflight::Value;

use crate::{
    object::{DisruptionBudget, condition},
    wording::{because, count, is},
};

/// What one budget comes to.
#[derive(Debug, Default)]
pub(super) struct Budget {
    pub(super) troubles: Vec<String>,
    /// How many disruptions it allows; none where that is not known.
    pub(super) allowed: Option<u32>,
    pub(super) is_empty: bool,
}

impl Budget {
    pub(super) fn of(budget: &DisruptionBudget, at_least: u32, allow_empty: bool) -> Self {
        let mut it = Self::default();
        let meta = &budget.metadata;
        if meta.is_going() {
            it.troubles.push("is being deleted".to_owned());
        }
        let Some(status) = &budget.status else {
            it.troubles.push("has no status: its controller has not seen it yet".to_owned());
            return it;
        };
        if let Some(behind) = meta.unobserved(status.observed_generation) {
            it.troubles.push(behind);
            return it;
        }
        let allowed = condition(&status.conditions, "DisruptionAllowed");
        if let Some(failed) = allowed.filter(|one| one.reason.as_deref() == Some("SyncFailed")) {
            let why = because(None, failed.message.as_deref());
            it.troubles.push(format!("could not be worked out by its controller{why}"));
            return it;
        }
        it.allowed = Some(status.disruptions_allowed);
        if status.expected_pods == 0 {
            it.is_empty = true;
            if !allow_empty {
                it.troubles.push("covers no pods".to_owned());
            }
            return it;
        }
        if status.disruptions_allowed < at_least {
            let (allows, healthy) =
                (count(status.disruptions_allowed as usize, "disruption"), status.current_healthy);
            let pods = count(status.expected_pods as usize, "pod");
            let needed = status.desired_healthy;
            let never = if status.disruptions_allowed == 0
                && needed >= status.expected_pods
                && healthy >= status.expected_pods
            {
                ", so that it never allows one"
            } else {
                ""
            };
            it.troubles.push(format!(
                "allows {allows}, at least {at_least} {} needed: {healthy} of {pods} {} healthy, {needed} {} to be \
                 ({}){never}",
                is(at_least as usize),
                is(healthy as usize),
                if needed == 1 { "has" } else { "have" },
                budget.spec.asks()
            ));
        } else if let Some(denied) = allowed.filter(|one| !one.is_true()) {
            it.troubles.push(format!("does not say that a disruption is allowed{}", denied.because()));
        }
        it
    }

    /// What its controller says, as evidence.
    pub(super) fn evidence(budget: &DisruptionBudget, covers: &[String]) -> Value {
        let status = budget.status.as_ref();
        let reason =
            status.and_then(|status| condition(&status.conditions, "DisruptionAllowed")?.reason.clone());
        Value::table([
            ("asks", Value::from(budget.spec.asks())),
            ("allowed", status.map(|status| status.disruptions_allowed).into()),
            ("healthy", status.map(|status| status.current_healthy).into()),
            ("needed", status.map(|status| status.desired_healthy).into()),
            ("pods", status.map(|status| status.expected_pods).into()),
            ("generation", budget.metadata.generation.into()),
            ("observed_generation", status.and_then(|status| status.observed_generation).into()),
            ("reason", reason.into()),
            ("covers", covers.to_vec().into()),
        ])
    }
}

/// The budgets that cover what has these labels.
pub(super) fn covering<'a>(
    budgets: &'a [DisruptionBudget],
    labels: &BTreeMap<String, String>,
) -> Vec<&'a DisruptionBudget> {
    let selects = |budget: &&DisruptionBudget| {
        budget.spec.selector.as_ref().is_some_and(|selector| selector.selects(labels))
    };
    budgets.iter().filter(selects).collect()
}
