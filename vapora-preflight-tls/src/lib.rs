#![doc = include_str!("../README.md")]

mod asn1;
mod certificate;
mod handshake;
mod kinds;
mod ocsp;
mod param;
mod pem;
mod stored;
mod trouble;

pub use self::{
    handshake::StartTls,
    kinds::{Protocol, TlsCertificateValid},
    param::{Endpoint, InvalidParameter, Roots, ServerIdentity},
};

/// Adds the kinds of this crate to the registry. They need nothing among the resources of the run.
pub fn register(registry: &mut vapora_preflight::Registry) {
    registry.add::<TlsCertificateValid>();
}
