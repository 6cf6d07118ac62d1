//! One line of a journal: what it says, sealed with the digest of all that came before it.
//!
//! The form is taken strictly, byte by byte: no other text stands for the same line.

use std::fmt;

use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{Digest, Timestamp};

/// The name of the format, in every header.
pub(super) const FORMAT: &str = "vapora-preflight-journal";

/// A longer line is refused, by the writer as by the reader.
pub(super) const LONGEST: usize = 64 << 20;

const HEAD: &[u8] = br#"{"sha256":""#;
const DIGITS: usize = 64;
const NECK: &[u8] = br#"","line":"#;
const TAIL: &[u8] = b"}";

/// What a line can say at most, in bytes.
pub(super) const ROOM: usize = LONGEST - HEAD.len() - DIGITS - NECK.len() - TAIL.len() - 1;

/// The version of a journal's format.
///
/// A later minor version adds kinds of events and fields that an earlier reader may leave out; anything else asks for a new
/// major version. The form of a line, and `format` and `version` in the header, stay as they are in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FormatVersion {
    /// Another one cannot be read by an earlier library.
    pub major: u32,
    /// Another one can be read, and not be written.
    pub minor: u32,
}

impl FormatVersion {
    /// The version this library writes.
    pub const CURRENT: Self = Self { major: 1, minor: 0 };
}

impl fmt::Display for FormatVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What the first line says, in every version.
#[derive(Debug, Deserialize)]
pub(super) struct Preamble {
    pub(super) format: String,
    pub(super) version: FormatVersion,
}

/// What the first line says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format: String,
    pub(super) version: FormatVersion,
    pub(super) release: String,
    pub(super) created: Timestamp,
}

/// The line, with its line feed, and the digest that the next one builds on.
pub(super) fn seal(before: Digest, payload: &[u8]) -> (Vec<u8>, Digest) {
    let digest = before.chained(payload);
    let text = digest.to_string();
    let line = [HEAD, text.as_bytes(), NECK, payload, TAIL, b"\n"].concat();
    (line, digest)
}

/// Whether the beginning of a file is that of a journal, even where a part of it is spoilt.
pub(super) fn begins_a_journal(text: &[u8]) -> bool {
    after(text, HEAD).is_some() || text.windows(FORMAT.len()).any(|window| window == FORMAT.as_bytes())
}

fn parts(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (digits, rest) = line.strip_prefix(HEAD)?.split_at_checked(DIGITS)?;
    Some((digits, rest.strip_prefix(NECK)?.strip_suffix(TAIL)?))
}

/// What a line says, without its line feed, and the digest that the next one builds on.
pub(super) fn open(before: Digest, line: &[u8]) -> Result<(&[u8], Digest), &'static str> {
    let (digits, payload) = parts(line).ok_or("it has not the form of a line")?;
    let digest = before.chained(payload);
    // The digits are compared as they stand: a digest has other ways to be written, and none of them was written here.
    if digest.to_string().as_bytes() == digits {
        Ok((payload, digest))
    } else {
        Err("its digest does not follow from what it says and from the lines before it")
    }
}

/// Makes sure that what stands after the last line feed is the beginning of a line that was never ended.
pub(super) fn torn(before: Digest, text: &[u8]) -> Result<(), &'static str> {
    const OTHER: Result<(), &str> = Err("it is neither a line nor the beginning of one");
    let Some(rest) = after(text, HEAD) else { return OTHER };
    let (digits, rest) = rest.split_at(rest.len().min(DIGITS));
    if !digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return OTHER;
    }
    let Some(payload) = after(rest, NECK) else { return OTHER };
    let mut values = serde_json::Deserializer::from_slice(payload).into_iter::<IgnoredAny>();
    let whole = match values.next() {
        None => return Ok(()),
        Some(Err(error)) if error.is_eof() || cut_in_a_number(payload) => return Ok(()),
        Some(Err(_)) => return OTHER,
        Some(Ok(_)) => values.byte_offset(),
    };
    let (payload, rest) = payload.split_at(whole);
    if !TAIL.starts_with(rest) {
        return Err("something else than a line feed stands at its end");
    }
    if before.chained(payload).to_string().as_bytes() == digits { Ok(()) } else { OTHER }
}

/// Whether a text ends where only a digit is missing, which the reader of numbers takes for a fault and not for an end.
fn cut_in_a_number(text: &[u8]) -> bool {
    let ends = matches!(text.last(), Some(b'-' | b'+' | b'.' | b'e' | b'E'));
    ends && serde_json::from_slice::<IgnoredAny>(&[text, b"0"].concat()).is_err_and(|error| error.is_eof())
}

/// What follows `part` in a text that may be cut off at any place; nothing where it is another text.
fn after<'t>(text: &'t [u8], part: &[u8]) -> Option<&'t [u8]> {
    text.strip_prefix(part).or_else(|| part.starts_with(text).then_some(&[]))
}
