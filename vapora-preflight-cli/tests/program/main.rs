//! The built program, driven as a person or a CI job drives it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod broken_records;
mod commands_allowed;
mod demonstration;
mod desk;
mod exit_codes;
mod interrupted;
mod people;
mod printed;
mod references;
mod remembered;
mod rights;
mod secrets;
mod trusted;
