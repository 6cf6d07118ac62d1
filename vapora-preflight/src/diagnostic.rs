//! What is wrong with a checklist, told to its author.

use std::fmt;

mod code;

pub use self::code::Code;

/// The number of a file among the sources of a checklist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SourceId(pub(crate) u32);

/// A stretch of a source, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The source.
    pub source: SourceId,
    /// Its first byte.
    pub start: usize,
    /// The first byte after it.
    pub end: usize,
}

/// One text that a checklist is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What to call it: its path, as the caller gave it.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The texts that a checklist is read from, in the order they were read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources {
    files: Vec<Source>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// There is no plan.
    Error,
    /// There is a plan, and its author should know.
    Warning,
}

/// Something that is wrong with a checklist, with where it is and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// What kind of mistake it is.
    pub code: Code,
    /// How bad it is.
    pub level: Level,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// Where; the first label is the place itself, the others explain it.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
}

/// A place, with what is the matter there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is the matter there; empty where the message says it all.
    pub text: String,
}

impl Sources {
    /// No texts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        let id = SourceId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source { name: name.into(), text: text.into() });
        id
    }

    /// One text.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.files.get(id.0 as usize)
    }

    /// All texts, in order.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0_u32..).map(SourceId).zip(&self.files)
    }

    /// The line of a place, from one, and its column in characters, from one.
    pub fn position(&self, span: Span) -> Option<(usize, usize)> {
        let text = &self.get(span.source)?.text;
        let before = text.get(..span.start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        Some((line, column))
    }
}

impl Diagnostic {
    /// An error at a place; one of a plan written in Rust has none.
    pub fn error(code: Code, message: impl Into<String>, span: impl Into<Option<Span>>) -> Self {
        Self::new(Level::Error, code, message.into(), span.into())
    }

    /// A warning at a place; one of a plan written in Rust has none.
    pub fn warning(code: Code, message: impl Into<String>, span: impl Into<Option<Span>>) -> Self {
        Self::new(Level::Warning, code, message.into(), span.into())
    }

    fn new(level: Level, code: Code, message: String, span: Option<Span>) -> Self {
        let labels = span.map(|span| Label { span, text: String::new() }).into_iter().collect();
        Self { code, level, message, labels, help: None }
    }

    /// The same with a text at its place.
    pub fn here(mut self, text: impl Into<String>) -> Self {
        if let Some(label) = self.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    /// Adds a place that explains it.
    pub fn label(mut self, span: impl Into<Option<Span>>, text: impl Into<String>) -> Self {
        self.labels.extend(span.into().map(|span| Label { span, text: text.into() }));
        self
    }

    /// Says what to do about it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same where there is a help, unchanged where there is none.
    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// The place itself.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        write!(f, "{level}[{}]: {}", self.code, self.message)
    }
}

/// The one of `known` that is nearest to `found`, for a `did you mean`.
pub(crate) fn nearest<'k>(found: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let most = |name: &str| 1 + found.len().max(name.len()) / 4;
    let characters = found.chars().count();
    known
        .into_iter()
        // the distance is at least the difference of their lengths; a huge text is never compared
        .filter(|name| characters.abs_diff(name.chars().count()) <= most(name))
        .map(|name| (strsim::damerau_levenshtein(found, name), name))
        .filter(|(distance, name)| *distance <= most(name) && *distance < name.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelling_finds_its_word() {
        let known = ["timeout", "retry", "needs"];
        assert_eq!(nearest("timeuot", known), Some("timeout"));
        assert_eq!(nearest("neds", known), Some("needs"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("x", known), None);
    }

    #[test]
    fn a_position_counts_characters() {
        let mut sources = Sources::new();
        let source = sources.add("a.toml", "é\nüx = 1\n");
        assert_eq!(sources.position(Span { source, start: 5, end: 6 }), Some((2, 2)));
    }
}
