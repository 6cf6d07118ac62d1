//! The formats that come with the crate.

use std::{fmt, str::FromStr};

use crate::{Json, Markdown, Renderer, Text};

/// A format that comes with the crate. Third parties' formats are kept by [`Renderers`](crate::Renderers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// The decision page with all that stands behind it.
    Markdown,
    /// Everything, for programs.
    Json,
    /// The text for a terminal.
    Text,
}

/// No format has that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected one of `markdown`, `json`, `text`, found `{0}`")]
pub struct UnknownFormat(pub String);

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[Self::Markdown, Self::Json, Self::Text];

    /// Its name: `markdown`, `json` or `text`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Json => "json",
            Self::Text => "text",
        }
    }

    /// Its renderer, with the settings it has by default.
    pub fn renderer(self) -> Box<dyn Renderer> {
        match self {
            Self::Markdown => Box::new(Markdown::new()),
            Self::Json => Box::new(Json::new()),
            Self::Text => Box::new(Text::new()),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.iter().find(|format| format.as_str() == text);
        found.copied().ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_survives_its_text() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(*format));
        }
        let error = "html".parse::<Format>().unwrap_err();
        assert_eq!(error.to_string(), "expected one of `markdown`, `json`, `text`, found `html`");
    }
}
