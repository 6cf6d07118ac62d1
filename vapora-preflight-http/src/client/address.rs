//! The addresses that are asked only when the caller allows it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// A link-local or metadata address was named, and the caller does not allow them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{host}` leads to the link-local or metadata address {address}")]
pub(crate) struct Forbidden {
    pub(crate) host: String,
    pub(crate) address: IpAddr,
}

/// The metadata service of AWS over IPv6.
const AWS: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
/// The metadata service of Alibaba Cloud.
const ALIBABA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);

/// Whether an address is link-local, or that of a cloud's metadata service, in any of its spellings.
pub(crate) fn is_forbidden(address: IpAddr) -> bool {
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

/// The forbidden address that a URL names by itself. Names are looked at when they are resolved.
pub(crate) fn forbidden_literal(url: &Url) -> Result<(), Forbidden> {
    let host = url.host_str().unwrap_or_default();
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) if is_forbidden(address) => Err(Forbidden { host: host.to_owned(), address }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metadata_address_is_known_in_every_spelling() {
        for url in [
            "http://169.254.169.254/latest",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://0251.0376.0251.0376/",
            "http://[::ffff:169.254.169.254]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[::a9fe:a9fe]/",
            "http://[fe80::1]/",
            "http://[febf::1]/",
            "http://[fd00:ec2::254]/",
            "http://100.100.100.200/",
        ] {
            assert!(forbidden_literal(&Url::parse(url).unwrap()).is_err(), "{url}");
        }
        for url in [
            "http://127.0.0.1/",
            "http://10.0.0.1/",
            "http://[::1]/",
            "http://[fec0::1]/",
            "http://example.com/",
        ] {
            assert!(forbidden_literal(&Url::parse(url).unwrap()).is_ok(), "{url}");
        }
    }
}
