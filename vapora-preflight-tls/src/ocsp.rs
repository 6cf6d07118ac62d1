//! What a stapled OCSP answer says, as far as it can be read without its signature being checked.

use vapora_preflight::Timestamp;
use x509_cert::der::{
    Decode as _, Header, Reader, SliceReader, Tag, TagNumber,
    asn1::{GeneralizedTime, ObjectIdentifier, OctetStringRef},
};

/// The number of the one form that is in use.
const BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");

/// What an authority says of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Good,
    Revoked,
    Unknown,
}

impl Standing {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Revoked => "revoked",
            Self::Unknown => "unknown",
        }
    }
}

/// A stapled answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Staple {
    pub(crate) standing: Standing,
    /// From when on a newer answer should be there.
    pub(crate) next_update: Option<Timestamp>,
}

type Result<T> = std::result::Result<T, x509_cert::der::Error>;

impl Staple {
    /// The first answer of a response; none where it cannot be read, or is no success.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        response(der).ok().flatten()
    }
}

fn context(number: u8) -> Tag {
    Tag::ContextSpecific { constructed: true, number: TagNumber(number.into()) }
}

/// Enters the value of a tag, reads it, and leaves what is behind alone.
fn inside<'a, T>(
    reader: &mut SliceReader<'a>,
    tag: Tag,
    read: impl FnOnce(&mut SliceReader<'a>) -> Result<T>,
) -> Result<T> {
    let header = Header::decode(reader)?;
    header.tag().assert_eq(tag)?;
    let value = reader.read_slice(header.length())?;
    read(&mut SliceReader::new(value)?)
}

fn next_is(reader: &SliceReader<'_>, tag: Tag) -> bool {
    Tag::peek(reader).is_ok_and(|next| next == tag)
}

fn skip(reader: &mut SliceReader<'_>) -> Result<()> {
    let header = Header::decode(reader)?;
    reader.read_slice(header.length())?;
    Ok(())
}

fn response(der: &[u8]) -> Result<Option<Staple>> {
    let mut reader = SliceReader::new(der)?;
    inside(&mut reader, Tag::Sequence, |reader| {
        let successful = inside(reader, Tag::Enumerated, |status| Ok(status.read_byte()? == 0))?;
        if !successful || reader.is_finished() {
            return Ok(None);
        }
        inside(reader, context(0), |reader| {
            inside(reader, Tag::Sequence, |reader| {
                if ObjectIdentifier::decode(reader)? != BASIC {
                    return Ok(None);
                }
                let basic = <&OctetStringRef>::decode(reader)?;
                answer(basic.as_bytes()).map(Some)
            })
        })
    })
}

fn answer(basic: &[u8]) -> Result<Staple> {
    let mut reader = SliceReader::new(basic)?;
    inside(&mut reader, Tag::Sequence, |reader| {
        inside(reader, Tag::Sequence, |data| {
            if next_is(data, context(0)) {
                skip(data)?;
            }
            // who answers, and when it was made
            skip(data)?;
            skip(data)?;
            inside(data, Tag::Sequence, |answers| inside(answers, Tag::Sequence, single))
        })
    })
}

fn single(reader: &mut SliceReader<'_>) -> Result<Staple> {
    // which certificate it is about
    skip(reader)?;
    let header = Header::decode(reader)?;
    let standing = match header.tag() {
        Tag::ContextSpecific { number: TagNumber(0), .. } => Standing::Good,
        Tag::ContextSpecific { number: TagNumber(1), .. } => Standing::Revoked,
        _ => Standing::Unknown,
    };
    reader.read_slice(header.length())?;
    skip(reader)?;
    let next_update = if next_is(reader, context(0)) {
        let time = inside(reader, context(0), GeneralizedTime::decode)?;
        i64::try_from(time.to_unix_duration().as_secs()).ok().map(Timestamp::from_unix_seconds)
    } else {
        None
    };
    Ok(Staple { standing, next_update })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers made with OpenSSL 3.0, whose next ones are due in ten years.
    const GOOD: &[u8] = include_bytes!("ocsp/good.der");
    const REVOKED: &[u8] = include_bytes!("ocsp/revoked.der");

    #[test]
    fn an_answer_is_read_as_far_as_it_matters() {
        for (der, standing) in [(GOOD, Standing::Good), (REVOKED, Standing::Revoked)] {
            let staple = Staple::read(der).unwrap();
            assert_eq!(staple.standing, standing);
            assert!(staple.next_update.unwrap().to_string().starts_with("2036-11-22T"), "{staple:?}");
        }
    }

    #[test]
    fn what_is_no_answer_or_only_a_part_of_one_is_none() {
        // an answer that says that one has to try later
        assert_eq!(Staple::read(&[0x30, 3, 0x0a, 1, 3]), None);
        for end in 0..GOOD.len().min(120) {
            assert_eq!(Staple::read(&GOOD[..end]), None, "{end}");
        }
        assert_eq!(Staple::read(b"no answer"), None);
    }
}
