//! The report for programs.

use std::fmt;

use schemars::Schema;
use vapora_preflight::Report;

use crate::Renderer;

mod of_gates;
mod of_records;
mod of_report;
mod value;
mod wire;

/// The version of the JSON report. Its second number grows when a field is added, its first when one changes or goes.
pub const SCHEMA_VERSION: &str = "1.0";

/// All that a report holds, as JSON in wire types of its own, apart from those of the library.
///
/// Keys come in a fixed order and absent values as `null`; the JSON Schema is [`report_schema`].
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Json {
    compact: bool,
}

impl Json {
    /// Indented, with a line end at its end.
    pub fn new() -> Self {
        Self::default()
    }

    /// On one line, where `compact`.
    pub fn compact(mut self, compact: bool) -> Self {
        self.compact = compact;
        self
    }
}

impl Renderer for Json {
    fn media_type(&self) -> &'static str {
        "application/vnd.vapora.preflight-report+json"
    }

    fn render(&self, report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
        let wire = of_report::report(report);
        let text =
            if self.compact { serde_json::to_string(&wire) } else { serde_json::to_string_pretty(&wire) };
        writeln!(out, "{}", text.map_err(|_| fmt::Error)?)
    }
}

/// The JSON Schema of the JSON report; it is committed as `schema/report.schema.json`.
pub fn report_schema() -> Schema {
    schemars::schema_for!(wire::Report)
}
