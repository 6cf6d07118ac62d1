//! Calendars as iCalendar (RFC 5545) writes them: what happens when.

mod component;
mod event;
mod occurrence;
mod recurrence;
mod stamp;
mod zone;

pub(crate) use self::{
    component::{Component, read},
    event::Event,
    occurrence::{Occurrence, Overrides, Span, busy, occurrences},
    recurrence::Steps,
    zone::Zones,
};

/// What keeps a calendar from being understood, in words that end a sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Trouble(pub(crate) String);

impl Trouble {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}
