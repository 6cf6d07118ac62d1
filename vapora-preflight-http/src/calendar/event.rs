//! Events.

use super::{Component, Trouble, component::listed};

/// An event of a calendar, or one that takes the place of one instance of another.
#[derive(Debug)]
pub(crate) struct Event<'c> {
    pub(super) part: &'c Component,
    /// What tells it from others; it has it in common with those that take the place of its instances.
    pub(super) uid: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) categories: Vec<String>,
}

impl<'c> Event<'c> {
    /// The events of a calendar, in their order.
    pub(crate) fn all(calendar: &'c Component) -> Vec<Self> {
        calendar.parts.iter().filter(|part| part.is("VEVENT")).map(Self::of).collect()
    }

    fn of(part: &'c Component) -> Self {
        Self {
            part,
            uid: part.text("UID"),
            summary: part.text("SUMMARY"),
            categories: part.all("CATEGORIES").flat_map(|property| listed(&property.value)).collect(),
        }
    }

    /// Whether it does not take place.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.part.says("STATUS", "CANCELLED")
    }

    /// Whether it takes nobody's time.
    pub(crate) fn is_transparent(&self) -> bool {
        self.part.says("TRANSP", "TRANSPARENT")
    }

    /// What it is called in messages.
    pub(crate) fn name(&self) -> String {
        self.summary
            .clone()
            .or_else(|| self.uid.clone())
            .unwrap_or_else(|| "an event without a name".to_owned())
    }

    /// The same trouble, with the event that has it.
    pub(super) fn has(&self, trouble: &Trouble) -> Trouble {
        Trouble::new(format!("the event `{}` cannot be placed: {trouble}", self.name()))
    }
}
