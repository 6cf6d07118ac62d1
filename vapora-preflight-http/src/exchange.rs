//! One request and what it came to.

use reqwest::{
    RequestBuilder, Url,
    header::{AUTHORIZATION, HeaderMap, LOCATION},
};
use tokio::time::Instant;
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
use crate::{client::HttpClient, trouble};

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
        let began = Instant::now();
        let mut request = request;
        let mut followed = 0;
        loop {
            let url = request.url.0.clone();
            if !self.metadata_allowed
                && let Some(refused) = ForbiddenAddress::in_host(url.host_str().unwrap_or_default())
            {
                return Err(trouble::forbidden(&refused));
            }
            let sent = self.prepare(&request).build().map_err(|error| trouble::unsendable(error, &url))?;
            let hidden = hidden(sent.headers());
            let response = self.client.execute(sent).await.map_err(|error| {
                // without a connection nothing was sent
                let sent = !error.is_connect();
                unsettled(&request, sent, trouble::sending(error, &url))
            })?;
            let location = location(response.headers(), &url);
            let stopped = match next(&request, response.status(), location, followed) {
                Next::Follow(further) => {
                    request = *further;
                    followed += 1;
                    continue;
                }
                Next::Stay => None,
                Next::Stop(why) => Some(why),
            };
            let (status, headers) = (response.status(), response.headers().clone());
            let body = body::read(response, request.body_limit, &url).await;
            let body = body.map_err(|error| unsettled(&request, true, error))?;
            let latency = began.elapsed();
            return Ok(HttpAnswer::new(request, status, headers, body, latency, followed, stopped, hidden));
        }
    }

    fn prepare(&self, request: &HttpRequest) -> RequestBuilder {
        let mut builder = self.client.request(request.method.get(), request.url.0.clone());
        builder = builder.headers(request.headers.clone());
        builder = match &request.credentials {
            Some(Credentials::Bearer(token)) => builder.bearer_auth(token.expose_secret()),
            Some(Credentials::Basic(user, password)) => {
                builder.basic_auth(user, Some(password.expose_secret()))
            }
            None => builder,
        };
        match &request.body {
            Some(body) => builder.body(body.clone()),
            None => builder,
        }
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
