//! Archives, read and never unpacked to disk: every byte of every member passes by, and nothing is trusted.

use std::io::{self, BufReader, Read, Seek};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::files::Content;

mod flaw;
mod harm;
mod limits;
mod name;
mod tar;
mod zip;
mod zstd;

pub use self::limits::ArchiveLimits;
pub(crate) use self::{flaw::Flaw, harm::refusal, limits::Meter, name::unsafe_name};

/// How an archive is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ArchiveFormat {
    /// A zip file.
    #[serde(rename = "zip")]
    Zip,
    /// A tape archive.
    #[serde(rename = "tar")]
    Tar,
    /// A tape archive, compressed by gzip.
    #[serde(rename = "tar.gz")]
    TarGz,
    /// A tape archive, compressed by zstd.
    #[serde(rename = "tar.zst")]
    TarZst,
    /// One file, compressed by gzip.
    #[serde(rename = "gz")]
    Gz,
    /// One file, compressed by zstd.
    #[serde(rename = "zst")]
    Zst,
}

impl ArchiveFormat {
    /// Its name, which is also how the names of its files end.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Tar => "tar",
            Self::TarGz => "tar.gz",
            Self::TarZst => "tar.zst",
            Self::Gz => "gz",
            Self::Zst => "zst",
        }
    }

    /// The format that the end of a name says.
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let ends = [
            (".zip", Self::Zip),
            (".tar.gz", Self::TarGz),
            (".tgz", Self::TarGz),
            (".tar.zst", Self::TarZst),
            (".tar", Self::Tar),
            (".gz", Self::Gz),
            (".zst", Self::Zst),
        ];
        ends.into_iter().find(|(end, _)| name.ends_with(end)).map(|(_, format)| format)
    }

    /// The format that the first bytes of a file say.
    pub(crate) fn of_content(content: &mut Content) -> io::Result<Option<Self>> {
        let mut first = Vec::new();
        content.rewind()?;
        content.take(512).read_to_end(&mut first)?;
        content.rewind()?;
        Ok(match &first[..] {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            [0x1f, 0x8b, ..] => Some(Self::Gz),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zst),
            long if long.get(257..262) == Some(b"ustar") => Some(Self::Tar),
            _ => None,
        })
    }
}

/// One member of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its name as it stands in the archive.
    pub(crate) name: String,
    pub(crate) sort: MemberSort,
    /// Its size, where that is known before it is read.
    pub(crate) size: Option<u64>,
}

/// What sort of member it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MemberSort {
    File,
    Folder,
    /// A link, hard or symbolic, to this.
    Link(String),
    /// A device, a pipe, or a file that is stored in parts.
    Special,
}

/// Looks at the members of an archive as they pass by.
pub(crate) trait Visit {
    /// Looks at one. What it does not read of the content is read and checked after it.
    fn member(&mut self, member: &Member, content: &mut dyn Read) -> io::Result<()>;
}

/// Reads an archive from its beginning to its end. `name` is that of the file, which names the member of a `gz` or `zst`.
pub(crate) fn walk(
    format: ArchiveFormat,
    name: &str,
    content: &mut Content,
    limits: &ArchiveLimits,
    visit: &mut dyn Visit,
) -> Result<(), Flaw> {
    content.rewind()?;
    let mut meter = Meter::new(limits, content.size());
    // A zip file is jumped about in, which empties the buffer each time.
    let buffer = if format == ArchiveFormat::Zip { 8 << 10 } else { 128 << 10 };
    let input = BufReader::with_capacity(buffer, content);
    match format {
        ArchiveFormat::Zip => zip::walk(input, &mut meter, visit),
        ArchiveFormat::Tar => tar::walk(input, &mut meter, visit),
        ArchiveFormat::TarGz => tar::walk(gzip(input), &mut meter, visit),
        ArchiveFormat::TarZst => tar::walk(zstd::Decoder::new(input), &mut meter, visit),
        ArchiveFormat::Gz => single(name, gzip(input), &mut meter, visit),
        ArchiveFormat::Zst => single(name, zstd::Decoder::new(input), &mut meter, visit),
    }
}

fn gzip<R: io::BufRead>(input: R) -> impl Read {
    flate2::bufread::MultiGzDecoder::new(input)
}

/// A stream that is one file.
fn single(name: &str, input: impl Read, meter: &mut Meter, visit: &mut dyn Visit) -> Result<(), Flaw> {
    let inner = name.rsplit_once('.').map_or(name, |(inner, _)| inner);
    let member = Member { name: inner.to_owned(), sort: MemberSort::File, size: None };
    meter.member()?;
    let mut content = meter.measure(input);
    visit.member(&member, &mut content)?;
    io::copy(&mut content, &mut io::sink())?;
    Ok(())
}
