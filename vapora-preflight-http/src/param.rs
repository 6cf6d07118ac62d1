//! Parameters that kinds speaking HTTP have in common.

mod body;
mod header;
mod method;
mod status;
mod url;

pub use self::{
    body::BodySource,
    header::HeaderSource,
    method::HttpMethod,
    status::{StatusMatch, StatusSet},
    url::HttpUrl,
};

/// A parameter that does not follow its grammar: what was expected, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidParameter(pub(crate) String);
