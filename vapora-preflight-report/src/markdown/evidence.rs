//! What a check saw, item by item.

use std::fmt;

use vapora_preflight::{Bytes, Evidence, Item, Value};

use super::escape::{code, codes, prose, text};
use crate::{
    clip::clip,
    measure::{is_nothing, measured, nested},
};

/// How many parts of a list or a table are told.
const PARTS: usize = 12;

/// What helps: the values that are there. Which ones came up empty is told where the check failed, since it may have
/// failed on them.
pub(super) fn write(evidence: &Evidence, failed: bool, out: &mut dyn fmt::Write) -> fmt::Result {
    let (there, empty): (Vec<&Item>, Vec<&Item>) =
        evidence.items().iter().partition(|item| !is_nothing(&item.value));
    let empty: Vec<&str> = empty.iter().filter(|_| failed).map(|item| item.name.as_str()).collect();
    if there.is_empty() && empty.is_empty() && evidence.attachments().is_empty() {
        return Ok(());
    }
    writeln!(out, "- Evidence:")?;
    for item in there {
        one(item, out)?;
    }
    if !empty.is_empty() {
        writeln!(out, "  - nothing in {}", codes(empty))?;
    }
    for file in evidence.attachments() {
        let size = Bytes::new(file.size);
        let digest = file.digest.short();
        writeln!(
            out,
            "  - file {}: {}, {size}, sha256 `{digest}…`",
            code(&file.name),
            text(&file.media_type)
        )?;
    }
    Ok(())
}

fn one(item: &Item, out: &mut dyn fmt::Write) -> fmt::Result {
    const LONG: usize = 100;
    let inline = measured(item);
    let parts: Vec<String> = match &item.value {
        Value::List(values) if values.len() > 1 => values.iter().map(|value| prose(&part(value))).collect(),
        Value::Table(rows) if rows.len() > 1 => {
            rows.iter().map(|(name, value)| format!("{}: {}", code(name), prose(&part(value)))).collect()
        }
        _ => Vec::new(),
    };
    if parts.is_empty() || inline.chars().count() <= LONG {
        return writeln!(out, "  - {}: {}", code(&item.name), prose(&clip(&inline, 300)));
    }
    writeln!(out, "  - {} ({}):", code(&item.name), parts.len())?;
    for part in parts.iter().take(PARTS) {
        writeln!(out, "    - {part}")?;
    }
    match parts.len().saturating_sub(PARTS) {
        0 => Ok(()),
        more => writeln!(out, "    - and {more} more, in the JSON report"),
    }
}

/// A part of a list or a table, without the outermost brackets.
fn part(value: &Value) -> String {
    let told = nested(value);
    let bare = told.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    clip(bare.filter(|_| matches!(value, Value::Table(_))).unwrap_or(&told), 300)
}
