//! One request and what it came to.

use std::time::Duration;

use reqwest::{
    Response, Url,
    header::{HeaderMap, LOCATION},
};
use tokio::{sync::SemaphorePermit, time::Instant};
use vapora_preflight::{CheckError, ForbiddenAddress};

mod answer;
mod body;
mod once;
mod redirect;
mod request;

pub(crate) use self::answer::{LONGEST_PAUSE, misread};
pub use self::{answer::HttpAnswer, request::HttpRequest};
use self::{
    once::{Answered, unsettled},
    redirect::{Next, next},
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
    /// The answer with its body, up to the limit of the request.
    pub(crate) async fn read(mut self) -> Result<HttpAnswer, CheckError> {
        let limit = self.request.body_limit;
        let body = body::read(&mut self.response, limit, &self.request.url.0).await;
        let body = body.map_err(|error| unsettled(&self.request, true, error))?;
        Ok(HttpAnswer::new(self, body))
    }

    /// The answer without its body.
    pub(crate) fn head(self) -> HttpAnswer {
        HttpAnswer::new(self, body::Body { bytes: Vec::new(), larger: false })
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
        self.open(request, Use::Answer).await?.read().await
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
            let Answered { response, hidden } = self.send(&request, how).await?;
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

fn location(headers: &HeaderMap, from: &Url) -> Option<Result<Url, String>> {
    let value = headers.get(LOCATION)?;
    let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
    Some(from.join(&text).map_err(|error| format!("`{text}`: {error}")))
}
