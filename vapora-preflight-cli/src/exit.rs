//! The exit codes of the program. They are part of its interface, and do not change.

use std::process::ExitCode;

use vapora_preflight::Decision;

/// Go: everything that was asked for holds.
pub(crate) const GO: u8 = 0;
/// No-go: something does not hold.
pub(crate) const NO_GO: u8 = 1;
/// The checklist is wrong, or the program was called wrongly.
pub(crate) const USAGE: u8 = 2;
/// Undecided: something could not be found out, or waits for a person.
pub(crate) const UNDECIDED: u8 = 3;
/// The journal or the program itself failed.
pub(crate) const FAILED: u8 = 4;
/// Interrupted by a signal; what was settled is recorded.
pub(crate) const INTERRUPTED: u8 = 130;

/// The table of exit codes, for `--help`.
pub(crate) const TABLE: &str = "\
Exit codes:
  0    go: everything that was asked for holds
  1    no-go: something does not hold
  2    the checklist is wrong, or the program was called wrongly
  3    undecided: something could not be found out, or waits for a person
  4    the journal or the program itself failed
  130  interrupted; what was settled is recorded";

/// The exit code of a decision.
pub(crate) fn of(decision: Decision) -> u8 {
    match decision {
        Decision::Go => GO,
        Decision::NoGo => NO_GO,
        Decision::Undecided => UNDECIDED,
    }
}

/// Why a command ended early: its exit code, with what to say.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) code: u8,
    pub(crate) message: String,
}

impl Stop {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: USAGE, message: message.into() }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { code: FAILED, message: message.into() }
    }
}

/// An error of the library or the system, with all that lies behind it.
impl<E: std::error::Error> From<E> for Stop {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(next) = cause {
            message = format!("{message}: {next}");
            cause = next.source();
        }
        Self::failed(message)
    }
}

/// What a command comes to.
pub(crate) type Ended = Result<u8, Stop>;

/// The exit code for the system.
pub(crate) fn code(code: u8) -> ExitCode {
    ExitCode::from(code)
}
