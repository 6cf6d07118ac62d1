//! What went wrong on the way, in plain words.

use std::{error::Error, io, time::Duration};

use reqwest::Url;
use vapora_preflight::{CheckError, ForbiddenAddress, Period};

use crate::HttpClientError;

mod tls;

/// An address that is not asked.
pub(crate) fn forbidden(refused: &ForbiddenAddress) -> CheckError {
    CheckError::permanent(refused.to_string()).remedy(
        "name another address; such addresses tell the credentials of the machine, and only the caller can allow them",
    )
}

/// A request that cannot be put together.
pub(crate) fn unsendable(error: reqwest::Error, url: &Url) -> CheckError {
    // The error itself may repeat the value that cannot be sent.
    drop(error);
    CheckError::permanent(format!("the request to `{}` cannot be sent as it is", place(url)))
        .remedy("make sure that the secret is one line without control characters")
}

/// A certificate of the client that cannot be used.
pub(crate) fn unidentified(error: &HttpClientError, url: &Url) -> CheckError {
    CheckError::permanent(format!("the certificate of the client cannot be shown to `{}`", place(url)))
        .because(error)
        .remedy("make sure that the key belongs to the certificate")
}

/// A server that has the request, and does not begin to answer.
pub(crate) fn silent(url: &Url, within: Duration) -> CheckError {
    let within = Period::from(within);
    CheckError::transient(format!("`{}` did not begin to answer within {within}", place(url)))
}

/// Whether the server cannot have taken anything of a request that got no answer.
pub(crate) fn took_nothing(error: &reqwest::Error) -> bool {
    // without a connection nothing was sent
    error.is_connect() || find::<rustls::Error>(error).is_some_and(tls::is_refusal)
}

/// A request that got no answer. Where there is a proxy, it may be what was not reached.
pub(crate) fn sending(error: reqwest::Error, url: &Url, connect: Duration, proxied: bool) -> CheckError {
    let reached_nobody = error.is_connect() || error.is_timeout();
    let told = unanswered(error, url, connect);
    if !(proxied && reached_nobody) {
        return told;
    }
    let proxy = "look at the proxy that the environment names, which is asked in its place unless `no_proxy` names it";
    match told.report().remedy.clone() {
        Some(first) => told.remedy(format!("{first}; {proxy}")),
        None => told.remedy(proxy),
    }
}

fn unanswered(error: reqwest::Error, url: &Url, connect: Duration) -> CheckError {
    let error = error.without_url();
    let place = place(url);
    if let Some(refused) = find::<ForbiddenAddress>(&error) {
        return forbidden(refused);
    }
    if error.is_dns() {
        let host = url.host_str().unwrap_or_default();
        return transient(&error, format!("the address of `{host}` was not found"))
            .remedy("check the name, and the resolver of this machine");
    }
    if let Some(trouble) = find::<rustls::Error>(&error) {
        return tls::words(trouble, &place);
    }
    if let Some(error) = hyper_words(&error, url, &place) {
        return error;
    }
    match io_kind(&error) {
        Some(io::ErrorKind::ConnectionRefused) => {
            transient(&error, format!("`{place}` refused the connection"))
                .remedy("make sure that something listens at that port")
        }
        Some(
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe,
        ) => transient(&error, format!("`{place}` reset the connection")),
        Some(io::ErrorKind::UnexpectedEof) => {
            transient(&error, format!("`{place}` closed the connection in the TLS handshake"))
        }
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            transient(&error, format!("there is no way to `{place}` from here"))
                .remedy("check the network, and whether a VPN is needed")
        }
        _ if error.is_timeout() => {
            let within = Period::from(connect);
            CheckError::transient(format!("`{place}` did not accept the connection within {within}"))
                .remedy("check the network and its firewalls")
        }
        _ => transient(&error, format!("could not ask `{place}`")),
    }
}

fn hyper_words(error: &reqwest::Error, url: &Url, place: &str) -> Option<CheckError> {
    let hyper = find::<hyper::Error>(error)?;
    Some(if hyper.is_parse_too_large() {
        CheckError::transient(format!("`{place}` sent headers that are too large or too many"))
    } else if hyper.is_parse() {
        let error = transient(error, format!("`{place}` answered with something that is not HTTP"));
        if url.scheme() == "http" { error.remedy("write `https://` if that port speaks TLS") } else { error }
    } else if hyper.is_incomplete_message() {
        CheckError::transient(format!("`{place}` closed the connection without an answer"))
    } else {
        return None;
    })
}

/// A body that ended too early, or cannot be decompressed.
pub(crate) fn reading(error: reqwest::Error, url: &Url) -> CheckError {
    let error = error.without_url();
    let place = place(url);
    if find::<hyper::Error>(&error).is_none() && error.is_decode() {
        return transient(&error, format!("the body from `{place}` could not be decompressed"));
    }
    transient(&error, format!("the body from `{place}` was cut short"))
}

/// The host and port of a URL.
fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// An error that trying again may cure, with the innermost of its causes.
fn transient(error: &reqwest::Error, message: String) -> CheckError {
    let told = CheckError::transient(message);
    match causes(error).last() {
        Some(innermost) => told.because(innermost),
        None => told.because(error),
    }
}

/// The first of the causes that is of that type.
fn find<T: Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The first kind of an I/O error that says something.
fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .map(io::Error::kind)
        .find(|kind| *kind != io::ErrorKind::Other)
}

/// What lies behind an error, nearest first. An I/O error leaves what it holds out of its sources, so it is opened.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: Option<&(dyn Error + 'static)> = error.source();
    std::iter::successors(first, |cause: &&(dyn Error + 'static)| {
        let cause = *cause;
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(held) => Some(held as &(dyn Error + 'static)),
            None => cause.source(),
        }
    })
}
