//! Tables that are decoded by a type of their own: the parameters of a check, the settings of a target.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::{
    fields::{place, unknown_key},
    text::{Filler, diagnose, fill, to_json},
};
use crate::{Code, Diagnostic, SourceId, Span, diagnostic::nearest};

type Spanned<T> = toml::Spanned<T>;

/// What a table of parameters or settings may hold.
pub(super) struct Shape<'a> {
    pub(super) what: &'a str,
    pub(super) properties: Vec<&'a str>,
    pub(super) required: Vec<&'a str>,
    /// What else may stand there, for suggestions.
    pub(super) others: &'a [&'a str],
    /// What its keys are called: `parameter`.
    pub(super) parameter: &'a str,
}

/// Where a table stands.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) source: SourceId,
    /// The name of what it belongs to.
    pub(super) name: Span,
    pub(super) whole: Span,
}

/// A table that was decoded.
pub(super) struct Decoded<'s, T> {
    pub(super) value: T,
    pub(super) written: serde_json::Value,
    /// The table itself, filled in.
    pub(super) table: DeTable<'s>,
}

/// Decodes a table by its own type. All unknown keys, all missing ones and all wrong ones are told: a wrong one is
/// taken out, and the rest is tried again.
pub(super) fn decode_table<'s, T>(
    at: Place,
    table: DeTable<'s>,
    filler: &Filler<'_>,
    out: &mut Vec<Diagnostic>,
    shape: &Shape<'_>,
    decode: impl Fn(Spanned<DeValue<'s>>) -> Result<T, toml::de::Error>,
) -> Option<Decoded<'s, T>> {
    let before = out.len();
    let table = known_keys(at, table, out, shape);
    let mut filled = DeTable::new();
    for (key, mut value) in table {
        // one that cannot be filled in is told, and the others are looked at
        if fill(at.source, &mut value, filler, out) {
            filled.insert(key, value);
        }
    }
    let mut table = filled;
    // what was wrong and is taken out, by its path
    let mut taken: Vec<Vec<String>> = Vec::new();
    loop {
        let attempt = Spanned::new(at.whole.start..at.whole.end, DeValue::Table(table.clone()));
        let error = match decode(attempt) {
            Ok(value) if out.len() == before => {
                let whole = DeValue::Table(table);
                let written = to_json(&whole);
                let DeValue::Table(table) = whole else { return None };
                return Some(Decoded { value, written, table });
            }
            Ok(_) => return None,
            Err(error) => error,
        };
        let (mut path, mut leaf) = (Vec::new(), Vec::new());
        if let Some(range) = error.span() {
            path_to(&table, &range, &mut path, &mut leaf);
        }
        let Some(culprit) = path.first().cloned() else {
            let missing = error.message().starts_with("missing field");
            // told above, or the doing of a parameter that was taken out
            if !missing || out.len() == before {
                out.push(diagnose(at.source, &error, Code::InvalidParameter, at.name));
            }
            return None;
        };
        let lost = error.message().strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        if lost.is_some_and(|lost| taken.contains(&[&path[..], &[lost.to_owned()]].concat())) {
            table.remove(culprit.as_str());
            continue;
        }
        let mut diagnostic = diagnose(at.source, &error, Code::InvalidParameter, at.name);
        diagnostic.message = format!("`{}`: {}", path.join("."), diagnostic.message);
        out.push(diagnostic);
        if !remove(&mut table, &leaf) {
            table.remove(culprit.as_str());
        }
        taken.push(leaf);
    }
}

/// Tells the keys that are unknown and those that are missing, and leaves the known ones.
fn known_keys<'s>(
    at: Place,
    table: DeTable<'s>,
    out: &mut Vec<Diagnostic>,
    shape: &Shape<'_>,
) -> DeTable<'s> {
    let (known, unknown): (Vec<_>, Vec<_>) =
        table.into_iter().partition(|(name, _)| shape.properties.contains(&name.get_ref().as_ref()));
    for (name, _) in &unknown {
        out.push(unknown_key(at.source, name, shape.what, &shape.properties, shape.others));
    }
    let known: DeTable<'s> = known.into_iter().collect();
    for name in shape.required.iter().filter(|name| !known.contains_key(**name)) {
        // a misspelling of it has been told
        if unknown.iter().any(|(key, _)| nearest(key.get_ref(), [*name]).is_some()) {
            continue;
        }
        out.push(
            Diagnostic::error(
                Code::MissingParameter,
                format!("{} lacks the {} `{name}`", shape.what, shape.parameter),
                at.name,
            )
            .help(format!("give it, as in `{name} = …`")),
        );
    }
    known
}

fn holds(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Whether a place lies in a value. What stands below a header lies outside of the header.
fn covers(value: &Spanned<DeValue<'_>>, range: &Range<usize>) -> bool {
    holds(&value.span(), range)
        || match value.get_ref() {
            DeValue::Array(values) => values.iter().any(|value| covers(value, range)),
            DeValue::Table(table) => {
                table.iter().any(|(key, value)| holds(&key.span(), range) || covers(value, range))
            }
            _ => false,
        }
}

/// The keys that lead to the value at a place, as `peer`, `port`; and those that lead to what is to be taken out there,
/// which is a key of that value where it is the key that is wrong.
fn path_to(table: &DeTable<'_>, range: &Range<usize>, path: &mut Vec<String>, leaf: &mut Vec<String>) {
    for (key, value) in table {
        let name = || key.get_ref().to_string();
        if covers(value, range) {
            path.push(name());
            leaf.push(name());
            below(value, range, path, leaf);
            return;
        }
        if holds(&key.span(), range) {
            if path.is_empty() {
                path.push(name());
            }
            leaf.push(name());
            return;
        }
    }
}

fn below(value: &Spanned<DeValue<'_>>, range: &Range<usize>, path: &mut Vec<String>, leaf: &mut Vec<String>) {
    match value.get_ref() {
        DeValue::Table(table) => path_to(table, range, path, leaf),
        DeValue::Array(values) => {
            if let Some(value) = values.iter().find(|value| covers(value, range)) {
                below(value, range, path, leaf);
            }
        }
        _ => {}
    }
}

/// Takes out what keys lead to. What lies in a list cannot be taken out of it.
fn remove(table: &mut DeTable<'_>, path: &[String]) -> bool {
    match path {
        [] => false,
        [last] => table.remove(last.as_str()).is_some(),
        [first, rest @ ..] => match table.get_mut(first.as_str()).map(Spanned::get_mut) {
            Some(DeValue::Table(inner)) => remove(inner, rest),
            _ => false,
        },
    }
}

/// Every text of a table, with its place.
pub(super) fn texts_of(source: SourceId, table: &DeTable<'_>) -> Vec<crate::plan::draft::Text> {
    let mut texts = Vec::new();
    let mut left: Vec<&Spanned<DeValue<'_>>> = table.values().collect();
    while let Some(value) = left.pop() {
        match value.get_ref() {
            DeValue::String(text) => texts.push(crate::plan::draft::Text {
                text: text.to_string(),
                span: Some(place(source, value.span())),
            }),
            DeValue::Array(values) => left.extend(values.iter()),
            DeValue::Table(table) => left.extend(table.values()),
            _ => {}
        }
    }
    texts
}
