//! Every kind that speaks HTTP, before every peer that answers badly or not at all: none of them ever passes, goes on without
//! bounds, or tells a secret.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has to end")]

mod answers;
mod asked;
mod bounds;
mod connections;
mod mutual;
#[path = "../http_responds/server.rs"]
mod server;
mod statuses;
