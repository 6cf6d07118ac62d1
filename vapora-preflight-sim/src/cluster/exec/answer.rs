//! The answer to a request to run a command: mostly another protocol.

use std::sync::{Arc, Mutex};

use futures::{FutureExt, future::BoxFuture};
use http::{HeaderValue, Uri, header};
use hyper::upgrade::OnUpgrade;
use serde_json::json;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::session::{Session, Streams};
use crate::{
    answer::Afterwards,
    cluster::{
        Cluster,
        access::Decision,
        failures,
        kubelet::{self, Kubelet},
        lock,
        reply::Reply,
        respond::Asked,
        routes::Target,
        status,
        store::meta,
    },
};

const V4: &str = "v4.channel.k8s.io";
const V5: &str = "v5.channel.k8s.io";

/// Runs a command in a container, over a websocket.
pub(crate) fn answer(cluster: &Cluster, asked: &Asked<'_>, target: &Target) -> Reply {
    open(cluster, asked, target).unwrap_or_else(|refused| refused)
}

/// Forwards a port of a Pod; only a missing kubelet is simulated.
pub(crate) fn forward(cluster: &Cluster, asked: &Asked<'_>, target: &Target) -> Reply {
    let name = target.name.as_deref().unwrap_or_default();
    let state = cluster.state();
    match state.get("Pod", target.namespace.as_deref().unwrap_or_default(), name) {
        Err(_) => status::not_found("", "pods", name),
        Ok(pod) => match cluster.kubelet_of(&state, pod) {
            Kubelet::Nowhere => status::bad_request(&format!("pod {name} does not have a host assigned")),
            Kubelet::Gone { address } => failures::undialed(&address),
            Kubelet::Listening => asked.unknown(),
        },
    }
}

/// From this version on a websocket, which is asked for with GET, needs the right to create as well.
fn needs_create(version: &str) -> bool {
    let minor = version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    minor.is_none_or(|minor| minor >= 35)
}

fn open(cluster: &Cluster, asked: &Asked<'_>, target: &Target) -> Result<Reply, Reply> {
    let namespace = target.namespace.as_deref().unwrap_or_default();
    let name = target.name.as_deref().unwrap_or_default();
    let command = Command::read(&asked.head.uri);
    let state = cluster.state();
    let create = Target { verb: "create".to_owned(), ..target.clone() };
    if needs_create(&state.version) && asked.identity.decide(&create) == Decision::Denied {
        let pod = format!("pods \"{name}\" is forbidden: ");
        let details = json!({ "name": name, "kind": "pods" });
        return Err(Reply::json(403, &status::status(403, Some("Forbidden"), &pod, Some(details))));
    }
    let Ok(pod) = state.get("Pod", namespace, name) else {
        return Err(status::not_found("", "pods", name));
    };
    let container = kubelet::container(pod, command.container.as_deref())?;
    let kubelet = cluster.kubelet_of(&state, pod);
    if kubelet == Kubelet::Nowhere {
        return Err(status::bad_request(&format!("pod {name} does not have a host assigned")));
    }
    let running = kubelet::container_status(pod, &container)
        .is_some_and(|status| status["state"]["running"].is_object());
    let pod = meta(pod, "name").to_owned();
    drop(state);

    let upgrade = asked.header(&header::UPGRADE).unwrap_or_default();
    let asks = asked.header(&header::CONNECTION).unwrap_or_default().to_ascii_lowercase();
    if upgrade.is_empty() || !asks.contains("upgrade") {
        return Err(status::bad_request("Upgrade request required"));
    }
    if !upgrade.eq_ignore_ascii_case("websocket") {
        return Err(status::unknown_to_the_simulation(&format!("commands over `{upgrade}`")));
    }
    let Some(connection) = asked.head.extensions.get::<OnUpgrade>().cloned() else {
        return Err(status::unknown_to_the_simulation("commands in containers without a socket"));
    };
    let offered = asked.header(&header::SEC_WEBSOCKET_PROTOCOL).unwrap_or_default();
    let protocol =
        offered.split(',').map(str::trim).find_map(|one| [V4, V5].into_iter().find(|own| one == *own));
    let Some(protocol) = protocol else {
        return Err(status::bad_request(&format!(
            "unable to negotiate protocol: client supports [{offered}], server accepts [{V4} {V5}]"
        )));
    };

    // Version 5 ends at the API server, which asks the kubelet in its own way; version 4 is handed through.
    let trouble = match kubelet {
        Kubelet::Gone { address } if protocol == V4 => {
            return Err(failures::undialed(&address));
        }
        Kubelet::Gone { address } => {
            let path = format!("/exec/{namespace}/{pod}/{container}?{}", command.query());
            Some(format!(
                "error sending request: Post \"https://{address}:10250{path}\": dial tcp {address}:10250: connect: \
                 connection refused"
            ))
        }
        _ if !running && protocol == V4 => {
            return Err(status::failed(&format!("container not found (\"{container}\")")));
        }
        _ if !running => Some(format!("unable to upgrade connection: container not found (\"{container}\")")),
        _ => None,
    };
    let session = if let Some(trouble) = trouble {
        Session::failed(command.streams, &trouble)
    } else {
        let answer = lock(&cluster.0.runtime.commands).run(namespace, &pod, &command.words);
        Session::of(command.streams, &command.words, answer)
    };
    let key = asked.header(&header::SEC_WEBSOCKET_KEY).unwrap_or_default();
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()))
        .map_err(|_| status::bad_request("the key of the websocket is none"))?;
    let speak = async move {
        if let Ok(connection) = connection.await {
            session.hold(connection).await;
        }
    };
    let afterwards: BoxFuture<'static, ()> = speak.boxed();
    let reply = Reply::text(101, "")
        .with(header::UPGRADE, HeaderValue::from_static("websocket"))
        .with(header::CONNECTION, HeaderValue::from_static("Upgrade"))
        .with(header::SEC_WEBSOCKET_ACCEPT, accept)
        .with(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
    Ok(Reply { afterwards: Some(Afterwards(Arc::new(Mutex::new(Some(afterwards))))), ..reply })
}

/// The command as it is asked for.
#[derive(Debug, Default)]
struct Command {
    container: Option<String>,
    words: Vec<String>,
    streams: Streams,
}

impl Command {
    fn read(uri: &Uri) -> Self {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri);
        let mut command = Self::default();
        for (field, value) in pairs.map(|pairs| pairs.0).unwrap_or_default() {
            let yes = matches!(value.as_str(), "true" | "1");
            match field.as_str() {
                "container" => command.container = Some(value).filter(|name| !name.is_empty()),
                "command" => command.words.push(value),
                "stdin" => command.streams.stdin = yes,
                "stdout" => command.streams.stdout = yes,
                "stderr" => command.streams.stderr = yes,
                "tty" => command.streams.tty = yes,
                _ => {}
            }
        }
        command
    }

    /// As the API server asks the kubelet.
    fn query(&self) -> String {
        let streams = self.streams;
        let words = self.words.iter().map(|word| format!("command={}", escaped(word)));
        let flags = [
            ("error", streams.stderr),
            ("input", streams.stdin),
            ("output", streams.stdout),
            ("tty", streams.tty),
        ];
        let flags = flags.into_iter().filter(|(_, on)| *on).map(|(name, _)| format!("{name}=1"));
        words.chain(flags).collect::<Vec<_>>().join("&")
    }
}

/// A text in a query.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| match byte {
            b' ' => "+".to_owned(),
            _ if plain(byte) => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_all_the_words_of_the_query_in_their_order() {
        let uri =
            Uri::from_static("/x?command=sh&command=-c&stdout=true&command=echo+a%26b&container=db&stderr=1");
        let command = Command::read(&uri);
        assert_eq!(command.words, ["sh", "-c", "echo a&b"]);
        assert_eq!(command.container.as_deref(), Some("db"));
        assert_eq!(command.query(), "command=sh&command=-c&command=echo+a%26b&error=1&output=1");
    }

    #[test]
    fn a_websocket_needs_the_right_to_create_since_version_1_35() {
        assert!(needs_create("v1.36.3") && needs_create("v1.35.0"));
        assert!(!needs_create("v1.34.9"));
    }
}
