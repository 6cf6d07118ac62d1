//! Which warnings are allowed.

use schemars::JsonSchema;
use serde::Deserialize;

use super::ObjectPattern;
use crate::{Pattern, object::Event};

/// Warnings that are allowed: all of one reason, or what a table says.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a reason, or a table with `reason`, `object` or `message`")]
pub enum AllowedEvents {
    /// All of this reason.
    Reason(String),
    /// Those that fit.
    Fitting(AllowedEvent),
}

/// A warning that is allowed: all that it names has to fit.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowedEvent {
    /// The reason of the event.
    #[serde(default)]
    pub reason: Option<String>,
    /// The object it is about.
    #[serde(default)]
    pub object: Option<ObjectPattern>,
    /// What is to be found in its message.
    #[serde(default)]
    pub message: Option<Pattern>,
}

impl AllowedEvents {
    /// Whether it names nothing that an event could fail to fit.
    pub(super) fn allows_all(&self) -> bool {
        match self {
            Self::Reason(reason) => reason.is_empty(),
            Self::Fitting(event) => {
                event.reason.is_none() && event.object.is_none() && event.message.is_none()
            }
        }
    }

    pub(super) fn allows(&self, event: &Event) -> bool {
        let has = |wanted: &String| event.reason.as_ref() == Some(wanted);
        match self {
            Self::Reason(reason) => has(reason),
            Self::Fitting(fitting) => {
                let note = event.note.as_deref().unwrap_or_default();
                fitting.reason.as_ref().is_none_or(has)
                    && fitting.object.as_ref().is_none_or(|object| object.fits(&event.regarding))
                    && fitting.message.as_ref().is_none_or(|message| message.is_in(note))
            }
        }
    }
}
