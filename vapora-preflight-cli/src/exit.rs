//! The exit codes of the program. They are part of its interface, and do not change.

use std::{error::Error, path::Path, process::ExitCode};

use vapora_preflight::{AttestError, Decision, JournalError, RunError};

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
    /// What is wrong; empty where it has been said.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) remedy: Option<String>,
}

impl Stop {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: USAGE, message: message.into(), remedy: None }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { code: FAILED, message: message.into(), remedy: None }
    }

    /// The command has said what is wrong, and ends.
    pub(crate) fn said(code: u8) -> Self {
        Self { code, message: String::new(), remedy: None }
    }

    /// A file or folder that could not be worked with.
    pub(crate) fn io(action: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::failed(format!("could not {action} `{}`: {error}", path.display()))
    }

    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

/// An error of the library or the system, with all that lies behind it, and with what the library advises.
impl<E: Error + 'static> From<E> for Stop {
    fn from(error: E) -> Self {
        let mut stop = Self::failed(error.to_string());
        let mut next: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(error) = next {
            if let Some((code, remedy)) = known(error) {
                stop.code = code;
                stop.remedy = stop.remedy.or(remedy);
            }
            next = error.source();
            if let Some(cause) = next {
                stop.message = format!("{}: {cause}", stop.message);
            }
        }
        stop
    }
}

/// The exit code and the remedy of an error of the library.
fn known(error: &(dyn Error + 'static)) -> Option<(u8, Option<String>)> {
    let meant = |name: &Option<String>| name.as_ref().map(|name| format!("did you mean `{name}`?"));
    if let Some(error) = error.downcast_ref::<JournalError>() {
        let remedy = error.remedy().or_else(|| match error {
            JournalError::Io { .. } | JournalError::NotAJournal { .. } => {
                Some("`--dir FOLDER` keeps the records elsewhere".to_owned())
            }
            _ => None,
        });
        return Some((FAILED, remedy));
    }
    if let Some(error) = error.downcast_ref::<AttestError>() {
        return Some(match error {
            AttestError::UnknownCheck { did_you_mean, .. } => (
                USAGE,
                meant(did_you_mean)
                    .or_else(|| Some("`status` lists those that wait for a person".to_owned())),
            ),
            AttestError::NotAQuestion { .. } => (USAGE, Some("`run` asks it".to_owned())),
            AttestError::WrongRole { .. } => {
                (USAGE, Some("leave `--as` out to speak in the role that it waits for".to_owned()))
            }
            AttestError::Expired => (USAGE, Some("give a later time with `--expires`, or none".to_owned())),
            AttestError::Journal(_) => (FAILED, None),
            _ => (USAGE, None),
        });
    }
    if let Some(error) = error.downcast_ref::<RunError>() {
        return Some(match error {
            RunError::Journal(_) => (FAILED, None),
            RunError::NoMatch { did_you_mean, .. } => {
                (USAGE, meant(did_you_mean).or_else(|| Some("`plan` lists what there is".to_owned())))
            }
            RunError::NotGiven { variables } => {
                let flags: Vec<String> =
                    variables.iter().map(|variable| format!("--var {}=…", variable.name)).collect();
                (USAGE, Some(format!("give what this release has of its own: `{}`", flags.join(" "))))
            }
            RunError::NothingSelected { .. } => (USAGE, Some("`plan` lists what there is".to_owned())),
            _ => (USAGE, None),
        });
    }
    None
}

/// What a command comes to.
pub(crate) type Ended = Result<u8, Stop>;

/// The exit code for the system.
pub(crate) fn code(code: u8) -> ExitCode {
    ExitCode::from(code)
}
