//! What a forge is asked, and how it answers.

use std::collections::HashMap;

use axum::body::{Body, Bytes};
use http::{Method, Response, StatusCode, header, request::Parts};
use serde_json::{Value, json};

use super::{ForgeDialect, SimForgeState};

/// The number of the one project of GitHub.
pub(super) const PROJECT_ID: &str = "1296269";

/// A request, taken apart.
pub(super) struct Asked {
    dialect: ForgeDialect,
    pub(super) method: Method,
    /// The segments of the path, each decoded.
    pub(super) path: Vec<String>,
    pub(super) query: HashMap<String, String>,
    pub(super) body: Value,
    /// The token that it came with.
    pub(super) credentials: Option<String>,
    /// The version of the API that it asks for.
    pub(super) version: Option<String>,
    /// Whether it says which program asks.
    pub(super) introduced: bool,
    host: String,
    /// The path of the site, without a slash at its end.
    below: String,
    /// The host that its links name, where that is another.
    linked: Option<String>,
    raw_path: String,
    raw_query: String,
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        let hex = others.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        if let (b'%', Some(byte)) = (first, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            bytes.push(byte);
            rest = &others[2..];
        } else {
            bytes.push(if *first == b'+' { b' ' } else { *first });
            rest = others;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Asked {
    /// A request of a site at that path. One elsewhere has no path at all.
    pub(super) fn read(dialect: ForgeDialect, state: &SimForgeState, head: &Parts, body: &Bytes) -> Self {
        let below = state.below.as_str();
        let header = |name: &str| head.headers.get(name).and_then(|it| it.to_str().ok());
        let raw_query = head.uri.query().unwrap_or_default().to_owned();
        let query = raw_query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect();
        let raw_path = head.uri.path().to_owned();
        let within = raw_path.strip_prefix(below).filter(|rest| rest.starts_with('/')).unwrap_or_default();
        let bearer = header("authorization").and_then(|it| it.split_once(' ')).map(|(_, token)| token);
        Self {
            dialect,
            method: head.method.clone(),
            path: within.trim_matches('/').split('/').map(decoded).collect(),
            query,
            body: serde_json::from_slice(body).unwrap_or(Value::Null),
            credentials: bearer.or_else(|| header("private-token")).map(str::to_owned),
            version: header("x-github-api-version").map(str::to_owned),
            introduced: header("user-agent").is_some_and(|it| !it.is_empty()),
            host: header("host").unwrap_or_default().to_owned(),
            below: below.to_owned(),
            linked: state.linked_host.clone(),
            raw_path,
            raw_query,
        }
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Where this server is for the one who asks.
    pub(super) fn site(&self) -> String {
        format!("http://{}{}", self.host, self.below)
    }

    /// One page of a list, which stands under that name, or is all of the body.
    pub(super) fn page(&self, rows: Vec<Value>, key: Option<&str>, most: usize) -> Response<Body> {
        let number = |name: &str, usual: usize| {
            self.query(name).and_then(|it| it.parse().ok()).filter(|it| *it > 0).unwrap_or(usual)
        };
        let size = match self.dialect {
            ForgeDialect::GitHub => number("per_page", 30).min(100),
            ForgeDialect::Forgejo => number("limit", 30).min(50),
            ForgeDialect::GitLab => number("per_page", 20).min(100),
            // what is more is cut without a word
            ForgeDialect::Woodpecker => number("perPage", 50).min(50),
        }
        .min(most);
        let page = number("page", 1);
        let total = rows.len();
        let shown: Vec<Value> = rows.into_iter().skip((page - 1) * size).take(size).collect();
        let body = match key {
            // a comparison counts its commits in its own way
            Some("commits") => json!({ "commits": shown, "total_commits": total }),
            Some(key) => json!({ key: shown, "total_count": total }),
            None => Value::Array(shown),
        };
        self.paged(answer(200, body), page, size, total)
    }

    /// The same answer with what tells of the other pages.
    fn paged(&self, response: Response<Body>, page: usize, size: usize, total: usize) -> Response<Body> {
        let last = total.div_ceil(size.max(1)).max(1);
        let counts = match self.dialect {
            ForgeDialect::GitHub => Vec::new(),
            ForgeDialect::Forgejo => vec![("x-total-count", total.to_string())],
            ForgeDialect::GitLab => {
                let next = if page < last { (page + 1).to_string() } else { String::new() };
                let before = if page > 1 { (page - 1).to_string() } else { String::new() };
                vec![
                    ("x-page", page.to_string()),
                    ("x-per-page", size.to_string()),
                    ("x-next-page", next),
                    ("x-prev-page", before),
                    ("x-total", total.to_string()),
                    ("x-total-pages", last.to_string()),
                ]
            }
            // it tells nothing: whether there is more, only the next page tells
            ForgeDialect::Woodpecker => return response,
        };
        let response =
            counts.into_iter().fold(response, |response, (name, value)| with(response, name, &value));
        let links = self.links(page, last);
        if links.is_empty() { response } else { with(response, "link", &links) }
    }

    /// The links to other pages; none where there is only one.
    fn links(&self, page: usize, last: usize) -> String {
        let kept: Vec<&str> =
            self.raw_query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("page=")).collect();
        let mut path = self.raw_path.clone();
        if self.dialect == ForgeDialect::GitHub && self.path.len() > 3 && self.path[0] == "repos" {
            // it knows a project by its number there
            path = format!("{}/repositories/{PROJECT_ID}/{}", self.below, self.path[3..].join("/"));
        }
        let host = self.linked.as_ref().unwrap_or(&self.host);
        let kept: String = kept.iter().flat_map(|pair| [pair, "&"]).collect();
        let url = format!("http://{host}{path}?{kept}page=");
        let mut links = Vec::new();
        if page > 1 {
            links.push(format!("<{url}{}>; rel=\"prev\"", page - 1));
        }
        if page < last {
            links.push(format!("<{url}{}>; rel=\"next\"", page + 1));
            links.push(format!("<{url}{last}>; rel=\"last\""));
        }
        if page > 1 {
            links.push(format!("<{url}1>; rel=\"first\""));
        }
        links.join(", ")
    }
}

/// An answer with a body of JSON.
pub(super) fn answer(status: u16, body: Value) -> Response<Body> {
    raw(status, "application/json; charset=utf-8", body.to_string())
}

/// An answer with any body.
pub(super) fn raw(status: u16, content_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    response
}

/// The same with another header.
pub(super) fn with(mut response: Response<Body>, name: &'static str, value: &str) -> Response<Body> {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
    response
}
