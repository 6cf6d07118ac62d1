//! The kinds, one module each.

mod tls_certificate_valid;

pub use self::tls_certificate_valid::{Protocol, TlsCertificateValid};
