//! `tls.certificate_valid` against servers on loopback.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has to end")]

mod ask;
mod authority;
mod bad_peers;
mod chains;
mod expiry;
mod files;
mod names;
mod nginx;
mod parameters;
mod responder;
mod server;
mod staples;
mod starttls;
mod system;
mod weakness;
