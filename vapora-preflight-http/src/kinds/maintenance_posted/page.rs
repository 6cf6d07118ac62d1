//! A status page that is asked.

use std::{fmt, sync::Arc, time::Duration};

use vapora_preflight::{CheckContext, CheckError, SecretString};

use super::{Entry, MaintenancePosted, Service, cachet::Cachet, statuspage, webhook};
use crate::{HttpAnswer, HttpClient, HttpRequest, HttpUrl, param::Window};

/// How long Statuspage and others count requests, where they do not say how long to wait.
const PAUSE: Duration = Duration::from_mins(1);

/// What became of a posting.
pub(super) enum Sent {
    /// It was taken, and this is what the service calls it.
    Posted(String),
    /// It was not taken.
    Refused { why: String, status: String },
}

/// A status page, with what is to be posted to it.
pub(super) struct Page<'p> {
    pub(super) check: &'p MaintenancePosted,
    pub(super) window: Window,
    pub(super) text: String,
    pub(super) cx: &'p CheckContext,
    pub(super) client: Arc<HttpClient>,
    pub(super) token: Option<SecretString>,
}

impl<'p> Page<'p> {
    pub(super) fn new(
        check: &'p MaintenancePosted,
        window: Window,
        text: String,
        cx: &'p CheckContext,
    ) -> Result<Self, CheckError> {
        let token = check.token.as_ref().map(|token| cx.secret(token)).transpose()?;
        Ok(Self { check, window, text, cx, client: cx.resource::<HttpClient>()?, token })
    }

    pub(super) fn name(&self) -> &str {
        self.check.name.trim()
    }

    /// The address of the service.
    pub(super) fn api(&self) -> Result<HttpUrl, CheckError> {
        match (&self.check.api, self.check.service) {
            (Some(api), _) => Ok(api.clone()),
            (None, Service::Statuspage) => Ok(HttpUrl::constant("https://api.statuspage.io/v1")),
            (None, _) => Err(CheckError::permanent("no `api` is named")),
        }
    }

    /// The maintenance that is to be posted, where the page shows it already.
    pub(super) async fn find(&self) -> Result<Option<Entry>, CheckError> {
        let shown = match self.check.service {
            Service::Statuspage => statuspage::list(self).await?,
            Service::Cachet | Service::CachetV2 => Cachet::of(self)?.list().await?,
            Service::Webhook => webhook::look(self).await?.into_iter().collect(),
        };
        Ok(shown.into_iter().find(|entry| entry.is_open() && entry.is(self.name(), self.window)))
    }

    /// Posts it.
    pub(super) async fn post(&self) -> Result<Sent, CheckError> {
        match self.check.service {
            Service::Statuspage => statuspage::post(self).await,
            Service::Cachet | Service::CachetV2 => Cachet::of(self)?.post().await,
            Service::Webhook => webhook::post(self).await,
        }
    }

    /// What the page shows of it.
    pub(super) async fn read(&self, id: &str) -> Result<Entry, CheckError> {
        match self.check.service {
            Service::Statuspage => statuspage::read(self, id).await,
            Service::Cachet | Service::CachetV2 => Cachet::of(self)?.read(id).await,
            Service::Webhook => webhook::look(self).await?.ok_or_else(|| {
                CheckError::transient(format!("{self} took the maintenance, and does not show it"))
            }),
        }
    }

    /// The request with the certificate of the client, where it has one.
    fn shown(&self, request: HttpRequest) -> Result<HttpRequest, CheckError> {
        Ok(match &self.check.client_certificate {
            Some(certificate) => request.identity(certificate.identity(self.cx)?),
            None => request,
        })
    }

    /// What a question is answered, with status 200.
    pub(super) async fn ask(&self, request: HttpRequest) -> Result<HttpAnswer, CheckError> {
        let answer = self.client.fetch(self.shown(request)?).await?;
        match answer.status() {
            200 => Ok(answer),
            _ => Err(self.refused(&answer)),
        }
    }

    /// What a posting is answered; where it is not taken for now, or nobody knows, that is an error.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpAnswer, CheckError> {
        let answer = self.client.fetch(self.shown(request)?.acts()).await?;
        match answer.status() {
            420 | 429 | 503 => Err(self.refused(&answer)),
            500..=599 => Err(self.refused(&answer).uncertain()),
            _ => Ok(answer),
        }
    }

    /// The error of an answer that is none to the question.
    fn refused(&self, answer: &HttpAnswer) -> CheckError {
        let message = format!("{self} answered {}", answer.status_text());
        let of_webhook = self.check.service == Service::Webhook;
        let remedy = match answer.status() {
            401 | 403 if of_webhook => "check `seen_at`, which is read without credentials",
            401 | 403 => "check `token`, and what it allows",
            404 if of_webhook => "check `seen_at`",
            404 => "check `api`, and the id of the page",
            _ if of_webhook => "name as `seen_at` where it leads to",
            _ => "name as `api` where it leads to",
        };
        match answer.status() {
            300..=399 | 401 | 403 | 404 => CheckError::permanent(message).remedy(remedy),
            // 420 is what Statuspage says too
            420 | 429 => CheckError::transient(message).retry_after(answer.retry_after().unwrap_or(PAUSE)),
            _ => CheckError::transient(message),
        }
    }
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.check.service {
            Service::Statuspage => "Statuspage",
            Service::Cachet | Service::CachetV2 => "Cachet",
            Service::Webhook => "the status page",
        };
        let place = match self.check.service {
            Service::Webhook => self.check.seen_at.as_ref(),
            _ => self.check.api.as_ref(),
        };
        match place.and_then(|place| place.0.host_str()) {
            Some(host) => write!(f, "{name} at `{host}`"),
            None => f.write_str(name),
        }
    }
}
