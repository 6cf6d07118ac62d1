//! Addresses that tell the credentials of a machine to whoever asks from it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A link-local or metadata address was named, and the caller does not allow them.
///
/// The families that connect to what a checklist names look at each address before they do:
///
/// ```
/// use vapora_preflight::ForbiddenAddress;
///
/// assert!(ForbiddenAddress::in_host("api.example.com").is_none());
/// assert!(ForbiddenAddress::in_host("169.254.169.254").is_some());
/// assert!(ForbiddenAddress::behind("api.example.com", "169.254.169.254".parse()?).is_some());
/// # Ok::<_, std::net::AddrParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{host}` leads to the link-local or metadata address {address}")]
pub struct ForbiddenAddress {
    /// The host as it was named.
    pub host: String,
    /// The address it leads to.
    pub address: IpAddr,
}

/// The metadata service of AWS, Google Cloud, Azure and others.
const METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);
/// The metadata service of AWS over IPv6.
const AWS: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
/// The metadata service of Alibaba Cloud.
const ALIBABA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
/// Names that a cloud's own resolver leads to its metadata service. They are known because a proxy resolves names itself.
const NAMES: [&str; 3] = ["metadata.google.internal", "metadata.goog", "instance-data.ec2.internal"];

impl ForbiddenAddress {
    /// Looks at an address that a host was resolved to.
    pub fn behind(host: &str, address: IpAddr) -> Option<Self> {
        is_forbidden(address).then(|| Self { host: host.to_owned(), address })
    }

    /// Looks at a host as a URL names it, without resolving it: an address, one of version 6 in brackets, or a name that
    /// is known to lead to metadata. What another name is resolved to has to be looked at with [`Self::behind`].
    pub fn in_host(host: &str) -> Option<Self> {
        if let Ok(address) = host.trim_matches(['[', ']']).parse() {
            return Self::behind(host, address);
        }
        let name = host.trim_end_matches('.');
        NAMES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
            .then(|| Self { host: host.to_owned(), address: METADATA.into() })
    }
}

/// Whether an address is link-local, or that of a cloud's metadata service, in any of its spellings.
fn is_forbidden(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local() || address == ALIBABA,
        IpAddr::V6(address) => {
            address.is_unicast_link_local()
                || address == AWS
                || embedded(address).is_some_and(|inner| is_forbidden(inner.into()))
        }
    }
}

/// The address of version 4 inside one of version 6: mapped, compatible, or behind the well-known NAT64 prefix.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Some(Ipv4Addr::new(a, b, c, d))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metadata_address_is_known_in_every_spelling() {
        for host in [
            "169.254.169.254",
            "169.254.0.1",
            "[::ffff:169.254.169.254]",
            "[64:ff9b::a9fe:a9fe]",
            "[::a9fe:a9fe]",
            "fe80::1",
            "[febf::1]",
            "[fd00:ec2::254]",
            "100.100.100.200",
            "metadata.google.internal",
            "Metadata.Google.Internal.",
        ] {
            assert!(ForbiddenAddress::in_host(host).is_some(), "{host}");
        }
        for host in ["127.0.0.1", "10.0.0.1", "[::1]", "[fec0::1]", "example.com", "google.internal", ""] {
            assert_eq!(ForbiddenAddress::in_host(host), None, "{host}");
        }
    }
}
