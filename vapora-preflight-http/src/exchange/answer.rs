//! What came back.

use std::{fmt, time::Duration};

use reqwest::{
    StatusCode,
    header::{CONTENT_TYPE, SET_COOKIE},
};
use vapora_preflight::{Bytes, CheckError, Evidence, EvidenceField, SecretString, Unit, Value};

use super::{
    Opened,
    body::Body,
    redirect::{shown, without_credentials},
};
use crate::{HttpMethod, HttpUrl, service::Said, wording::short};

/// How much of a text is kept as evidence, in bytes.
const TEXT_KEPT: usize = 4096;
/// The longest pause that a server is let to ask for.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_mins(5);
const REDACTED: &str = "[redacted]";

/// Why a JSON is not the one that was expected. What we call things ourselves says nothing to others.
pub(crate) fn misread(error: &serde_json::Error) -> Said {
    let text = error.to_string();
    let Some((before, after)) = text.split_once("expected struct ") else { return Said(text) };
    let after = after.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
    let after = match after.strip_prefix(" with ").and_then(|rest| rest.split_once(" at ")) {
        Some((_, place)) => format!(" at {place}"),
        None => after.to_owned(),
    };
    Said(format!("{before}expected an object{after}"))
}

/// What a request came to: any status, with as much of the body as its limit allows. `Debug` shows no content.
#[derive(Clone)]
pub struct HttpAnswer {
    method: HttpMethod,
    url: HttpUrl,
    status: StatusCode,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    larger: bool,
    limit: u64,
    latency: Duration,
    first_byte: Duration,
    redirects: u8,
    stopped: Option<String>,
    location: Option<HttpUrl>,
    cookies: Vec<SecretString>,
}

impl HttpAnswer {
    pub(super) fn new(opened: Opened<'_>, body: Body) -> Self {
        let latency = opened.began.elapsed();
        let clean = |text: String| match &opened.hidden {
            Some(hidden) => text.replace(hidden.as_str(), REDACTED),
            None => text,
        };
        let headers = opened.response.headers().iter().map(|(name, value)| {
            let secret = *name == SET_COOKIE || value.is_sensitive();
            let value = if secret { REDACTED.to_owned() } else { clean(lossy(value.as_bytes())) };
            (name.as_str().to_owned(), value)
        });
        let headers = headers.collect();
        let bytes = match String::from_utf8(body.bytes) {
            Ok(text) => clean(text).into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        let cookies = opened.response.headers().get_all(SET_COOKIE).iter();
        Self {
            cookies: cookies.map(|value| SecretString::from(lossy(value.as_bytes()))).collect(),
            method: opened.request.method,
            status: opened.response.status(),
            headers,
            body: bytes,
            larger: body.larger,
            limit: opened.request.body_limit,
            latency,
            first_byte: opened.first_byte,
            redirects: opened.followed,
            stopped: opened.stopped,
            location: opened.location.and_then(Result::ok).map(|url| HttpUrl(without_credentials(url))),
            url: opened.request.url,
        }
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The status with its usual name: `503 Service Unavailable`.
    pub fn status_text(&self) -> String {
        self.status.to_string()
    }

    /// Where the answer came from, after redirects.
    pub fn url(&self) -> &HttpUrl {
        &self.url
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body, decompressed, as far as it was read.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Whether the body goes on after the limit.
    pub fn is_larger_than_limit(&self) -> bool {
        self.larger
    }

    /// The limit of the body, in bytes.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// The body as text; none where it is not UTF-8, or not complete.
    pub fn text(&self) -> Option<&str> {
        if self.larger { None } else { std::str::from_utf8(&self.body).ok() }
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// A [`CheckError`] where it is not JSON, or not complete.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, CheckError> {
        if self.larger {
            return Err(self.unreadable("JSON"));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            let found = match self.content_type() {
                Some(other) if !self.says_json() => format!("`{}`", short(&other)),
                _ => "something else".to_owned(),
            };
            CheckError::transient(format!("expected JSON from `{}`, found {found}", self.url))
                .because(&misread(&error))
                .remedy("make sure that the address is right, and that no page for logging in is before it")
        })
    }

    /// The error that says that the body is not what is expected, which begins it: `a list of alerts`.
    pub fn unreadable(&self, expected: &str) -> CheckError {
        let found = if self.larger {
            format!("a body of more than {}", Bytes::new(self.limit))
        } else {
            "something else".to_owned()
        };
        CheckError::transient(format!("expected {expected} from `{}`, found {found}", self.url))
    }

    /// Why a redirect was not followed although the request asks for redirects to be.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// From sending the request to the end of the body, redirects included.
    pub fn latency(&self) -> Duration {
        self.latency
    }

    /// How long the server asks to wait before the next request, where it says so in seconds; no more than five
    /// minutes.
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds: f64 = self.header("retry-after")?.trim().parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok().map(|pause| pause.min(LONGEST_PAUSE))
    }

    /// From sending the request to the head of the answer, redirects included.
    pub fn first_byte(&self) -> Duration {
        self.first_byte
    }

    /// How many redirects were followed.
    pub fn redirects(&self) -> u8 {
        self.redirects
    }

    /// Where the answer leads, where it is a redirect that was not followed.
    pub fn location(&self) -> Option<&HttpUrl> {
        self.location.as_ref()
    }

    /// Where the answer leads, without what could identify somebody in the query.
    pub(crate) fn leads_to(&self) -> Option<String> {
        self.location.as_ref().map(|to| shown(&to.0))
    }

    /// The values of the header `set-cookie`, which the evidence does not hold.
    pub(crate) fn cookies(&self) -> &[SecretString] {
        &self.cookies
    }

    /// The media type, without its parameters and in lower case.
    pub fn content_type(&self) -> Option<String> {
        let whole = self.header(CONTENT_TYPE.as_str())?;
        Some(whole.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// Whether the answer says that its body is JSON.
    pub fn says_json(&self) -> bool {
        self.content_type().is_some_and(|it| it == "application/json" || it.ends_with("+json"))
    }

    /// Whether an answer to such a request has a body at all.
    pub fn may_have_body(&self) -> bool {
        self.method != HttpMethod::Head && !matches!(self.status.as_u16(), 100..=199 | 204 | 304)
    }

    /// The first line of the body that has text in it, cut after 120 characters.
    pub fn first_line(&self) -> Option<String> {
        let text = lossy(&self.body[..self.body.len().min(TEXT_KEPT)]);
        let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
        let printable = line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
        let mut line: String = printable.clone().take(120).collect();
        if printable.count() > 120 {
            line.push('…');
        }
        Some(line)
    }

    /// What the answer says, value by value; [`HttpAnswer::EVIDENCE`] documents it.
    pub fn evidence(&self) -> Evidence {
        let mut headers: Vec<(String, Value)> = Vec::new();
        for (name, value) in &self.headers {
            match headers.iter_mut().find(|(earlier, _)| earlier == name) {
                Some((_, Value::Text(text))) => *text = format!("{text}, {value}"),
                _ => headers.push((name.clone(), value.into())),
            }
        }
        Evidence::new()
            .with("status", self.status())
            .measured("latency", self.latency.as_secs_f64(), Unit::Seconds)
            .measured("first_byte", self.first_byte.as_secs_f64(), Unit::Seconds)
            .measured("size", self.body.len(), Unit::Bytes)
            .with("content_type", self.content_type())
            .with("headers", Value::Table(headers))
            .with("json", self.json_value())
            .with("text", self.text().map(beginning))
            .with("url", self.url.as_str())
            .with("redirects", u32::from(self.redirects))
            .with("location", self.location.as_ref().map(HttpUrl::as_str))
    }

    fn json_value(&self) -> Value {
        let begins = self.body.iter().find(|byte| !byte.is_ascii_whitespace());
        if self.larger || !(self.says_json() || matches!(begins, Some(b'{' | b'['))) {
            return Value::Null;
        }
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The values of [`HttpAnswer::evidence`].
    pub const EVIDENCE: &'static [EvidenceField] = &[
        EvidenceField { name: "status", about: "the status of the answer" },
        EvidenceField {
            name: "latency",
            about: "from sending the request to the end of the body, redirects included, in seconds",
        },
        EvidenceField {
            name: "first_byte",
            about: "from sending the request to the head of the answer, redirects included, in seconds",
        },
        EvidenceField {
            name: "size",
            about: "the size of the decompressed body in bytes, no more than the limit",
        },
        EvidenceField {
            name: "content_type",
            about: "the media type without parameters, in lower case, or none",
        },
        EvidenceField {
            name: "headers",
            about: "the headers by their names in lower case; the values of cookies are taken out",
        },
        EvidenceField { name: "json", about: "the body where it is JSON, or none" },
        EvidenceField { name: "text", about: "the first 4 KiB of the body where it is UTF-8, or none" },
        EvidenceField { name: "url", about: "where the answer came from, after redirects" },
        EvidenceField { name: "redirects", about: "how many redirects were followed" },
        EvidenceField {
            name: "location",
            about: "where the answer leads, where it is a redirect that was not followed, or none",
        },
    ];
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// As much of a text as is kept, cut between two characters.
fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_KEPT)]
}

impl fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpAnswer")
            .field("url", &self.url)
            .field("status", &self.status)
            .field("size", &self.body.len())
            .finish_non_exhaustive()
    }
}
