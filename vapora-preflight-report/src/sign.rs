//! One sign for how a check stands.

use vapora_preflight::{CheckView, Report, Standing, Unknown};

use crate::aged::is_aged;

/// How a check stands, as coarse as one sign can say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Pass,
    Warn,
    Fail,
    Unknown,
    /// It held, and the answer has only grown old.
    Aged,
    Waiting,
    NotApplicable,
}

impl Sign {
    pub(crate) fn of(report: &Report, check: &CheckView<'_>) -> Self {
        match check.standing(report.as_of()) {
            Standing::Holds { warned: false } => Self::Pass,
            Standing::Holds { warned: true } => Self::Warn,
            Standing::NotApplicable => Self::NotApplicable,
            Standing::Fails => Self::Fail,
            Standing::Unknown(Unknown::Pending | Unknown::Awaiting) => Self::Waiting,
            Standing::Unknown(_) if is_aged(report, check) => Self::Aged,
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
            Self::Aged => "🕒",
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
            (Self::Aged, _) => "~",
            (Self::Pass, true) => "+",
            (Self::Warn, true) => "!",
            (Self::Fail, true) => "x",
            (Self::Waiting, true) => ".",
            (Self::NotApplicable, true) => "-",
        }
    }
}
