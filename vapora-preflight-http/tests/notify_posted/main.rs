//! `notify.posted` against services that are simulated from their documentation.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has to end")]

mod ask;
mod lost;
mod once;
mod parameters;
mod refused;
mod secrets;
mod services;
