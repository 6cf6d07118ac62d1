//! One who asks a forge.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use vapora_preflight::{Bytes, CheckContext, CheckError, SecretRef, SecretString, Timestamp};

use super::{Reply, link, reply::said};
use crate::{BodySource, HttpAnswer, HttpClient, HttpMethod, HttpRequest, HttpUrl};

/// How many pages of one list are read.
const PAGES: usize = 50;
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
    now: Timestamp,
}

impl Session {
    pub(crate) fn open(
        cx: &CheckContext,
        flavor: Flavor,
        url: Option<&HttpUrl>,
        token: Option<&SecretRef>,
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
            Reply::Moved(to) => CheckError::permanent(format!("`{host}` has moved {what} to `{to}`")),
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
        for _ in 0..PAGES {
            let answer = self.get_known(&url, what).await?;
            let (rows, total) = rows(&answer, key)?;
            found.extend(rows);
            let Some(next) = self.next(&answer, &url)? else {
                return match total {
                    Some(total) if total > found.len() as u64 => Err(CheckError::transient(format!(
                        "`{}` tells of {total} in {what}, and hands {} over",
                        self.host(),
                        found.len()
                    ))),
                    _ => Ok(found),
                };
            };
            url = next;
        }
        Err(CheckError::permanent(format!("there are more than {PAGES} pages of {what}")))
    }

    /// Where the list goes on.
    fn next(&self, answer: &HttpAnswer, from: &HttpUrl) -> Result<Option<HttpUrl>, CheckError> {
        if let Some(link) = answer.header("link").and_then(link::next) {
            let next = from.join(link).map_err(|_| answer.unreadable("a link to the next page"))?;
            if next.0.origin() != self.base.0.origin() {
                return Err(CheckError::permanent(format!(
                    "the next page is at another host than `{}`, where the token does not go",
                    self.host()
                )));
            }
            return Ok(Some(next));
        }
        let Some(page) = answer.header("x-next-page").map(str::trim).filter(|page| !page.is_empty()) else {
            return Ok(None);
        };
        let page: u64 = page.parse().map_err(|_| answer.unreadable("the number of the next page"))?;
        let mut url = from.0.clone();
        let kept: Vec<(String, String)> =
            url.query_pairs().into_owned().filter(|(name, _)| name != "page").collect();
        url.query_pairs_mut().clear().extend_pairs(kept).append_pair("page", &page.to_string());
        Ok(Some(HttpUrl(url)))
    }

    /// Asks for the first page of a list.
    pub(crate) async fn first_page<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        key: Option<&str>,
        what: &str,
    ) -> Result<Vec<T>, CheckError> {
        let answer = self.get_known(&self.url(path, query), what).await?;
        Ok(rows(&answer, key)?.0)
    }

    /// Asks for a file, which may lie at another host: there the token does not go. None where it is kept no more.
    pub(crate) async fn download(
        &self,
        url: &HttpUrl,
        limit: Bytes,
    ) -> Result<Option<HttpAnswer>, CheckError> {
        let request = self.request(HttpMethod::Get, url)?.redirects(REDIRECTS).body_limit(limit);
        let answer = self.client.fetch(request).await?;
        if let Some(why) = answer.stopped() {
            return Err(CheckError::permanent(format!("the download is not where it should be: {why}")));
        }
        if answer.url().0.origin() != self.base.0.origin() && !(200..=299).contains(&answer.status()) {
            let host = answer.url().0.host_str().unwrap_or_default();
            return Err(CheckError::transient(format!(
                "`{host}`, where the download lies, answered {}",
                answer.status_text()
            )));
        }
        match self.reply(answer, self.now)? {
            Reply::Gone => Ok(None),
            other => self.known(other, "the download").map(Some),
        }
    }

    /// Changes something. What came of a request without an answer is not known, so its error is none to try again after;
    /// after one that says that nothing was done, it may be.
    pub(crate) async fn send(
        &self,
        method: HttpMethod,
        url: &HttpUrl,
        body: Map<String, Value>,
    ) -> Result<Reply, CheckError> {
        let uncertain = |error: &CheckError| {
            CheckError::permanent(format!(
                "`{}` was asked for a change, and whether it was made is not known: {error}",
                self.host()
            ))
            .remedy("look there before you ask for it again")
            .uncertain()
        };
        let request = self.request(method, url)?.body(&BodySource::Table(body));
        let answer = self.client.fetch(request).await.map_err(|error| uncertain(&error))?;
        let broken = answer.status() == 408 || answer.status() >= 500;
        self.reply(answer, self.now).map_err(|error| if broken { uncertain(&error) } else { error })
    }

    /// The URL of the site, without a slash at its end.
    pub(crate) fn site(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }
}

/// The rows of a page, and how many there are in all where it tells.
fn rows<T: DeserializeOwned>(
    answer: &HttpAnswer,
    key: Option<&str>,
) -> Result<(Vec<T>, Option<u64>), CheckError> {
    let mut body: Value = answer.json()?;
    let total = body.get("total_count").or_else(|| body.get("total_commits")).and_then(Value::as_u64);
    let rows = match key {
        Some(key) => body.get_mut(key).map(Value::take),
        None => Some(body),
    };
    let Some(Value::Array(rows)) = rows else { return Err(answer.unreadable("a list")) };
    let read = |row| {
        serde_json::from_value(row)
            .map_err(|error| answer.unreadable("a list of what was asked for").because(&error))
    };
    Ok((rows.into_iter().map(read).collect::<Result<_, _>>()?, total))
}
