//! Asking for TLS on a connection that begins without it.

use schemars::JsonSchema;
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use vapora_preflight::CheckError;

use crate::{param::Endpoint, trouble};

/// The protocol in which TLS is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StartTls {
    /// `PostgreSQL`: an `SSLRequest` before anything else.
    Postgres,
    /// SMTP: `STARTTLS` after the greetings.
    Smtp,
}

/// No line of an SMTP server is longer.
const LONGEST_LINE: usize = 2048;
/// No answer of an SMTP server has more lines.
const MOST_LINES: usize = 100;

impl StartTls {
    /// Goes through what comes before the handshake.
    pub(super) async fn begin(self, stream: &mut TcpStream, endpoint: &Endpoint) -> Result<(), CheckError> {
        match self {
            Self::Postgres => postgres(stream, endpoint).await,
            Self::Smtp => smtp(stream, endpoint).await,
        }
    }
}

fn refuses(endpoint: &Endpoint, why: &str) -> CheckError {
    CheckError::permanent(format!("`{endpoint}` does not begin TLS: {why}"))
        .remedy("switch TLS on in the server, or correct `starttls`")
}

/// The length of the message, and the number that asks for TLS.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

async fn postgres(stream: &mut TcpStream, endpoint: &Endpoint) -> Result<(), CheckError> {
    let talk = async {
        stream.write_all(&SSL_REQUEST).await?;
        stream.read_u8().await
    };
    match talk.await.map_err(|error| trouble::handshake(&error, endpoint))? {
        b'S' => Ok(()),
        b'N' => Err(refuses(endpoint, "the server says that it has none")),
        b'E' => Err(refuses(endpoint, "the server answers with an error")),
        other => Err(refuses(endpoint, &format!("no PostgreSQL server answers with the byte {other:#04x}"))),
    }
}

async fn smtp(stream: &mut TcpStream, endpoint: &Endpoint) -> Result<(), CheckError> {
    let greeting = answer(stream, endpoint).await?;
    if greeting.code != 220 {
        return Err(refuses(endpoint, &format!("it greets with {}", greeting.code)));
    }
    say(stream, endpoint, b"EHLO preflight.invalid\r\n").await?;
    let offers = answer(stream, endpoint).await?;
    if offers.code != 250 || !offers.lines.iter().any(|line| line.trim().eq_ignore_ascii_case("STARTTLS")) {
        return Err(refuses(endpoint, "the server does not offer `STARTTLS`"));
    }
    say(stream, endpoint, b"STARTTLS\r\n").await?;
    match answer(stream, endpoint).await?.code {
        220 => Ok(()),
        code => Err(refuses(endpoint, &format!("it answers `STARTTLS` with {code}"))),
    }
}

async fn say(stream: &mut TcpStream, endpoint: &Endpoint, what: &[u8]) -> Result<(), CheckError> {
    stream.write_all(what).await.map_err(|error| trouble::handshake(&error, endpoint))
}

struct Answer {
    code: u16,
    /// What stands behind the code, line by line.
    lines: Vec<String>,
}

/// An answer of one or more lines, read byte by byte, so that nothing of the handshake behind it is taken away.
async fn answer(stream: &mut TcpStream, endpoint: &Endpoint) -> Result<Answer, CheckError> {
    let no_smtp = || refuses(endpoint, "it does not answer as an SMTP server");
    let (mut lines, mut first) = (Vec::new(), None);
    for _ in 0..MOST_LINES {
        let mut line = Vec::new();
        loop {
            let byte = stream.read_u8().await.map_err(|error| trouble::handshake(&error, endpoint))?;
            if byte == b'\n' {
                break;
            }
            line.push(byte);
            if line.len() > LONGEST_LINE {
                return Err(no_smtp());
            }
        }
        let line = String::from_utf8_lossy(&line).into_owned();
        let code: u16 = line.get(..3).and_then(|code| code.parse().ok()).ok_or_else(no_smtp)?;
        let rest = line.get(3..).unwrap_or_default();
        if *first.get_or_insert(code) != code {
            return Err(no_smtp());
        }
        lines.push(rest.trim_start_matches(['-', ' ']).trim_end().to_owned());
        if !rest.starts_with('-') {
            return Ok(Answer { code, lines });
        }
    }
    Err(no_smtp())
}
