//! A host with a port.

use std::{fmt, net::Ipv6Addr};

use serde::Deserialize;

/// A host with a port: `surrealdb:8000`, `192.0.2.7:5432`, `[2001:db8::7]:443`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Endpoint {
    host: String,
    port: u16,
}

/// A text that is no host with a port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a host and a port, as in `db.example.com:5432` or `[2001:db8::7]:443`, found `{found}`")]
pub struct InvalidEndpoint {
    /// What was given.
    pub found: String,
}

impl Endpoint {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// The text is no host with a port from 1 to 65535.
    pub fn new(text: &str) -> Result<Self, InvalidEndpoint> {
        let invalid = || InvalidEndpoint { found: text.to_owned() };
        let (host, port) = text.rsplit_once(':').ok_or_else(invalid)?;
        let port: u16 = port.parse().ok().filter(|port| *port > 0).ok_or_else(invalid)?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(inner) if inner.parse::<Ipv6Addr>().is_ok() => inner,
            Some(_) => return Err(invalid()),
            None => host,
        };
        let letters = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let named = !host.is_empty() && host.len() <= 253 && host.chars().all(letters);
        if named || host.parse::<Ipv6Addr>().is_ok() && text.starts_with('[') {
            Ok(Self { host: host.to_owned(), port })
        } else {
            Err(invalid())
        }
    }

    /// The name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl TryFrom<String> for Endpoint {
    type Error = InvalidEndpoint;
    fn try_from(text: String) -> Result<Self, InvalidEndpoint> {
        Self::new(&text)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_a_port_are_read() {
        for text in ["db:8000", "db.example.com:1", "192.0.2.7:65535", "[::1]:443", "_srv.x:9"] {
            assert_eq!(Endpoint::new(text).unwrap().to_string(), text);
        }
        for bad in [
            "",
            "db",
            "db:",
            "db:0",
            "db:65536",
            ":80",
            "::1:80",
            "[db]:80",
            "a b:80",
            "http://a:80",
            "[::1]",
        ] {
            assert!(Endpoint::new(bad).is_err(), "{bad}");
        }
    }
}
