//! `http.responds`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Bytes, Check, CheckContext, CheckError, CheckResult, EvidenceField, Kind, Problems, SecretRef,
    async_trait,
};

mod judge;

use crate::{
    BodySource, HeaderSource, HttpAnswer, HttpClient, HttpMethod, HttpRequest, HttpUrl, StatusSet,
    param::{Basic, Sender},
};

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

fn body_limit() -> Bytes {
    Bytes::new(1 << 20)
}

impl HttpResponds {
    fn sender(&self) -> Sender<'_> {
        Sender { headers: &self.headers, bearer: self.bearer.as_ref(), basic: self.basic.as_ref() }
    }

    fn request(&self, cx: &CheckContext) -> Result<HttpRequest, CheckError> {
        let mut request = self.sender().sign(HttpRequest::new(self.method, &self.url), cx)?;
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
        self.sender().validate(problems);
        if self.body.as_ref().is_some_and(BodySource::holds_date) {
            problems.at("body", "there is a date in it, which JSON does not know", "write the date as text");
        }
    }
}
