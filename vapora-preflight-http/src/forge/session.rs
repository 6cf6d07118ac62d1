//! One who asks a forge.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use vapora_preflight::{Bytes, CheckContext, CheckError, SecretRef, SecretString, Timestamp};

use super::{Reply, link, reply::said};
use crate::{
    BodySource, ClientCertificate, HttpAnswer, HttpClient, HttpIdentity, HttpMethod, HttpRequest, HttpUrl,
    exchange::{Opened, misread},
};

/// How many pages of one list are read.
const PAGES: usize = 50;
/// How many are on a full page of Woodpecker, whose servers cut what is more.
const WOODPECKER_PAGE: usize = 50;
/// How large one answer may be.
const ANSWER: Bytes = Bytes::new(16 << 20);

/// How many redirects lead to a download.
const REDIRECTS: u8 = 3;

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavor {
    GitHub,
    Forgejo,
    GitLab,
    Woodpecker,
}

impl Flavor {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub",
            Self::Forgejo => "Forgejo",
            Self::GitLab => "GitLab",
            Self::Woodpecker => "Woodpecker",
        }
    }

    /// Where it is where nothing else is said.
    fn usual(self) -> Option<&'static str> {
        match self {
            Self::GitHub => Some("https://api.github.com"),
            Self::GitLab => Some("https://gitlab.com"),
            Self::Forgejo | Self::Woodpecker => None,
        }
    }

    /// The path of the API below the URL of the site.
    fn root(self) -> &'static [&'static str] {
        match self {
            Self::GitHub => &[],
            Self::Forgejo => &["api", "v1"],
            Self::GitLab => &["api", "v4"],
            Self::Woodpecker => &["api"],
        }
    }

    /// The parameter that says how many of a list are on one page, and the most that is allowed.
    fn page_size(self) -> (&'static str, &'static str) {
        match self {
            Self::GitHub | Self::GitLab => ("per_page", "100"),
            Self::Forgejo => ("limit", "50"),
            Self::Woodpecker => ("perPage", "50"),
        }
    }
}

/// A forge or its CI, and who asks it. The token goes to that host alone: no redirect is followed with it but to where a
/// download lies, and then without it.
pub(crate) struct Session {
    client: Arc<HttpClient>,
    pub(super) flavor: Flavor,
    base: HttpUrl,
    token: Option<SecretString>,
    identity: Option<HttpIdentity>,
    now: Timestamp,
}

impl Session {
    pub(crate) fn open(
        cx: &CheckContext,
        flavor: Flavor,
        url: Option<&HttpUrl>,
        token: Option<&SecretRef>,
        certificate: Option<&ClientCertificate>,
    ) -> Result<Self, CheckError> {
        let base = match (url, flavor.usual()) {
            (Some(url), _) => url.clone(),
            (None, Some(usual)) => usual.parse()?,
            (None, None) => {
                return Err(CheckError::permanent(format!("it is not said where {} is", flavor.name())));
            }
        };
        Ok(Self {
            client: cx.resource::<HttpClient>()?,
            flavor,
            base,
            token: token.map(|token| cx.secret(token)).transpose()?,
            identity: certificate.map(|certificate| certificate.identity(cx)).transpose()?,
            now: cx.now(),
        })
    }

    pub(super) fn host(&self) -> &str {
        self.base.0.host_str().unwrap_or_default()
    }

    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// The URL of something in the API. Each segment is one, whatever is in it.
    pub(crate) fn url(&self, path: &[&str], query: &[(&str, &str)]) -> HttpUrl {
        let mut url = self.base.0.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(self.flavor.root()).extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        HttpUrl(url)
    }

    /// A request with all that the API wants to know.
    fn request(&self, method: HttpMethod, url: &HttpUrl) -> Result<HttpRequest, CheckError> {
        let mut request = HttpRequest::new(method, url).body_limit(ANSWER);
        request = match self.flavor {
            Flavor::GitHub => request
                .header("accept", "application/vnd.github+json")?
                .header("x-github-api-version", "2022-11-28")?,
            _ => request.header("accept", "application/json")?,
        };
        if let Some(identity) = &self.identity {
            request = request.identity(identity.clone());
        }
        Ok(match &self.token {
            Some(token) => request.bearer(token),
            None => request,
        })
    }

    /// Asks for one thing.
    pub(crate) async fn get(&self, url: &HttpUrl) -> Result<Reply, CheckError> {
        let answer = self.client.fetch(self.request(HttpMethod::Get, url)?).await?;
        self.reply(answer, self.now)
    }

    /// Asks for one thing that has to be there.
    pub(crate) async fn get_known(&self, url: &HttpUrl, what: &str) -> Result<HttpAnswer, CheckError> {
        self.known(self.get(url).await?, what)
    }

    pub(crate) fn known(&self, reply: Reply, what: &str) -> Result<HttpAnswer, CheckError> {
        let host = self.host();
        Err(match reply {
            Reply::Found(answer) => return Ok(answer),
            Reply::Missing(answer) => {
                CheckError::permanent(format!("`{host}` does not show {what}{}", said(&answer)))
                    .remedy("check the names, and what the token may see")
            }
            Reply::Gone => CheckError::permanent(format!("`{host}` keeps {what} no more")),
            Reply::Moved(to) => CheckError::permanent(format!("`{host}` has moved {what} to `{to}`"))
                .remedy("name the project as it is called now"),
        })
    }

    /// Asks for all pages of a list: the body itself, or what it has under that name.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        key: Option<&str>,
        what: &str,
    ) -> Result<Vec<T>, CheckError> {
        let mut query = query.to_vec();
        query.push(self.flavor.page_size());
        let mut url = self.url(path, &query);
        let mut found = Vec::new();
        for number in 1..=PAGES {
            let page = self.page(&url, key, what).await?;
            let empty = page.rows.is_empty();
            found.extend(page.rows);
            let missing = page.total.filter(|total| *total > found.len() as u64);
            url = match (page.next, missing) {
                (Some(next), _) => next,
                (None, None) => return Ok(found),
                // some lists tell how many there are, and not where the others are
                (None, Some(_)) if !empty => with_page(&url, number as u64 + 1),
                (None, Some(total)) => {
                    return Err(CheckError::transient(format!(
                        "`{}` tells of {total} in {what}, and hands {} over",
                        self.host(),
                        found.len()
                    )));
                }
            };
        }
        Err(CheckError::permanent(format!("there are more than {PAGES} pages of {what}")))
    }

    /// Asks for one page of a list.
    pub(crate) async fn page<T: DeserializeOwned>(
        &self,
        url: &HttpUrl,
        key: Option<&str>,
        what: &str,
    ) -> Result<Page<T>, CheckError> {
        let answer = self.get_known(url, what).await?;
        let (rows, total) = self.rows(&answer, key)?;
        let next = self.next(&answer, url, rows.len())?;
        Ok(Page { rows, total, next })
    }

    /// Where the list goes on.
    fn next(&self, answer: &HttpAnswer, from: &HttpUrl, rows: usize) -> Result<Option<HttpUrl>, CheckError> {
        if self.flavor == Flavor::Woodpecker {
            // it tells nothing; a page that is not full is the last one
            let number = number_of(&from.0).unwrap_or(1);
            return Ok((rows >= WOODPECKER_PAGE).then(|| with_page(from, number + 1)));
        }
        if let Some(link) = answer.header("link").and_then(link::next) {
            let next = from.join(link).map_err(|_| answer.unreadable("a link to the next page"))?;
            if next.0.origin() == self.base.0.origin() {
                return Ok(Some(next));
            }
            // a server behind a proxy may know itself by another name; the token goes to the one that was asked
            return match number_of(&next.0) {
                Some(number) => Ok(Some(with_page(from, number))),
                None => Err(CheckError::permanent(format!(
                    "the next page is at another host than `{}`, where the token does not go",
                    self.host()
                ))),
            };
        }
        let Some(page) = answer.header("x-next-page").map(str::trim).filter(|page| !page.is_empty()) else {
            return Ok(None);
        };
        let page: u64 = page.parse().map_err(|_| answer.unreadable("the number of the next page"))?;
        Ok(Some(with_page(from, page)))
    }

    /// The rows of a page, and how many there are in all where it tells.
    fn rows<T: DeserializeOwned>(
        &self,
        answer: &HttpAnswer,
        key: Option<&str>,
    ) -> Result<(Vec<T>, Option<u64>), CheckError> {
        let mut body: Value = answer.json()?;
        let counted = body.get("total_count").or_else(|| body.get("total_commits")).and_then(Value::as_u64);
        let told = answer.header("x-total-count").and_then(|it| it.trim().parse().ok());
        let rows = match key {
            Some(key) => body.get_mut(key).map(Value::take),
            None => Some(body),
        };
        let rows = match rows {
            Some(Value::Array(rows)) => rows,
            // where it has nothing to list, it says so in this way
            Some(Value::Null) if self.flavor == Flavor::Forgejo && key.is_some() => Vec::new(),
            _ => return Err(answer.unreadable("a list")),
        };
        let read = |row| {
            serde_json::from_value(row)
                .map_err(|error| answer.unreadable("a list of what was asked for").because(&misread(&error)))
        };
        Ok((rows.into_iter().map(read).collect::<Result<_, _>>()?, counted.max(told)))
    }

    /// A request of a file, which may lie at another host: there the token does not go.
    pub(crate) fn download(&self, url: &HttpUrl) -> Result<HttpRequest, CheckError> {
        self.request(HttpMethod::Get, url)?.redirects(REDIRECTS).header("accept-encoding", "identity")
    }

    /// Why an answer does not hand a file over. None where it is kept no more.
    pub(crate) async fn not_downloaded(&self, opened: Opened<'_>) -> Option<CheckError> {
        let answer = match opened.read().await {
            Ok(answer) => answer,
            Err(error) => return Some(error),
        };
        if let Some(why) = answer.stopped() {
            return Some(CheckError::permanent(format!("the download is not where it should be: {why}")));
        }
        if answer.url().0.origin() != self.base.0.origin() {
            let host = answer.url().0.host_str().unwrap_or_default();
            return Some(CheckError::transient(format!(
                "`{host}`, where the download lies, answered {}",
                answer.status_text()
            )));
        }
        match self.reply(answer, self.now) {
            Ok(Reply::Gone) => None,
            Ok(Reply::Found(answer)) => Some(answer.unreadable("a file")),
            Ok(other) => self.known(other, "the download").err(),
            Err(error) => Some(error),
        }
    }

    pub(crate) fn client(&self) -> &HttpClient {
        &self.client
    }

    /// Changes something. What came of a request without an answer is not known, so its error is none to try again after;
    /// after one that says that nothing was done, it may be.
    pub(crate) async fn send(
        &self,
        method: HttpMethod,
        url: &HttpUrl,
        body: Map<String, Value>,
    ) -> Result<Reply, CheckError> {
        self.sent(self.post(method, url, body).await?)
    }

    /// The answer to a request for a change, whatever it says.
    pub(crate) async fn post(
        &self,
        method: HttpMethod,
        url: &HttpUrl,
        body: Map<String, Value>,
    ) -> Result<HttpAnswer, CheckError> {
        let request = self.request(method, url)?.body(&BodySource::Table(body));
        let lost = |error: CheckError| if error.report().uncertain { self.uncertain(&error) } else { error };
        self.client.fetch(request.acts()).await.map_err(lost)
    }

    /// What the answer to a request for a change means.
    pub(crate) fn sent(&self, answer: HttpAnswer) -> Result<Reply, CheckError> {
        let broken = answer.status() == 408 || answer.status() >= 500;
        self.reply(answer, self.now).map_err(|error| if broken { self.uncertain(&error) } else { error })
    }

    fn uncertain(&self, error: &CheckError) -> CheckError {
        CheckError::permanent(format!(
            "`{}` was asked for a change, and whether it was made is not known: {error}",
            self.host()
        ))
        .remedy("look there before you ask for it again")
        .uncertain()
    }

    /// The URL of the site, without a slash at its end.
    pub(crate) fn site(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }
}

/// One page of a list.
pub(crate) struct Page<T> {
    pub(crate) rows: Vec<T>,
    /// How many there are on all pages, where it tells.
    total: Option<u64>,
    pub(crate) next: Option<HttpUrl>,
}

/// The number of the page that a URL asks for.
fn number_of(url: &reqwest::Url) -> Option<u64> {
    url.query_pairs().find(|(name, _)| name == "page").and_then(|(_, number)| number.parse().ok())
}

/// The same question for another page.
fn with_page(url: &HttpUrl, number: u64) -> HttpUrl {
    let mut url = url.0.clone();
    let kept: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, _)| name != "page").collect();
    url.query_pairs_mut().clear().extend_pairs(kept).append_pair("page", &number.to_string());
    HttpUrl(url)
}
