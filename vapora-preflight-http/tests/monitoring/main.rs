//! `prometheus.holds`, `prometheus.recorded` and `alertmanager.quiet`: against canned answers of the documented APIs on loopback,
//! and against the real servers.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has to end")]

mod alerts;
mod ask;
mod bad_peers;
mod baseline;
mod canned;
mod holds;
mod parameters;
mod range;
mod real;
mod recorded;
mod rules;
#[expect(dead_code, reason = "other tests need more of it")]
#[path = "../http_responds/server.rs"]
mod server;
