//! Asking for records.

use std::{fmt, net::SocketAddr, time::Duration};

use hickory_resolver::{
    Resolver, TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::rr::RecordType,
};
use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::CheckError;

/// How long one question to a name server may take; it is asked twice.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a name is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum RecordKind {
    /// Its addresses, IPv4 and IPv6.
    #[default]
    #[serde(rename = "address")]
    Address,
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// The name it is another name of.
    Cname,
    /// Mail servers, with their preference.
    Mx,
    /// Name servers.
    Ns,
    /// The name of an address.
    Ptr,
    /// Services: priority, weight, port and host.
    Srv,
    /// Texts.
    Txt,
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Address => "address",
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Cname => "CNAME",
            Self::Mx => "MX",
            Self::Ns => "NS",
            Self::Ptr => "PTR",
            Self::Srv => "SRV",
            Self::Txt => "TXT",
        })
    }
}

impl RecordKind {
    fn types(self) -> &'static [RecordType] {
        match self {
            Self::Address => &[RecordType::A, RecordType::AAAA],
            Self::A => &[RecordType::A],
            Self::Aaaa => &[RecordType::AAAA],
            Self::Cname => &[RecordType::CNAME],
            Self::Mx => &[RecordType::MX],
            Self::Ns => &[RecordType::NS],
            Self::Ptr => &[RecordType::PTR],
            Self::Srv => &[RecordType::SRV],
            Self::Txt => &[RecordType::TXT],
        }
    }
}

/// Whether a text can be a name: labels of at most 63 characters with dots between.
pub(super) fn is_name(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// Answers as text.
pub(super) struct Answers;

impl Answers {
    /// All answers; none where the name or the record does not exist.
    pub(super) async fn of(
        name: &str,
        record: RecordKind,
        server: Option<SocketAddr>,
    ) -> Result<Vec<String>, CheckError> {
        if record == RecordKind::Address && server.is_none() {
            return Self::by_the_system(name).await;
        }
        let resolver = resolver(server).map_err(|error| {
            CheckError::permanent("the name servers of this machine are not known")
                .because(&error)
                .remedy("name one with `server`")
        })?;
        // a name with a final dot is complete, and no domain of the machine is tried behind it
        let complete = format!("{}.", name.trim_end_matches('.'));
        let mut all = Vec::new();
        for kind in record.types() {
            match resolver.lookup(complete.as_str(), *kind).await {
                Ok(found) => {
                    let fitting = found.answers().iter().filter(|answer| answer.record_type() == *kind);
                    all.extend(fitting.map(|answer| answer.data.to_string()));
                }
                Err(error) if error.is_no_records_found() => {}
                Err(error) => {
                    return Err(CheckError::transient(format!("could not ask for {kind} of `{name}`"))
                        .because(&error)
                        .remedy("see whether the name server answers, and whether it answers this machine"));
                }
            }
        }
        Ok(all)
    }

    async fn by_the_system(name: &str) -> Result<Vec<String>, CheckError> {
        match tokio::net::lookup_host((name, 0)).await {
            Ok(found) => Ok(found.map(|address| address.ip().to_string()).collect()),
            // its errors tell a name that does not exist from nothing else
            Err(error) if error.kind() != std::io::ErrorKind::InvalidInput => Ok(Vec::new()),
            Err(error) => Err(CheckError::permanent(format!("`{name}` cannot be asked for")).because(&error)),
        }
    }
}

fn resolver(server: Option<SocketAddr>) -> Result<TokioResolver, NetError> {
    let mut builder = match server {
        None => Resolver::builder_tokio()?,
        Some(server) => {
            let at_its_port = |mut connection: ConnectionConfig| {
                connection.port = server.port();
                connection
            };
            let connections =
                vec![at_its_port(ConnectionConfig::udp()), at_its_port(ConnectionConfig::tcp())];
            let server = NameServerConfig::new(server.ip(), true, connections);
            let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
            Resolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    let options = builder.options_mut();
    options.timeout = PATIENCE;
    options.attempts = 2;
    options.cache_size = 0;
    options.use_hosts_file = hickory_resolver::config::ResolveHosts::Never;
    builder.build()
}
