//! What holds files: a folder, the objects of a bucket below a prefix, or an archive in either of them.

use std::io::{self, Read};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vapora_preflight::{CheckContext, CheckError, Problems};

use crate::{
    archive::{self, ArchiveFormat, ArchiveLimits, Flaw, Member, MemberSort, Meter, Visit},
    files::{File, Files, Listing, Sort},
    place::{Place, StoreSettings},
    sums::Sum,
};

/// How files are held: `folder`, for one or for what is below a prefix of a bucket, or how the archive they are in is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "expected `folder`, or how an archive is packed: `zip`, `tar`, `tar.gz`, `tar.zst`, `gz` or `zst`"
)]
pub enum Holding {
    /// In a folder.
    Folder(FolderWord),
    /// In an archive.
    Archive(ArchiveFormat),
}

/// The word `folder`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FolderWord {
    /// In a folder.
    Folder,
}

impl Holding {
    /// In a folder, or below a prefix of a bucket.
    pub const FOLDER: Self = Self::Folder(FolderWord::Folder);

    fn archive(self) -> Option<ArchiveFormat> {
        match self {
            Self::Folder(_) => None,
            Self::Archive(format) => Some(format),
        }
    }
}

/// A place that holds files, found out to be a folder or an archive.
#[derive(Debug)]
pub(crate) struct Held {
    files: Files,
    place: String,
    /// The file that is an archive, and how it is packed where that is known; nothing for a folder.
    archive: Option<(File, Option<ArchiveFormat>)>,
}

/// What came of reading all that is held.
#[derive(Debug)]
pub(crate) struct Seen<V> {
    pub(crate) visit: V,
    /// What ended it early, where something did.
    pub(crate) flaw: Option<Flaw>,
    /// How much was read, unpacked.
    pub(crate) unpacked: u64,
    /// How an archive is packed.
    pub(crate) format: Option<ArchiveFormat>,
    /// The SHA-256 of an archive itself, where it was wanted.
    pub(crate) digest: Option<Sum>,
}

impl<V> Seen<V> {
    /// Fails where it could not be looked into, so that nothing is known of what is held.
    pub(crate) fn known(self, place: &Place) -> Result<Self, CheckError> {
        match &self.flaw {
            Some(Flaw::Unknown(what)) => Err(CheckError::permanent(format!(
                "could not look into `{place}`: {what}"
            ))
            .remedy("pack it as zip (stored or deflated), `tar`, `tar.gz` or `tar.zst`, without encryption")),
            _ => Ok(self),
        }
    }
}

/// Reads the files of something.
pub(crate) trait Visitor: Visit + Send + 'static {
    /// Whether the content of a file is wanted; where it is not, it need not be fetched.
    fn wants(&self, name: &str) -> bool;

    /// Whether the digest of an archive itself is wanted.
    fn wants_digest(&self) -> bool {
        false
    }
}

impl Held {
    /// Finds out what a place is.
    pub(crate) async fn find(
        cx: &CheckContext,
        place: &Place,
        holding: Option<Holding>,
        settings: Option<&StoreSettings>,
    ) -> Result<Self, CheckError> {
        let files = Files::open(cx, place, settings)?;
        let named = ArchiveFormat::of_name(place.file_name());
        let format = holding.and_then(Holding::archive).or(named);
        let is_bucket = place.provider().is_some();
        let may_be_file = match holding {
            Some(holding) => holding.archive().is_some(),
            None => !is_bucket || named.is_some(),
        };
        let must_be_file = may_be_file && (holding.is_some() || is_bucket);
        let file = if may_be_file { files.look("").await? } else { None };
        if must_be_file && file.is_none() {
            return Err(CheckError::permanent(format!("there is no archive `{place}`"))
                .remedy("make it, or correct its name"));
        }
        let archive = file.map(|file| (file, format));
        Ok(Self { files, place: place.as_str().to_owned(), archive })
    }

    /// The file, where it is an archive.
    pub(crate) fn file(&self) -> Option<&File> {
        self.archive.as_ref().map(|(file, _)| file)
    }

    /// Whether it is an archive, or a folder.
    pub(crate) fn word(&self) -> &'static str {
        if self.archive.is_some() { "an archive" } else { "a folder" }
    }

    /// Reads all that is held: of a folder what `listing` names, of an archive everything.
    pub(crate) async fn walk<V: Visitor>(
        &self,
        listing: Listing<'_>,
        limits: &ArchiveLimits,
        visit: V,
    ) -> Result<Seen<V>, CheckError> {
        match &self.archive {
            Some((file, format)) => self.walk_archive(file, *format, limits, visit).await,
            None => self.walk_folder(listing, limits, visit).await,
        }
    }

    async fn walk_archive<V: Visitor>(
        &self,
        file: &File,
        format: Option<ArchiveFormat>,
        limits: &ArchiveLimits,
        mut visit: V,
    ) -> Result<Seen<V>, CheckError> {
        let name = self.place.rsplit('/').next().unwrap_or_default().to_owned();
        let limits = limits.clone();
        self.files
            .read(file, move |content| {
                // What goes wrong is kept by the content.
                let digest = visit.wants_digest().then(|| Sum::sha256_of(content).ok()).flatten();
                let format = match format {
                    Some(format) => Some(format),
                    None => ArchiveFormat::of_content(content).unwrap_or_default(),
                };
                let Some(known) = format else {
                    let flaw =
                        Flaw::Unknown("it is neither a folder nor an archive of a known format".to_owned());
                    return Seen { visit, flaw: Some(flaw), unpacked: 0, format, digest };
                };
                let mut unpacked = 0;
                let mut counted = Counted { inner: &mut visit, unpacked: &mut unpacked };
                let flaw = archive::walk(known, &name, content, &limits, &mut counted).err();
                Seen { visit, flaw, unpacked, format, digest }
            })
            .await
    }

    async fn walk_folder<V: Visitor>(
        &self,
        listing: Listing<'_>,
        limits: &ArchiveLimits,
        mut visit: V,
    ) -> Result<Seen<V>, CheckError> {
        let files = self.files.list(listing).await?;
        // A folder is not packed, so that it cannot be more than it is.
        let mut meter = Meter::new(limits, u64::MAX);
        let mut flaw = None;
        for file in &files {
            if let Err(refused) = meter.member() {
                flaw = Some(refused);
                break;
            }
            let sort = match file.sort {
                Sort::File => MemberSort::File,
                Sort::Link => MemberSort::Link(String::new()),
                Sort::Special => MemberSort::Special,
            };
            let member = Member { name: file.name.clone(), sort, size: Some(file.size) };
            if file.sort != Sort::File || file.size == 0 || !visit.wants(&file.name) {
                let seen = visit.member(&member, &mut io::empty());
                seen.map_err(|error| CheckError::transient(error.to_string()))?;
                continue;
            }
            let (back, more, read) = self
                .files
                .read(file, move |content| {
                    let mut measured = meter.measure(&mut *content);
                    let read = visit
                        .member(&member, &mut measured)
                        .and_then(|()| io::copy(&mut measured, &mut io::sink()).map(drop));
                    (visit, meter, read.map_err(Flaw::from))
                })
                .await?;
            (visit, meter) = (back, more);
            if let Err(refused) = read {
                flaw = Some(refused);
                break;
            }
        }
        Ok(Seen { unpacked: meter.unpacked(), visit, flaw, format: None, digest: None })
    }
}

/// Counts what the files of an archive come to.
struct Counted<'v, V> {
    inner: &'v mut V,
    unpacked: &'v mut u64,
}

impl<V: Visit> Visit for Counted<'_, V> {
    fn member(&mut self, member: &Member, content: &mut dyn Read) -> io::Result<()> {
        let mut counted = Through { inner: content, read: 0 };
        let seen = self.inner.member(member, &mut counted);
        let seen = seen.and_then(|()| io::copy(&mut counted, &mut io::sink()).map(drop));
        *self.unpacked += counted.read;
        seen
    }
}

/// Counts what is read.
struct Through<'r> {
    inner: &'r mut dyn Read,
    read: u64,
}

impl Read for Through<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}

/// Checks the parameter that says how files are held.
pub(crate) fn validate(place: &Place, holding: Option<Holding>, problems: &mut Problems) {
    let named = ArchiveFormat::of_name(place.file_name());
    if holding.is_none() && matches!(named, Some(ArchiveFormat::Gz | ArchiveFormat::Zst)) {
        problems.at(
            "format",
            format!("`{place}` is one compressed file by its name, and not an archive of files"),
            "write `format` where it is one all the same, as in `tar.gz`",
        );
    }
}
