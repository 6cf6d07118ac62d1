//! The report as a page.

use std::fmt;

use vapora_preflight::Report;

use crate::Renderer;

mod access;
mod aged;
mod at_hand;
mod attestations;
mod checks;
mod decision;
mod escape;
mod evidence;
mod phases;
mod problems;
mod record;
mod table;
mod waiting;

/// The page that an operator decides by: the verdict with its reasons first, then what is wrong, who is waited for, what has aged, every
/// check, the commands at hand and the deployment record, and at the end the sign-off for the ticket.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Markdown {
    part: Part,
}

#[derive(Debug, Clone, Copy, Default)]
enum Part {
    #[default]
    Whole,
    Decision,
    SignOff,
}

impl Markdown {
    /// The whole page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only the decision: what is deployed, the verdict and its reasons. It names the checks that matter, not all.
    pub fn decision() -> Self {
        Self { part: Part::Decision }
    }

    /// Only the sign-off, for a comment on a ticket. It names no checks.
    ///
    /// A tick stands only before what is known to be so. Which checks tell of the pods, of the health and of the users is
    /// said by their tags `sign-off-pods`, `sign-off-health` and `sign-off-impact`; the metrics come from those tagged
    /// `metrics`.
    pub fn sign_off() -> Self {
        Self { part: Part::SignOff }
    }
}

impl Renderer for Markdown {
    fn media_type(&self) -> &'static str {
        "text/markdown; charset=utf-8"
    }

    fn render(&self, report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
        match self.part {
            Part::SignOff => return escape::fenced(out, "text", &crate::sign_off::sign_off(report)),
            Part::Decision => return decision::write(report, out),
            Part::Whole => {}
        }
        decision::write(report, out)?;
        phases::write(report, out)?;
        problems::write(report, out)?;
        access::write(report, out)?;
        waiting::write(report, out)?;
        aged::write(report, out)?;
        checks::write(report, out)?;
        at_hand::write(report, out)?;
        record::write(report, out)?;
        attestations::write(report, out)?;
        writeln!(out, "## Sign-off\n")?;
        escape::fenced(out, "text", &crate::sign_off::sign_off(report))
    }
}
