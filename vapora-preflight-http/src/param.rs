//! Parameters that kinds speaking HTTP have in common.

mod alert_selector;
mod amount;
mod body;
mod header;
mod message;
mod method;
mod metric_unit;
mod pattern;
mod sender;
mod status;
mod url;
mod window;

pub use self::{
    alert_selector::AlertSelector,
    amount::Amount,
    body::BodySource,
    method::HttpMethod,
    metric_unit::MetricUnit,
    pattern::TextPattern,
    sender::ClientCertificate,
    status::{StatusMatch, StatusSet},
    url::HttpUrl,
};
pub(crate) use self::{
    alert_selector::label_value,
    header::{is_credential, validate_header},
    message::Message,
    method::Method,
    sender::{Basic, Sender},
    window::Window,
};

/// A parameter that does not follow its grammar: what was expected, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidParameter(pub(crate) String);
