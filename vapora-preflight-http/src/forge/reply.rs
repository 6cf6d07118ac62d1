//! What a forge answers, as its APIs have it in common.

use std::time::Duration;

use serde_json::Value;
use vapora_preflight::{CheckError, Timestamp};

use super::{Flavor, Session};
use crate::HttpAnswer;

/// What came of asking for one thing.
#[derive(Debug)]
pub(crate) enum Reply {
    /// It is there.
    Found(HttpAnswer),
    /// It is not there, or may not be seen.
    Missing(HttpAnswer),
    /// It was there.
    Gone,
    /// It is somewhere else.
    Moved(String),
}

const MESSAGE_KEPT: usize = 200;

impl Session {
    /// What an answer means. That the asker is refused, has asked too much or met a broken server is an error.
    pub(super) fn reply(&self, answer: HttpAnswer, now: Timestamp) -> Result<Reply, CheckError> {
        let host = self.host();
        match answer.status() {
            200..=299 => Ok(Reply::Found(answer)),
            301 | 302 | 303 | 307 | 308 => Ok(match answer.leads_to() {
                Some(location) => Reply::Moved(location),
                None => Reply::Missing(answer),
            }),
            404 => Ok(Reply::Missing(answer)),
            410 => Ok(Reply::Gone),
            429 => Err(too_much(&answer, host, self.flavor, now)),
            403 if used_up(&answer) => Err(too_much(&answer, host, self.flavor, now)),
            401 => Err(self.unknown(&answer)),
            403 => Err(self.forbidden(&answer)),
            408 | 500..=599 => Err(CheckError::transient(told(&answer, host))),
            _ => Err(CheckError::permanent(told(&answer, host))),
        }
    }

    fn unknown(&self, answer: &HttpAnswer) -> CheckError {
        let host = self.host();
        let said = said(answer);
        if self.has_token() {
            CheckError::permanent(format!("`{host}` does not accept the token{said}"))
                .remedy("make a new token, and see that it has not expired")
        } else {
            CheckError::permanent(format!("`{host}` wants to know who asks{said}")).remedy("name a `token`")
        }
    }

    fn forbidden(&self, answer: &HttpAnswer) -> CheckError {
        let host = self.host();
        let error = CheckError::permanent(if self.has_token() {
            format!("`{host}` does not let the token do this{}", said(answer))
        } else {
            format!("`{host}` does not let everybody do this{}", said(answer))
        });
        let wanted = answer
            .header("x-accepted-github-permissions")
            .or_else(|| answer.header("x-accepted-oauth-scopes"))
            .filter(|it| !it.trim().is_empty());
        match wanted {
            Some(wanted) => error.remedy(format!("give the token what it needs: `{wanted}`")),
            None => error.remedy("see what the token is allowed"),
        }
    }

    /// That a project is not there for the one who asks, which may be a matter of rights.
    pub(crate) fn unseen(&self, project: &str, answer: &HttpAnswer) -> CheckError {
        let host = self.host();
        let error = CheckError::permanent(format!(
            "`{project}` is not at `{host}`, or {} may not see it",
            if self.has_token() { "the token" } else { "whoever has no token" }
        ));
        if !self.has_token() {
            return error.remedy("name a `token` where the project is private, and check its name");
        }
        let scopes = answer.header("x-oauth-scopes").map(str::trim);
        match (self.flavor, scopes) {
            (Flavor::GitHub, Some(scopes)) if !scopes.split(',').any(|scope| scope.trim() == "repo") => {
                let has = if scopes.is_empty() { "no scope".to_owned() } else { format!("only `{scopes}`") };
                error.remedy(format!("a private project needs the scope `repo`, and the token has {has}"))
            }
            _ => error.remedy("check the name of the project, and that the token may read it"),
        }
    }
}

/// How long to wait where too much was asked at once and it is not said how long, as GitHub asks for.
const PAUSE: u64 = 60;

/// Whether a refusal is that of a limit: GitHub says 403 for that, too.
fn used_up(answer: &HttpAnswer) -> bool {
    answer.header("retry-after").is_some()
        || none_left(answer)
        || message(answer).is_some_and(|it| it.to_ascii_lowercase().contains("rate limit"))
}

/// Whether nothing is left of what may be asked until the limit is counted anew.
fn none_left(answer: &HttpAnswer) -> bool {
    let left = answer.header("x-ratelimit-remaining").or_else(|| answer.header("ratelimit-remaining"));
    left.is_some_and(|left| left.trim() == "0")
}

fn too_much(answer: &HttpAnswer, host: &str, flavor: Flavor, now: Timestamp) -> CheckError {
    let error = CheckError::transient(format!("`{host}` has been asked too much{}", said(answer)));
    let number = |name: &str| answer.header(name).and_then(|text| text.trim().parse::<i64>().ok());
    // when an hour ends matters only to who has used it up
    let until = || {
        let reset = number("x-ratelimit-reset").or_else(|| number("ratelimit-reset"))?;
        none_left(answer).then(|| reset - now.unix_seconds())
    };
    let pause = number("retry-after").or_else(until).and_then(|seconds| u64::try_from(seconds).ok());
    match pause.or((flavor == Flavor::GitHub).then_some(PAUSE)) {
        Some(seconds) => error
            .retry_after(Duration::from_secs(seconds))
            .remedy(format!("ask again in {seconds} s, or with a token of a higher limit")),
        None => error.remedy("ask again later, or with a token of a higher limit"),
    }
}

fn told(answer: &HttpAnswer, host: &str) -> String {
    format!("`{host}` answered {}{}", answer.status_text(), said(answer))
}

/// What the answer says, to be put behind something.
pub(super) fn said(answer: &HttpAnswer) -> String {
    message(answer).map(|message| format!(": {message}")).unwrap_or_default()
}

/// The first of the errors that GitHub tells besides its message.
fn detail(errors: &Value) -> Option<String> {
    let first = errors.get(0)?;
    let text = |name: &str| first.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
    match (first.as_str().or_else(|| text("message")), text("field"), text("code")) {
        (Some(message), ..) => Some(message.to_owned()),
        (None, Some(field), Some(code)) => Some(format!("`{field}`: {code}")),
        _ => None,
    }
}

/// The message in an answer, which every API has somewhere else.
fn message(answer: &HttpAnswer) -> Option<String> {
    let text = match serde_json::from_slice::<Value>(answer.body()) {
        Ok(body) => {
            let at = |name: &str| body.get(name).filter(|it| !it.is_null());
            let found = at("error_description").or_else(|| at("message")).or_else(|| at("error"))?;
            let text = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
            match at("errors").and_then(detail) {
                Some(detail) => format!("{text}: {detail}"),
                None => text,
            }
        }
        Err(_) if answer.content_type().is_some_and(|it| it == "text/html") => return None,
        Err(_) => answer.first_line()?,
    };
    let line: String = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(MESSAGE_KEPT)
        .collect();
    (!line.is_empty()).then(|| line.trim_end_matches('.').to_owned())
}
