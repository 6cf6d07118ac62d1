//! `statuspage.maintenance_posted` against status pages that are simulated from their documentation.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has to end")]

mod ask;
mod lost;
mod parameters;
mod posted;
mod refused;
