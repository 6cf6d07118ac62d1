//! `http.responds`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vapora_preflight::{
    Bytes, Check, CheckContext, CheckError, CheckResult, EvidenceField, Kind, Problems, SecretRef,
    async_trait,
};

mod judge;

use crate::{BodySource, HeaderSource, HttpAnswer, HttpClient, HttpMethod, HttpRequest, HttpUrl, StatusSet};

/// A URL answers with the status, type and text that are expected.
///
/// It fails on any other status, on a body larger than `body_limit`, on another type or text, on a body that says it is
/// JSON and is not, and on a redirect that it may not follow. No answer, or a body that is cut short, is an error. The
/// request must not change anything.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpResponds {
    /// What is asked: a URL of `http` or `https`, without credentials.
    pub(super) url: HttpUrl,
    /// The method. `POST` is meant for queries.
    #[serde(default)]
    method: HttpMethod,
    /// Headers to send, each a text or a secret. They are not sent to another host that a redirect leads to.
    #[serde(default)]
    headers: BTreeMap<String, HeaderSource>,
    /// The token that proves who asks.
    bearer: Option<SecretRef>,
    /// The name and password that prove who asks.
    basic: Option<Basic>,
    /// What to send: a text as it stands, or a table or list as JSON.
    body: Option<BodySource>,
    /// The statuses that are right: numbers, or hundreds as `"2xx"`.
    #[serde(default)]
    pub(super) status: StatusSet,
    /// How many redirects to follow. None leads from `https` to `http`, and none takes credentials to another host.
    #[serde(default)]
    redirects: u8,
    /// How large the body may be when it is decompressed.
    #[serde(default = "body_limit")]
    body_limit: Bytes,
    /// Texts that the body has to contain, all of them.
    pub(super) contains: Option<Vec<String>>,
    /// What the media type has to begin with, as in `application/json` or `text/`.
    pub(super) content_type: Option<String>,
}

/// A name and a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Basic {
    /// The name.
    user: String,
    /// The password.
    password: SecretRef,
}

fn body_limit() -> Bytes {
    Bytes::new(1 << 20)
}

impl HttpResponds {
    fn request(&self, cx: &CheckContext) -> Result<HttpRequest, CheckError> {
        let mut request = HttpRequest::new(self.method, &self.url);
        for (name, source) in &self.headers {
            request = match source {
                HeaderSource::Text(text) => request.header(name, text)?,
                HeaderSource::Secret(secret) => request.secret_header(name, &cx.secret(secret)?)?,
            };
        }
        if let Some(token) = &self.bearer {
            request = request.bearer(&cx.secret(token)?);
        }
        if let Some(Basic { user, password }) = &self.basic {
            request = request.basic(user, &cx.secret(password)?);
        }
        if let Some(body) = &self.body {
            request = request.body(body);
        }
        Ok(request.redirects(self.redirects).body_limit(self.body_limit))
    }
}

#[async_trait]
impl Check for HttpResponds {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let client = cx.resource::<HttpClient>()?;
        let request = self.request(cx)?;
        cx.doing(format!("waiting for the answer of `{}`", self.url));
        let answer = client.fetch(request).await?;
        Ok(judge::judge(self, &answer))
    }
}

impl Kind for HttpResponds {
    const NAME: &'static str = "http.responds";
    const EXAMPLE: &'static str = r#"
[check.api-healthy]
kind         = "http.responds"
url          = "https://api.example.com/health"
headers      = { accept = "application/json" }
bearer       = { env = "API_TOKEN" }
status       = [200]
content_type = "application/json"
expect       = ["json.status == 'ok'", "latency < '500ms'|duration"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        HttpAnswer::EVIDENCE
    }

    fn validate(&self, problems: &mut Problems) {
        if self.status.is_empty() {
            problems.at("status", "the list is empty, so no status is right", "leave it out, or name one");
        }
        if self.contains.as_ref().is_some_and(Vec::is_empty) {
            problems.at("contains", "the list is empty and asks for nothing", "leave it out, or name a text");
        }
        if self.contains.iter().flatten().any(String::is_empty) {
            problems.at("contains", "every body contains the empty text", "name a text");
        }
        if self.content_type.as_ref().is_some_and(|it| it.trim().is_empty()) {
            problems.at(
                "content_type",
                "the text is empty and asks for nothing",
                "leave it out, or name a type",
            );
        }
        if self.body_limit.get() == 0 && self.contains.is_some() {
            problems.at("body_limit", "no body can be read, and `contains` needs one", "raise the limit");
        }
        for (name, source) in &self.headers {
            source.validate(name, problems);
        }
        let given = self.headers.keys().any(|name| name.eq_ignore_ascii_case("authorization"));
        if usize::from(given) + usize::from(self.bearer.is_some()) + usize::from(self.basic.is_some()) > 1 {
            problems.whole(
                "there is more than one of `bearer`, `basic` and the header `authorization`",
                "keep one of them",
            );
        }
        if self.basic.as_ref().is_some_and(|basic| basic.user.contains(':')) {
            problems.at("basic", "the name holds a colon, which cannot be sent", "name another user");
        }
        if self.body.as_ref().is_some_and(BodySource::holds_date) {
            problems.at("body", "there is a date in it, which JSON does not know", "write the date as text");
        }
    }
}
