//! The kinds, one module each.

mod http_responds;
mod notify_posted;

pub use self::{http_responds::HttpResponds, notify_posted::NotifyPosted};
