//! Services that are asked over HTTP and answer in JSON.

use std::{fmt, sync::Arc, time::Duration};

use serde::de::DeserializeOwned;
use vapora_preflight::{Bytes, CheckContext, CheckError};

use crate::{HttpAnswer, HttpClient, HttpRequest, HttpUrl, exchange::misread, param::Sender, wording::short};

/// How much one answer may hold.
const BODY_LIMIT: Bytes = Bytes::new(16 << 20);
/// The longest pause that a service is let to ask for.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// A service that is asked.
pub(crate) struct Service<'p> {
    /// What it is called in messages.
    pub(crate) name: &'static str,
    pub(crate) base: &'p HttpUrl,
    pub(crate) cx: &'p CheckContext,
    client: Arc<HttpClient>,
    sender: Sender<'p>,
}

impl<'p> Service<'p> {
    /// The service at that address, asked with the client of the run.
    pub(crate) fn new(
        name: &'static str,
        base: &'p HttpUrl,
        sender: Sender<'p>,
        cx: &'p CheckContext,
    ) -> Result<Self, CheckError> {
        Ok(Self { name, base, cx, client: cx.resource::<HttpClient>()?, sender })
    }

    /// What one of its pages answers, whatever its status.
    pub(crate) async fn get(&self, path: &str, pairs: &[(&str, &str)]) -> Result<HttpAnswer, CheckError> {
        let request = HttpRequest::get(&self.base.below(path).asking(pairs)).body_limit(BODY_LIMIT);
        let request = self.sender.sign(request.header("accept", "application/json")?, self.cx)?;
        self.client.fetch(request).await
    }

    /// What one of its pages tells.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        path: &str,
        pairs: &[(&str, &str)],
    ) -> Result<T, CheckError> {
        let answer = self.get(path, pairs).await?;
        if answer.status() == 200 { self.json(&answer) } else { Err(self.refused(&answer)) }
    }

    /// The body of an answer.
    pub(crate) fn json<T: DeserializeOwned>(&self, answer: &HttpAnswer) -> Result<T, CheckError> {
        if answer.is_larger_than_limit() {
            return Err(CheckError::permanent(format!("the answer of {self} is larger than {BODY_LIMIT}"))
                .remedy("ask for fewer series or alerts, by labels or by an aggregation"));
        }
        serde_json::from_slice(answer.body()).map_err(|error| {
            let what = match answer.content_type() {
                Some(other) if !answer.says_json() => {
                    format!("the answer of {self} is not JSON but `{}`", short(&other))
                }
                _ => format!("the answer of {self} cannot be read"),
            };
            CheckError::transient(what).because(&misread(&error)).remedy(format!(
                "make sure that `url` is that of {}, and that no page for logging in is before it",
                self.name
            ))
        })
    }

    /// The error of an answer whose status is not that of an answer to the question.
    pub(crate) fn refused(&self, answer: &HttpAnswer) -> CheckError {
        let message = format!("{self} answered {}", answer.status_text());
        let error = match answer.status() {
            401 | 403 => CheckError::permanent(message)
                .remedy("check the credentials in `bearer`, `basic`, `headers` or `client_certificate`, and what they allow"),
            404 | 405 => CheckError::permanent(message).remedy(format!(
                "name as `url` the address of {} up to its `/api`, with its prefix if it has one",
                self.name
            )),
            300..=399 => {
                let to = answer.leads_to().map(|to| format!(" and leads to `{}`", short(&to)));
                CheckError::permanent(message + &to.unwrap_or_default())
                    .remedy("name as `url` where it leads to; credentials are not sent there unasked")
            }
            _ => CheckError::transient(message),
        };
        let error = match answer.header("retry-after").and_then(|pause| pause.trim().parse().ok()) {
            Some(pause) => error.retry_after(Duration::from_secs(pause).min(LONGEST_PAUSE)),
            None => error,
        };
        match answer.first_line() {
            Some(line) if !(300..400).contains(&answer.status()) => error.because(&Said(short(&line))),
            _ => error,
        }
    }
}

impl fmt::Display for Service<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at `{}`", self.name, self.base)
    }
}

/// What a service said about itself.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Said(pub(crate) String);
