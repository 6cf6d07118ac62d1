//! `http.responds`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Bytes, Check, CheckContext, CheckError, CheckResult, Effect, EvidenceField, Kind, Period, Problems,
    SecretRef, TextOrSecret, async_trait,
};

mod capture;
mod evidence;
mod fill;
mod judge;
mod problems;
mod samples;
mod steps;

use self::{judge::Expected, samples::Latency, steps::Step};
use crate::{
    BodySource, HttpClient, HttpMethod, HttpRequest, HttpUrl, StatusSet, TextPattern,
    param::{Basic, ClientCertificate, Sender},
};

/// A URL answers with the status, type and text that are expected, once or many times, in one request or in a sequence.
///
/// # What it asks
///
/// One request; or the same one `samples` times, for how long the answers take; or the `steps` of a sequence, each of which
/// may use what earlier ones captured. `expect` judges the values below: `json.status == 'ok'`,
/// `headers['x-version'] == '2'`, `latency < '500ms'|duration`.
///
/// A step has a `path` on the server of `url` and a method, headers, body and expectations of its own. What it captures, by JSON
/// pointer, header, cookie or regular expression, stands in the path, the headers and the body of later ones as `${name}`, and
/// `$${` is written where no value is meant. A value in a path is escaped, so that it leads nowhere else. A captured secret is
/// taken out of all that the run records, and an answer in which it is not found is not shown; a cookie is always one.
///
/// It connects to no link-local and no metadata address, uses the proxy that the environment names where the caller turns
/// that on, and follows no redirect from `https` to `http`. Another host that a redirect leads to is sent no credential, no
/// cookie, no certificate, and no header but those that say what is wanted: of types, languages, ranges and conditions.
///
/// # How far it reaches
///
/// It only reads, and `POST` is meant for queries; with `mutates` it may change what it asks, and counts so.
///
/// # What fails
///
/// Any other status, a body larger than `body_limit`, another type or text, a body that says it is JSON and is not, a redirect
/// that it may not follow, answers that take longer than `latency` allows, the first step with which something is wrong: what it
/// has to capture is not there, for instance. A percentile is that of the nearest rank; the 99th of fewer than a hundred answers is
/// that of the slowest.
///
/// # What errs
///
/// No answer, one that does not begin in time, a body that is cut short or cannot be decompressed, a certificate that cannot be
/// verified, a condition of a step that cannot be worked out. With `mutates`, an error after something was sent leaves
/// open what became of it, and is not tried again.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpResponds {
    /// What is asked: a URL of `http` or `https`, without credentials. With `steps`, the server they ask.
    url: HttpUrl,
    /// The method. `POST` is meant for queries; `PUT`, `PATCH` and `DELETE` need `mutates`.
    #[serde(default)]
    method: HttpMethod,
    /// Headers to send, each a text or a secret. They are not sent to another host that a redirect leads to.
    #[serde(default)]
    headers: BTreeMap<String, TextOrSecret>,
    /// The token that proves who asks.
    bearer: Option<SecretRef>,
    /// The name and password that prove who asks.
    basic: Option<Basic>,
    /// The certificate and key that prove who asks (mutual TLS), both as PEM.
    client_certificate: Option<ClientCertificate>,
    /// What to send: a text as it stands, or a table or list as JSON.
    body: Option<BodySource>,
    /// The statuses that are right: numbers, or hundreds as `"2xx"`.
    #[serde(default)]
    status: StatusSet,
    /// How many redirects to follow. None leads from `https` to `http`, and none takes credentials to another host.
    #[serde(default)]
    redirects: u8,
    /// Where the redirects end; or, where none is followed, where the answer redirects to.
    redirects_to: Option<HttpUrl>,
    /// How large the body may be when it is decompressed.
    #[serde(default = "body_limit")]
    body_limit: Bytes,
    /// How long an answer may take to begin, the connection included: as long as the check itself unless said otherwise. The
    /// connection alone has ten seconds, the whole has the `timeout` of the check.
    first_byte_within: Option<Period>,
    /// Texts that the body has to contain, all of them.
    contains: Option<Vec<String>>,
    /// Texts that the body must not contain, any of them.
    lacks: Option<Vec<String>>,
    /// Regular expressions that have to be found in the body, all of them.
    matches: Option<Vec<TextPattern>>,
    /// What the media type has to begin with, as in `application/json` or `text/`.
    content_type: Option<String>,
    /// How many times it is asked, up to 10000. Each answer has to be right.
    #[serde(default = "one_sample")]
    samples: u32,
    /// How many of the samples are under way at a time, up to 100: by default one after the other.
    #[serde(default = "one_at_a_time")]
    width: u16,
    /// How long the answers may take.
    latency: Option<Latency>,
    /// Requests to the server of `url`, one after the other, in place of the one request. The credentials, `headers`,
    /// `redirects`, `body_limit` and `first_byte_within` of the check hold for each.
    steps: Option<Vec<Step>>,
    /// Whether it may change what it asks.
    #[serde(default)]
    mutates: bool,
}

fn body_limit() -> Bytes {
    Bytes::new(1 << 20)
}

fn one_sample() -> u32 {
    1
}

fn one_at_a_time() -> u16 {
    1
}

impl HttpResponds {
    fn sender(&self) -> Sender<'_> {
        Sender {
            headers: &self.headers,
            bearer: self.bearer.as_ref(),
            basic: self.basic.as_ref(),
            client_certificate: self.client_certificate.as_ref(),
        }
    }

    /// The request with what bounds it.
    fn bounded(&self, request: HttpRequest) -> HttpRequest {
        let request = request.redirects(self.redirects).body_limit(self.body_limit);
        match self.first_byte_within {
            Some(within) => request.first_byte_within(within.get()),
            None => request,
        }
    }

    fn request(&self, cx: &CheckContext) -> Result<HttpRequest, CheckError> {
        let mut request = self.sender().sign(HttpRequest::new(self.method, &self.url), cx)?;
        if let Some(body) = &self.body {
            request = request.body(body);
        }
        let request = self.bounded(request);
        Ok(if self.mutates && !self.method.is_safe() { request.acts() } else { request })
    }

    fn expected(&self) -> Expected<'_> {
        Expected {
            url: &self.url,
            status: &self.status,
            content_type: self.content_type.as_deref(),
            contains: self.contains.as_deref().unwrap_or_default(),
            lacks: self.lacks.as_deref().unwrap_or_default(),
            matches: self.matches.as_deref().unwrap_or_default(),
            redirects_to: self.redirects_to.as_ref(),
            shows_body: true,
        }
    }
}

#[async_trait]
impl Check for HttpResponds {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let client = cx.resource::<HttpClient>()?;
        match &self.steps {
            Some(steps) => steps::ask(self, steps, &client, cx).await,
            None => samples::ask(self, &client, cx).await,
        }
    }
}

impl Kind for HttpResponds {
    const NAME: &'static str = "http.responds";
    const EFFECT: Effect = Effect::Mutates;
    const EXAMPLE: &'static str = r#"
[check.api-healthy]
kind         = "http.responds"
url          = "https://api.example.com/health"
headers      = { accept = "application/json" }
bearer       = { env = "API_TOKEN" }
status       = [200]
content_type = "application/json"
samples      = 20
latency      = { p95 = "500ms", max = "2s" }
expect       = ["json.status == 'ok'"]

[check.api-smoke]
kind    = "http.responds"
url     = "https://staging.example.com"
mutates = true

[[check.api-smoke.steps]]
name    = "log in"
method  = "POST"
path    = "/api/login"
body    = { user = "smoke" }
capture = { token = { json = "/token", secret = true } }

[[check.api-smoke.steps]]
name    = "create a project"
method  = "POST"
path    = "/api/projects"
bearer  = { captured = "token" }
body    = { title = "Smoke" }
status  = [201]
capture = { id = { json = "/id" } }

[[check.api-smoke.steps]]
name   = "find it"
path   = "/api/projects/${id}"
bearer = { captured = "token" }
expect = ["json.title == 'Smoke'"]

[[check.api-smoke.steps]]
name   = "remove it"
method = "DELETE"
path   = "/api/projects/${id}"
bearer = { captured = "token" }
status = [204]
"#;

    fn effect(&self) -> Effect {
        if self.mutates { Effect::Mutates } else { Effect::Reads }
    }

    fn evidence() -> &'static [EvidenceField] {
        evidence::DECLARED
    }

    fn validate(&self, problems: &mut Problems) {
        problems::find(self, problems);
    }
}
