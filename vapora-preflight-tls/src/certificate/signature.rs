//! How certificates are signed.

use x509_cert::{
    der::{Any, asn1::ObjectIdentifier, oid::db::DB},
    spki::AlgorithmIdentifierOwned,
};

/// The algorithms by their numbers, with whether they can be forged.
const KNOWN: &[(&str, &str, bool)] = &[
    ("1.2.840.113549.1.1.2", "RSA with MD2", true),
    ("1.2.840.113549.1.1.4", "RSA with MD5", true),
    ("1.2.840.113549.1.1.5", "RSA with SHA-1", true),
    ("1.3.14.3.2.29", "RSA with SHA-1", true),
    ("1.2.840.10040.4.3", "DSA with SHA-1", true),
    ("1.2.840.10045.4.1", "ECDSA with SHA-1", true),
    ("1.2.840.113549.1.1.11", "RSA with SHA-256", false),
    ("1.2.840.113549.1.1.12", "RSA with SHA-384", false),
    ("1.2.840.113549.1.1.13", "RSA with SHA-512", false),
    ("1.2.840.10045.4.3.2", "ECDSA with SHA-256", false),
    ("1.2.840.10045.4.3.3", "ECDSA with SHA-384", false),
    ("1.2.840.10045.4.3.4", "ECDSA with SHA-512", false),
    ("1.3.101.112", "Ed25519", false),
    ("1.3.101.113", "Ed448", false),
];

const PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
/// The number of SHA-1 with its tag and length, as it stands in parameters.
const SHA_1: &[u8] = &[0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a];
/// The tag of the hash in the parameters of PSS; without it, the hash is SHA-1.
const PSS_HASH: u8 = 0xa0;

/// A signature in words.
pub(super) struct Signature {
    pub(super) text: String,
    pub(super) weak: bool,
}

pub(super) fn describe(algorithm: &AlgorithmIdentifierOwned) -> Signature {
    if algorithm.oid == PSS {
        let parameters = algorithm.parameters.as_ref().map(Any::value).unwrap_or_default();
        let weak = parameters.first() != Some(&PSS_HASH)
            || parameters.windows(SHA_1.len()).any(|part| part == SHA_1);
        let text = if weak { "RSA-PSS with SHA-1" } else { "RSA-PSS" };
        return Signature { text: text.to_owned(), weak };
    }
    let number = algorithm.oid.to_string();
    match KNOWN.iter().find(|(known, ..)| *known == number) {
        Some((_, name, weak)) => Signature { text: (*name).to_owned(), weak: *weak },
        None => Signature { text: DB.by_oid(&algorithm.oid).map_or(number, ToOwned::to_owned), weak: false },
    }
}
