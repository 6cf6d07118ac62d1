//! The kinds of this family, one file each.

use vapora_preflight::EvidenceField;

mod archive_complete;
mod backup_recent;
mod disk_has_space;
mod manifests_parse;
mod writable;

pub use self::{
    archive_complete::ArchiveComplete,
    backup_recent::BackupRecent,
    disk_has_space::DiskHasSpace,
    manifests_parse::{ManifestsParse, RequiredObject},
    writable::Writable,
};

/// A line of the documentation of a kind: a value of its evidence, and what it says.
const fn field(name: &'static str, about: &'static str) -> EvidenceField {
    EvidenceField { name, about }
}
