//! What happens during a run, in one order.

use std::sync::Arc;

use crate::{AccessReview, CheckId, Digest, Outline, Status, Timestamp, Usage, Verdict};

/// Something that happened. Events are made by one owner, in one order; the report is a fold over them, and the journal is
/// the events themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When it happened, by the clock of the run.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// A plan was taken up: the first one, or one that differs from the one before.
    Planned(Arc<Outline>),
    /// A run began.
    RunStarted(RunStarted),
    /// A target said which of the rights that the run needs it has not.
    AccessReviewed(AccessReview),
    /// A check was asked for the first time in this run.
    CheckStarted {
        /// Which one.
        check: CheckId,
        /// The definition it is asked under.
        definition: Digest,
    },
    /// An attempt came to nothing, and another one follows.
    AttemptFailed {
        /// Of which check.
        check: CheckId,
        /// The number of the attempt, from one.
        attempt: u32,
        /// Why.
        why: String,
    },
    /// A check was settled.
    CheckFinished(CheckFinished),
    /// A person gave a word.
    Attested(Attestation),
    /// A person added a note to the deployment record.
    Noted(Note),
    /// A gate was judged.
    GateJudged {
        /// Which one.
        gate: CheckId,
        /// What it decided.
        verdict: Verdict,
    },
    /// Something that the run had at its disposal was used so much.
    Used(Usage),
    /// A run ended.
    RunFinished(RunEnd),
}

/// How a run began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStarted {
    /// Who or what started it.
    pub by: String,
    /// What was asked for: `everything`, `phase t-4h`.
    pub selection: String,
    /// The version of the library.
    pub version: String,
}

/// How a check was settled.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckFinished {
    /// Which check.
    pub check: CheckId,
    /// The definition it was asked under.
    pub definition: Digest,
    /// When it was started; when it was settled, where it never was.
    pub started: Timestamp,
    /// How many attempts were made; zero where it was not asked.
    pub attempts: u32,
    /// What became of it.
    pub status: Status,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunEnd {
    /// All that was selected is settled.
    Completed,
    /// It was cancelled.
    Cancelled,
    /// Its time was used up.
    Deadline,
}

/// The word of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// The check it answers.
    pub check: CheckId,
    /// The definition of that check: the word counts for no other.
    pub definition: Digest,
    /// Who gave it.
    pub who: String,
    /// The role in which it was given.
    pub role: String,
    /// What the person says of the statement.
    pub word: Word,
    /// What shows it: a link, a ticket, a sentence.
    pub evidence: Option<String>,
    /// A remark.
    pub comment: Option<String>,
    /// From when on it no longer counts.
    pub expires: Option<Timestamp>,
}

/// What a person says of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Word {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// An earlier word no longer counts.
    Withdrawn,
}

/// Something a person adds to the deployment record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Who wrote it.
    pub who: String,
    /// What it is about: `issue`, `lesson`, `team`, `next`, `note`.
    pub topic: String,
    /// The text.
    pub text: String,
}

/// Sees every event, in order, on the task that makes them: progress, metrics, tracing. It must not block for long.
pub trait Observer: Send {
    /// Sees one event.
    fn on_event(&mut self, event: &Event);
}

impl<F: FnMut(&Event) + Send> Observer for F {
    fn on_event(&mut self, event: &Event) {
        self(event);
    }
}

/// Keeps every event before anything is built on it. A run whose recorder fails ends at once.
pub trait Recorder: Send {
    /// Records one event, durably where it settles something.
    ///
    /// # Errors
    ///
    /// The event could not be recorded; nothing may be built on it.
    fn record(&mut self, event: &Event) -> Result<(), crate::JournalError>;
}
