//! The kinds that ask forges and pipelines, against stand-ins that speak the APIs of each.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

mod artifact_downloaded;
mod ask;
mod commented;
mod pipelines;
mod pull_requests_merged;
#[expect(dead_code, reason = "other tests need more of it")]
#[path = "../http_responds/server.rs"]
mod server;
mod ticket_tracks_change;
