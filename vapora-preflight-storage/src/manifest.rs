//! Manifests and configurations: YAML, TOML and JSON, with every mistake and its place.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod json;
mod node;
mod toml;
mod yaml;

pub(crate) use self::node::{Node, Object};

/// The language of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ManifestFormat {
    /// YAML 1.2, one document or many.
    Yaml,
    /// TOML.
    Toml,
    /// JSON.
    Json,
}

impl ManifestFormat {
    /// The language that the end of a name says.
    pub fn of_name(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Some(Self::Yaml),
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

impl fmt::Display for ManifestFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Yaml => "YAML",
            Self::Toml => "TOML",
            Self::Json => "JSON",
        })
    }
}

/// A mistake in a text, and where. Lines and columns count from 1; a column counts characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mistake {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) message: String,
}

/// How many mistakes of one text are told. Where there are more, the text is none of its language.
const MOST_MISTAKES: usize = 100;

/// What a text holds: its documents as far as they can be read, and its mistakes, the first hundred of them.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) documents: Vec<Node>,
    pub(crate) mistakes: Vec<Mistake>,
}

/// Reads a text. One that holds nothing has a mistake, too.
pub(crate) fn parse(format: ManifestFormat, bytes: &[u8]) -> Parsed {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
            let (line, column) = position(&before, before.len());
            let message = "it is not UTF-8".to_owned();
            return Parsed { mistakes: vec![Mistake { line, column, message }], ..Parsed::default() };
        }
    };
    let mut parsed = match format {
        ManifestFormat::Yaml => yaml::parse(text),
        ManifestFormat::Toml => toml::parse(text),
        ManifestFormat::Json => json::parse(text),
    };
    if parsed.mistakes.is_empty() && parsed.documents.iter().all(Node::is_empty) {
        let message = "there is nothing in it".to_owned();
        parsed.mistakes.push(Mistake { line: 1, column: 1, message });
    }
    parsed.mistakes.sort();
    parsed.mistakes.dedup();
    parsed.mistakes.truncate(MOST_MISTAKES);
    parsed
}

/// The line and the column of a place in a text.
fn position(text: &str, at: usize) -> (usize, usize) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// A text in one line, cut where it is long.
fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > 200 { line.chars().take(200).chain(['…']).collect() } else { line }
}
