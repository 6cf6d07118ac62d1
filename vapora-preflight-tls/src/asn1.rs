//! Walking through DER, as far as no type of the parser stands for it.

use x509_cert::der::{
    Decode as _, Header, Reader, Result, SliceReader, Tag, TagNumber,
    asn1::{BitStringRef, GeneralizedTime, ObjectIdentifier},
};

use vapora_preflight::Timestamp;

/// The tag of that number, around something.
pub(crate) fn context(number: u8) -> Tag {
    Tag::ContextSpecific { constructed: true, number: TagNumber(number.into()) }
}

/// Enters the value of a tag, reads it, and leaves what is behind alone.
pub(crate) fn inside<'a, T>(
    reader: &mut SliceReader<'a>,
    tag: Tag,
    read: impl FnOnce(&mut SliceReader<'a>) -> Result<T>,
) -> Result<T> {
    read(&mut SliceReader::new(value(reader, tag)?)?)
}

/// The value of a tag.
pub(crate) fn value<'a>(reader: &mut SliceReader<'a>, tag: Tag) -> Result<&'a [u8]> {
    let header = Header::decode(reader)?;
    header.tag().assert_eq(tag)?;
    reader.read_slice(header.length())
}

/// The bytes of a bit string.
pub(crate) fn bits<'a>(reader: &mut SliceReader<'a>) -> Result<&'a [u8]> {
    let bits = BitStringRef::decode(reader)?;
    bits.as_bytes().ok_or_else(|| Tag::BitString.value_error().into())
}

/// The number of an algorithm; its parameters are left out.
pub(crate) fn algorithm(reader: &mut SliceReader<'_>) -> Result<ObjectIdentifier> {
    inside(reader, Tag::Sequence, ObjectIdentifier::decode)
}

/// A time.
pub(crate) fn time(reader: &mut SliceReader<'_>) -> Result<Timestamp> {
    let seconds = GeneralizedTime::decode(reader)?.to_unix_duration().as_secs();
    Ok(Timestamp::from_unix_seconds(i64::try_from(seconds).unwrap_or(i64::MAX)))
}

pub(crate) fn next_is(reader: &SliceReader<'_>, tag: Tag) -> bool {
    Tag::peek(reader).is_ok_and(|next| next == tag)
}

/// Passes over whatever comes next.
pub(crate) fn skip(reader: &mut SliceReader<'_>) -> Result<()> {
    reader.tlv_bytes().map(drop)
}
