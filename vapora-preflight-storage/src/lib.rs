#![doc = include_str!("../README.md")]

mod archive;
mod blocking;
mod dated;
mod files;
mod filesystems;
mod glob;
mod holding;
mod kinds;
mod manifest;
mod objects;
mod param;
mod place;
mod sums;
mod wording;

pub use self::{
    archive::{ArchiveFormat, ArchiveLimits},
    dated::DateFormat,
    filesystems::{Filesystems, Usage},
    glob::FileGlob,
    holding::{FolderWord, Holding},
    kinds::{ArchiveComplete, BackupRecent, DiskHasSpace, ManifestsParse, RequiredObject, Writable},
    manifest::ManifestFormat,
    objects::ObjectStores,
    place::{CredentialsFrom, InvalidParameter, Place, StoreSettings},
};

/// Adds the kinds of this family to a registry.
pub fn register(registry: &mut vapora_preflight::Registry) {
    registry
        .add::<DiskHasSpace>()
        .add::<BackupRecent>()
        .add::<ArchiveComplete>()
        .add::<ManifestsParse>()
        .add::<Writable>();
}
