//! What is asked.

use std::{fmt, time::Duration};

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use vapora_preflight::{Bytes, CheckError, ExposeSecret, SecretString};

use crate::{BodySource, HttpIdentity, HttpMethod, HttpUrl};

const DEFAULT_LIMIT: Bytes = Bytes::new(1 << 20);

/// A request. By default it follows no redirect, and takes bodies of up to 1 MiB. `Debug` shows no secret.
#[derive(Clone)]
pub struct HttpRequest {
    pub(super) method: HttpMethod,
    pub(crate) url: HttpUrl,
    pub(super) headers: HeaderMap,
    pub(super) credentials: Option<Credentials>,
    pub(super) identity: Option<HttpIdentity>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) redirects: u8,
    pub(super) body_limit: u64,
    pub(super) acts: bool,
    pub(super) first_byte_within: Option<Duration>,
}

#[derive(Clone)]
pub(super) enum Credentials {
    Bearer(SecretString),
    Basic(String, SecretString),
}

impl HttpRequest {
    /// A request of that method.
    pub fn new(method: HttpMethod, url: &HttpUrl) -> Self {
        Self {
            method,
            url: url.clone(),
            headers: HeaderMap::new(),
            credentials: None,
            identity: None,
            body: None,
            redirects: 0,
            body_limit: DEFAULT_LIMIT.get(),
            acts: false,
            first_byte_within: None,
        }
    }

    /// A `GET`.
    pub fn get(url: &HttpUrl) -> Self {
        Self::new(HttpMethod::Get, url)
    }

    /// Adds a header, in place of one of that name.
    ///
    /// # Errors
    ///
    /// A permanent [`CheckError`] where it cannot be sent.
    pub fn header(self, name: &str, value: &str) -> Result<Self, CheckError> {
        self.any_header(name, value, false)
    }

    /// Adds a header that holds a secret, in place of one of that name.
    ///
    /// # Errors
    ///
    /// A permanent [`CheckError`] where it cannot be sent; it does not repeat the secret.
    pub fn secret_header(self, name: &str, value: &SecretString) -> Result<Self, CheckError> {
        self.any_header(name, value.expose_secret(), true)
    }

    fn any_header(mut self, name: &str, value: &str, secret: bool) -> Result<Self, CheckError> {
        let unsendable = || CheckError::permanent(format!("the header `{name}` cannot be sent"));
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable())?;
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| unsendable().remedy("make its value one line without control characters"))?;
        value.set_sensitive(secret);
        self.headers.insert(key, value);
        Ok(self)
    }

    /// Proves who asks by a token.
    pub fn bearer(mut self, token: &SecretString) -> Self {
        self.credentials = Some(Credentials::Bearer(token.clone()));
        self
    }

    /// Proves who asks by a name and a password.
    pub fn basic(mut self, user: impl Into<String>, password: &SecretString) -> Self {
        self.credentials = Some(Credentials::Basic(user.into(), password.clone()));
        self
    }

    /// Proves who asks by a certificate of the client. Another host that a redirect leads to is not shown it.
    pub fn identity(mut self, identity: HttpIdentity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Sends a body, with the content type of JSON where it is JSON and no other is given.
    pub fn body(mut self, body: &BodySource) -> Self {
        if body.is_json() && !self.headers.contains_key(CONTENT_TYPE) {
            self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        self.body = Some(body.to_bytes());
        self
    }

    /// Follows up to that many redirects.
    pub fn redirects(mut self, redirects: u8) -> Self {
        self.redirects = redirects;
        self
    }

    /// Says that the request brings something about, such as a message. Where its answer is lost, that may have
    /// happened all the same: the error is [uncertain](CheckError::uncertain), and the request is not sent again.
    pub fn acts(mut self) -> Self {
        self.acts = true;
        self
    }

    /// Waits no longer than that for the head of an answer, the connection included; each redirect has that time anew.
    pub fn first_byte_within(mut self, within: Duration) -> Self {
        self.first_byte_within = Some(within);
        self
    }

    /// Reads no more than that of the body, decompressed.
    pub fn body_limit(mut self, limit: Bytes) -> Self {
        self.body_limit = limit.get();
        self
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &self.headers)
            .field("redirects", &self.redirects)
            .finish_non_exhaustive()
    }
}
