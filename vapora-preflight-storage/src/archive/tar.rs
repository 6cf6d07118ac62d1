//! Reading tape archives: those of POSIX (ustar, pax), of GNU tar, and older ones.

use std::io::{self, Read};

use super::{Flaw, Member, MemberSort, Meter, Visit};

mod header;
mod pax;

use self::{
    header::{BLOCK, Header, Kind},
    pax::Records,
};

/// How large the headers may be that go before a member: a long name, or the records of POSIX.
const LARGEST_EXTENSION: u64 = 1 << 20;

/// What the headers before a member say about it.
#[derive(Debug, Default)]
struct Ahead {
    name: Option<String>,
    link: Option<String>,
    records: Records,
}

pub(super) fn walk(mut input: impl Read, meter: &mut Meter, visit: &mut dyn Visit) -> Result<(), Flaw> {
    let mut ahead = Ahead::default();
    let mut pending = false;
    loop {
        let mut block = [0; BLOCK];
        meter.measure(&mut input).read_exact(&mut block)?;
        let Some(header) = Header::parse(&block)? else {
            if pending {
                return Err(Flaw::broken("it ends after the beginning of a member"));
            }
            return end(&mut input, meter);
        };
        // Headers before a member count as members: there may be too many of them, too.
        meter.member()?;
        match header.kind {
            Kind::LongName => ahead.name = Some(text(&extension(&mut input, &header, meter)?)),
            Kind::LongLink => ahead.link = Some(text(&extension(&mut input, &header, meter)?)),
            Kind::Records => ahead.records = Records::parse(&extension(&mut input, &header, meter)?)?,
            Kind::GlobalRecords => {
                if Records::parse(&extension(&mut input, &header, meter)?)?.says_something() {
                    return Err(Flaw::unknown("it renames all of its members at once"));
                }
            }
            _ => {
                member(&mut input, header, std::mem::take(&mut ahead), meter, visit)?;
                pending = false;
                continue;
            }
        }
        pending = true;
    }
}

fn member(
    input: &mut impl Read,
    header: Header,
    ahead: Ahead,
    meter: &mut Meter,
    visit: &mut dyn Visit,
) -> Result<(), Flaw> {
    let name = ahead.records.path.or(ahead.name).unwrap_or(header.name);
    let target = ahead.records.link.or(ahead.link).unwrap_or(header.link);
    let size = ahead.records.size.unwrap_or(header.size);
    if header.kind == Kind::Sparse {
        header::skip_sparse_map(header.more_maps, &mut meter.measure(&mut *input))?;
    }
    let sort = match header.kind {
        Kind::File if ahead.records.sparse => MemberSort::Special,
        Kind::File if name.ends_with('/') => MemberSort::Folder,
        Kind::File => MemberSort::File,
        Kind::Folder => MemberSort::Folder,
        Kind::HardLink | Kind::SymbolicLink => MemberSort::Link(target),
        _ => MemberSort::Special,
    };
    let holds = matches!(header.kind, Kind::File | Kind::Sparse | Kind::Other);
    if !holds && size > 0 {
        return Err(Flaw::broken(format!("`{name}` holds content where none belongs")));
    }
    let member = Member { name, sort, size: Some(size) };
    let mut content = meter.measure(&mut *input).take(size);
    visit.member(&member, &mut content)?;
    io::copy(&mut content, &mut io::sink())?;
    if content.limit() > 0 {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    padding(input, size, meter)
}

/// The content of a header that goes before a member.
fn extension(input: &mut impl Read, header: &Header, meter: &mut Meter) -> Result<Vec<u8>, Flaw> {
    if header.size > LARGEST_EXTENSION {
        return Err(Flaw::refused("a header of it is larger than any name"));
    }
    let mut content = vec![0; header.size as usize];
    meter.measure(&mut *input).read_exact(&mut content)?;
    padding(input, header.size, meter)?;
    Ok(content)
}

/// What fills the last block of a content.
fn padding(input: &mut impl Read, size: u64, meter: &mut Meter) -> Result<(), Flaw> {
    let over = (size % BLOCK as u64) as usize;
    if over > 0 {
        let mut rest = [0; BLOCK];
        meter.measure(input).read_exact(&mut rest[over..])?;
    }
    Ok(())
}

/// After the first of the two empty blocks that end an archive, there are only empty ones.
fn end(input: &mut impl Read, meter: &mut Meter) -> Result<(), Flaw> {
    let mut input = meter.measure(input);
    let mut block = [0; BLOCK];
    input.read_exact(&mut block)?;
    let mut rest = vec![0; 64 << 10];
    let mut read = block.len();
    let mut seen = &block[..];
    loop {
        if seen[..read].iter().any(|byte| *byte != 0) {
            return Err(Flaw::refused("there is something behind its end"));
        }
        read = input.read(&mut rest)?;
        seen = &rest;
        if read == 0 {
            return Ok(());
        }
    }
}

/// The text of a long name, which ends with a zero.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}
