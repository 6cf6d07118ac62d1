//! Why an answer could not be found out.

use std::{error::Error, fmt, time::Duration};

use crate::status::ErrorReport;

/// Why a check could not find out. It is never a pass, whatever else happens.
///
/// Any error turns into one with `?`; it then counts as transient, and is tried again where the checklist says so.
/// Like `anyhow::Error` it is no `std::error::Error` itself, which is what makes that conversion possible.
pub struct CheckError(Box<Told>);

struct Told {
    report: ErrorReport,
    retry_after: Option<Duration>,
    awaiting: Option<Awaiting>,
    lasting: bool,
}

/// What a check waits for, when only a person can give the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaiting {
    /// The role whose word it is.
    pub role: String,
    /// What that person has to make sure of.
    pub statement: String,
    /// Why an earlier word does not count: withdrawn, expired, given for another definition.
    pub because: Option<String>,
}

impl CheckError {
    /// An error that trying again may cure.
    pub fn transient(message: impl Into<String>) -> Self {
        Self::of(message.into(), true)
    }

    /// An error that trying again does not cure. A check with `until` looks again all the same, since what is not there yet
    /// may come to be; [`lasting`](Self::lasting) says that it will not.
    pub fn permanent(message: impl Into<String>) -> Self {
        Self::of(message.into(), false)
    }

    /// The answer is a person's to give.
    pub fn awaiting(awaiting: Awaiting) -> Self {
        let mut error = Self::permanent(format!("waiting for the {}", awaiting.role));
        error.0.awaiting = Some(awaiting);
        error
    }

    fn of(message: String, transient: bool) -> Self {
        let report = ErrorReport { message, causes: Vec::new(), transient, remedy: None, uncertain: false };
        Self(Box::new(Told { report, retry_after: None, awaiting: None, lasting: false }))
    }

    /// Adds what lies behind it, with all of its own sources.
    pub fn because(mut self, error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(cause) = next {
            let text = cause.to_string();
            if self.0.report.causes.last() != Some(&text) && self.0.report.message != text {
                self.0.report.causes.push(text);
            }
            next = cause.source();
        }
        self
    }

    /// Says first where it happened: `step 2: …`.
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.0.report.message = format!("{place}: {}", self.0.report.message);
        self
    }

    /// Says what to do about it.
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.0.report.remedy = Some(remedy.into());
        self
    }

    /// Asks for a pause before the next attempt, as a server did with `Retry-After`.
    pub fn retry_after(mut self, pause: Duration) -> Self {
        self.0.retry_after = Some(pause);
        self
    }

    /// Says that the effect of the check may have come about all the same: a message was sent, and no answer came. It is
    /// not tried again, in this run or another, unless a person says so.
    pub fn uncertain(mut self) -> Self {
        self.0.report.transient = false;
        self.0.report.uncertain = true;
        self.0.retry_after = None;
        self
    }

    /// Says that waiting does not cure it either, as where the run was not given what the check needs. A check with `until`
    /// ends there at once.
    pub fn lasting(mut self) -> Self {
        self.0.report.transient = false;
        self.0.lasting = true;
        self
    }

    /// Whether trying again may cure it.
    pub fn is_transient(&self) -> bool {
        self.0.report.transient
    }

    /// What it says, without its causes.
    pub fn message(&self) -> &str {
        &self.0.report.message
    }

    /// The error as it is recorded.
    pub fn report(&self) -> &ErrorReport {
        &self.0.report
    }

    pub(crate) fn pause(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether waiting does not cure it either.
    pub fn is_lasting(&self) -> bool {
        self.0.lasting
    }

    pub(crate) fn into_parts(self) -> (ErrorReport, Option<Awaiting>) {
        (self.0.report, self.0.awaiting)
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for CheckError {
    fn from(error: E) -> Self {
        let made = Self::of(error.to_string(), true);
        match error.source() {
            Some(source) => made.because(source),
            None => made,
        }
    }
}

impl fmt::Debug for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckError")
            .field("message", &self.0.report.message)
            .field("causes", &self.0.report.causes)
            .field("transient", &self.0.report.transient)
            .field("awaiting", &self.0.awaiting)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.report, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_error_becomes_one_with_its_causes() {
        fn ask() -> Result<(), CheckError> {
            let error = std::io::Error::new(std::io::ErrorKind::NotFound, "no such thing");
            Err(error)?;
            Ok(())
        }
        let error = ask().unwrap_err();
        assert!(error.is_transient());
        assert_eq!(error.message(), "no such thing");
    }

    #[test]
    fn where_it_happened_is_said_first() {
        let error = CheckError::transient("refused").remedy("start it").at("`log in`");
        assert_eq!(error.message(), "`log in`: refused");
        assert_eq!(error.report().remedy.as_deref(), Some("start it"));
    }

    #[test]
    fn a_cause_that_repeats_its_error_is_said_once() {
        let inner = std::io::Error::other("refused");
        let error = CheckError::transient("refused").because(&inner);
        assert_eq!(error.to_string(), "refused");
        let error = CheckError::transient("could not list pods").because(&inner);
        assert_eq!(error.to_string(), "could not list pods: refused");
    }
}
