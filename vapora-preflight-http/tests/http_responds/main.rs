//! `http.responds` against servers on loopback.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has to end")]

mod answers;
mod ask;
mod bad_peers;
mod connections;
mod nginx;
mod parameters;
mod proxies;
#[path = "../support/nginx.rs"]
mod real;
mod redirects;
mod samples;
mod secrets;
mod server;
mod steps;
