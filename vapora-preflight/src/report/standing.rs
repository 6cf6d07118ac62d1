//! How a check stands at a time.

use std::{fmt, time::Duration};

use crate::{Period, Timestamp};

/// How a check stands: whether it holds, fails, or is not known.
///
/// This is the only reading of a record that gates and exit codes are made from, so that nothing but an answer under the
/// present definition, fresh at the time, ever counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It answered that it holds.
    Holds {
        /// It came with a warning.
        warned: bool,
    },
    /// The question does not arise.
    NotApplicable,
    /// It answered that it does not hold.
    Fails,
    /// It is not known.
    Unknown(Unknown),
}

/// Why it is not known how a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unknown {
    /// It has not been asked.
    Pending,
    /// It was begun and never settled.
    Unsettled {
        /// When it was begun.
        since: Timestamp,
    },
    /// It was answered for another definition of the check.
    Changed,
    /// It was answered too long ago.
    Stale {
        /// How long ago.
        age: Duration,
        /// How long the answer counts.
        fresh_for: Duration,
    },
    /// The answer itself says that it no longer counts, or it rests on a word that does not.
    Expired,
    /// It could not be found out.
    Errored,
    /// There was no answer in time.
    TimedOut,
    /// The check panicked.
    Panicked,
    /// It was not asked, for a reason on record.
    Skipped,
    /// It waits for a person.
    Awaiting,
}

impl Standing {
    /// Whether it counts as done at a gate.
    pub fn holds(self) -> bool {
        matches!(self, Self::Holds { .. })
    }

    /// The standing in one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Holds { warned: false } => "passed",
            Self::Holds { warned: true } => "warned",
            Self::NotApplicable => "not applicable",
            Self::Fails => "failed",
            Self::Unknown(unknown) => unknown.word(),
        }
    }
}

impl Unknown {
    /// The reason in one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Unsettled { .. } => "unsettled",
            Self::Changed => "changed",
            Self::Stale { .. } => "stale",
            Self::Expired => "expired",
            Self::Errored => "errored",
            Self::TimedOut => "timed out",
            Self::Panicked => "panicked",
            Self::Skipped => "skipped",
            Self::Awaiting => "awaiting",
        }
    }

    /// Whether an answer is on record that does not count.
    pub(crate) fn hides_the_record(self) -> bool {
        matches!(self, Self::Unsettled { .. } | Self::Changed | Self::Stale { .. } | Self::Expired)
    }

    /// What to do about it, where the reason itself tells.
    pub(crate) fn remedy(self) -> Option<&'static str> {
        match self {
            Self::Changed | Self::Stale { .. } | Self::Unsettled { .. } | Self::Expired => {
                Some("ask it again")
            }
            Self::Pending => Some("run its phase"),
            _ => None,
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending => f.write_str("it has not been asked yet"),
            Self::Unsettled { since } => write!(f, "it was begun at {since} and never settled"),
            Self::Changed => f.write_str("its definition has changed since it was answered"),
            Self::Stale { age, fresh_for } => {
                let whole = |duration: &Duration| Period::from_secs(duration.as_secs());
                write!(f, "it was answered {} ago and counts for {}", whole(age), whole(fresh_for))
            }
            Self::Expired => f.write_str("the answer no longer counts"),
            Self::Errored => f.write_str("it could not be found out"),
            Self::TimedOut => f.write_str("there was no answer in time"),
            Self::Panicked => f.write_str("the check panicked"),
            Self::Skipped => f.write_str("it was not asked"),
            Self::Awaiting => f.write_str("it waits for a person"),
        }
    }
}
