//! One sign for how a check stands.

use vapora_preflight::{CheckView, Standing, Timestamp, Unknown};

/// How a check stands, as coarse as one sign can say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Pass,
    Warn,
    Fail,
    Unknown,
    Waiting,
    NotApplicable,
}

impl Sign {
    pub(crate) fn of(check: &CheckView<'_>, now: Timestamp) -> Self {
        match check.standing(now) {
            Standing::Holds { warned: false } => Self::Pass,
            Standing::Holds { warned: true } => Self::Warn,
            Standing::NotApplicable => Self::NotApplicable,
            Standing::Fails => Self::Fail,
            Standing::Unknown(Unknown::Pending | Unknown::Awaiting) => Self::Waiting,
            Standing::Unknown(_) => Self::Unknown,
        }
    }

    /// For a page.
    pub(crate) fn emoji(self) -> &'static str {
        match self {
            Self::Pass => "✅",
            Self::Warn => "⚠️",
            Self::Fail => "❌",
            Self::Unknown => "❓",
            Self::Waiting => "⏳",
            Self::NotApplicable => "➖",
        }
    }

    /// For a terminal.
    pub(crate) fn glyph(self, ascii: bool) -> &'static str {
        match (self, ascii) {
            (Self::Pass, false) => "✔",
            (Self::Warn, false) => "⚠",
            (Self::Fail, false) => "✘",
            (Self::Waiting, false) => "…",
            (Self::NotApplicable, false) => "–",
            (Self::Unknown, _) => "?",
            (Self::Pass, true) => "+",
            (Self::Warn, true) => "!",
            (Self::Fail, true) => "x",
            (Self::Waiting, true) => ".",
            (Self::NotApplicable, true) => "-",
        }
    }
}
