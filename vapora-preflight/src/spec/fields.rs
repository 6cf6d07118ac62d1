//! Reading a table key by key, without stopping at the first mistake.

use serde::Deserialize;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::text::{Filler, diagnose, fill, in_words};
use crate::{Code, Diagnostic, SourceId, Span, diagnostic::nearest};

type Spanned<T> = toml::Spanned<T>;

/// A table that is read key by key. What is left when it is done is unknown.
pub(super) struct Fields<'s> {
    pub(super) source: SourceId,
    table: DeTable<'s>,
    /// The whole table, or its header.
    pub(super) span: Span,
    known: Vec<&'static str>,
}

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

impl<'s> Fields<'s> {
    /// Takes a value that has to be a table.
    pub(super) fn of(
        source: SourceId,
        value: Spanned<DeValue<'s>>,
        what: &str,
        out: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let span = place(source, value.span());
        match value.into_inner() {
            DeValue::Table(table) => Some(Self { source, table, span, known: Vec::new() }),
            other => {
                out.push(Diagnostic::error(
                    Code::InvalidValue,
                    format!("expected a table for {what}, found {}", in_words(&other)),
                    span,
                ));
                None
            }
        }
    }

    pub(super) fn of_table(source: SourceId, table: DeTable<'s>, span: Span) -> Self {
        Self { source, table, span, known: Vec::new() }
    }

    /// Takes a value as it stands.
    pub(super) fn raw(&mut self, key: &'static str) -> Option<Spanned<DeValue<'s>>> {
        self.known.push(key);
        self.table.remove(key)
    }

    /// The place of a key, while it has not been taken.
    pub(super) fn key_span(&self, key: &str) -> Option<Span> {
        self.table.get_key_value(key).map(|(name, _)| place(self.source, name.span()))
    }

    /// A text as it stands, while it has not been taken.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.table.get(key).and_then(|value| value.get_ref().as_str())
    }

    /// Whether a key is missing, and not merely misspelt: a misspelling is told as an unknown key.
    pub(super) fn lacks(&self, key: &str) -> bool {
        !self.table.contains_key(key) && self.misspelt(key).is_none()
    }

    /// The key that stands there in place of a misspelt one.
    pub(super) fn misspelt(&self, key: &str) -> Option<&Spanned<std::borrow::Cow<'s, str>>> {
        if self.table.contains_key(key) {
            return None;
        }
        self.table.keys().find(|name| nearest(name.get_ref(), [key]).is_some())
    }

    /// Takes a value of a type; strings in it are filled in first.
    pub(super) fn take<T: for<'de> Deserialize<'de>>(
        &mut self,
        key: &'static str,
        filler: &Filler<'_>,
        out: &mut Vec<Diagnostic>,
    ) -> Option<At<T>> {
        let mut value = self.raw(key)?;
        let span = place(self.source, value.span());
        if !fill(self.source, &mut value, filler, out) {
            return None;
        }
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(value) => Some(At { value, span }),
            Err(error) => {
                let mut diagnostic = diagnose(self.source, &error, Code::InvalidValue, span);
                diagnostic.message = format!("`{key}`: {}", diagnostic.message);
                out.push(diagnostic);
                None
            }
        }
    }

    /// Takes a value of a type, without its place.
    pub(super) fn plain<T: for<'de> Deserialize<'de>>(
        &mut self,
        key: &'static str,
        filler: &Filler<'_>,
        out: &mut Vec<Diagnostic>,
    ) -> Option<T> {
        self.take(key, filler, out).map(|at| at.value)
    }

    /// Takes a table below this one.
    pub(super) fn below(&mut self, key: &'static str, out: &mut Vec<Diagnostic>) -> Option<Fields<'s>> {
        let value = self.raw(key)?;
        Fields::of(self.source, value, &format!("`{key}`"), out)
    }

    /// Every key that is left.
    pub(super) fn rest(self) -> DeTable<'s> {
        self.table
    }

    /// Reports every key that is left as unknown.
    pub(super) fn finish(self, what: &str, out: &mut Vec<Diagnostic>) {
        for (name, _) in self.table {
            out.push(unknown_key(self.source, &name, what, &self.known, &[]));
        }
    }
}

/// A key that has no meaning where it stands. It may be meant for one that is `known` there, or for one of `others`, which
/// are too many to be listed.
pub(super) fn unknown_key(
    source: SourceId,
    name: &Spanned<std::borrow::Cow<'_, str>>,
    what: &str,
    known: &[&str],
    others: &[&str],
) -> Diagnostic {
    let found = name.get_ref();
    let help = if let Some(meant) = nearest(found, known.iter().chain(others).copied()) {
        format!("did you mean `{meant}`?")
    } else {
        let mut names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        names.sort();
        if names.is_empty() {
            "nothing may stand here".to_owned()
        } else {
            format!("known here: {}", names.join(", "))
        }
    };
    Diagnostic::error(
        Code::UnknownKey,
        format!("unknown key `{found}` in {what}"),
        place(source, name.span()),
    )
    .help(help)
}

pub(super) fn place(source: SourceId, range: std::ops::Range<usize>) -> Span {
    Span { source, start: range.start, end: range.end }
}
