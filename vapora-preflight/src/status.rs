//! What the executor records of a check.

use std::{fmt, time::Duration};

use crate::{CheckId, Effect, Outcome, Timestamp};

/// What the executor recorded of a check. Only [`Status::Done`] holds what the check itself said.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Status {
    /// The check answered.
    Done(Outcome),
    /// The check could not find out.
    Errored(ErrorReport),
    /// The check did not answer in its time.
    TimedOut(TimeOut),
    /// The check panicked; that is an error of the kind, not of the world.
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// The check was not asked.
    Skipped(SkipReason),
    /// The check waits for a person.
    Awaiting(crate::Awaiting),
}

/// An error as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorReport {
    /// What could not be done.
    pub message: String,
    /// What lies behind it, nearest first.
    pub causes: Vec<String>,
    /// Whether trying again may cure it.
    pub transient: bool,
    /// What to do about it.
    pub remedy: Option<String>,
    /// Whether the effect of the check may have come about all the same. Then it is not tried again by itself.
    pub uncertain: bool,
}

impl fmt::Display for ErrorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.causes.iter().try_for_each(|cause| write!(f, ": {cause}"))
    }
}

/// A check that used up its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeOut {
    /// The time it had.
    pub after: Duration,
    /// What that time was given to.
    pub scope: TimeOutScope,
    /// What the check was doing, in its own words.
    pub doing: Option<String>,
    /// What it last found, where it polled with `until`.
    pub last: Option<String>,
}

/// What a time-out bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeOutScope {
    /// One attempt.
    Attempt,
    /// All attempts of a check.
    Check,
    /// The waiting of an `until`.
    Until,
}

/// Why a check was not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// Something it needs did not hold.
    Need {
        /// What it needs, and what that needs in its turn, down to the check or gate that did not hold by itself.
        chain: Vec<CheckId>,
        /// What became of the last of them.
        because: String,
    },
    /// It has an effect beyond what the run was allowed.
    Effect {
        /// What it would do.
        effect: Effect,
        /// How far the run may go.
        allowed: Effect,
    },
    /// It runs a program, and the caller did not allow that.
    Commands,
    /// Its effect was begun in an earlier run that ended before it was known to be done.
    Uncertain {
        /// When it was begun.
        since: Timestamp,
    },
    /// The run was cancelled before its turn came, or while it was being asked.
    Cancelled,
    /// The run's time was used up.
    Deadline,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Need { chain, because } => {
                match &chain[..] {
                    [] => f.write_str("needs what is not there"),
                    [need] => write!(f, "needs `{need}`, which {because}"),
                    // where the chain broke is what all of its checks wait for, and has its own words in the report
                    [.., root] => {
                        let word = because.split_once(": ").map_or(because.as_str(), |(word, _)| word);
                        write!(f, "needs in the end `{root}`, which {word}")
                    }
                }
            }
            Self::Effect { effect, allowed } => {
                write!(f, "it {effect}, and this run may go only so far: {allowed}")
            }
            Self::Commands => f.write_str("it runs a program, and this run allows no programs"),
            Self::Uncertain { since } => {
                write!(
                    f,
                    "its effect was begun at {since} by a run that ended before it was known to be done"
                )
            }
            Self::Cancelled => f.write_str("the run was cancelled"),
            Self::Deadline => f.write_str("the time of the run was used up"),
        }
    }
}

impl SkipReason {
    /// What to do about it.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Need { .. } => None,
            Self::Effect { .. } => Some("allow the run to go that far, with `--allow`"),
            Self::Commands => Some("allow it with `--allow-commands`, if you trust the checklist"),
            Self::Uncertain { .. } => {
                Some("find out whether it happened; then ask it again by its id with `--repeat-effects`")
            }
            Self::Cancelled | Self::Deadline => {
                Some("run again; what passed and is fresh is not asked again")
            }
        }
    }
}

impl Status {
    /// Whether the check answered, and what it asks about holds.
    pub fn holds(&self) -> bool {
        matches!(self, Self::Done(outcome) if outcome.holds())
    }

    /// The state in one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done(Outcome::Pass(_)) => "passed",
            Self::Done(Outcome::Warn(_)) => "warned",
            Self::Done(Outcome::Fail(_)) => "failed",
            Self::Done(Outcome::NotApplicable(_)) => "not applicable",
            Self::Errored(_) => "errored",
            Self::TimedOut(_) => "timed out",
            Self::Panicked { .. } => "panicked",
            Self::Skipped(_) => "skipped",
            Self::Awaiting(_) => "awaiting",
        }
    }

    /// The status in one line.
    pub fn summary(&self) -> String {
        match self {
            Self::Done(outcome) => outcome.finding().summary.clone(),
            Self::Errored(error) => error.to_string(),
            Self::TimedOut(time_out) => time_out.to_string(),
            Self::Panicked { message } => format!("the check panicked: {message}"),
            Self::Skipped(reason) => reason.to_string(),
            Self::Awaiting(awaiting) => match &awaiting.because {
                Some(because) => {
                    format!("the {} has to say: {} ({because})", awaiting.role, awaiting.statement)
                }
                None => format!("the {} has to say: {}", awaiting.role, awaiting.statement),
            },
        }
    }

    /// What the status itself advises to do.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Done(outcome) => outcome.finding().remedy.clone(),
            Self::Errored(error) => error.remedy.clone(),
            Self::Skipped(reason) => reason.remedy().map(str::to_owned),
            Self::Awaiting(_) => Some("record it with `attest`".to_owned()),
            Self::TimedOut(_) | Self::Panicked { .. } => None,
        }
    }

    /// Takes out of every text what must not be recorded. A file that is of use only as it is makes it an error then: half of
    /// it is not kept.
    pub(crate) fn clean(&mut self, edit: &dyn Fn(&mut String)) {
        if let Self::Done(outcome) = self
            && let Some(file) = outcome.finding().evidence.spoilt_by(edit)
        {
            *self = Self::Errored(ErrorReport {
                message: format!("the file `{}` could not be kept as it is", file.name),
                causes: vec![
                    "it holds a secret that this run has resolved, and none is written down".to_owned(),
                ],
                transient: false,
                remedy: Some(
                    "leave out of it what holds the secret, and see why the secret is there in plain text"
                        .to_owned(),
                ),
                uncertain: false,
            });
        }
        self.map_text(edit);
    }

    fn map_text(&mut self, edit: &dyn Fn(&mut String)) {
        match self {
            Self::Done(outcome) => outcome.finding_mut().map_text(edit),
            Self::Errored(error) => {
                edit(&mut error.message);
                error.causes.iter_mut().for_each(edit);
                error.remedy.iter_mut().for_each(edit);
            }
            Self::TimedOut(time_out) => {
                time_out.doing.iter_mut().for_each(edit);
                time_out.last.iter_mut().for_each(edit);
            }
            Self::Panicked { message } => edit(message),
            Self::Skipped(SkipReason::Need { because, .. }) => edit(because),
            Self::Skipped(_) => {}
            Self::Awaiting(awaiting) => {
                edit(&mut awaiting.statement);
                awaiting.because.iter_mut().for_each(edit);
            }
        }
    }
}

impl fmt::Display for TimeOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = crate::Period::from(self.after);
        match self.scope {
            TimeOutScope::Attempt => write!(f, "no answer within {after}")?,
            TimeOutScope::Check => write!(f, "no answer within {after}, over all attempts")?,
            TimeOutScope::Until => write!(f, "did not come to hold within {after}")?,
        }
        if let Some(doing) = &self.doing {
            write!(f, ", while {doing}")?;
        }
        if let Some(last) = &self.last {
            write!(f, "; last: {last}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_chain_its_end_is_told() {
        let said = |chain: &[&str]| {
            let chain = chain.iter().map(|id| CheckId::new(*id).expect("it keeps to the grammar")).collect();
            SkipReason::Need { chain, because: "failed: 2 of 5".to_owned() }.to_string()
        };
        assert_eq!(said(&["a"]), "needs `a`, which failed: 2 of 5");
        assert_eq!(said(&["a", "b"]), "needs in the end `b`, which failed");
        assert_eq!(said(&["a", "b", "c", "d"]), "needs in the end `d`, which failed");
    }
}
