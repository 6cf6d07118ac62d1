//! Events as they are written. These types are the format: a field may be added to them, none may change its meaning.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::line::ROOM;
use crate::{CheckId, Digest, Outline, RunEnd, TargetName, Timestamp, Word};

mod evidence;
mod status;
#[cfg(test)]
mod tests;
mod verdict;

/// An event, as it is written.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Event {
    at: Timestamp,
    event: Kind,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Planned {
        outline: Outline,
    },
    RunStarted {
        by: String,
        selection: String,
        version: String,
    },
    AccessReviewed {
        target: TargetName,
        asked: u64,
        denied: Vec<WireDenied>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<String>,
    },
    CheckStarted {
        check: CheckId,
        definition: Digest,
    },
    AttemptFailed {
        check: CheckId,
        attempt: u32,
        why: String,
    },
    CheckFinished {
        check: CheckId,
        definition: Digest,
        started: Timestamp,
        attempts: u32,
        status: status::Status,
    },
    Attested {
        check: CheckId,
        definition: Digest,
        who: String,
        role: String,
        word: WireWord,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires: Option<Timestamp>,
    },
    Noted {
        who: String,
        topic: String,
        text: String,
    },
    GateJudged {
        gate: CheckId,
        verdict: verdict::Verdict,
    },
    Used {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<TargetName>,
        what: String,
        amount: u64,
    },
    RunFinished {
        end: WireRunEnd,
    },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct WireDenied {
    right: String,
    optional: bool,
    checks: Vec<CheckId>,
}

/// The kinds of events that are known here, by the names they are written with.
const KINDS: &[&str] = &[
    "planned",
    "run_started",
    "access_reviewed",
    "check_started",
    "attempt_failed",
    "check_finished",
    "attested",
    "noted",
    "gate_judged",
    "used",
    "run_finished",
];

/// Makes a type to be written of a plain `enum`, with the ways there and back.
macro_rules! mirror {
    ($wire:ident of $domain:ty { $($variant:ident),* $(,)? }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(super) enum $wire { $($variant),* }

        impl From<$domain> for $wire {
            fn from(value: $domain) -> Self {
                match value { $(<$domain>::$variant => Self::$variant),* }
            }
        }
        impl From<$wire> for $domain {
            fn from(value: $wire) -> Self {
                match value { $($wire::$variant => Self::$variant),* }
            }
        }
    };
}
use mirror;

mirror!(WireWord of Word { Yes, No, Withdrawn });
mirror!(WireRunEnd of RunEnd { Completed, Cancelled, Deadline });

/// Why a line could not be read as an event.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) reason: String,
    /// It is an event, of a kind that is not known here.
    pub(super) unknown_kind: bool,
}

/// The text of an event.
pub(super) fn encode(event: &crate::Event) -> Result<Vec<u8>, String> {
    let payload = serde_json::to_vec(&Event::from(event)).map_err(|error| error.to_string())?;
    if payload.len() > ROOM {
        return Err(format!("it takes {} bytes, and a line has 64 MiB", payload.len()));
    }
    // Nothing is written that could not be read again, such as values that are nested too deeply.
    decode(&payload).map_err(|unread| unread.reason)?;
    Ok(payload)
}

/// The event of a text.
pub(super) fn decode(payload: &[u8]) -> Result<crate::Event, Unread> {
    #[derive(Deserialize)]
    #[expect(clippy::zero_sized_map_values, reason = "what stands beside the names is read past")]
    struct Named {
        #[serde(rename = "at")]
        _at: Timestamp,
        event: BTreeMap<String, IgnoredAny>,
    }
    serde_json::from_slice::<Event>(payload).map(crate::Event::from).map_err(|error| {
        let kind = serde_json::from_slice::<Named>(payload).ok().and_then(|named| {
            let mut kinds = named.event.into_keys();
            kinds.next().filter(|kind| kinds.next().is_none() && !KINDS.contains(&kind.as_str()))
        });
        if let Some(kind) = kind {
            let reason = format!("it is an event of the unknown kind `{kind}`");
            return Unread { reason, unknown_kind: true };
        }
        let text = error.to_string();
        let text = text.split(" at line ").next().unwrap_or(&text);
        Unread { reason: format!("it does not read as an event: {text}"), unknown_kind: false }
    })
}

impl From<&crate::Event> for Event {
    fn from(event: &crate::Event) -> Self {
        Self { at: event.at, event: Kind::from(&event.kind) }
    }
}

impl From<Event> for crate::Event {
    fn from(event: Event) -> Self {
        Self { at: event.at, kind: event.event.into() }
    }
}

impl From<&crate::EventKind> for Kind {
    fn from(kind: &crate::EventKind) -> Self {
        use crate::EventKind as From;
        match kind.clone() {
            From::Planned(outline) => Self::Planned { outline: Arc::unwrap_or_clone(outline) },
            From::RunStarted(crate::RunStarted { by, selection, version }) => {
                Self::RunStarted { by, selection, version }
            }
            From::AccessReviewed(crate::AccessReview { target, asked, denied, failed }) => {
                let wire =
                    |crate::DeniedRight { right, optional, checks }| WireDenied { right, optional, checks };
                Self::AccessReviewed { target, asked, denied: denied.into_iter().map(wire).collect(), failed }
            }
            From::Used(crate::Usage { target, what, amount }) => Self::Used { target, what, amount },
            From::CheckStarted { check, definition } => Self::CheckStarted { check, definition },
            From::AttemptFailed { check, attempt, why } => Self::AttemptFailed { check, attempt, why },
            From::CheckFinished(crate::CheckFinished { check, definition, started, attempts, status }) => {
                Self::CheckFinished { check, definition, started, attempts, status: status.into() }
            }
            From::Attested(crate::Attestation {
                check,
                definition,
                who,
                role,
                word,
                evidence,
                comment,
                expires,
            }) => {
                let word = word.into();
                Self::Attested { check, definition, who, role, word, evidence, comment, expires }
            }
            From::Noted(crate::Note { who, topic, text }) => Self::Noted { who, topic, text },
            From::GateJudged { gate, verdict } => Self::GateJudged { gate, verdict: verdict.into() },
            From::RunFinished(end) => Self::RunFinished { end: end.into() },
        }
    }
}

impl From<Kind> for crate::EventKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Planned { outline } => Self::Planned(Arc::new(outline)),
            Kind::RunStarted { by, selection, version } => {
                Self::RunStarted(crate::RunStarted { by, selection, version })
            }
            Kind::AccessReviewed { target, asked, denied, failed } => {
                let domain =
                    |WireDenied { right, optional, checks }| crate::DeniedRight { right, optional, checks };
                let denied = denied.into_iter().map(domain).collect();
                Self::AccessReviewed(crate::AccessReview { target, asked, denied, failed })
            }
            Kind::Used { target, what, amount } => Self::Used(crate::Usage { target, what, amount }),
            Kind::CheckStarted { check, definition } => Self::CheckStarted { check, definition },
            Kind::AttemptFailed { check, attempt, why } => Self::AttemptFailed { check, attempt, why },
            Kind::CheckFinished { check, definition, started, attempts, status } => {
                let status = status.into();
                Self::CheckFinished(crate::CheckFinished { check, definition, started, attempts, status })
            }
            Kind::Attested { check, definition, who, role, word, evidence, comment, expires } => {
                Self::Attested(crate::Attestation {
                    check,
                    definition,
                    who,
                    role,
                    word: word.into(),
                    evidence,
                    comment,
                    expires,
                })
            }
            Kind::Noted { who, topic, text } => Self::Noted(crate::Note { who, topic, text }),
            Kind::GateJudged { gate, verdict } => Self::GateJudged { gate, verdict: verdict.into() },
            Kind::RunFinished { end } => Self::RunFinished(end.into()),
        }
    }
}
