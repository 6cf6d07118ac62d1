//! One header of a tape archive.

use std::io::{self, Read};

use super::{super::Flaw, text};

/// How long everything is.
pub(super) const BLOCK: usize = 512;

/// What a header is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    HardLink,
    SymbolicLink,
    Folder,
    /// A device or a pipe.
    Device,
    /// A file with holes, as GNU tar stores it.
    Sparse,
    LongName,
    LongLink,
    Records,
    GlobalRecords,
    /// Something else with content.
    Other,
}

/// One header.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) link: String,
    pub(super) size: u64,
    /// Of a file with holes: whether a further block of its map follows.
    pub(super) more_maps: bool,
}

impl Header {
    /// Reads a header; an empty block is none.
    pub(super) fn parse(block: &[u8; BLOCK]) -> Result<Option<Self>, Flaw> {
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let sum = number(&block[148..156]).ok_or_else(|| Flaw::broken("it is no tape archive"))?;
        if !sums(block).contains(&(sum as i64)) {
            return Err(Flaw::broken("the checksum of a header is wrong"));
        }
        let kind = match block[156] {
            b'0' | 0 | b'7' => Kind::File,
            b'1' => Kind::HardLink,
            b'2' => Kind::SymbolicLink,
            b'3' | b'4' | b'6' => Kind::Device,
            b'5' => Kind::Folder,
            b'S' => Kind::Sparse,
            b'L' => Kind::LongName,
            b'K' => Kind::LongLink,
            b'x' | b'X' => Kind::Records,
            b'g' => Kind::GlobalRecords,
            _ => Kind::Other,
        };
        let mut name = text(&block[..100]);
        let prefix = text(&block[345..500]);
        // In the headers of GNU tar, other things are there.
        if &block[257..263] == b"ustar\0" && !prefix.is_empty() {
            name = format!("{prefix}/{name}");
        }
        Ok(Some(Self {
            kind,
            name,
            link: text(&block[157..257]),
            size: number(&block[124..136])
                .ok_or_else(|| Flaw::broken("the size of a member is no number"))?,
            more_maps: kind == Kind::Sparse && block[482] != 0,
        }))
    }
}

/// Reads over the further blocks of the map of a file with holes.
pub(super) fn skip_sparse_map(more: bool, input: &mut impl Read) -> io::Result<()> {
    let mut more = more;
    while more {
        let mut block = [0; BLOCK];
        input.read_exact(&mut block)?;
        more = block[504] != 0;
    }
    Ok(())
}

/// What the bytes of a header come to, its checksum counted as spaces: as they should be added, and as some old programs did.
fn sums(block: &[u8; BLOCK]) -> [i64; 2] {
    let bytes =
        || block.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte });
    [bytes().map(i64::from).sum(), bytes().map(|byte| i64::from(byte as i8)).sum()]
}

/// A number: in octal digits, or where it is too large for them, as the bytes of a number with its first bit set.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        let mut bytes = field.iter();
        let first = u64::from(*bytes.next()? & 0x7f);
        return bytes.try_fold(first, |number, byte| number.checked_mul(256)?.checked_add(u64::from(*byte)));
    }
    let digits = std::str::from_utf8(field).ok()?.trim_matches([' ', '\0']);
    if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_octal_or_of_bytes() {
        assert_eq!(number(b"00000000644\0"), Some(0o644));
        assert_eq!(number(b"     644 \0\0\0"), Some(0o644));
        assert_eq!(number(b"\0\0\0\0\0\0\0\0\0\0\0\0"), Some(0));
        assert_eq!(number(&[0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]), Some(2 << 32));
        assert_eq!(number(&[0xff; 12]), None);
        assert_eq!(number(b"8\0"), None);
        assert_eq!(number(b"-1\0"), None);
    }
}
