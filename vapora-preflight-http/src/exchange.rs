//! One request and what it came to.

use std::time::Duration;

use reqwest::{
    Client, RequestBuilder, Response, Url,
    header::{AUTHORIZATION, HeaderMap, LOCATION},
};
use tokio::{sync::SemaphorePermit, time::Instant};
use vapora_preflight::{CheckError, ExposeSecret, ForbiddenAddress};

mod answer;
mod body;
mod redirect;
mod request;

pub(crate) use self::answer::LONGEST_PAUSE;
pub use self::{answer::HttpAnswer, request::HttpRequest};
use self::{
    redirect::{Next, next},
    request::Credentials,
};
use crate::{
    client::{HttpClient, Use},
    trouble,
};

/// The head of an answer, whose body has not been read. While it is there it counts as one of the run's exchanges.
pub(crate) struct Opened<'c> {
    /// The last request, after redirects.
    pub(crate) request: HttpRequest,
    pub(crate) response: Response,
    /// Where it leads, where it is a redirect.
    pub(crate) location: Option<Result<Url, String>>,
    followed: u8,
    stopped: Option<String>,
    hidden: Option<String>,
    began: Instant,
    first_byte: Duration,
    #[expect(dead_code, reason = "it is given back when this is dropped")]
    room: Option<SemaphorePermit<'c>>,
}

impl Opened<'_> {
    /// Why a redirect was not followed although the request asks for redirects to be.
    pub(crate) fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// The next part of the body, as it was sent; nothing at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Vec<u8>>, CheckError> {
        let url = &self.request.url.0;
        let chunk = self.response.chunk().await.map_err(|error| trouble::reading(error, url))?;
        Ok(chunk.map(|chunk| chunk.to_vec()))
    }
}

impl HttpClient {
    /// Sends a request, follows its redirects as far as it asks for, and reads the body up to its limit.
    ///
    /// Any status is an answer. Drop the future to give up; how long to wait is the caller's to say.
    ///
    /// # Errors
    ///
    /// A [`CheckError`] in plain words where there was no answer, or one that could not be read to its end. It is
    /// permanent where an address is refused, or a secret cannot be sent.
    pub async fn fetch(&self, request: HttpRequest) -> Result<HttpAnswer, CheckError> {
        let mut opened = self.open(request, Use::Answer).await?;
        let limit = opened.request.body_limit;
        let body = body::read(&mut opened.response, limit, &opened.request.url.0).await;
        let body = body.map_err(|error| unsettled(&opened.request, true, error))?;
        Ok(HttpAnswer::new(opened, body))
    }

    /// Sends a request, and follows its redirects up to the head of the answer.
    pub(crate) async fn open(&self, request: HttpRequest, how: Use) -> Result<Opened<'_>, CheckError> {
        let room = self.connections().room().await;
        let began = Instant::now();
        let mut request = request;
        let mut followed = 0;
        loop {
            let url = request.url.0.clone();
            if !self.connections().metadata_allowed()
                && let Some(refused) = ForbiddenAddress::in_host(url.host_str().unwrap_or_default())
            {
                return Err(trouble::forbidden(&refused));
            }
            let client = self
                .connections()
                .client(&url, request.identity.as_ref(), how)
                .map_err(|error| trouble::unidentified(&error, &url))?;
            let sent =
                prepare(&client, &request).build().map_err(|error| trouble::unsendable(error, &url))?;
            let hidden = hidden(sent.headers());
            let sending = async {
                let connect = self.connections().connect_timeout();
                client.execute(sent).await.map_err(|error| {
                    // without a connection nothing was sent
                    let sent = !error.is_connect();
                    unsettled(&request, sent, trouble::sending(error, &url, connect))
                })
            };
            let response = match request.first_byte_within {
                Some(within) => tokio::time::timeout(within, sending)
                    .await
                    .map_err(|_| unsettled(&request, true, trouble::silent(&url, within)))
                    .flatten()?,
                None => sending.await?,
            };
            let location = location(response.headers(), &url);
            let stopped = match next(&request, response.status(), location.clone(), followed) {
                Next::Follow(further) => {
                    request = *further;
                    followed += 1;
                    continue;
                }
                Next::Stay => None,
                Next::Stop(why) => Some(why),
            };
            let first_byte = began.elapsed();
            return Ok(Opened {
                request,
                response,
                location,
                followed,
                stopped,
                hidden,
                began,
                first_byte,
                room,
            });
        }
    }
}

fn prepare(client: &Client, request: &HttpRequest) -> RequestBuilder {
    let mut builder = client.request(request.method.get(), request.url.0.clone());
    builder = builder.headers(request.headers.clone());
    builder = match &request.credentials {
        Some(Credentials::Bearer(token)) => builder.bearer_auth(token.expose_secret()),
        Some(Credentials::Basic(user, password)) => builder.basic_auth(user, Some(password.expose_secret())),
        None => builder,
    };
    match &request.body {
        Some(body) => builder.body(body.clone()),
        None => builder,
    }
}

/// The error of a request whose answer was lost. Where it brings something about, that may have happened all the same.
fn unsettled(request: &HttpRequest, sent: bool, error: CheckError) -> CheckError {
    if request.acts && sent { error.uncertain() } else { error }
}

/// The form in which a password is sent, so that it can be taken out of what a server repeats. The run knows only
/// the password itself.
fn hidden(headers: &HeaderMap) -> Option<String> {
    let basic = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    Some(basic.to_owned())
}

fn location(headers: &HeaderMap, from: &Url) -> Option<Result<Url, String>> {
    let value = headers.get(LOCATION)?;
    let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
    Some(from.join(&text).map_err(|error| format!("`{text}`: {error}")))
}
