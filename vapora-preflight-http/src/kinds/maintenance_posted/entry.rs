//! What a status page shows.

use std::fmt;

use vapora_preflight::Timestamp;

use crate::param::Window;

/// A maintenance as a status page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) name: String,
    /// When it begins and ends, where the page says so.
    pub(super) opens: Option<Timestamp>,
    pub(super) closes: Option<Timestamp>,
    pub(super) state: Option<String>,
    /// Where people see it.
    pub(super) url: Option<String>,
}

/// States in which a maintenance is over.
const OVER: &[&str] = &["completed", "complete", "cancelled", "resolved", "postmortem"];

impl Entry {
    /// Whether it is still to come, or going on.
    pub(super) fn is_open(&self) -> bool {
        let state = self.state.as_deref().unwrap_or_default().to_ascii_lowercase();
        !OVER.contains(&state.as_str())
    }

    /// Whether it has this name and window. Pages know minutes, and not all of them seconds.
    pub(super) fn is(&self, name: &str, window: Window) -> bool {
        let same = |shown: Option<Timestamp>, wanted: Timestamp| {
            shown.is_none_or(|shown| {
                shown.unix_seconds().div_euclid(60) == wanted.unix_seconds().div_euclid(60)
            })
        };
        self.name.trim() == name && same(self.opens, window.opens) && same(self.closes, window.closes)
    }

    /// How the maintenance should be shown.
    pub(super) fn wanted(name: &str, window: Window) -> String {
        format!("`{name}` from {} to {}", window.opens.to_minute(), window.closes.to_minute())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.name)?;
        if let (Some(opens), Some(closes)) = (self.opens, self.closes) {
            write!(f, " from {} to {}", opens.to_minute(), closes.to_minute())?;
        }
        match &self.state {
            Some(state) => write!(f, ", {state}"),
            None => Ok(()),
        }
    }
}
