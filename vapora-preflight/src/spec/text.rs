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

/// Puts what is wrong with a template or an expression into a diagnostic.
pub(crate) fn wrong_text(
    wrong: &Wrong,
    what: &str,
    names: &Names,
    span: impl Into<Option<Span>>,
) -> Diagnostic {
    let Some(unknown) = &wrong.unknown else {
        let code = if what == "template" { Code::InvalidTemplate } else { Code::InvalidExpression };
        return Diagnostic::error(code, format!("the {what} cannot be read: {}", wrong.message), span);
    };
    let all = names.all();
    let help = match nearest(unknown, all.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if all.is_empty() => "there is nothing that it could name here".to_owned(),
        None => {
            let shown: Vec<String> = all.iter().take(12).map(|name| format!("`{name}`")).collect();
            format!("it may name {}{}", shown.join(", "), if all.len() > 12 { ", …" } else { "" })
        }
    };
    Diagnostic::error(Code::UnknownVariable, format!("unknown name `{unknown}` in the {what}"), span)
        .help(help)
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
    let message = error.message().trim().trim_end_matches('.');
    let swapped = ["invalid type: ", "invalid value: ", "invalid length "].iter().find_map(|prefix| {
        let (found, expected) = message.strip_prefix(prefix)?.rsplit_once(", expected ")?;
        let found = found.replace(['"'], "`");
        Some(format!("expected {}, found {found}", article(expected)))
    });
    let text = swapped.unwrap_or_else(|| message.replace('\n', " "));
    let code = if text.starts_with("expected a date") && text.contains("with a zone, found") {
        Code::DateWithoutZone
    } else {
        code
    };
    let help = help_for(&text);
    Diagnostic::error(code, text, span).maybe_help(help)
}

/// The names that serde and Rust give to types, as an author knows them.
fn article(expected: &str) -> String {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not negative".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" | "bool" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a table".to_owned(),
        "a nonzero u32" | "a nonzero u64" | "a nonzero u16" | "a nonzero u8" | "a nonzero usize" => {
            "a whole number above zero".to_owned()
        }
        other if other.starts_with("struct ") => "a table".to_owned(),
        other => other.to_owned(),
    }
}

fn help_for(message: &str) -> Option<String> {
    if message.starts_with("expected a duration") {
        return Some("write it with its unit, as in `500ms`, `20s`, `1m 30s`, `4h` or `1d`".to_owned());
    }
    if message.starts_with("expected a date") {
        return Some("write the offset too, as in `2026-12-01T14:00:00Z` or `…+01:00`".to_owned());
    }
    let unknown =
        message.strip_prefix("unknown variant `").or_else(|| message.strip_prefix("unknown field `"))?;
    let (found, known) = unknown.split_once('`')?;
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    nearest(found, known).map(|meant| format!("did you mean `{meant}`?"))
}
