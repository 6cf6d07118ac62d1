//! Which events count.

use globset::{GlobBuilder, GlobMatcher};

use super::CalendarClear;
use crate::calendar::Event;

/// Which events count.
pub(super) struct Patterns {
    summary: Vec<GlobMatcher>,
    category: Vec<GlobMatcher>,
    except: Vec<GlobMatcher>,
    transparent: bool,
}

/// A pattern for a text, in which case means nothing.
pub(super) fn read(pattern: &str) -> Result<GlobMatcher, String> {
    if pattern.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    let glob = GlobBuilder::new(pattern.trim()).case_insensitive(true).literal_separator(false).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|error| error.kind().to_string())
}

impl Patterns {
    pub(super) fn of(check: &CalendarClear) -> Result<Self, String> {
        let all = |patterns: &[String]| -> Result<Vec<GlobMatcher>, String> {
            patterns.iter().map(|pattern| read(pattern)).collect()
        };
        Ok(Self {
            summary: all(&check.summary)?,
            category: all(&check.category)?,
            except: all(&check.except)?,
            transparent: check.transparent,
        })
    }

    /// Whether an event counts. What it does not say of itself, it may be.
    pub(super) fn count(&self, event: &Event<'_>) -> bool {
        if event.is_cancelled() || event.is_transparent() && !self.transparent {
            return false;
        }
        let Some(summary) = &event.summary else { return true };
        // a line end is white space to whoever reads it
        let summary = summary.split_whitespace().collect::<Vec<_>>().join(" ");
        if self.except.iter().any(|pattern| pattern.is_match(&summary)) {
            return false;
        }
        if self.summary.is_empty() && self.category.is_empty() {
            return true;
        }
        let fits = |category: &String| self.category.iter().any(|pattern| pattern.is_match(category));
        self.summary.iter().any(|pattern| pattern.is_match(&summary)) || event.categories.iter().any(fits)
    }
}
