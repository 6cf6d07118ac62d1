//! The journal, as the program uses it.

#![allow(clippy::unwrap_used, reason = "what helps a test fails with it")]

mod broken;
mod children;
mod format;
mod keeping;
mod world;
mod writers;
