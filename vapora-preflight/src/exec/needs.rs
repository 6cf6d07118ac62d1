//! Whether what a check needs holds, and if not, why.

use super::roster::holds;
use crate::{
    CheckId, CheckView, Decision, PhaseId, Plan, Report, SkipReason, Standing, Status, Timestamp, Unknown,
    plan::Node,
};

/// The first of the needs of a check, in their order, that does not hold; with what that one needs in its turn, where it
/// was skipped for such a reason itself.
pub(super) fn unmet(
    plan: &Plan,
    report: &Report,
    check: usize,
    not_open: &[PhaseId],
    now: Timestamp,
) -> Option<SkipReason> {
    let check = &plan.checks[check];
    check.needs.iter().find_map(|need| {
        let id = plan.id_of(*need);
        match need {
            Node::Gate(_) => gate_because(report, id).map(|because| skip(id, because)),
            Node::Check(_) => {
                let Some(view) = report.check(id.as_str()) else {
                    return Some(skip(id, "is not in the report".to_owned()));
                };
                let standing = view.standing(now);
                if holds(standing) || (check.baseline.as_ref() == Some(id) && is_figure(&view, standing)) {
                    return None;
                }
                Some(match view.current().map(|record| &record.status) {
                    Some(Status::Skipped(SkipReason::Need { chain, because }))
                        if standing == Standing::Unknown(Unknown::Skipped) =>
                    {
                        let chain = std::iter::once(id.clone()).chain(chain.iter().cloned()).collect();
                        SkipReason::Need { chain, because: because.clone() }
                    }
                    _ => skip(id, because(&view, standing, not_open)),
                })
            }
        }
    })
}

fn skip(id: &CheckId, because: String) -> SkipReason {
    SkipReason::Need { chain: vec![id.clone()], because }
}

/// Whether it still serves as a figure to compare with: it was answered under the present definition, and held then. That
/// it is from a while ago is what it is for.
fn is_figure(baseline: &CheckView<'_>, standing: Standing) -> bool {
    matches!(standing, Standing::Unknown(Unknown::Stale { .. }))
        && baseline.current().is_some_and(|record| record.status.holds())
}

fn gate_because(report: &Report, gate: &CheckId) -> Option<String> {
    match report.verdict(gate.as_str()).map(|record| record.verdict.decision) {
        Some(Decision::Go) => None,
        Some(decision) => Some(format!("is {decision}")),
        None => Some("has not been judged".to_owned()),
    }
}

/// What became of it, to follow its name: `failed: 2 of 5 nodes are not ready`.
fn because(check: &CheckView<'_>, standing: Standing, not_open: &[PhaseId]) -> String {
    let said = || check.record.map(|record| record.status.summary()).unwrap_or_default();
    let Standing::Unknown(unknown) = standing else {
        return format!("{}: {}", standing.word(), said());
    };
    match unknown {
        Unknown::Pending if not_open.contains(&check.outline.phase) => {
            format!("has not been asked: the phase `{}` is not open yet", check.outline.phase)
        }
        Unknown::Pending => "has not been asked".to_owned(),
        Unknown::Unsettled { since } => format!("was begun at {since} and never settled"),
        Unknown::Changed => "has changed since it was answered".to_owned(),
        Unknown::Stale { .. } => format!("is stale: {unknown}"),
        Unknown::Expired => "rests on a word that no longer counts".to_owned(),
        Unknown::Skipped => format!("was skipped: {}", said()),
        Unknown::Awaiting => format!("waits for a person: {}", said()),
        Unknown::Errored | Unknown::TimedOut | Unknown::Panicked => {
            format!("{}: {}", unknown.word(), said())
        }
    }
}
