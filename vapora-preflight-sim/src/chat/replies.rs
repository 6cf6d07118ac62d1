//! Answers, put together.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde_json::Value;

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A text.
pub(super) fn text(code: u16, text: &str) -> Response {
    (status(code), text.to_owned()).into_response()
}

/// JSON.
pub(super) fn json(code: u16, body: Value) -> Response {
    (status(code), Json(body)).into_response()
}

/// The same, with the seconds after which to ask again.
pub(super) fn wait(mut answer: Response, seconds: u32) -> Response {
    answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    answer
}
