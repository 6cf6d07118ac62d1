//! Where a calendar comes from.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use vapora_preflight::{CheckContext, CheckError};

use super::CalendarClear;
use crate::{HttpAnswer, HttpClient, HttpRequest, secret_url::SecretUrl};

/// How many redirects are followed on the way to a calendar.
const REDIRECTS: u8 = 3;

/// The text of a calendar, and what it is called in messages.
pub(super) async fn read(check: &CalendarClear, cx: &CheckContext) -> Result<(String, String), CheckError> {
    if let Some(file) = &check.file {
        let (path, limit) = (file.clone(), check.limit.get());
        let place = format!("the calendar `{}`", file.display());
        let read = tokio::task::spawn_blocking(move || of_file(&path, limit)).await?;
        let bytes =
            read.map_err(|error| CheckError::permanent(format!("{place} cannot be read")).because(&error))?;
        let Some(bytes) = bytes else { return Err(too_large(check, &place)) };
        return Ok((text(bytes, &place)?, place));
    }
    let secret = match &check.secret_url {
        Some(secret) => Some(SecretUrl::resolve(cx, secret, "the address of the calendar")?),
        None => None,
    };
    let (url, place) = match (&secret, &check.url) {
        (Some(secret), _) => (secret.url(), format!("the calendar at `{}`", secret.host())),
        (None, Some(url)) => (url, format!("the calendar at `{url}`")),
        (None, None) => return Err(CheckError::permanent("no calendar is named")),
    };
    // the way that leads on from a secret is as secret
    let redirects = if secret.is_some() { 0 } else { REDIRECTS };
    let request = HttpRequest::get(url).body_limit(check.limit).redirects(redirects);
    let request = check.sender().sign(request.header("accept", "text/calendar, */*;q=0.1")?, cx)?;
    let client = cx.resource::<HttpClient>()?;
    cx.doing(format!("reading {place}"));
    let answer = client.fetch(request).await?;
    if answer.status() != 200 {
        return Err(refused(&answer, &place));
    }
    if answer.is_larger_than_limit() {
        return Err(too_large(check, &place));
    }
    Ok((text(answer.body().to_vec(), &place)?, place))
}

fn refused(answer: &HttpAnswer, place: &str) -> CheckError {
    let message = format!("{place} was not handed over: {}", answer.status_text());
    let error = match answer.status() {
        401 | 403 => CheckError::permanent(message)
            .remedy("check the credentials, and whether the calendar is shared with them"),
        404 | 410 => CheckError::permanent(message)
            .remedy("check the address; a private one changes when it is made anew"),
        300..=399 => CheckError::permanent(message).remedy("name the address where the redirects end"),
        _ => CheckError::transient(message),
    };
    match answer.retry_after() {
        Some(pause) => error.retry_after(pause),
        None => error,
    }
}

fn too_large(check: &CalendarClear, place: &str) -> CheckError {
    CheckError::permanent(format!("{place} is larger than {}", check.limit))
        .remedy("raise `limit`, or publish a calendar that holds less of the past")
}

fn text(bytes: Vec<u8>, place: &str) -> Result<String, CheckError> {
    let text = String::from_utf8(bytes).or_else(|error| String::from_utf8(unfolded(error.as_bytes())));
    text.map_err(|_| {
        CheckError::transient(format!("{place} is no text in UTF-8")).remedy("make sure that it is iCalendar")
    })
}

/// The same bytes without the folds of long lines, some of which may go through the middle of a letter.
fn unfolded(bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        rest = match rest {
            [b'\r', b'\n', b' ' | b'\t', after @ ..] | [b'\n', b' ' | b'\t', after @ ..] => after,
            _ => {
                whole.push(*byte);
                after
            }
        };
    }
    whole
}

/// What is in a file; nothing where it is larger than the limit.
fn of_file(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    // what is no file, such as a pipe, might never end
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}
