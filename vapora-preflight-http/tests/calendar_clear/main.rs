//! `calendar.clear` over calendars from files and servers on loopback.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has to end")]

mod ask;
mod broken;
mod counting;
mod parameters;
mod placed;
mod served;
