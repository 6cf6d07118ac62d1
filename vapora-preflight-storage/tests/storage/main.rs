//! The kinds of this crate that read and write files, in real folders, archives and object stores.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod archive_complete;
mod ask;
mod backup_recent;
mod manifests_parse;
mod objects;
mod writable;
