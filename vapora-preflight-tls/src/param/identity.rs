//! Who a server has to be.

use std::{fmt, str::FromStr};

use rustls_pki_types::ServerName;
use serde::Deserialize;

use super::{InvalidParameter, text_parameter};

/// The DNS name or IP address that a certificate has to be for.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ServerIdentity(ServerName<'static>);
text_parameter!(ServerIdentity, "a DNS name or an IP address");

impl ServerIdentity {
    pub(crate) fn name(&self) -> &ServerName<'static> {
        &self.0
    }
}

impl FromStr for ServerIdentity {
    type Err = InvalidParameter;

    fn from_str(text: &str) -> Result<Self, InvalidParameter> {
        ServerName::try_from(text.to_owned()).map(Self).map_err(|_| {
            let how = if text.is_ascii() { "" } else { "; write it in ASCII, as in `xn--bcher-kva.example`" };
            InvalidParameter(format!("expected a DNS name or an IP address, found `{text}`{how}"))
        })
    }
}

impl fmt::Display for ServerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_str())
    }
}
