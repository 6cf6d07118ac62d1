//! `net.tcp_connects`

use std::{net::SocketAddr, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome,
    Period, Problems, Requirements, Unit, async_trait,
};

use crate::endpoint::{Endpoint, InvalidEndpoint};

/// A TCP port of a host takes connections.
///
/// # Why
///
/// "The database cannot be reached" has three causes that look alike in an application's log: the name does not resolve,
/// nothing listens, or something on the way drops the packets. Each is told apart here.
///
/// # What it asks
///
/// It resolves the host by the system's resolver and connects to its addresses one after the other until one takes the
/// connection, or to all of them with `every_address`. Nothing is sent; the connection is closed at once.
///
/// # What fails
///
/// A connection that is refused, that is not answered within `connect_timeout`, or for which there is no route. With
/// `every_address`, one address of several that does not take it.
///
/// # What errs
///
/// A host that does not resolve, for nobody was asked then, and a machine that may not or cannot make a connection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TcpConnects {
    /// The host and its port, as in `surrealdb.vapora.svc:8000`, `192.0.2.7:5432` or `[2001:db8::7]:443`.
    #[schemars(with = "String")]
    pub endpoint: Endpoint,
    /// How long one address may take to answer: 5 seconds by default.
    #[serde(default = "patience")]
    pub connect_timeout: Period,
    /// Whether every address of the host has to take the connection, and not only one of them.
    #[serde(default)]
    pub every_address: bool,
}

fn patience() -> Period {
    Period::from(Duration::from_secs(5))
}

/// What became of one address.
#[derive(Debug)]
enum Met {
    Connected(Duration),
    Not(String),
}

impl TcpConnects {
    /// The check of one endpoint, as in `surrealdb.vapora.svc:8000`.
    ///
    /// # Errors
    ///
    /// The text is no host with a port.
    pub fn new(endpoint: &str) -> Result<Self, InvalidEndpoint> {
        let endpoint = Endpoint::new(endpoint)?;
        Ok(Self { endpoint, connect_timeout: patience(), every_address: false })
    }

    async fn meet(&self, cx: &CheckContext, address: SocketAddr) -> Result<Met, CheckError> {
        use std::io::ErrorKind;
        cx.doing(format!("connecting to {address}"));
        let began = tokio::time::Instant::now();
        let connecting = tokio::net::TcpStream::connect(address);
        let error = match tokio::time::timeout(self.connect_timeout.get(), connecting).await {
            Ok(Ok(_)) => return Ok(Met::Connected(began.elapsed())),
            Err(_) => return Ok(Met::Not(format!("no answer within {}", self.connect_timeout))),
            Ok(Err(error)) => error,
        };
        match error.kind() {
            ErrorKind::ConnectionRefused => Ok(Met::Not("the connection is refused".to_owned())),
            ErrorKind::ConnectionReset => Ok(Met::Not("the connection is reset".to_owned())),
            ErrorKind::TimedOut => Ok(Met::Not("no answer".to_owned())),
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
                Ok(Met::Not("there is no route to it".to_owned()))
            }
            _ => Err(CheckError::transient(format!("could not connect to {address}")).because(&error)),
        }
    }
}

#[async_trait]
impl Check for TcpConnects {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let endpoint = &self.endpoint;
        cx.doing(format!("resolving `{}`", endpoint.host()));
        let found = tokio::net::lookup_host((endpoint.host(), endpoint.port())).await.map_err(|error| {
            CheckError::transient(format!("`{}` does not resolve", endpoint.host()))
                .because(&error)
                .remedy("see that the host is spelt right, and that this machine asks the right name server")
        })?;
        let mut addresses: Vec<SocketAddr> = Vec::new();
        for address in found {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            return Err(CheckError::transient(format!("`{}` has no addresses", endpoint.host())));
        }
        let (mut connected, mut refused): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        let mut latency = None;
        for address in &addresses {
            match self.meet(cx, *address).await? {
                Met::Connected(took) => {
                    latency = latency.max(Some(took));
                    connected.push(address.to_string());
                    if !self.every_address {
                        break;
                    }
                }
                Met::Not(why) => refused.push(format!("{address}: {why}")),
            }
        }
        let evidence = Evidence::new()
            .with("addresses", addresses.iter().map(ToString::to_string).collect::<Vec<_>>())
            .with("connected", connected.clone())
            .measured("latency", latency.map(|took| took.as_secs_f64()), Unit::Seconds);
        let wanted = if self.every_address { addresses.len() } else { 1 };
        if connected.len() >= wanted {
            let of =
                if addresses.len() > 1 { format!(", at {}", connected.join(", ")) } else { String::new() };
            let summary = format!("`{endpoint}` takes connections{of}");
            return Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)));
        }
        let port = endpoint.port();
        let expected =
            if self.every_address { "every address takes a connection" } else { "it takes a connection" };
        Ok(Outcome::Fail(
            Finding::new(format!("`{endpoint}` takes no connection"))
                .expected(expected)
                .actual(refused.join("; "))
                .remedy(format!(
                    "see that something listens on port {port} there (`ss -ltn`), and that no firewall or network policy is in between; try it with `nc -vz {} {port}`",
                    endpoint.host()
                ))
                .advice(Advice::Investigate)
                .evidence(evidence),
        ))
    }
}

impl Kind for TcpConnects {
    const NAME: &'static str = "net.tcp_connects";
    const EXAMPLE: &'static str = r#"
[check.database-port]
kind            = "net.tcp_connects"
title           = "The database can be reached"
endpoint        = "surrealdb.vapora.svc:8000"
connect_timeout = "3s"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "addresses", about: "the addresses of the host, with the port" },
            EvidenceField { name: "connected", about: "those that took the connection" },
            EvidenceField {
                name: "latency",
                about: "how long the slowest connection took, in seconds; nothing where none was made",
            },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.connect_timeout.get().is_zero() {
            problems.at("connect_timeout", "no time at all is given", "write it as in `5s`");
        }
    }

    fn requires(&self, _: &mut Requirements) {}
}
