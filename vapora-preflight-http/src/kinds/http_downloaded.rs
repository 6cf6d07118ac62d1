//! `http.downloaded`.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Bytes, Check, CheckContext, CheckError, CheckResult, Digest, Effect, EvidenceField, Finding, Kind,
    Outcome, Period, Problems, SecretRef, TextOrSecret, async_trait,
};

mod evidence;
mod sums;

use crate::{
    HttpClient, HttpRequest, HttpUrl,
    download::{Download, Origin, Seen, Stop, refused_by_disk},
    exchange::Opened,
    param::{Basic, ClientCertificate, Sender},
};

/// A file is downloaded, whole and as it should be.
///
/// # What it asks
///
/// It streams the answer into a file beside `to`, compares size and SHA-256, flushes it to the disk, and only then gives it
/// its name: `to` holds the old content or all of the new one, whatever happens.
///
/// A file that is there already, and has the expected digest, is not fetched again. Without an expected digest the server is
/// asked whether it has changed. A download that was interrupted goes on where it stopped, if the server says that what it
/// sends is still the same (a strong `ETag`, or `Last-Modified`); otherwise it starts over.
///
/// Beside the file it keeps `.NAME.part` while it downloads, and `.NAME.preflight.json` with what the server said.
///
/// # What fails
///
/// Another status than 200, unless it says that another attempt may do better. Another size, digest or type. More than `limit`. Checksums that do not name the file. A body that
/// was compressed although that was not asked for. A folder that is not there, may not be written, can only be read, or is
/// full. What fails leaves the file as it was.
///
/// # What errs
///
/// No answer, or one that is cut short; then the next attempt goes on from there. The statuses 408, 429 and 500 to 599. Checksums that do not come or cannot be read.
/// Another process that downloads the same file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpDownloaded {
    /// What is downloaded: a URL of `http` or `https`, without credentials.
    url: HttpUrl,
    /// The file it becomes. Its folder has to be there.
    to: PathBuf,
    /// Headers to send, each a text or a secret. They are not sent to another host that a redirect leads to.
    #[serde(default)]
    headers: BTreeMap<String, TextOrSecret>,
    /// The token that proves who asks.
    bearer: Option<SecretRef>,
    /// The name and password that prove who asks.
    basic: Option<Basic>,
    /// The certificate and key that prove who asks (mutual TLS), both as PEM.
    client_certificate: Option<ClientCertificate>,
    /// How many redirects to follow. None leads from `https` to `http`, and none takes credentials to another host.
    #[serde(default = "redirects")]
    redirects: u8,
    /// The SHA-256 that it has to have, as 64 hexadecimal digits.
    sha256: Option<String>,
    /// Where its SHA-256 is told: a file of checksums that names it, or a digest alone. It is sent the credentials only where
    /// it is on the same server.
    checksums: Option<HttpUrl>,
    /// The size that it has to have, in bytes.
    size: Option<u64>,
    /// How small it may be: one byte unless said otherwise.
    #[serde(default = "at_least")]
    at_least: Bytes,
    /// How large it may be.
    #[serde(default = "limit")]
    limit: Bytes,
    /// What the media type has to begin with, as in `application/zip`.
    content_type: Option<String>,
    /// How long an answer may take to begin, the connection included: as long as the check itself unless said otherwise.
    first_byte_within: Option<Period>,
}

fn redirects() -> u8 {
    5
}

fn at_least() -> Bytes {
    Bytes::new(1)
}

fn limit() -> Bytes {
    Bytes::new(1 << 30)
}

impl HttpDownloaded {
    fn sender(&self) -> Sender<'_> {
        Sender {
            headers: &self.headers,
            bearer: self.bearer.as_ref(),
            basic: self.basic.as_ref(),
            client_certificate: self.client_certificate.as_ref(),
        }
    }

    fn bounded(&self, request: HttpRequest) -> HttpRequest {
        let request = request.redirects(self.redirects);
        match self.first_byte_within {
            Some(within) => request.first_byte_within(within.get()),
            None => request,
        }
    }

    /// The digest that it has to have, where one is known.
    async fn expected(&self, client: &HttpClient, cx: &CheckContext) -> Result<Wanted, CheckError> {
        if let Some(digits) = &self.sha256 {
            return Ok(Wanted::Digest(digits.parse()?));
        }
        let Some(url) = &self.checksums else { return Ok(Wanted::Anything) };
        cx.doing(format!("asking `{url}` for the checksum"));
        let request = HttpRequest::get(url);
        let request = if url.0.origin() == self.url.0.origin() {
            self.sender().sign(request, cx)?
        } else {
            self.sender().leave_unsigned(request)?
        };
        let answer = client.fetch(self.bounded(request)).await?;
        if answer.status() != 200 {
            return Err(CheckError::transient(format!("`{url}` answered {}", answer.status_text()))
                .remedy("check where the checksums are, and the credentials"));
        }
        let text = answer.text().ok_or_else(|| answer.unreadable("checksums"))?;
        let names = [last_part(&self.url), self.to.file_name().map(|it| it.to_string_lossy().into_owned())];
        let names: Vec<String> = names.into_iter().flatten().collect();
        match sums::find(text, &names) {
            Ok(Some(digest)) => Ok(Wanted::Digest(digest)),
            Ok(None) => Ok(Wanted::Unnamed(names)),
            Err(wrong) => Err(answer.unreadable("checksums of SHA-256").at(wrong)),
        }
    }
}

/// What is known of the file before it is asked for.
enum Wanted {
    Digest(Digest),
    Anything,
    /// The checksums do not name it.
    Unnamed(Vec<String>),
}

/// The last part of a URL's path.
fn last_part(url: &HttpUrl) -> Option<String> {
    url.0.path_segments()?.next_back().filter(|part| !part.is_empty()).map(str::to_owned)
}

#[async_trait]
impl Check for HttpDownloaded {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let client = cx.resource::<HttpClient>()?;
        let mut seen = Seen::default();
        let failed = match self.fetched(&client, cx, &mut seen).await {
            Ok(summary) => {
                let finding = Finding::new(summary).evidence(evidence::of(self, &seen));
                return Ok(Outcome::Pass(finding));
            }
            Err(Stop::Finding(finding)) => *finding,
            Err(Stop::Disk(error)) => refused_by_disk(&self.to, "to", &error)?,
            Err(Stop::Error(error)) => return Err(error),
        };
        Ok(Outcome::Fail(failed.evidence(evidence::of(self, &seen))))
    }
}

impl HttpDownloaded {
    async fn fetched(&self, client: &HttpClient, cx: &CheckContext, seen: &mut Seen) -> Result<String, Stop> {
        let expected = match self.expected(client, cx).await? {
            Wanted::Digest(digest) => Some(digest),
            Wanted::Anything => None,
            Wanted::Unnamed(names) => return Err(Stop::from(self.unnamed(&names))),
        };
        let download = Download {
            what: format!("`{}`", self.url),
            url: &self.url,
            to: &self.to,
            at_least: self.at_least,
            limit: self.limit,
            size: self.size,
            content_type: self.content_type.as_deref(),
            expected,
            archive: false,
        };
        download.fetch(client, &There { asked: self, cx }, cx, seen).await
    }

    /// The checksums do not name the file.
    fn unnamed(&self, names: &[String]) -> Finding {
        let checksums = self.checksums.as_ref().map(ToString::to_string).unwrap_or_default();
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        Finding::new(format!("`{checksums}` does not name `{}`", self.url))
            .expected(format!("a SHA-256 of {}", names.join(" or ")))
            .actual("none")
            .remedy("have it named there, or give its digest with `sha256`")
    }
}

/// Where the file is.
struct There<'a> {
    asked: &'a HttpDownloaded,
    cx: &'a CheckContext,
}

impl Origin for There<'_> {
    fn request(&self) -> Result<HttpRequest, CheckError> {
        let request = self.asked.sender().sign(HttpRequest::get(&self.asked.url), self.cx)?;
        self.asked.bounded(request).header("accept-encoding", "identity")
    }

    async fn refused(&self, opened: Opened<'_>) -> Stop {
        let answer = opened.head();
        let (url, status) = (&self.asked.url, answer.status_text());
        if matches!(answer.status(), 408 | 429 | 500..=599) {
            let error = CheckError::transient(format!("`{url}` answered {status}"));
            return Stop::Error(match answer.retry_after() {
                Some(pause) => error.retry_after(pause),
                None => error,
            });
        }
        let finding = Finding::new(format!("`{url}` answered {status}")).expected("200 OK");
        let finding = match answer.stopped() {
            Some(why) => finding.actual(format!("{status}: {why}")),
            None => finding.actual(status),
        };
        Stop::from(finding.remedy(match answer.status() {
            401 | 403 => "check the credentials of the request, and what they allow",
            404 | 410 => "check the URL, and whether the file has been made",
            _ => "ask the URL by hand, and see what it says",
        }))
    }
}

impl Kind for HttpDownloaded {
    const NAME: &'static str = "http.downloaded";
    const EFFECT: Effect = Effect::KeepsFiles;
    const EXAMPLE: &'static str = r#"
[check.artifacts-downloaded]
kind      = "http.downloaded"
url       = "https://artifacts.example.com/1.4.0/deployment-artifacts.zip"
to        = "artifacts/deployment-artifacts.zip"
bearer    = { env = "ARTIFACTS_TOKEN" }
checksums = "https://artifacts.example.com/1.4.0/SHA256SUMS"
limit     = "200MiB"
timeout   = "5m"
"#;

    fn evidence() -> &'static [EvidenceField] {
        evidence::DECLARED
    }

    fn validate(&self, problems: &mut Problems) {
        self.sender().validate(problems);
        if self.to.file_name().is_none() {
            problems.at("to", "it is not the name of a file", "name the file, as in `artifacts/a.zip`");
        }
        if let Some(digits) = &self.sha256
            && let Err(error) = digits.parse::<Digest>()
        {
            problems.at("sha256", error.to_string(), "write what `sha256sum` prints");
        }
        if self.sha256.is_some() && self.checksums.is_some() {
            problems.at("checksums", "the digest is given already, with `sha256`", "keep one of them");
        }
        let (least, limit) = (self.at_least, self.limit);
        if limit.get() == 0 || limit < least {
            problems.at("limit", format!("it is {limit}, and nothing of {least} fits"), "raise it");
        }
        if self.size.is_some_and(|size| size > limit.get() || size < least.get()) {
            problems.at(
                "size",
                format!("it is not between {least} and {limit}"),
                "change `at_least` or `limit`",
            );
        }
        if self.content_type.as_ref().is_some_and(|it| it.trim().is_empty()) {
            problems.at(
                "content_type",
                "the text is empty and asks for nothing",
                "leave it out, or name a type",
            );
        }
        if self.first_byte_within.is_some_and(|within| within.get().is_zero()) {
            problems.at("first_byte_within", "it is zero, and every answer takes longer", "raise it");
        }
    }
}
