//! The kinds, one module each.

mod http_responds;

pub use self::http_responds::HttpResponds;
