//! The words that people gave.

use std::fmt;

use vapora_preflight::{AttestationRecord, Report, Timestamp, Word};

use super::{
    escape::{code, link, text},
    table,
};

pub(super) fn write(report: &Report, out: &mut dyn fmt::Write) -> fmt::Result {
    if report.attestations().is_empty() {
        return Ok(());
    }
    let rows: Vec<Vec<String>> = report.attestations().iter().map(|record| row(report, record)).collect();
    writeln!(out, "## Attestations\n")?;
    table::write(out, &["Check", "Word", "Who", "Role", "When", "Evidence", "Comment", "Expires"], &rows)
}

fn row(report: &Report, record: &AttestationRecord) -> Vec<String> {
    let word = &record.attestation;
    let said = match word.word {
        Word::Yes => "yes",
        Word::No => "**no**",
        Word::Withdrawn => "withdrawn",
        _ => "another word",
    };
    let current = report.check(word.check.as_str()).map(|check| check.outline.definition);
    let said = match current {
        Some(definition) if definition == word.definition => said.to_owned(),
        Some(_) => format!("{said} (to an earlier definition)"),
        None => format!("{said} (the check is no longer declared)"),
    };
    let expires = word.expires.map(|expires| {
        let gone = if report.as_of() >= expires { " (expired)" } else { "" };
        format!("{}{gone}", Timestamp::to_minute(expires))
    });
    vec![
        code(word.check.as_str()),
        said,
        text(&word.who),
        text(&word.role),
        record.at.to_minute(),
        word.evidence.as_deref().map(link).unwrap_or_default(),
        word.comment.as_deref().map(text).unwrap_or_default(),
        expires.unwrap_or_default(),
    ]
}
