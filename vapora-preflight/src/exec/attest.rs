//! The words and notes of people.

use crate::{
    Attestation, Clock, Event, EventKind, JournalError, Note, Plan, Recorder, Report, diagnostic::nearest,
};

/// Why a word or a note was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttestError {
    /// There is no such check.
    #[error("no check is called `{check}`")]
    UnknownCheck {
        /// What was given.
        check: String,
        /// The declared name that is nearest to it.
        did_you_mean: Option<String>,
    },
    /// The check finds out by itself, and asks nobody.
    #[error("`{check}` is not a person's to answer")]
    NotAQuestion {
        /// The check.
        check: String,
    },
    /// The word is another role's to give.
    #[error("expected the word of the role `{expected}` on `{check}`, found `{found}`")]
    WrongRole {
        /// The check.
        check: String,
        /// The role it waits for.
        expected: String,
        /// The role that was given.
        found: String,
    },
    /// Something that has to be said is missing.
    #[error("the {0} is missing")]
    Missing(&'static str),
    /// The word no longer counts as it is given.
    #[error("the word would have expired already")]
    Expired,
    /// It could not be recorded.
    #[error("could not record it")]
    Journal(#[from] JournalError),
}

/// Records the word of a person on a check of a plan, and returns the report with it. The definition is that of the plan, and
/// so is the role where none is given. The word counts once the check is asked again.
///
/// # Errors
///
/// The check does not exist or asks nobody, the word is another role's to give, nobody is named, or the word could not be
/// recorded.
pub fn record_attestation(
    plan: &Plan,
    history: Option<Report>,
    recorder: &mut dyn Recorder,
    clock: &dyn Clock,
    mut attestation: Attestation,
) -> Result<Report, AttestError> {
    let id = attestation.check.as_str();
    let Some(check) = plan.outline().check(id) else {
        let known = plan.outline().checks.iter().map(|check| check.id.as_str());
        let did_you_mean = nearest(id, known).map(str::to_owned);
        return Err(AttestError::UnknownCheck { check: id.to_owned(), did_you_mean });
    };
    let Some(role) = &check.role else {
        return Err(AttestError::NotAQuestion { check: id.to_owned() });
    };
    if attestation.role.is_empty() {
        attestation.role.clone_from(role);
    } else if attestation.role != *role {
        return Err(AttestError::WrongRole {
            check: id.to_owned(),
            expected: role.clone(),
            found: attestation.role,
        });
    }
    given("name of the person", &attestation.who)?;
    if attestation.expires.is_some_and(|expires| expires <= clock.now()) {
        return Err(AttestError::Expired);
    }
    attestation.definition = check.definition;
    append(plan, history, recorder, clock, EventKind::Attested(attestation))
}

/// Records a note of a person, and returns the report with it.
///
/// # Errors
///
/// The person, the topic or the text is missing, or the note could not be recorded.
pub fn record_note(
    plan: &Plan,
    history: Option<Report>,
    recorder: &mut dyn Recorder,
    clock: &dyn Clock,
    note: Note,
) -> Result<Report, AttestError> {
    given("name of the person", &note.who)?;
    given("topic", &note.topic)?;
    given("text", &note.text)?;
    append(plan, history, recorder, clock, EventKind::Noted(note))
}

fn given(what: &'static str, text: &str) -> Result<(), AttestError> {
    if text.trim().is_empty() { Err(AttestError::Missing(what)) } else { Ok(()) }
}

/// Appends an event; before it the plan, where that is not on record.
fn append(
    plan: &Plan,
    history: Option<Report>,
    recorder: &mut dyn Recorder,
    clock: &dyn Clock,
    kind: EventKind,
) -> Result<Report, AttestError> {
    let at = clock.now();
    let planned = super::taken_up(plan, history.as_ref(), at);
    let mut report = history.unwrap_or_else(|| Report::new(plan.shared_outline(), at));
    for event in planned.into_iter().chain([Event { at, kind }]) {
        recorder.record(&event)?;
        report.apply(&event);
    }
    Ok(report)
}
