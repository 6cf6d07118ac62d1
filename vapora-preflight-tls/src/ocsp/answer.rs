//! Reading an OCSP answer (RFC 6960).

use rustls_pki_types::CertificateDer;
use vapora_preflight::Timestamp;
use x509_cert::der::{
    Decode as _, Header, Reader, Result, SliceReader, Tag, TagNumber,
    asn1::{ObjectIdentifier, OctetStringRef},
};

use super::Standing;
use crate::asn1::{algorithm, bits, context, inside, next_is, skip, time, value};

/// The number of the one form that is in use.
const BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");

/// What was stapled.
pub(super) enum Response<'a> {
    Answer(Answer<'a>),
    /// The responder has none: the code of its error.
    Error(u8),
}

/// A signed answer.
pub(super) struct Answer<'a> {
    /// What is signed.
    pub(super) signed: &'a [u8],
    /// How, without the tag around it.
    pub(super) algorithm: &'a [u8],
    pub(super) signature: &'a [u8],
    /// The certificates that came along with it.
    pub(super) certificates: Vec<CertificateDer<'a>>,
    /// What it says, of one certificate each.
    pub(super) singles: Vec<Single<'a>>,
}

/// What it says of one certificate.
pub(super) struct Single<'a> {
    /// How the two hashes were made.
    pub(super) hash: ObjectIdentifier,
    pub(super) issuer_name: &'a [u8],
    pub(super) issuer_key: &'a [u8],
    /// The serial number, as its bytes.
    pub(super) serial: &'a [u8],
    pub(super) standing: Standing,
    pub(super) this_update: Timestamp,
    pub(super) next_update: Option<Timestamp>,
}

/// Reads a response.
///
/// # Errors
///
/// It is none, or only a part of one.
pub(super) fn read(der: &[u8]) -> Result<Response<'_>> {
    let mut reader = SliceReader::new(der)?;
    inside(&mut reader, Tag::Sequence, |reader| {
        let status = inside(reader, Tag::Enumerated, Reader::read_byte)?;
        if status != 0 {
            return Ok(Response::Error(status));
        }
        inside(reader, context(0), |reader| {
            inside(reader, Tag::Sequence, |reader| {
                let form = ObjectIdentifier::decode(reader)?;
                if form != BASIC {
                    return Err(Tag::ObjectIdentifier.value_error().into());
                }
                let basic = <&OctetStringRef>::decode(reader)?;
                basic_answer(basic.as_bytes()).map(Response::Answer)
            })
        })
    })
}

fn basic_answer(basic: &[u8]) -> Result<Answer<'_>> {
    let mut reader = SliceReader::new(basic)?;
    inside(&mut reader, Tag::Sequence, |reader| {
        let signed = reader.tlv_bytes()?;
        let algorithm = value(reader, Tag::Sequence)?;
        let signature = bits(reader)?;
        let mut certificates = Vec::new();
        if next_is(reader, context(0)) {
            inside(reader, context(0), |reader| {
                inside(reader, Tag::Sequence, |reader| {
                    while !reader.is_finished() {
                        certificates.push(CertificateDer::from(reader.tlv_bytes()?));
                    }
                    Ok(())
                })
            })?;
        }
        let singles = inside(&mut SliceReader::new(signed)?, Tag::Sequence, singles)?;
        Ok(Answer { signed, algorithm, signature, certificates, singles })
    })
}

fn singles<'a>(data: &mut SliceReader<'a>) -> Result<Vec<Single<'a>>> {
    if next_is(data, context(0)) {
        skip(data)?;
    }
    // who answers, and when it was made
    skip(data)?;
    skip(data)?;
    inside(data, Tag::Sequence, |answers| {
        let mut singles = Vec::new();
        while !answers.is_finished() {
            singles.push(inside(answers, Tag::Sequence, single)?);
        }
        Ok(singles)
    })
}

fn single<'a>(reader: &mut SliceReader<'a>) -> Result<Single<'a>> {
    let (hash, issuer_name, issuer_key, serial) = inside(reader, Tag::Sequence, |reader| {
        let hash = algorithm(reader)?;
        let issuer_name = <&OctetStringRef>::decode(reader)?.as_bytes();
        let issuer_key = <&OctetStringRef>::decode(reader)?.as_bytes();
        Ok((hash, issuer_name, issuer_key, value(reader, Tag::Integer)?))
    })?;
    let header = Header::decode(reader)?;
    let content = reader.read_slice(header.length())?;
    let standing = match header.tag() {
        Tag::ContextSpecific { number: TagNumber(0), .. } => Standing::Good,
        Tag::ContextSpecific { number: TagNumber(1), .. } => {
            Standing::Revoked(time(&mut SliceReader::new(content)?)?)
        }
        _ => Standing::Unknown,
    };
    let this_update = time(reader)?;
    let next_update =
        if next_is(reader, context(0)) { Some(inside(reader, context(0), time)?) } else { None };
    Ok(Single { hash, issuer_name, issuer_key, serial, standing, this_update, next_update })
}
