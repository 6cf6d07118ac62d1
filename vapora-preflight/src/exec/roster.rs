//! Who takes part in a run: what is asked, what stands as it is, and what is settled without being asked.

use std::collections::HashSet;

use super::{Reach, selection::Chosen};
use crate::{
    CheckOutline, CheckView, Effect, Finding, Outcome, PhaseId, Plan, Report, SkipReason, Standing, Status,
    Timestamp, Unknown, plan::Node,
};

/// What a run does with a check.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    /// Nothing: it is not selected, and counts with what is on record.
    Out,
    /// Nothing: it is selected, and what is on record stands.
    Stands,
    /// Nothing: its phase is not open yet.
    NotOpen,
    /// It is settled without being asked, whatever it needs.
    Settle(Status),
    /// It is asked once all it needs is settled and holds.
    Ask,
}

/// What is on record of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// Nothing that would have to be kept.
    Nothing,
    /// It is done.
    Done,
    /// It was begun, and it is not known whether it is done.
    Uncertain {
        /// When it was begun.
        since: Timestamp,
    },
}

impl Past {
    fn of(check: &CheckView<'_>, report: &Report) -> Self {
        if !has_effect(check.outline) {
            return Self::Nothing;
        }
        if let Some((_, since)) = report.begun(check.id()) {
            return Self::Uncertain { since };
        }
        let begun =
            || Self::Uncertain { since: check.record.map_or(report.as_of(), |record| record.started) };
        match check.record.map(|record| &record.status) {
            Some(Status::Skipped(SkipReason::Uncertain { since })) => Self::Uncertain { since: *since },
            // it may have happened although no answer came
            Some(Status::TimedOut(_) | Status::Panicked { .. }) => begun(),
            Some(Status::Errored(error)) if error.uncertain => begun(),
            _ if check.current().is_some_and(|record| record.status.holds()) => Self::Done,
            _ => Self::Nothing,
        }
    }

    /// What to record where the effect is not asked for: nothing where that would hide that it is done.
    pub(super) fn skipped(self, reason: SkipReason) -> Option<Status> {
        match self {
            Self::Nothing => Some(Status::Skipped(reason)),
            Self::Done => None,
            Self::Uncertain { since } => Some(Status::Skipped(SkipReason::Uncertain { since })),
        }
    }
}

/// Whether it does more than reading and keeping files of the run's own.
pub(super) fn has_effect(check: &CheckOutline) -> bool {
    check.effect > Effect::KeepsFiles
}

/// Everyone's part in a run.
#[derive(Debug)]
pub(super) struct Roster {
    pub(super) checks: Vec<Part>,
    pub(super) past: Vec<Past>,
    /// Which gates are judged.
    pub(super) gates: Vec<bool>,
    /// Which checks were selected, whatever became of that.
    pub(super) selected: Vec<bool>,
    /// The phases that are not open, of those with checks in this run.
    pub(super) not_open: Vec<PhaseId>,
}

struct Making<'a> {
    plan: &'a Plan,
    views: Vec<CheckView<'a>>,
    chosen: Chosen,
    reach: Reach,
    closed: HashSet<&'a PhaseId>,
    now: Timestamp,
    roster: Roster,
    next: Vec<Node>,
}

impl Roster {
    pub(super) fn new(plan: &Plan, report: &Report, chosen: Chosen, reach: Reach, now: Timestamp) -> Self {
        let views: Vec<CheckView<'_>> = report.checks().collect();
        let not_open = plan.outline().phases.iter().filter(|phase| phase.opens.is_some_and(|at| at > now));
        let closed =
            if reach.ignore_windows { HashSet::new() } else { not_open.map(|phase| &phase.id).collect() };
        let roster = Self {
            checks: vec![Part::Out; views.len()],
            past: views.iter().map(|check| Past::of(check, report)).collect(),
            gates: vec![false; plan.outline().gates.len()],
            selected: chosen.checks.clone(),
            not_open: Vec::new(),
        };
        let mut making = Making { plan, views, chosen, reach, closed, now, roster, next: Vec::new() };
        making.select();
        making.pull_in();
        let Making { mut roster, .. } = making;
        let closed = |phase: &PhaseId| {
            let of_phase = |(check, part): (&CheckOutline, &Part)| {
                check.phase == *phase && matches!(part, Part::NotOpen)
            };
            plan.outline().checks.iter().zip(&roster.checks).any(of_phase)
        };
        let phases = plan.outline().phases.iter().map(|phase| &phase.id);
        roster.not_open = phases.filter(|phase| closed(phase)).cloned().collect();
        roster
    }
}

impl Making<'_> {
    fn select(&mut self) {
        for index in 0..self.views.len() {
            if self.chosen.checks[index] {
                self.take(index, true);
            }
        }
        for index in 0..self.roster.gates.len() {
            if self.chosen.gates[index] {
                self.roster.gates[index] = true;
                if !self.chosen.filtered && !self.reach.only_selected {
                    self.next.push(Node::Gate(index));
                }
            }
        }
    }

    fn take(&mut self, index: usize, selected: bool) {
        let part = self.part(index, selected);
        if part == Part::Ask {
            self.next.push(Node::Check(index));
        }
        self.roster.checks[index] = part;
    }

    /// What is needed is taken in too, as far as it is nobody's decision: gates are judged, and what only reads is asked.
    fn pull_in(&mut self) {
        while let Some(node) = self.next.pop() {
            let plan = self.plan;
            let (needs, baseline) = match node {
                Node::Check(index) => (&plan.checks[index].needs, plan.checks[index].baseline.as_ref()),
                Node::Gate(index) => (&plan.gates[index].needs, None),
            };
            for need in needs {
                match *need {
                    Node::Gate(gate) => {
                        if !std::mem::replace(&mut self.roster.gates[gate], true) {
                            self.next.push(Node::Gate(gate));
                        }
                    }
                    // a figure to compare with is one from before; one taken now would compare with itself
                    Node::Check(check) if baseline == Some(&self.views[check].outline.id) => {}
                    Node::Check(check) => {
                        if self.may_be_pulled_in(check) && self.is_wanted_by(node, check) {
                            self.take(check, false);
                        }
                    }
                }
            }
        }
    }

    fn may_be_pulled_in(&self, index: usize) -> bool {
        !self.reach.only_selected
            && self.roster.checks[index] == Part::Out
            && !self.chosen.excluded[index]
            && !has_effect(self.views[index].outline)
    }

    fn is_wanted_by(&self, node: Node, need: usize) -> bool {
        match (node, self.views[need].standing(self.now)) {
            (Node::Check(_), standing) => !holds(standing),
            (Node::Gate(_), standing) => matches!(standing, Standing::Unknown(Unknown::Stale { .. })),
        }
    }

    fn part(&self, index: usize, selected: bool) -> Part {
        let (check, past) = (&self.views[index], self.roster.past[index]);
        if let Some(why) = &check.outline.not_applicable {
            let status = Status::Done(Outcome::NotApplicable(Finding::new(why)));
            let recorded = check.current().is_some_and(|record| record.status == status);
            return if recorded { Part::Stands } else { Part::Settle(status) };
        }
        if has_effect(check.outline) {
            if past == Past::Done && !(self.reach.repeat_effects && selected) {
                return Part::Stands;
            }
        } else {
            let again = selected && (self.reach.ask_again || self.chosen.exact[index]);
            if !again && holds(check.standing(self.now)) {
                return Part::Stands;
            }
        }
        if self.closed.contains(&check.outline.phase) {
            return Part::NotOpen;
        }
        if let Past::Uncertain { since } = past
            && !(self.reach.repeat_effects && selected)
        {
            return Part::Settle(Status::Skipped(SkipReason::Uncertain { since }));
        }
        let refused = if check.outline.effect > self.reach.effect {
            Some(SkipReason::Effect { effect: check.outline.effect, allowed: self.reach.effect })
        } else if check.outline.runs_commands && !self.reach.commands {
            Some(SkipReason::Commands)
        } else {
            None
        };
        match refused {
            // what was answered before is worth more than that it could not be asked again
            Some(_) if matches!(check.current().map(|record| &record.status), Some(Status::Done(_))) => {
                Part::Stands
            }
            Some(reason) => past.skipped(reason).map_or(Part::Stands, Part::Settle),
            None => Part::Ask,
        }
    }
}

/// Whether a need that stands so lets its dependants start.
pub(super) fn holds(standing: Standing) -> bool {
    matches!(standing, Standing::Holds { .. } | Standing::NotApplicable)
}
