//! Runs a command in a container.

mod said;
mod session;

use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};
use vapora_preflight::{Bytes, CheckError, Period};

use self::said::Said;
use crate::{
    Namespace, ObjectName,
    read::{Reader, unreadable},
    refused::{Answer, Cause},
    resource::Resource,
};

/// The version of the protocol in which a client can say that its input has ended. Servers know it from 1.30 on.
const V5: &str = "v5.channel.k8s.io";
const V4: &str = "v4.channel.k8s.io";
/// The longest text of a refusal.
const LARGEST_REFUSAL: usize = 64 * 1024;
/// The longest message; kubelets write at most 32 KiB at a time.
const LARGEST_MESSAGE: usize = 1024 * 1024;

/// A command in a container.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Command<'a> {
    pub(crate) namespace: &'a Namespace,
    pub(crate) pod: &'a str,
    /// Without one, the only container of the pod.
    pub(crate) container: Option<&'a str>,
    pub(crate) argv: &'a [String],
    /// What it reads on its standard input.
    pub(crate) input: Option<&'a [u8]>,
    /// How much it may write, standard output and standard error together.
    pub(crate) most: Bytes,
    /// Whether it may be run again when nobody knows what became of it.
    pub(crate) may_run_again: bool,
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) exit_code: i64,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// How long it took, from the request on.
    pub(crate) took: Period,
}

impl Command<'_> {
    fn what(&self) -> String {
        let program = self.argv.first().map_or("", String::as_str);
        let container = self.container.map(|container| format!("/{container}")).unwrap_or_default();
        format!("run `{program}` in `{}{container}`", self.pod)
    }

    fn path(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for word in self.argv {
            query.append_pair("command", word);
        }
        if let Some(container) = self.container {
            query.append_pair("container", container);
        }
        if self.input.is_some() {
            query.append_pair("stdin", "true");
        }
        query.append_pair("stdout", "true").append_pair("stderr", "true");
        let pods = Resource::PODS.path(Some(self.namespace));
        format!("{pods}/{}/exec?{}", self.pod, query.finish())
    }

    /// Runs it to its end. An exit code other than 0 is an end as well. A command that is given up is left to itself: the
    /// API has no way to stop it.
    pub(crate) async fn run(&self, reader: &Reader<'_>) -> Result<Ended, CheckError> {
        let what = self.what();
        let key = generate_key();
        let request = Request::get(self.path())
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, &key)
            .header(header::SEC_WEBSOCKET_PROTOCOL, format!("{V5}, {V4}"))
            .body(Vec::new())?;
        let asked = reader.cx.now();
        let response = reader.open(&what, request).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let answer = Answer::read(&what, response, LARGEST_REFUSAL).await?;
            return Err(refused(&what, &answer));
        }
        let ends_input = agreed(&what, &key, response.headers())?;
        if self.input.is_some() && !ends_input {
            return Err(CheckError::permanent(format!("could not {what}"))
                .because(&Cause(format!("the server does not speak `{V5}`, in which an input can end")))
                .remedy("ask without `input`, or a server of version 1.30 or newer"));
        }
        let connection = match hyper::upgrade::on(response).await {
            Ok(connection) => TokioIo::new(connection),
            Err(error) => return Err(self.lost(&what, &error)),
        };
        let limits = WebSocketConfig::default()
            .max_message_size(Some(LARGEST_MESSAGE))
            .max_frame_size(Some(LARGEST_MESSAGE));
        let socket = WebSocketStream::from_raw_socket(connection, Role::Client, Some(limits)).await;
        let said = session::hold(self, &what, socket).await?;
        let Said { exit_code, stdout, stderr } = said;
        Ok(Ended { exit_code, stdout, stderr, took: Period::from(reader.cx.now().since(asked)) })
    }

    /// The error of a connection that ended before the command did.
    fn lost(&self, what: &str, error: &(dyn std::error::Error + 'static)) -> CheckError {
        let could_not = format!("could not {what} to its end");
        if self.may_run_again {
            return CheckError::transient(could_not).because(error);
        }
        CheckError::permanent(could_not)
            .because(error)
            .remedy("see whether it has done its work: it may have run, in part or to its end")
    }
}

/// Whether the protocol that the server has chosen knows the end of an input.
fn agreed(what: &str, key: &str, headers: &HeaderMap) -> Result<bool, CheckError> {
    let is = |name, expected: &str| headers.get(name).is_some_and(|value: &HeaderValue| value == expected);
    if !is(header::SEC_WEBSOCKET_ACCEPT, &derive_accept_key(key.as_bytes())) {
        return Err(unreadable(what, &Cause("the handshake of the websocket was not confirmed".to_owned())));
    }
    let ends_input = is(header::SEC_WEBSOCKET_PROTOCOL, V5);
    if !ends_input && !is(header::SEC_WEBSOCKET_PROTOCOL, V4) {
        let cause = Cause(format!("the server speaks neither `{V5}` nor `{V4}`"));
        return Err(CheckError::permanent(format!("could not {what}")).because(&cause));
    }
    Ok(ends_input)
}

fn refused(what: &str, answer: &Answer) -> CheckError {
    let error = answer.refuses(what);
    if answer.status == StatusCode::FORBIDDEN && !answer.lacks_a_right() {
        return error.remedy(
            "see what the server says; from version 1.35 on it asks for the right to `create` `pods/exec`, besides `get`",
        );
    }
    error
}

/// The container that is meant: the one that is named, or else the one that the pod says is meant, or its only one.
pub(crate) fn container<'a>(
    pod: &'a crate::object::Pod,
    named: Option<&'a ObjectName>,
) -> Result<&'a str, CheckError> {
    let known = || pod.spec.containers.iter().map(|container| container.name.as_str());
    let name = &pod.metadata.name;
    let list = || crate::wording::names(&known().collect::<Vec<_>>());
    let meant = named.map(ObjectName::as_str).or(pod.metadata.annotations.default_container.as_deref());
    match meant {
        Some(meant) if known().any(|container| container == meant) => Ok(meant),
        Some(meant) => Err(CheckError::permanent(format!("`{name}` has no container `{meant}`"))
            .remedy(format!("name one of {}", list()))),
        None => match pod.spec.containers.as_slice() {
            [only] => Ok(&only.name),
            _ => Err(CheckError::permanent(format!("`{name}` has several containers"))
                .remedy(format!("say in `container` which one is meant: {}", list()))),
        },
    }
}
