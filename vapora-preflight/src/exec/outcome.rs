//! What a run came to.

use std::collections::HashSet;

use crate::{CheckId, Decision, PhaseId, Report, RunEnd, Standing};

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RunOutcome {
    /// The report as it stands after the run, with what was on record before.
    pub report: Report,
    /// How the run ended.
    pub end: RunEnd,
    /// The checks that were asked, in plan order; among them those that selected ones need.
    pub asked: Vec<CheckId>,
    /// The checks that were selected, in plan order, whether or not they were asked.
    pub selected: Vec<CheckId>,
    /// The gates that were judged, in plan order.
    pub gates: Vec<CheckId>,
    /// The phases whose checks were left because they are not open yet.
    pub not_open: Vec<PhaseId>,
}

impl RunOutcome {
    /// The decision over what was selected: its checks, and the gates that were judged. No-go where one of them speaks
    /// against, else undecided where one is not known or the run was not completed, else go. Without a check that holds or
    /// a gate that is open there is nothing to go by, and it is undecided.
    pub fn decision(&self) -> Decision {
        let now = self.report.as_of();
        let selected: HashSet<&CheckId> = self.selected.iter().collect();
        let (mut found, mut for_it, mut against) = (0_usize, 0_usize, false);
        let mut open = self.end != RunEnd::Completed;
        for check in self.report.checks().filter(|check| selected.contains(check.id())) {
            found += 1;
            match check.standing(now) {
                Standing::Holds { .. } => for_it += 1,
                Standing::Fails => against |= check.blocks(),
                Standing::Unknown(_) => open |= check.blocks(),
                Standing::NotApplicable => {}
            }
        }
        open |= found < selected.len();
        for gate in &self.gates {
            match self.report.verdict(gate.as_str()).map(|record| record.verdict.decision) {
                Some(Decision::Go) => for_it += 1,
                Some(Decision::NoGo) => against = true,
                Some(Decision::Undecided) | None => open = true,
            }
        }
        if against {
            Decision::NoGo
        } else if open || for_it == 0 {
            Decision::Undecided
        } else {
            Decision::Go
        }
    }
}
