//! Texts of a checklist: templates filled in, values turned into JSON, serde's errors put into our words.

use std::borrow::Cow;

use toml::de::DeValue;

use super::fields::place;
use crate::{
    Code, Diagnostic, SourceId, Span,
    diagnostic::nearest,
    expr::{Names, Wrong, is_template, render},
};

type Spanned<T> = toml::Spanned<T>;

/// What a template may use.
#[derive(Debug, Clone)]
pub(super) struct Filler<'a> {
    pub(super) names: &'a Names,
    pub(super) scope: &'a minijinja::Value,
}

/// Fills in every string of a value, and turns dates into strings. Says whether all went well.
pub(super) fn fill(
    source: SourceId,
    value: &mut Spanned<DeValue<'_>>,
    filler: &Filler<'_>,
    out: &mut Vec<Diagnostic>,
) -> bool {
    let span = place(source, value.span());
    match value.get_mut() {
        DeValue::String(text) if is_template(text) => match render(text, filler.names, filler.scope) {
            Ok(filled) => {
                *text = Cow::Owned(filled);
                true
            }
            Err(wrong) => {
                out.push(wrong_text(&wrong, "template", filler.names, span));
                false
            }
        },
        DeValue::Array(values) => {
            let mut fine = true;
            for value in values.iter_mut() {
                fine &= fill(source, value, filler, out);
            }
            fine
        }
        DeValue::Table(table) => {
            let mut fine = true;
            for (_, value) in table.iter_mut() {
                fine &= fill(source, value, filler, out);
            }
            fine
        }
        other => {
            if let DeValue::Datetime(date) = other {
                *other = DeValue::String(Cow::Owned(date.to_string()));
            }
            true
        }
    }
}

/// Whether any string of a value has something to fill in.
pub(super) fn has_template(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::String(text) => is_template(text),
        DeValue::Array(values) => values.iter().any(|value| has_template(value.get_ref())),
        DeValue::Table(table) => table.values().any(|value| has_template(value.get_ref())),
        _ => false,
    }
}

/// Puts what is wrong with a template or an expression into a diagnostic.
pub(crate) fn wrong_text(
    wrong: &Wrong,
    what: &str,
    names: &Names,
    span: impl Into<Option<Span>>,
) -> Diagnostic {
    let Some(unknown) = &wrong.unknown else {
        let code = if what == "template" { Code::InvalidTemplate } else { Code::InvalidExpression };
        return Diagnostic::error(code, format!("the {what} cannot be used: {}", wrong.message), span)
            .maybe_help(wrong.help.clone());
    };
    Diagnostic::error(Code::UnknownVariable, format!("unknown name `{unknown}` in the {what}"), span)
        .help(help_for_name(unknown, &names.all()))
}

fn help_for_name(unknown: &str, all: &[String]) -> String {
    let first = unknown.split('.').next().unwrap_or_default();
    let below = format!("{first}.");
    let siblings: Vec<&String> = all.iter().filter(|name| name.starts_with(&below)).collect();
    if let Some(meant) = nearest(unknown, all.iter().map(String::as_str)) {
        return format!("did you mean `{meant}`?");
    }
    if siblings.is_empty() {
        match first {
            "baseline" => return "name the check to compare with, as in `baseline = \"…\"`".to_owned(),
            "each" => {
                return "give the check a `for_each`, as in `for_each = { name = [\"a\", \"b\"] }`"
                    .to_owned();
            }
            "vars" => return "declare it in `[vars]`".to_owned(),
            _ if all.is_empty() => return "there is nothing that it could name here".to_owned(),
            _ => {}
        }
    }
    let listed: Vec<&String> = if siblings.is_empty() { all.iter().collect() } else { siblings };
    let shown: Vec<String> = listed.iter().take(12).map(|name| format!("`{name}`")).collect();
    format!("it may name {}{}", shown.join(", "), if listed.len() > 12 { ", …" } else { "" })
}

/// A value as an author would call it.
pub(super) fn in_words(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(_) => "a text".to_owned(),
        DeValue::Integer(number) => format!("the number `{number}`"),
        DeValue::Float(number) => format!("the number `{number}`"),
        DeValue::Boolean(value) => format!("`{value}`"),
        DeValue::Datetime(date) => format!("the date `{date}`"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// A value as JSON, for definitions and for what expressions see.
pub(super) fn to_json(value: &DeValue<'_>) -> serde_json::Value {
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| number.as_str().into(), serde_json::Value::from),
        DeValue::Float(number) => number
            .as_str()
            .parse::<f64>()
            .ok()
            .and_then(serde_json::Number::from_f64)
            .map_or_else(|| number.as_str().into(), serde_json::Value::Number),
        DeValue::Boolean(value) => (*value).into(),
        DeValue::Datetime(date) => date.to_string().into(),
        DeValue::Array(values) => values.iter().map(|value| to_json(value.get_ref())).collect(),
        DeValue::Table(table) => {
            table.iter().map(|(name, value)| (name.get_ref().to_string(), to_json(value.get_ref()))).collect()
        }
    }
}

/// Puts an error of deserialisation into our words: what was expected before what was found, with what to write
/// instead.
pub(super) fn diagnose(source: SourceId, error: &toml::de::Error, code: Code, fallback: Span) -> Diagnostic {
    let span = error.span().map_or(fallback, |range| place(source, range));
    let message = error.message().trim().trim_end_matches('.').replace('\n', " ");
    if let Some(field) = message.strip_prefix("missing field ") {
        let code = if code == Code::InvalidParameter { Code::MissingParameter } else { Code::MissingKey };
        return Diagnostic::error(code, format!("{field} is missing"), span);
    }
    if let Some((found, known)) = quoted(&message, "unknown field ") {
        let listed = known.trim_start_matches(", expected ").trim_start_matches("one of ").to_owned();
        let help =
            nearest(found, names_in(known)).map(|meant| format!("did you mean `{meant}`?")).or_else(|| {
                listed.starts_with('`').then(|| format!("known here: {}", listed.replace(" or ", ", ")))
            });
        return Diagnostic::error(Code::UnknownKey, format!("unknown key `{found}`"), span).maybe_help(help);
    }
    if let Some((found, known)) = quoted(&message, "unknown variant ") {
        let expected = known.trim_start_matches(", ");
        let help = nearest(found, names_in(known)).map(|meant| format!("did you mean `{meant}`?"));
        return Diagnostic::error(code, format!("{expected}, found `{found}`"), span).maybe_help(help);
    }
    let swapped = ["invalid type: ", "invalid value: ", "invalid length "].iter().find_map(|prefix| {
        let (found, expected) = message.strip_prefix(prefix)?.rsplit_once(", expected ")?;
        Some(format!("expected {}, found {}", expected_in_words(expected), found_in_words(found)))
    });
    let text = match swapped {
        Some(text) => text,
        None if message == "wanted string or table" => "expected a text".to_owned(),
        None => message,
    };
    let begins = |with: &[&str]| with.iter().any(|with| text.starts_with(with));
    let code = if begins(&["expected a date with a zone, found"]) {
        Code::DateWithoutZone
    } else if begins(&["expected a name of ", "expected a release of ", "expected a kind as "]) {
        Code::InvalidName
    } else {
        code
    };
    let help = help_for(&text);
    Diagnostic::error(code, text, span).maybe_help(help)
}

/// What stands in backticks after a prefix, and what comes after it.
fn quoted<'m>(message: &'m str, prefix: &str) -> Option<(&'m str, &'m str)> {
    let rest = message.strip_prefix(prefix)?.strip_prefix('`')?;
    // the text in between may hold backticks of its own
    let end = rest.rfind("`, expected ").or_else(|| rest.rfind("`, there ")).or_else(|| rest.rfind('`'))?;
    Some((&rest[..end], &rest[end + 1..]))
}

fn names_in(listed: &str) -> impl Iterator<Item = &str> {
    listed.split('`').skip(1).step_by(2)
}

/// The names that serde and Rust give to types, as an author knows them.
fn expected_in_words(expected: &str) -> String {
    let range = |least: &str, most: &str| format!("a whole number from {least} to {most}");
    match expected {
        "u8" => range("0", "255"),
        "u16" => range("0", "65535"),
        "u32" => range("0", "4294967295"),
        "u64" | "usize" => "a whole number, not negative".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" | "bool" => "true or false".to_owned(),
        "a string" | "string" | "str" => "a text".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a table".to_owned(),
        other if other.starts_with("a nonzero u") => "a whole number above zero".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        other => other.to_owned(),
    }
}

/// The same of what was found.
fn found_in_words(found: &str) -> String {
    for (type_name, word) in [
        ("integer ", "the number "),
        ("floating point ", "the number "),
        ("boolean ", ""),
        ("string ", "the text "),
    ] {
        if let Some(value) = found.strip_prefix(type_name) {
            return format!("{word}{}", value.replace('"', "`"));
        }
    }
    match found {
        "sequence" => "a list".to_owned(),
        "map" => "a table".to_owned(),
        other => other.replace('"', "`"),
    }
}

fn help_for(message: &str) -> Option<String> {
    let help = if message.starts_with("expected a duration") {
        "write it with its unit, as in `500ms`, `20s`, `1m 30s`, `4h` or `1d`"
    } else if message.starts_with("expected a date with a zone") {
        "write the offset too, as in `2026-12-01T14:00:00Z` or `…+01:00`"
    } else if message.starts_with("expected a date and time with a zone") {
        "write it as `2026-12-01T14:00:00Z`"
    } else if message.starts_with("expected a list, found the text ") {
        "write it in brackets, as in `[\"…\"]`"
    } else {
        return None;
    };
    Some(help.to_owned())
}
