//! Parameters that kinds speaking TLS have in common.

mod endpoint;
mod identity;
mod roots;

pub use self::{endpoint::Endpoint, identity::ServerIdentity, roots::Roots};

/// A parameter that does not follow its grammar: what was expected, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidParameter(pub(crate) String);

/// A parameter that is written as a text: read with `FromStr`, shown with `Display`.
macro_rules! text_parameter {
    ($name:ident, $about:literal) => {
        impl TryFrom<String> for $name {
            type Error = InvalidParameter;
            fn try_from(text: String) -> Result<Self, InvalidParameter> {
                text.parse()
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $about })
            }
        }
    };
}
use text_parameter;
