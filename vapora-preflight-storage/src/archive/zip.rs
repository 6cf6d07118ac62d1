//! Reading zip files.

use std::{
    cell::Cell,
    io::{self, Read, Seek, SeekFrom},
    rc::Rc,
};

use zip::{ZipArchive, result::ZipError};

use super::{Flaw, Member, MemberSort, Meter, Visit};

/// How long the target of a link may be.
const LONGEST_TARGET: u64 = 4096;
/// How much the directory may hold of each member on average: its name, and what else is said about it.
const AVERAGE_ENTRY: u64 = 1 << 10;
/// How much is read in search of the directory, whatever it holds.
const SEARCH: u64 = 1 << 20;

pub(super) fn walk(input: impl Read + Seek, meter: &mut Meter, visit: &mut dyn Visit) -> Result<(), Flaw> {
    let left = Rc::new(Cell::new(meter.most_members().saturating_mul(AVERAGE_ENTRY).saturating_add(SEARCH)));
    let mut archive = ZipArchive::new(Bounded { inner: input, left: Rc::clone(&left) }).map_err(flaw)?;
    left.set(u64::MAX);
    look_ahead(&archive, meter)?;
    if archive.has_duplicate_names() {
        return Err(Flaw::refused("two of its members have the same name"));
    }
    if archive.has_overlapping_entries().map_err(flaw)? {
        return Err(Flaw::refused("some of its members lie over one another"));
    }
    archive.validate_header_consistency().map_err(flaw)?;
    for index in 0..archive.len() {
        let mut file = match archive.by_index(index) {
            Ok(file) => file,
            Err(error) => return Err(flaw(error)),
        };
        let name = file.name().map_err(flaw)?.into_owned();
        let sort = if file.is_dir() {
            MemberSort::Folder
        } else if file.is_symlink() {
            let mut target = Vec::new();
            file.by_ref().take(LONGEST_TARGET).read_to_end(&mut target)?;
            MemberSort::Link(String::from_utf8_lossy(&target).into_owned())
        } else if file.is_file() {
            MemberSort::File
        } else {
            MemberSort::Special
        };
        let announced = file.size();
        let member = Member { name, sort, size: Some(announced) };
        let mut content = Counted { inner: meter.measure(&mut file), read: 0 };
        visit.member(&member, &mut content)?;
        io::copy(&mut content, &mut io::sink())?;
        if member.sort == MemberSort::File && content.read != announced {
            return Err(Flaw::broken(format!("`{}` has another size than it announces", member.name)));
        }
    }
    Ok(())
}

/// Counts the members, and what they announce, before any of them is read.
fn look_ahead<R: Read + Seek>(archive: &ZipArchive<R>, meter: &mut Meter) -> Result<(), Flaw> {
    let mut unpacked = 0_u64;
    for index in 0..archive.len() {
        let file = archive.by_index_data(index).map_err(flaw)?;
        meter.member()?;
        unpacked = unpacked.saturating_add(file.size());
        meter.announce(unpacked)?;
        if file.encrypted() {
            let name = file.name().map_err(flaw)?;
            return Err(Flaw::unknown(format!("`{name}` is encrypted")));
        }
    }
    Ok(())
}

/// Lets no more be read than there should be, so that the directory of an archive does not fill the memory.
struct Bounded<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let left = self.left.get().checked_sub(read as u64);
        self.left
            .set(left.ok_or_else(|| Flaw::refused("its directory is larger than its members may make it"))?);
        Ok(read)
    }
}

impl<R: Seek> Seek for Bounded<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// Counts what is read of one member.
struct Counted<R> {
    inner: R,
    read: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}

fn flaw(error: ZipError) -> Flaw {
    match error {
        ZipError::Io(error) => error.into(),
        ZipError::InvalidArchive(what) if what.contains("EOCD") => {
            Flaw::broken("it is no zip file, or its end is missing")
        }
        ZipError::InvalidArchive(what) => Flaw::broken(format!("it is no zip file in order: {what}")),
        ZipError::UnsupportedArchive(what) => Flaw::unknown(format!("it cannot be read here: {what}")),
        ZipError::CompressionMethodNotSupported(method) => {
            Flaw::unknown(format!("a member is compressed by the method {method}, which cannot be read here"))
        }
        ZipError::InvalidPassword => Flaw::unknown("it is encrypted"),
        error => Flaw::broken(error.to_string()),
    }
}
