//! What a forge is asked, and how it answers.

use std::collections::HashMap;

use axum::body::{Body, Bytes};
use http::{Method, Response, StatusCode, header, request::Parts};
use serde_json::{Value, json};

use super::ForgeDialect;

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
    host: String,
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
    pub(super) fn read(dialect: ForgeDialect, head: &Parts, body: &Bytes) -> Self {
        let header = |name: &str| head.headers.get(name).and_then(|it| it.to_str().ok());
        let raw_query = head.uri.query().unwrap_or_default().to_owned();
        let query = raw_query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect();
        let raw_path = head.uri.path().to_owned();
        let bearer = header("authorization").and_then(|it| it.split_once(' ')).map(|(_, token)| token);
        Self {
            dialect,
            method: head.method.clone(),
            path: raw_path.trim_matches('/').split('/').map(decoded).collect(),
            query,
            body: serde_json::from_slice(body).unwrap_or(Value::Null),
            credentials: bearer.or_else(|| header("private-token")).map(str::to_owned),
            host: header("host").unwrap_or_default().to_owned(),
            raw_path,
            raw_query,
        }
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Where this server is for the one who asks.
    pub(super) fn site(&self) -> String {
        format!("http://{}", self.host)
    }

    /// One page of a list, which stands under that name, or is all of the body.
    pub(super) fn page(&self, rows: Vec<Value>, key: Option<&str>, most: usize) -> Response<Body> {
        let number = |name: &str, usual: usize| {
            self.query(name).and_then(|it| it.parse().ok()).filter(|it| *it > 0).unwrap_or(usual)
        };
        let size = match self.dialect {
            ForgeDialect::GitHub => number("per_page", 30),
            ForgeDialect::Forgejo => number("limit", 30),
            ForgeDialect::GitLab => number("per_page", 20),
            ForgeDialect::Woodpecker => number("perPage", 50),
        }
        .min(most);
        let page = number("page", 1);
        let total = rows.len();
        let shown: Vec<Value> = rows.into_iter().skip((page - 1) * size).take(size).collect();
        let more = page * size < total;
        let body = match key {
            Some(key) => json!({ key: shown, "total_count": total }),
            None => Value::Array(shown),
        };
        let mut response = answer(200, body);
        let mut set = |name: &'static str, value: String| {
            if let Ok(value) = value.parse() {
                response.headers_mut().insert(name, value);
            }
        };
        match self.dialect {
            ForgeDialect::GitHub | ForgeDialect::Forgejo => {
                let kept: Vec<&str> = self
                    .raw_query
                    .split('&')
                    .filter(|pair| !pair.is_empty() && !pair.starts_with("page="))
                    .collect();
                let url = format!("{}{}?{}&page=", self.site(), self.raw_path, kept.join("&"));
                let last = total.div_ceil(size.max(1));
                if more {
                    set("link", format!("<{url}{}>; rel=\"next\", <{url}{last}>; rel=\"last\"", page + 1));
                } else if page > 1 {
                    set("link", format!("<{url}1>; rel=\"first\", <{url}{}>; rel=\"prev\"", page - 1));
                }
                if self.dialect == ForgeDialect::Forgejo {
                    set("x-total-count", total.to_string());
                }
            }
            ForgeDialect::GitLab => {
                set("x-page", page.to_string());
                set("x-next-page", if more { (page + 1).to_string() } else { String::new() });
                set("x-total", total.to_string());
            }
            ForgeDialect::Woodpecker => {}
        }
        response
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
