//! A simulated calendar that is published as iCalendar, after RFC 5545, "Internet Calendaring and Scheduling Core Object
//! Specification (iCalendar)", `https://www.rfc-editor.org/rfc/rfc5545`.

use std::{
    fmt::Write as _,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::{Path, State as Shared},
    response::{IntoResponse, Response},
    routing,
};
use http::{StatusCode, header};
use vapora_preflight::Timestamp;

use crate::{faults::Faults, ids::Ids, peer::Peer};

/// A calendar under a private and a public address, as iCalendar (RFC 5545) over HTTP on 127.0.0.1. It stops when this
/// is dropped.
///
/// ```
/// use vapora_preflight_sim::Calendar;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let calendar = Calendar::serve().await?;
/// calendar.add("Move the database", "change", 1_796_133_600, 1_796_137_200);
/// assert!(calendar.url().ends_with("/basic.ics"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Calendar {
    peer: Peer,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    key: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    events: String,
    number: usize,
    text: Option<String>,
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn published(Shared(inner): Shared<Arc<Inner>>, Path(key): Path<String>) -> Response {
    if key != inner.key {
        return StatusCode::NOT_FOUND.into_response();
    }
    calendar(&inner)
}

async fn public(Shared(inner): Shared<Arc<Inner>>) -> Response {
    calendar(&inner)
}

fn calendar(inner: &Inner) -> Response {
    let state = inner.state();
    let text = state.text.clone().unwrap_or_else(|| {
        let head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//calendar//EN\r\n";
        format!("{head}{}END:VCALENDAR\r\n", state.events)
    });
    ([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], text).into_response()
}

impl Calendar {
    /// Serves over plain HTTP on a free port. There is no event in it yet.
    pub async fn serve() -> io::Result<Self> {
        let key = format!("private-{}", Ids::seeded("calendar").suffix(24));
        let inner = Arc::new(Inner { key, state: Mutex::default() });
        let router = Router::new()
            .route("/calendar/ical/{key}/basic.ics", routing::get(published))
            .route("/calendar/public.ics", routing::get(public))
            .with_state(Arc::clone(&inner));
        Ok(Self { peer: Peer::serve(router).await?, inner })
    }

    /// Its private address, with its secret.
    pub fn url(&self) -> String {
        format!("{}/calendar/ical/{}/basic.ics", self.peer.url(), self.inner.key)
    }

    /// The address for everybody.
    pub fn public_url(&self) -> String {
        format!("{}/calendar/public.ics", self.peer.url())
    }

    /// The secret in its private address.
    pub fn key(&self) -> &str {
        &self.inner.key
    }

    /// Adds an event, from one time to another in seconds of Unix time.
    pub fn add(&self, summary: &str, category: &str, begins: i64, ends: i64) {
        self.add_lines(&format!(
            "SUMMARY:{summary}\r\nCATEGORIES:{category}\r\nDTSTART:{}\r\nDTEND:{}",
            basic(begins),
            basic(ends)
        ));
    }

    /// Adds an event of these lines; what tells it from others is added.
    pub fn add_lines(&self, lines: &str) {
        let mut state = self.inner.state();
        state.number += 1;
        let number = state.number;
        let lines: Vec<String> = lines.lines().map(folded).collect();
        let lines = lines.join("\r\n");
        // a text takes whatever is written to it
        let _ = write!(
            state.events,
            "BEGIN:VEVENT\r\nUID:{number}@example.com\r\nDTSTAMP:20261101T000000Z\r\n{lines}\r\nEND:VEVENT\r\n"
        );
    }

    /// Serves this text from now on, whatever it is.
    pub fn set_text(&self, text: impl Into<String>) {
        self.inner.state().text = Some(text.into());
    }

    /// The faults between it and its clients.
    pub fn faults(&self) -> &Faults {
        self.peer.faults()
    }

    /// The server itself, with the requests it was asked.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }
}

/// A line of content in lines of no more than 75 octets.
fn folded(line: &str) -> String {
    let (mut whole, mut length) = (String::with_capacity(line.len()), 0);
    for letter in line.chars() {
        if length + letter.len_utf8() > 75 {
            whole.push_str("\r\n ");
            length = 1;
        }
        whole.push(letter);
        length += letter.len_utf8();
    }
    whole
}

/// A time as iCalendar writes it in UTC.
fn basic(seconds: i64) -> String {
    let extended = Timestamp::from_unix_seconds(seconds).to_string();
    extended.chars().filter(|c| !matches!(c, '-' | ':')).collect()
}
