//! What to do next, in order.

use vapora_preflight::{CheckId, Commands, Report, SkipReason, Status, Weight};

use crate::{
    command,
    deployment::RolledBack,
    judgement::{Judgement, UNASKED},
    wording,
};

/// One thing to do, and the checks it is for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Action {
    pub(crate) what: String,
    /// What to type, a line each.
    pub(crate) commands: Vec<String>,
    pub(crate) checks: Vec<CheckId>,
}

/// What a verdict asks for: what speaks against it first, then what is not known, then what has turned since; the same
/// remedy is told once.
pub(crate) fn actions(report: &Report, judgement: &Judgement<'_>) -> Vec<Action> {
    let mut list = List { report, actions: Vec::new(), phases: Vec::new() };
    let roll_back = judgement.word() == Some("ROLL BACK");
    if roll_back {
        let ready = if rollback(report).next().is_some() { ", with the commands below" } else { "" };
        let noted = match RolledBack::of(report) {
            RolledBack::Noted { done: true, text } => format!(" (one is noted as done: {text})"),
            _ => String::new(),
        };
        list.add(format!("roll back{ready}{noted}"), None, None);
    }
    for reason in judgement.reasons(Weight::Against).into_iter().chain(judgement.reasons(Weight::Open)) {
        match (&reason.check, &reason.remedy) {
            (Some(check), remedy) => list.about(check, &reason.status, remedy.as_ref()),
            (None, Some(remedy)) => list.add(remedy.clone(), None, None),
            (None, None) => {}
        }
    }
    for check in judgement.turned().filter_map(|since| report.check(&since.check)) {
        let standing = check.standing(report.as_of());
        list.about(check.id(), standing.word(), check.remedy(report.as_of()).as_ref());
    }
    if judgement.record.is_some() && !list.actions.is_empty() && !roll_back {
        list.close(&judgement.gate.id);
    }
    list.actions
}

/// The prepared commands for a roll-back: those of that name.
pub(crate) fn rollback(report: &Report) -> impl Iterator<Item = &Commands> {
    let named = |id: &str| id.split(['-', '_', '.']).next() == Some("rollback") || id == "roll-back";
    report.outline().commands.iter().filter(move |commands| named(&commands.id))
}

struct List<'a> {
    report: &'a Report,
    actions: Vec<Action>,
    /// The phases of what is to be asked again once its remedy is done.
    phases: Vec<&'a str>,
}

impl List<'_> {
    /// What to do about one check that does not hold.
    fn about(&mut self, id: &CheckId, status: &str, remedy: Option<&String>) {
        let Some(check) = self.report.check(id.as_str()) else { return };
        if let Some((role_id, role)) = wording::role_awaited(self.report, id.as_str()) {
            let who = match role {
                Some(role) if role.person.is_empty() => format!("{}, whom nobody is yet,", role.title),
                Some(role) => format!("{} ({})", role.person, role.title),
                None => format!("the {role_id}"),
            };
            let command = command::attest(id, role);
            return self.add(format!("{who} gives the word"), Some(command), Some(id));
        }
        let phase = check.outline.phase.as_str();
        if UNASKED.contains(&status) {
            let what = format!("ask what has no fresh answer in the phase {phase}");
            return self.add(what, Some(command::run([phase])), Some(id));
        }
        // what it needs is told by itself
        let waits = matches!(
            check.current().map(|record| &record.status),
            Some(Status::Skipped(SkipReason::Need { .. }))
        );
        let Some(remedy) = remedy.filter(|_| !waits) else { return };
        let by_hand = check.outline.hint.as_ref() == Some(remedy) && !remedy.contains('`');
        let what = if by_hand { format!("`{remedy}`") } else { remedy.clone() };
        self.add(what, None, Some(id));
        if !self.phases.contains(&phase) {
            self.phases.push(phase);
        }
    }

    /// The last thing: to ask again, and to judge again.
    fn close(&mut self, gate: &CheckId) {
        let asked = self.phases.clone();
        if asked.is_empty() {
            return self.add("then judge the gate again".to_owned(), Some(command::gate(gate)), None);
        }
        let what = "then ask again what did not hold, and judge the gate again".to_owned();
        self.add(what.clone(), Some(command::run(asked)), None);
        self.add(what, Some(command::gate(gate)), None);
    }

    /// Adds to the action of the same words, where there is one.
    fn add(&mut self, what: String, command: Option<String>, check: Option<&CheckId>) {
        let place = self.actions.iter().position(|action| action.what == what).unwrap_or_else(|| {
            self.actions.push(Action { what, commands: Vec::new(), checks: Vec::new() });
            self.actions.len() - 1
        });
        let command = command.map(|command| command::for_release(self.report, command));
        let action = &mut self.actions[place];
        action.commands.extend(command.filter(|command| !action.commands.contains(command)));
        action.checks.extend(check.filter(|check| !action.checks.contains(check)).cloned());
    }
}
