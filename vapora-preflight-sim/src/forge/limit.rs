//! That a forge has been asked too much.

use axum::body::Body;
use http::Response;
use serde_json::json;

use super::{
    ForgeDialect,
    asked::{answer, raw, with},
    github,
};

/// Why no more is answered for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimLimit {
    /// All requests of the hour are used up, until this time in seconds of Unix time.
    UsedUp(i64),
    /// There were too many at once: one is to wait so many seconds, where that is said.
    TooFast(Option<u64>),
}

impl SimLimit {
    /// How a forge says so.
    pub(super) fn told(self, dialect: ForgeDialect) -> Response<Body> {
        let told = match dialect {
            // by the same status as what is not allowed
            ForgeDialect::GitHub => match self {
                Self::UsedUp(_) => github::error(403, "API rate limit exceeded for user ID 1."),
                Self::TooFast(_) => github::error(
                    403,
                    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
                ),
            },
            ForgeDialect::Forgejo => answer(429, json!({ "message": "Too Many Requests" })),
            ForgeDialect::GitLab => raw(429, "text/plain", "Retry later\n"),
            ForgeDialect::Woodpecker => raw(429, "text/plain; charset=utf-8", "Too Many Requests"),
        };
        let (left, reset) = match dialect {
            ForgeDialect::GitHub => ("x-ratelimit-remaining", "x-ratelimit-reset"),
            _ => ("ratelimit-remaining", "ratelimit-reset"),
        };
        match self {
            Self::UsedUp(until) => with(with(told, left, "0"), reset, &until.to_string()),
            // the hour is not used up, and when it ends says nothing
            Self::TooFast(pause) => {
                let told = with(with(told, left, "4711"), reset, "4102444800");
                match pause {
                    Some(seconds) => with(told, "retry-after", &seconds.to_string()),
                    None => told,
                }
            }
        }
    }
}
