//! `http.downloaded` against servers on loopback.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has to end")]

mod ask;
mod bad_peers;
mod disk;
mod fetched;
mod nginx;
mod parameters;
#[path = "../support/nginx.rs"]
mod real;
mod resumed;
#[path = "../http_responds/server.rs"]
#[allow(dead_code, reason = "it is shared with the tests of another kind")]
mod server;
