//! What went wrong on the way, in plain words.

use std::io;

use rustls::Error;
use vapora_preflight::CheckError;

use crate::param::Endpoint;

/// A name without an address.
pub(crate) fn lookup(error: &io::Error, endpoint: &Endpoint) -> CheckError {
    CheckError::transient(format!("the address of `{}` was not found", endpoint.host()))
        .because(error)
        .remedy("check the name, and the resolver of this machine")
}

/// A connection that did not come about.
pub(crate) fn connect(error: &io::Error, endpoint: &Endpoint) -> CheckError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            CheckError::transient(format!("`{endpoint}` refused the connection"))
                .because(error)
                .remedy("make sure that something listens at that port")
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            CheckError::transient(format!("there is no way to `{endpoint}` from here"))
                .because(error)
                .remedy("check the network, and whether a VPN is needed")
        }
        io::ErrorKind::TimedOut => {
            CheckError::transient(format!("`{endpoint}` did not accept the connection"))
                .because(error)
                .remedy("check the network and its firewalls")
        }
        _ => CheckError::transient(format!("could not connect to `{endpoint}`")).because(error),
    }
}

/// A handshake that did not come to its end.
pub(crate) fn handshake(error: &io::Error, endpoint: &Endpoint) -> CheckError {
    if let Some(error) = error.get_ref().and_then(|held| held.downcast_ref::<Error>()) {
        return tls(error, endpoint);
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            CheckError::transient(format!("`{endpoint}` closed the connection in the TLS handshake"))
                .remedy("make sure that the port speaks TLS from the first byte on (otherwise say with `starttls` how it is asked for), and knows the server name")
        }
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            CheckError::transient(format!("`{endpoint}` reset the connection in the TLS handshake"))
                .because(error)
                .remedy(look(endpoint))
        }
        _ => CheckError::transient(format!("the TLS handshake with `{endpoint}` failed")).because(error),
    }
}

fn tls(error: &Error, endpoint: &Endpoint) -> CheckError {
    match error {
        Error::InvalidMessage(_) => CheckError::transient(format!("`{endpoint}` does not speak TLS"))
            .because(error)
            .remedy("name the port that speaks TLS from the first byte on, or say with `starttls` how it is asked for"),
        Error::AlertReceived(alert) => CheckError::transient(format!(
            "`{endpoint}` broke off the TLS handshake with the alert `{alert:?}`"
        ))
        .remedy(format!("see in the server's log why; {}", look(endpoint))),
        Error::PeerIncompatible(_) => CheckError::transient(format!(
            "`{endpoint}` has no TLS version or cipher in common with this client"
        ))
        .because(error)
        .remedy("switch TLS 1.2 or a newer version on in the server, with the cipher suites of today"),
        Error::NoCertificatesPresented => {
            CheckError::transient(format!("`{endpoint}` showed no certificate"))
        }
        other => CheckError::transient(format!("the TLS handshake with `{endpoint}` failed"))
            .because(other)
            .remedy(look(endpoint)),
    }
}

fn look(endpoint: &Endpoint) -> String {
    format!("look at it with `openssl s_client -connect {endpoint} </dev/null`")
}
