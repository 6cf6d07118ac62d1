//! An answer of the API server before it becomes bytes.

use axum::body::Body;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::Value;

use crate::answer::Afterwards;

/// A status code, the headers that depend on the answer, and a body, which may be a stream.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) nosniff: bool,
    /// Whether the request went through a queue before it was answered.
    pub(crate) queued: bool,
    pub(crate) warnings: Vec<String>,
    /// Further headers; one of a name that every answer has takes its place.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Body,
    /// What goes on over the connection after this answer, which is then no longer HTTP.
    pub(crate) afterwards: Option<Afterwards>,
}

impl Reply {
    pub(crate) fn json(code: u16, body: &Value) -> Self {
        let mut text = body.to_string().into_bytes();
        text.push(b'\n');
        Self::new(code, "application/json", text)
    }

    pub(crate) fn text(code: u16, body: impl Into<String>) -> Self {
        let reply = Self::new(code, "text/plain; charset=utf-8", body.into().into_bytes());
        Self { nosniff: true, ..reply }
    }

    pub(crate) fn new(code: u16, content_type: &'static str, body: impl Into<Body>) -> Self {
        Self {
            code,
            content_type: Some(content_type),
            nosniff: false,
            queued: true,
            warnings: Vec::new(),
            headers: Vec::new(),
            body: body.into(),
            afterwards: None,
        }
    }

    pub(crate) fn page_not_found() -> Self {
        Self::text(404, "404 page not found\n")
    }

    /// The same with a further header.
    pub(crate) fn with(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The answer with the headers that every answer has.
    pub(crate) fn into_response(self, audit_id: &str) -> Response<Body> {
        let mut response = Response::new(self.body);
        *response.status_mut() = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(afterwards) = self.afterwards {
            response.extensions_mut().insert(afterwards);
            response.headers_mut().extend(self.headers.into_iter().map(|(name, value)| (Some(name), value)));
            return response;
        }
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(audit_id) {
            headers.insert("audit-id", id);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
        if let Some(content_type) = self.content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if self.nosniff {
            headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        }
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        for warning in &self.warnings {
            // The bytes of a warning are sent as they are, whatever they are.
            let text = format!("299 - {}", Value::from(warning.as_str()));
            if let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) {
                headers.append(header::WARNING, value);
            }
        }
        response
    }
}
