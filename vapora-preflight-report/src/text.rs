//! The report for a terminal.

use std::fmt;

use vapora_preflight::Report;

use crate::Renderer;

mod access;
mod checks;
mod decision;
mod line;

use self::line::Page;

/// The text for a terminal: each phase with a line per check, then the counts, then the verdict with its reasons.
///
/// By default it is plain and as wide as its lines are. The verdict comes last, where the eye is when the run ends.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Text {
    color: bool,
    width: Option<usize>,
    only_problems: bool,
    ascii: bool,
}

impl Text {
    /// Plain, unwrapped, every check.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the colours of a terminal, by ANSI escape sequences.
    pub fn color(mut self, color: bool) -> Self {
        self.color = color;
        self
    }

    /// Wrapped to so many columns, at least 40.
    pub fn width(mut self, width: usize) -> Self {
        self.width = Some(width.max(40));
        self
    }

    /// Without the checks that passed or do not apply, and those that held and have only aged since; how many they are is
    /// still said.
    pub fn only_problems(mut self, only_problems: bool) -> Self {
        self.only_problems = only_problems;
        self
    }

    /// With signs of ASCII: `+` passed, `!` warned, `x` failed, `?` not known, `~` aged, `.` pending or awaiting, `-` not applicable.
    /// The texts of the report stay as they are.
    pub fn ascii(mut self, ascii: bool) -> Self {
        self.ascii = ascii;
        self
    }
}

impl Renderer for Text {
    fn media_type(&self) -> &'static str {
        "text/plain; charset=utf-8"
    }

    fn render(&self, report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
        let mut page = Page { out, color: self.color, width: self.width, ascii: self.ascii };
        decision::head(report, &mut page)?;
        checks::write(report, self.only_problems, &mut page)?;
        access::write(report, &mut page)?;
        decision::write(report, &mut page)
    }
}
