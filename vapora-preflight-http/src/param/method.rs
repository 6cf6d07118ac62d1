//! Methods.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The method of a request; those that a checklist may name for a check that only reads.
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
    /// Hands a query over, as with GraphQL or a search. It must not change anything.
    Post,
    /// Puts something in its place. No check that only reads takes it.
    #[serde(skip)]
    Put,
}

impl HttpMethod {
    pub(crate) fn get(self) -> reqwest::Method {
        match self {
            Self::Get => reqwest::Method::GET,
            Self::Head => reqwest::Method::HEAD,
            Self::Options => reqwest::Method::OPTIONS,
            Self::Post => reqwest::Method::POST,
            Self::Put => reqwest::Method::PUT,
        }
    }
}

impl fmt::Display for HttpMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.get().as_str())
    }
}
