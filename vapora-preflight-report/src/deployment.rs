//! The deployment itself, as far as notes and gates tell of it.

use std::time::Duration;

use vapora_preflight::{NoteRecord, Question, Report, Timestamp};

use crate::judgement::{Judgement, decision_word};

/// When the deployment began and ended, by the notes `start` and `end`.
///
/// A note whose text is an instant names that instant; any other one counts for when it was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Course<'a> {
    pub(crate) start: Option<Timestamp>,
    pub(crate) started_by: Option<&'a str>,
    pub(crate) end: Option<Timestamp>,
}

impl<'a> Course<'a> {
    pub(crate) fn of(report: &'a Report) -> Self {
        let start = report.noted("start").next();
        let end = report.noted("end").last();
        Self {
            start: start.map(instant),
            started_by: start.map(|record| record.note.who.as_str()),
            end: end.map(instant),
        }
    }

    /// How long it took; nothing where it has not ended, or its notes contradict one another.
    pub(crate) fn duration(&self) -> Option<Duration> {
        let (start, end) = (self.start?, self.end?);
        (end >= start).then(|| end.since(start))
    }
}

fn instant(record: &NoteRecord) -> Timestamp {
    record.note.text.trim().parse().unwrap_or(record.at)
}

/// What is known of a roll-back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RolledBack {
    /// A note says so.
    Noted { done: bool, text: String },
    /// A gate that is asked whether to keep the deployment decided.
    Judged { word: &'static str, gate: String, stands: bool },
    /// Nothing says anything.
    Unrecorded,
}

impl RolledBack {
    /// A note `rollback` is the word of a person and counts first; its text begins with `no` where none was done.
    pub(crate) fn of(report: &Report) -> Self {
        if let Some(record) = report.noted("rollback").last() {
            let word: String = record
                .note
                .text
                .trim()
                .chars()
                .take_while(|c| c.is_alphabetic())
                .collect::<String>()
                .to_lowercase();
            let done = !matches!(word.as_str(), "n" | "no" | "none" | "not");
            return Self::Noted { done, text: record.note.text.clone() };
        }
        let judged = report
            .gates()
            .filter(|(gate, _)| gate.question == Question::Keep)
            .filter_map(|(gate, record)| record.map(|record| (gate, record)))
            .last();
        match judged {
            Some((gate, record)) => {
                let word = decision_word(gate.question, &record.verdict);
                let stands = Judgement::new(report, gate, Some(record)).still_stands();
                Self::Judged { word, gate: gate.id.to_string(), stands }
            }
            None => Self::Unrecorded,
        }
    }

    /// Whether one is needed, for the sign-off.
    pub(crate) fn needed(&self) -> String {
        match self {
            Self::Noted { done: true, .. } => "Yes".to_owned(),
            Self::Noted { done: false, .. } | Self::Judged { word: "KEEP", stands: true, .. } => {
                "No".to_owned()
            }
            Self::Judged { gate, stands: false, word } => {
                format!("not decided (gate {gate} said {word}, which is out of date)")
            }
            Self::Judged { word: "ROLL BACK", gate, .. } => format!("Yes (gate {gate} decided ROLL BACK)"),
            Self::Judged { word, gate, .. } => format!("not decided (gate {gate} says {word})"),
            Self::Unrecorded => "not recorded".to_owned(),
        }
    }
}
