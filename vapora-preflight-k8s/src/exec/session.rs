//! A command over a websocket: each message begins with the number of its channel.

use std::pin::pin;

use futures::{
    SinkExt as _, StreamExt as _,
    future::{Either, select},
};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};
use vapora_preflight::CheckError;

use super::{
    Command,
    said::{Said, channel},
};
use crate::refused::Cause;

/// How much of the input is sent in one message.
const PART: usize = 32 << 10;

/// Speaks and listens until the command has ended.
pub(super) async fn hold(
    command: &Command<'_>,
    what: &str,
    socket: WebSocketStream<TokioIo<Upgraded>>,
) -> Result<Said, CheckError> {
    let (mut sink, mut stream) = socket.split();
    // A command may write before it has read all, so both go on at once. Where it does not read, it may end all the same.
    let say = async {
        let Some(input) = command.input else { return };
        let parts = input.chunks(PART).map(|part| [&[channel::STDIN], part].concat());
        for message in parts.chain([vec![channel::CLOSE, channel::STDIN]]) {
            if sink.send(Message::Binary(message.into())).await.is_err() {
                return;
            }
        }
    };
    let hear = async {
        let mut said = Said::default();
        while let Some(message) = stream.next().await {
            match message {
                Ok(Message::Binary(message)) => {
                    if said.take(command, what, &message)? {
                        return Ok(said);
                    }
                }
                Ok(Message::Close(_)) => break,
                Ok(_) => {}
                Err(error) => return Err(command.lost(what, &error)),
            }
        }
        Err(command.lost(what, &Cause("the connection ended before the command did".to_owned())))
    };
    let (say, hear) = (pin!(say), pin!(hear));
    match select(hear, say).await {
        Either::Left((said, _)) => said,
        Either::Right(((), hear)) => hear.await,
    }
}
