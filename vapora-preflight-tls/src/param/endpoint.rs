//! Where a server listens.

use std::{fmt, net::Ipv6Addr, str::FromStr};

use serde::Deserialize;

use super::{InvalidParameter, text_parameter};

/// A host and a port: `api.example.com:443`, `10.0.0.7:6443`, `[::1]:443`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Endpoint {
    host: String,
    port: u16,
}
text_parameter!(Endpoint, "a host and a port, as in `api.example.com:443`");

impl Endpoint {
    /// The name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for Endpoint {
    type Err = InvalidParameter;

    fn from_str(text: &str) -> Result<Self, InvalidParameter> {
        let wrong = |why: &str| {
            InvalidParameter(format!(
                "expected a host and a port, as in `api.example.com:443`, found `{text}`: {why}"
            ))
        };
        if text.contains("://") || text.contains('/') {
            return Err(wrong("it looks like a URL"));
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(|| wrong("it has no port"))?;
        let port = match port.parse() {
            Ok(port) if port != 0 => port,
            _ => return Err(wrong("the port is not a number from 1 to 65535")),
        };
        let host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(inner) if inner.parse::<Ipv6Addr>().is_ok() => inner,
            Some(_) => return Err(wrong("what is in brackets is no IPv6 address")),
            None if host.contains(':') => return Err(wrong("an IPv6 address is written in brackets")),
            None => host,
        };
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || "@[]".contains(c)) {
            return Err(wrong("the host is not a name or an address"));
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_host_and_a_port() {
        for right in ["api.example.com:443", "10.0.0.7:6443", "[::1]:443"] {
            assert_eq!(right.parse::<Endpoint>().unwrap().to_string(), right);
        }
        for wrong in [
            "",
            "api.example.com",
            ":443",
            "a:0",
            "a:65536",
            "a:https",
            "::1:443",
            "[a]:443",
            "https://a:443",
            "a b:443",
            "u@a:1",
        ] {
            assert!(wrong.parse::<Endpoint>().is_err(), "{wrong}");
        }
    }
}
