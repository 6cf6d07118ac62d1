//! `http.responds` against servers on loopback.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has to end")]

mod answers;
mod ask;
mod bad_peers;
mod parameters;
mod redirects;
mod secrets;
mod server;
