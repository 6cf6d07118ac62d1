//! A service with many names, in a process of its own, so that its memory and files are not counted among those of who asks.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
};

/// The argument with which the same program is the service.
const SERVE: &str = "serve-endpoints";

const BODY: &str = r#"{"status":"ok"}"#;

/// The service; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Service {
    process: Child,
    /// Where it listens, whatever name it is asked by.
    pub(crate) address: SocketAddr,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Service {
    /// Starts it: this program again, which has to call [`serve_if_asked`] first of all.
    pub(crate) fn start() -> io::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?).arg(SERVE).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let Some(output) = process.stdout.take() else { return Err(io::ErrorKind::BrokenPipe.into()) };
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().parse().map_err(io::Error::other);
        Ok(Self { process, address: address? })
    }

    /// So many endpoints, each of a name of its own.
    pub(crate) fn endpoints(&self, count: usize) -> Vec<Endpoint> {
        let of = |number| {
            let host = format!("s{number}.endpoints.test");
            let url = format!("http://{host}:{}/health", self.address.port());
            Endpoint { host, url }
        };
        (0..count).map(of).collect()
    }
}

/// One of the endpoints.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    /// Its name, which nothing but an override resolves.
    pub(crate) host: String,
    /// What is asked.
    pub(crate) url: String,
}

/// Serves for ever, where this process was started for that.
pub(crate) fn serve_if_asked() -> io::Result<()> {
    if std::env::args().nth(1).as_deref() != Some(SERVE) {
        return Ok(());
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    writeln!(io::stdout(), "{}", listener.local_addr()?)?;
    io::stdout().flush()?;
    for connection in listener.incoming() {
        let connection = connection?;
        thread::spawn(move || answer(connection));
    }
    Ok(())
}

/// Answers one request after the other, until the client goes.
fn answer(connection: TcpStream) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut writer = connection.try_clone()?;
    let mut lines = BufReader::new(connection);
    let mut line = String::new();
    let response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    loop {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line == "\r\n" {
            writer.write_all(response.as_bytes())?;
        }
    }
}
