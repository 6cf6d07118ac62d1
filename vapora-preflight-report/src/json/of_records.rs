//! From what is recorded to its wire form.

use vapora_preflight as core;
use vapora_preflight::{RunEnd, SkipReason, Status, TimeOutScope, Word};

use super::{
    of_report::{digest, instant, name, names},
    wire,
};

pub(super) fn record(record: &core::CheckRecord, current: bool) -> wire::Record {
    let mut wire = wire::Record {
        status: record.status.word().to_owned(),
        definition: digest(record.definition),
        current,
        started: instant(record.started),
        finished: instant(record.finished),
        took_seconds: record.finished.since(record.started).as_secs_f64(),
        attempts: record.attempts,
        run: record.run,
        finding: None,
        error: None,
        time_out: None,
        panic: None,
        skip: None,
        awaiting: None,
    };
    match &record.status {
        Status::Done(outcome) => wire.finding = Some(finding(outcome.finding())),
        Status::Errored(error) => {
            wire.error = Some(wire::Error {
                message: error.message.clone(),
                causes: error.causes.clone(),
                transient: error.transient,
                remedy: error.remedy.clone(),
            });
        }
        Status::TimedOut(time_out) => wire.time_out = Some(time_out_of(time_out)),
        Status::Panicked { message } => wire.panic = Some(message.clone()),
        Status::Skipped(reason) => wire.skip = Some(skip(reason)),
        Status::Awaiting(awaiting) => {
            wire.awaiting = Some(wire::Awaiting {
                role: awaiting.role.clone(),
                statement: awaiting.statement.clone(),
                because: awaiting.because.clone(),
            });
        }
        _ => {}
    }
    wire
}

fn finding(finding: &core::Finding) -> wire::Finding {
    wire::Finding {
        summary: finding.summary.clone(),
        expected: finding.expected.clone(),
        actual: finding.actual.clone(),
        remedy: finding.remedy.clone(),
        advice: finding.advice.map(name),
        evidence: finding
            .evidence
            .items()
            .iter()
            .map(|item| wire::Item {
                name: item.name.clone(),
                value: (&item.value).into(),
                unit: item.unit.map(name),
            })
            .collect(),
        attachments: finding
            .evidence
            .attachments()
            .iter()
            .map(|file| wire::Attachment {
                name: file.name.clone(),
                media_type: file.media_type.clone(),
                digest: digest(file.digest),
                size: file.size,
            })
            .collect(),
    }
}

fn time_out_of(time_out: &core::TimeOut) -> wire::TimeOut {
    let scope = match time_out.scope {
        TimeOutScope::Attempt => "attempt",
        TimeOutScope::Check => "check",
        TimeOutScope::Until => "until",
        _ => "unknown",
    };
    wire::TimeOut {
        after_seconds: time_out.after.as_secs_f64(),
        scope: scope.to_owned(),
        doing: time_out.doing.clone(),
        last: time_out.last.clone(),
    }
}

fn skip(reason: &SkipReason) -> wire::Skip {
    let (word, chain) = match reason {
        SkipReason::Need { chain, .. } => ("need", names(chain)),
        SkipReason::Effect { .. } => ("effect", Vec::new()),
        SkipReason::Commands => ("commands", Vec::new()),
        SkipReason::Uncertain { .. } => ("uncertain", Vec::new()),
        SkipReason::Cancelled => ("cancelled", Vec::new()),
        SkipReason::Deadline => ("deadline", Vec::new()),
        _ => ("unknown", Vec::new()),
    };
    wire::Skip {
        reason: word.to_owned(),
        message: reason.to_string(),
        remedy: reason.remedy().map(str::to_owned),
        chain,
    }
}

pub(super) fn attestation(record: &core::AttestationRecord) -> wire::Attestation {
    let attestation = &record.attestation;
    let word = match attestation.word {
        Word::Yes => "yes",
        Word::No => "no",
        Word::Withdrawn => "withdrawn",
        _ => "unknown",
    };
    wire::Attestation {
        check: attestation.check.to_string(),
        definition: digest(attestation.definition),
        at: instant(record.at),
        who: attestation.who.clone(),
        role: attestation.role.clone(),
        word: word.to_owned(),
        evidence: attestation.evidence.clone(),
        comment: attestation.comment.clone(),
        expires: attestation.expires.map(instant),
    }
}

pub(super) fn note(record: &core::NoteRecord) -> wire::Note {
    wire::Note {
        at: instant(record.at),
        who: record.note.who.clone(),
        topic: record.note.topic.clone(),
        text: record.note.text.clone(),
    }
}

pub(super) fn run(run: &core::RunRecord) -> wire::Run {
    let end = run.end.map(|(end, _)| match end {
        RunEnd::Completed => "completed",
        RunEnd::Cancelled => "cancelled",
        RunEnd::Deadline => "deadline",
        _ => "unknown",
    });
    wire::Run {
        by: run.start.by.clone(),
        selection: run.start.selection.clone(),
        version: run.start.version.clone(),
        started: instant(run.started),
        ended: run.end.map(|(_, at)| instant(at)),
        end: end.map(str::to_owned),
        access: run.access.iter().map(access).collect(),
        usage: run.usage.iter().map(usage).collect(),
    }
}

fn access(review: &core::AccessReview) -> wire::Access {
    wire::Access {
        target: review.target.to_string(),
        asked: review.asked,
        denied: review
            .denied
            .iter()
            .map(|denied| wire::DeniedRight {
                right: denied.right.clone(),
                optional: denied.optional,
                checks: names(&denied.checks),
            })
            .collect(),
        failed: review.failed.clone(),
    }
}

fn usage(usage: &core::Usage) -> wire::Usage {
    wire::Usage {
        target: usage.target.as_ref().map(ToString::to_string),
        what: usage.what.clone(),
        amount: usage.amount,
    }
}
