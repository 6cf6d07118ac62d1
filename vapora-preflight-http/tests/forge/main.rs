//! The kinds that ask forges and pipelines, against stand-ins that speak the APIs of each.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

mod artifact_downloaded;
mod ask;
mod commented;
mod pipelines;
mod pull_requests_merged;
mod ticket_tracks_change;
