//! What the executor records of a check, as it is written.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{evidence::Outcome, mirror};
use crate::{CheckId, Effect, TimeOutScope, Timestamp};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Done(Outcome),
    Errored {
        message: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        causes: Vec<String>,
        transient: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remedy: Option<String>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        uncertain: bool,
    },
    TimedOut {
        after: Duration,
        scope: WireScope,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        doing: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last: Option<String>,
    },
    Panicked {
        message: String,
    },
    Skipped(SkipReason),
    Awaiting {
        role: String,
        statement: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
    },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SkipReason {
    Need { chain: Vec<CheckId>, because: String },
    Effect { effect: WireEffect, allowed: WireEffect },
    Commands,
    Uncertain { since: Timestamp },
    Cancelled,
    Deadline,
}

mirror!(WireScope of TimeOutScope { Attempt, Check, Until });
mirror!(WireEffect of Effect { Reads, KeepsFiles, Notifies, Mutates });

impl From<crate::Status> for Status {
    fn from(status: crate::Status) -> Self {
        match status {
            crate::Status::Done(outcome) => Self::Done(outcome.into()),
            crate::Status::Errored(crate::ErrorReport { message, causes, transient, remedy, uncertain }) => {
                Self::Errored { message, causes, transient, remedy, uncertain }
            }
            crate::Status::TimedOut(crate::TimeOut { after, scope, doing, last }) => {
                Self::TimedOut { after, scope: scope.into(), doing, last }
            }
            crate::Status::Panicked { message } => Self::Panicked { message },
            crate::Status::Skipped(reason) => Self::Skipped(reason.into()),
            crate::Status::Awaiting(crate::Awaiting { role, statement, because }) => {
                Self::Awaiting { role, statement, because }
            }
        }
    }
}

impl From<Status> for crate::Status {
    fn from(status: Status) -> Self {
        match status {
            Status::Done(outcome) => Self::Done(outcome.into()),
            Status::Errored { message, causes, transient, remedy, uncertain } => {
                Self::Errored(crate::ErrorReport { message, causes, transient, remedy, uncertain })
            }
            Status::TimedOut { after, scope, doing, last } => {
                Self::TimedOut(crate::TimeOut { after, scope: scope.into(), doing, last })
            }
            Status::Panicked { message } => Self::Panicked { message },
            Status::Skipped(reason) => Self::Skipped(reason.into()),
            Status::Awaiting { role, statement, because } => {
                Self::Awaiting(crate::Awaiting { role, statement, because })
            }
        }
    }
}

impl From<crate::SkipReason> for SkipReason {
    fn from(reason: crate::SkipReason) -> Self {
        match reason {
            crate::SkipReason::Need { chain, because } => Self::Need { chain, because },
            crate::SkipReason::Effect { effect, allowed } => {
                Self::Effect { effect: effect.into(), allowed: allowed.into() }
            }
            crate::SkipReason::Commands => Self::Commands,
            crate::SkipReason::Uncertain { since } => Self::Uncertain { since },
            crate::SkipReason::Cancelled => Self::Cancelled,
            crate::SkipReason::Deadline => Self::Deadline,
        }
    }
}

impl From<SkipReason> for crate::SkipReason {
    fn from(reason: SkipReason) -> Self {
        match reason {
            SkipReason::Need { chain, because } => Self::Need { chain, because },
            SkipReason::Effect { effect, allowed } => {
                Self::Effect { effect: effect.into(), allowed: allowed.into() }
            }
            SkipReason::Commands => Self::Commands,
            SkipReason::Uncertain { since } => Self::Uncertain { since },
            SkipReason::Cancelled => Self::Cancelled,
            SkipReason::Deadline => Self::Deadline,
        }
    }
}
