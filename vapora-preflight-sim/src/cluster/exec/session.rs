//! A command over a websocket: each message begins with the number of its channel.

use axum::body::Bytes;
use futures::{SinkExt, StreamExt, stream::SplitSink};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, Role, frame::coding::CloseCode},
    },
};

use super::{End, ExecAnswer};
use crate::cluster::failures;

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const ERROR: u8 = 3;
/// The client says no more on the channel that follows.
const CLOSE: u8 = 255;
/// How much is sent in one message.
const PART: usize = 16 << 10;

type Sink = SplitSink<WebSocketStream<TokioIo<Upgraded>>, Message>;

/// What the client wants to hear and say.
#[derive(Debug, Default, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "a request has these four flags")]
pub(super) struct Streams {
    pub(super) stdin: bool,
    pub(super) stdout: bool,
    pub(super) stderr: bool,
    pub(super) tty: bool,
}

/// What is said over the connection.
#[derive(Debug)]
pub(super) struct Session {
    streams: Streams,
    answer: ExecAnswer,
    outcome: Value,
}

impl Session {
    /// A command that does this.
    pub(super) fn of(streams: Streams, command: &[String], answer: ExecAnswer) -> Self {
        let outcome = match answer.end {
            End::Code(0) | End::Never | End::Flood => failures::outcome(None),
            End::Code(code) => {
                let words = command.join(" ");
                let message = format!(
                    "command terminated with non-zero exit code: error executing command [{words}], exit code {code}"
                );
                let causes = json!([{ "reason": "ExitCode", "message": code.to_string() }]);
                failures::outcome(Some(("NonZeroExitCode", 0, message, causes)))
            }
            End::NoSuchProgram => {
                let program = command.first().map_or("", String::as_str);
                return Self::failed(
                    streams,
                    &format!(
                        "error executing command in container: failed to exec in container: OCI runtime exec failed: \
                         exec failed: unable to start container process: exec: \"{program}\": executable file not \
                         found in $PATH"
                    ),
                );
            }
        };
        Self { streams, answer, outcome }
    }

    /// A command that could not be run.
    pub(super) fn failed(streams: Streams, why: &str) -> Self {
        let message = format!("Internal error occurred: {why}");
        let causes = json!([{ "message": why }]);
        let outcome = failures::outcome(Some(("InternalError", 500, message, causes)));
        Self { streams, answer: ExecAnswer::new("", "", 0), outcome }
    }

    /// Speaks until the command has ended or the client has gone.
    pub(super) async fn hold(self, connection: Upgraded) {
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(connection), Role::Server, None).await;
        let (mut sink, mut heard) = socket.split();
        let input = Notify::new();
        let listen = async {
            while let Some(Ok(message)) = heard.next().await {
                if matches!(message, Message::Binary(message) if *message == [CLOSE, STDIN]) {
                    input.notify_one();
                }
            }
        };
        tokio::pin!(listen);
        let said = tokio::select! {
            said = self.say(&mut sink, &input) => said,
            () = &mut listen => return,
        };
        if let Err(error) = said {
            tracing::trace!(%error, "the client of a command has gone");
        }
        // What is still on its way is taken, so that the client hears the end before the connection is closed.
        listen.await;
    }

    async fn say(&self, sink: &mut Sink, input: &Notify) -> Result<(), Error> {
        let Self { streams, answer, outcome } = self;
        // The first message only says that the connection is there.
        let first = [(STDOUT, streams.stdout), (STDERR, streams.stderr), (ERROR, true)];
        if let Some((channel, _)) = first.into_iter().find(|(_, wanted)| *wanted) {
            send(sink, channel, &[]).await?;
        }
        if answer.takes_input && streams.stdin {
            input.notified().await;
        }
        tokio::time::sleep(answer.after).await;
        let errors = if streams.tty { (STDOUT, streams.stdout) } else { (STDERR, streams.stderr) };
        for (text, (channel, wanted)) in
            [(&answer.stdout, (STDOUT, streams.stdout)), (&answer.stderr, errors)]
        {
            for part in text.chunks(PART).filter(|_| wanted) {
                send(sink, channel, part).await?;
            }
        }
        match answer.end {
            End::Never => return std::future::pending().await,
            End::Flood => loop {
                for part in answer.stdout.chunks(PART) {
                    send(sink, STDOUT, part).await?;
                }
                tokio::task::yield_now().await;
            },
            End::Code(_) | End::NoSuchProgram => {}
        }
        send(sink, ERROR, outcome.to_string().as_bytes()).await?;
        let normal = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        sink.send(Message::Close(Some(normal))).await
    }
}

async fn send(sink: &mut Sink, channel: u8, text: &[u8]) -> Result<(), Error> {
    let mut message = Vec::with_capacity(text.len() + 1);
    message.push(channel);
    message.extend_from_slice(text);
    sink.send(Message::Binary(Bytes::from(message))).await
}
