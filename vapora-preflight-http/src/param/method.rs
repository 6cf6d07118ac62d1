//! Methods.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum HttpMethod {
    /// Asks for the resource.
    #[default]
    Get,
    /// Asks for the headers alone.
    Head,
    /// Asks what is possible.
    Options,
    /// Hands something over: a query, as with GraphQL or a search, or something to be done.
    Post,
    /// Puts something there.
    Put,
    /// Changes what is there.
    Patch,
    /// Removes what is there.
    Delete,
}

impl HttpMethod {
    pub(crate) fn get(self) -> reqwest::Method {
        match self {
            Self::Get => reqwest::Method::GET,
            Self::Head => reqwest::Method::HEAD,
            Self::Options => reqwest::Method::OPTIONS,
            Self::Post => reqwest::Method::POST,
            Self::Put => reqwest::Method::PUT,
            Self::Patch => reqwest::Method::PATCH,
            Self::Delete => reqwest::Method::DELETE,
        }
    }

    /// Whether it asks for a change, whatever it is sent to.
    pub(crate) fn changes(self) -> bool {
        matches!(self, Self::Put | Self::Patch | Self::Delete)
    }

    /// Whether it may be sent twice without a second thought.
    pub(crate) fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Options)
    }
}

impl fmt::Display for HttpMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.get().as_str())
    }
}

/// How something is handed over that brings something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Method {
    /// Hands something new over.
    #[default]
    Post,
    /// Puts something in place of what was there.
    Put,
}

impl Method {
    pub(crate) fn get(self) -> HttpMethod {
        match self {
            Self::Post => HttpMethod::Post,
            Self::Put => HttpMethod::Put,
        }
    }
}
