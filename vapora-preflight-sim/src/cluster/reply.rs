//! An answer of the API server before it becomes bytes.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::Value;

/// A status code, the headers that depend on the answer, and a body.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) content_type: &'static str,
    pub(crate) nosniff: bool,
    pub(crate) retry_after: Option<u32>,
    pub(crate) warnings: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(code: u16, body: &Value) -> Self {
        let mut text = body.to_string().into_bytes();
        text.push(b'\n');
        let content_type = "application/json";
        Self { code, content_type, nosniff: false, retry_after: None, warnings: Vec::new(), body: text }
    }

    pub(crate) fn text(code: u16, body: impl Into<String>) -> Self {
        Self {
            code,
            content_type: "text/plain; charset=utf-8",
            nosniff: true,
            retry_after: None,
            warnings: Vec::new(),
            body: body.into().into_bytes(),
        }
    }

    pub(crate) fn page_not_found() -> Self {
        Self::text(404, "404 page not found\n")
    }

    /// The answer with the headers that every answer has.
    pub(crate) fn into_response(self, audit_id: &str) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(audit_id) {
            headers.insert("audit-id", id);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if self.nosniff {
            headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        for warning in &self.warnings {
            if let Ok(value) = HeaderValue::from_str(&format!("299 - {}", Value::from(warning.as_str()))) {
                headers.append(header::WARNING, value);
            }
        }
        response
    }
}
