//! Public keys.

use x509_cert::{
    der::{
        Decode, Reader, SliceReader,
        asn1::{ObjectIdentifier, UintRef},
        oid::db::DB,
    },
    spki::SubjectPublicKeyInfoOwned,
};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");

/// The curves by their numbers, with whether they are too short.
const CURVES: &[(&str, &str, bool)] = &[
    ("1.2.840.10045.3.1.1", "P-192", true),
    ("1.3.132.0.33", "P-224", false),
    ("1.2.840.10045.3.1.7", "P-256", false),
    ("1.3.132.0.34", "P-384", false),
    ("1.3.132.0.35", "P-521", false),
];

/// The fewest bits of an RSA key that is not weak.
const RSA_BITS: u32 = 2048;

/// A key in words.
pub(super) struct Key {
    pub(super) text: String,
    pub(super) weak: bool,
}

pub(super) fn describe(key: &SubjectPublicKeyInfoOwned) -> Key {
    let algorithm = key.algorithm.oid;
    match algorithm {
        RSA => match rsa_bits(key.subject_public_key.raw_bytes()) {
            Some(bits) => Key { text: format!("RSA {bits}"), weak: bits < RSA_BITS },
            None => Key { text: "RSA of unknown size".to_owned(), weak: true },
        },
        EC => {
            let curve =
                key.algorithm.parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
            let number = curve.map(|curve| curve.to_string()).unwrap_or_default();
            match CURVES.iter().find(|(known, ..)| *known == number) {
                Some((_, name, weak)) => Key { text: format!("ECDSA {name}"), weak: *weak },
                None => Key { text: format!("ECDSA {number}").trim_end().to_owned(), weak: false },
            }
        }
        DSA => Key { text: "DSA".to_owned(), weak: true },
        other => Key {
            text: DB
                .by_oid(&other)
                .map_or_else(|| other.to_string(), |name| name.trim_start_matches("id-").to_owned()),
            weak: false,
        },
    }
}

/// The bits of the modulus.
fn rsa_bits(der: &[u8]) -> Option<u32> {
    let mut reader = SliceReader::new(der).ok()?;
    let bits = reader.sequence(|inner: &mut SliceReader<'_>| {
        let modulus = UintRef::decode(inner)?;
        let _exponent = UintRef::decode(inner)?;
        let first = modulus.as_bytes().first().map_or(0, |byte| byte.leading_zeros());
        Ok::<u32, x509_cert::der::Error>(u32::from(modulus.len()) * 8 - first)
    });
    bits.ok()
}
