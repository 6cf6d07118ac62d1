//! What is wrong with a text as TOML.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::fields::place;
use crate::{Code, Diagnostic, SourceId};

/// Tells what the parser found. A table that is declared twice is told once, whatever stands in it.
pub(super) fn tell(
    source: SourceId,
    text: &str,
    table: &DeTable<'_>,
    errors: &[toml::de::Error],
    out: &mut Vec<Diagnostic>,
) {
    // the rest of a table that is declared again: its keys are repeated too
    let mut repeated = 0..0;
    let mut phase_told = false;
    for error in errors {
        let range = error.span().unwrap_or(text.len()..text.len());
        let message = error.message().trim().replace('\n', ", ");
        if message.contains("duplicate key") {
            if repeated.contains(&range.start) {
                continue;
            }
            let header = on_header(text, range.start);
            if header {
                repeated = range.end..section_end(text, range.end);
            }
            out.push(twice(source, text, table, range, header));
        } else if text.get(range.clone()) == Some("phase")
            && on_header(text, range.start)
            && table.get("phase").is_some_and(|phase| phase.get_ref().is_str())
        {
            if !std::mem::replace(&mut phase_told, true) {
                let first = table.get_key_value("phase").map(|(key, _)| key.span());
                out.push(
                    Diagnostic::error(
                        Code::Syntax,
                        "a file that names a default phase cannot declare phases",
                        place(source, range),
                    )
                    .here("declared here")
                    .label(first.map(|first| place(source, first)), "the default phase is named here")
                    .help("declare the phases in another file of the checklist, or give each check its own `phase`"),
                );
            }
        } else {
            out.push(Diagnostic::error(Code::Syntax, message, place(source, range)));
        }
    }
}

fn twice(source: SourceId, text: &str, table: &DeTable<'_>, range: Range<usize>, header: bool) -> Diagnostic {
    let name = text.get(range.clone()).unwrap_or_default();
    let (message, help) = if header {
        (format!("the name `{name}` is declared twice"), "give one of them another name")
    } else {
        (format!("the key `{name}` is given twice"), "keep one of them")
    };
    let first = if header { first_header(text, &range) } else { first_key(table, text, &range) };
    Diagnostic::error(Code::DuplicateId, message, place(source, range))
        .here("again here")
        .label(first.map(|first| place(source, first)), "first declared here")
        .help(help)
}

/// The last key before a place that is written in the same way, in the same table.
fn first_key(table: &DeTable<'_>, text: &str, at: &Range<usize>) -> Option<Range<usize>> {
    let name = text.get(at.clone())?;
    let section = section_start(text, at.start);
    let mut found: Option<Range<usize>> = None;
    let mut tables = vec![table];
    while let Some(table) = tables.pop() {
        for (key, value) in table {
            let range = key.span();
            let alike =
                text.get(range.clone()) == Some(name) && range.end <= at.start && range.start >= section;
            if alike && found.as_ref().is_none_or(|found| found.start < range.start) {
                found = Some(range);
            }
            if let DeValue::Table(inner) = value.get_ref() {
                tables.push(inner);
            }
        }
    }
    found
}

/// The first header that declares the same table; its name is the end of the header.
fn first_header(text: &str, at: &Range<usize>) -> Option<Range<usize>> {
    let compact = |text: &str| -> String { text.split_whitespace().collect() };
    let own = compact(text.get(line_start(text, at.start)..at.end)?) + "]";
    let name = text.get(at.clone())?;
    let mut start = 0;
    for line in text.get(..line_start(text, at.start))?.split_inclusive('\n') {
        if let Some(end) = line.find(']').filter(|end| compact(&line[..=*end]) == own) {
            let begin = start + line[..end].rfind(name)?;
            return Some(begin..begin + name.len());
        }
        start += line.len();
    }
    None
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

fn on_header(text: &str, at: usize) -> bool {
    text.get(line_start(text, at)..).is_some_and(|line| line.trim_start().starts_with('['))
}

/// Where the table that a place stands in begins: at its header, or at the start of the file.
fn section_start(text: &str, at: usize) -> usize {
    let mut start = line_start(text, at);
    while start > 0 && !on_header(text, start) {
        start = line_start(text, start - 1);
    }
    start
}

/// Where it ends: at the next header, or at the end of the file.
fn section_end(text: &str, at: usize) -> usize {
    let mut from = at;
    while let Some(end) = text.get(from..).and_then(|rest| rest.find('\n')) {
        from += end + 1;
        if on_header(text, from) {
            return from;
        }
    }
    text.len()
}
