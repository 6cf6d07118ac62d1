//! What turns a report into text.

use std::fmt;

use vapora_preflight::Report;

/// Turns a report into text. Pure: it reads neither clock nor environment, so the same report gives the same bytes.
///
/// # Contract
///
/// Nothing declared may be missing: every check of the report is named, whatever is known of it. Texts of the world
/// (summaries, evidence, notes) stay data: they bring no markup and no control characters into the output.
pub trait Renderer: Send + Sync {
    /// The media type of what it writes, as `text/markdown`.
    fn media_type(&self) -> &'static str;

    /// Writes the report.
    ///
    /// # Errors
    ///
    /// Only what `out` itself fails with.
    fn render(&self, report: &Report, out: &mut dyn fmt::Write) -> fmt::Result;
}

/// The report as one text.
pub fn render_to_string(renderer: &dyn Renderer, report: &Report) -> String {
    let mut text = String::new();
    renderer.render(report, &mut text).expect("writing to a text cannot fail");
    text
}
