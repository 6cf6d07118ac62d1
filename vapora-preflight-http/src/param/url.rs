//! URLs that can be asked.

use std::{borrow::Cow, fmt, str::FromStr};

use reqwest::Url;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::InvalidParameter;

/// A URL of `http` or `https` with a host and without credentials: `https://api.example.com/health`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HttpUrl(pub(crate) Url);

impl HttpUrl {
    /// The URL as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// A URL that is written in this crate.
    pub(crate) fn constant(text: &str) -> Self {
        Self(Url::parse(text).unwrap_or_else(|_| unreachable!("`{text}` is a URL")))
    }

    /// The URL of a page of the service whose address this is, with or without a slash at its end.
    pub(crate) fn below(&self, path: &str) -> Self {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/{path}", self.0.path().trim_end_matches('/')));
        Self(url)
    }

    /// The URL that a path or another URL leads to from here, as a link on that page would.
    ///
    /// # Errors
    ///
    /// An [`InvalidParameter`] where it leads to something that cannot be asked.
    pub fn join(&self, path: &str) -> Result<Self, InvalidParameter> {
        let url = self.0.join(path).map_err(|error| InvalidParameter(format!("`{path}`: {error}")))?;
        url.as_str().parse()
    }

    /// The same page with this query.
    pub(crate) fn asking(mut self, pairs: &[(&str, &str)]) -> Self {
        if !pairs.is_empty() {
            self.0.query_pairs_mut().extend_pairs(pairs);
        }
        self
    }

    /// Whether it is a page of a service whose pages begin with `api`, and not the address of that service.
    pub(crate) fn is_page_of(&self, api: &str) -> bool {
        let path = self.0.path().trim_end_matches('/');
        self.0.query().is_some()
            || self.0.fragment().is_some()
            || path.ends_with(api)
            || path.contains(&format!("{api}/"))
    }

    /// The URL of a path on the same server, as in `/api/projects?all=1`.
    ///
    /// # Errors
    ///
    /// An [`InvalidParameter`] where it does not begin with a slash, or leads to another server.
    pub(crate) fn on_same_server(&self, path: &str) -> Result<Self, InvalidParameter> {
        let url = self.join(path)?;
        if path.starts_with('/') && url.0.origin() == self.0.origin() {
            return Ok(url);
        }
        Err(InvalidParameter(format!("expected a path on the same server, as in `/health`, found `{path}`")))
    }
}

impl FromStr for HttpUrl {
    type Err = InvalidParameter;

    fn from_str(text: &str) -> Result<Self, InvalidParameter> {
        let wrong =
            |why: &str| InvalidParameter(format!("expected a URL of http or https, found `{text}`: {why}"));
        let url = Url::parse(text.trim()).map_err(|error| wrong(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("it has another scheme"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            // Without the text: it holds a password.
            return Err(InvalidParameter(
                "expected a URL without credentials: give them as a secret, with `basic` or `bearer`"
                    .to_owned(),
            ));
        }
        Ok(Self(url))
    }
}

impl TryFrom<String> for HttpUrl {
    type Error = InvalidParameter;
    fn try_from(text: String) -> Result<Self, InvalidParameter> {
        text.parse()
    }
}
impl From<HttpUrl> for String {
    fn from(url: HttpUrl) -> Self {
        url.0.into()
    }
}
impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.as_str())
    }
}
impl fmt::Debug for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl JsonSchema for HttpUrl {
    fn schema_name() -> Cow<'static, str> {
        "HttpUrl".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "uri", "description": "a URL of `http` or `https`, without credentials" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_asked_is_a_url() {
        assert!("https://api.example.com/health?a=1".parse::<HttpUrl>().is_ok());
        for bad in ["", "api.example.com", "ftp://example.com", "http://", "file:///etc/passwd", "/health"] {
            assert!(bad.parse::<HttpUrl>().is_err(), "{bad}");
        }
        let base: HttpUrl = "https://api.example.com/v1/".parse().unwrap();
        assert_eq!(base.on_same_server("/a?b=c").unwrap().as_str(), "https://api.example.com/a?b=c");
        for bad in ["a", "", "//b.test/", "/\\b.test/", "https://b.test/", "http://api.example.com/", "?x"] {
            assert!(base.on_same_server(bad).is_err(), "{bad}");
        }
        let error = "https://user:hunter22@example.com".parse::<HttpUrl>().unwrap_err();
        assert!(!error.to_string().contains("hunter22"), "{error}");
    }
}
