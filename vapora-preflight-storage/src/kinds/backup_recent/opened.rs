//! Unpacking a backup in passing.

use std::io;

use vapora_preflight::{CheckError, Finding};

use super::{BackupRecent, Read, candidates::Backup, wrong};
use crate::{
    ArchiveFormat, ArchiveLimits,
    archive::{self, Flaw, Member, MemberSort, Visit},
    files::Files,
};

/// What is in a backup.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Inside {
    pub(super) files: u64,
    /// How much they come to, in bytes.
    pub(super) unpacked: u64,
}

impl Visit for Inside {
    fn member(&mut self, member: &Member, content: &mut dyn io::Read) -> io::Result<()> {
        self.files += u64::from(!matches!(member.sort, MemberSort::Folder));
        self.unpacked += io::copy(content, &mut io::sink())?;
        Ok(())
    }
}

/// Reads a backup to its end. What is in it is counted, and nothing of it is kept.
pub(super) async fn open(
    check: &BackupRecent,
    files: &Files,
    backup: &Backup,
) -> Result<Read<Inside>, CheckError> {
    let name = &backup.name;
    let (Some(file), Some(format)) =
        (backup.files.first(), check.format.or_else(|| ArchiveFormat::of_name(name)))
    else {
        return Err(CheckError::permanent(format!("the name of `{name}` does not say how it is packed"))
            .remedy("write `format`, as in `tar.gz`"));
    };
    let limits = check.limits.clone().unwrap_or_else(ArchiveLimits::of_backups);
    let named = name.clone();
    let (inside, flaw) = files
        .read(file, move |content| {
            let mut inside = Inside::default();
            let flaw = archive::walk(format, &named, content, &limits, &mut inside).err();
            (inside, flaw)
        })
        .await?;
    let format = format.as_str();
    Ok(match flaw {
        None if inside.files == 0 || inside.unpacked == 0 => wrong(
            Finding::new(format!("there is nothing in `{name}`"))
                .expected(format!("a `{format}` with something in it"))
                .actual("it is empty inside")
                .remedy("find out why whoever makes the backup writes nothing"),
        ),
        None => Ok(inside),
        Some(Flaw::Unknown(what)) => {
            return Err(CheckError::permanent(format!("could not look into `{name}`: {what}"))
                .remedy("leave out `open`, and have its checksum checked instead"));
        }
        Some(Flaw::Refused(what)) => wrong(
            Finding::new(format!("`{name}` was not read any further: {what}"))
                .expected("a backup within the limits")
                .actual(what)
                .remedy("raise `limits` if backups may be that large; otherwise find out what is in it"),
        ),
        Some(Flaw::Broken(what)) => wrong(
            Finding::new(format!("`{name}` is damaged: {what}"))
                .expected(format!("a `{format}` that can be read to its end"))
                .actual(what)
                .remedy("make a new backup, and find out what damaged this one"),
        ),
    })
}
