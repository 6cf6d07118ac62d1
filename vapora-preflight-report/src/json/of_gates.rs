//! From gates and verdicts to their wire form.

use vapora_preflight::{GateOutline, GateRecord, Reason, Report};

use super::{
    of_report::{instant, name, names},
    wire,
};
use crate::{decision_word, judgement::Judgement};

pub(super) fn headline(report: &Report) -> Option<wire::Headline> {
    let judgement = Judgement::headline(report)?;
    Some(wire::Headline {
        gate: judgement.gate.id.to_string(),
        decision: judgement
            .record
            .map_or_else(|| "not_judged".to_owned(), |record| name(record.verdict.decision)),
        word: judgement.word().map(str::to_owned),
        changed_since: judgement
            .turned()
            .map(|since| wire::Changed {
                check: since.check.clone(),
                was: since.was.clone(),
                is: since.is.clone(),
            })
            .collect(),
    })
}

pub(super) fn gate(report: &Report, gate: &GateOutline, record: Option<&GateRecord>) -> wire::Gate {
    let judgement = Judgement::new(report, gate, record);
    wire::Gate {
        id: gate.id.to_string(),
        phase: gate.phase.to_string(),
        title: gate.title.clone(),
        question: name(gate.question),
        subjects: names(&gate.subjects),
        conditions: judgement
            .conditions()
            .into_iter()
            .map(|state| wire::Condition {
                name: state.outline.name.clone(),
                side: name(state.outline.side),
                subjects: names(&state.outline.subjects),
                met: state.met,
                because: state.why(),
            })
            .collect(),
        verdict: record.map(|record| wire::Verdict {
            at: instant(record.at),
            decision: name(record.verdict.decision),
            word: decision_word(gate.question, &record.verdict).to_owned(),
            advice: record.verdict.advice.map(name),
            reasons: record.verdict.reasons.iter().map(reason).collect(),
        }),
    }
}

fn reason(reason: &Reason) -> wire::Reason {
    wire::Reason {
        weight: name(reason.weight),
        condition: reason.condition.clone(),
        check: reason.check.as_ref().map(ToString::to_string),
        status: reason.status.clone(),
        message: reason.message.clone(),
        remedy: reason.remedy.clone(),
    }
}
