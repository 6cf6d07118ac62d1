//! The backups that there are, the newest first.

use std::collections::BTreeMap;

use vapora_preflight::Timestamp;

use super::BackupRecent;
use crate::files::{File, Sort};

/// One backup: a file, or a folder with its files.
#[derive(Debug, Clone)]
pub(super) struct Backup {
    pub(super) name: String,
    pub(super) files: Vec<File>,
    pub(super) size: u64,
    /// When it was made.
    pub(super) made: Timestamp,
    /// Whether its name says so, and not only the time of its last modification.
    pub(super) by_name: bool,
}

/// The backups that there are, and those that do not count.
#[derive(Debug)]
pub(super) struct Candidates {
    /// The newest first.
    pub(super) backups: Vec<Backup>,
    /// Files of the right name without a date in it.
    pub(super) undated: Vec<String>,
    /// Backups that were written to just now.
    pub(super) unsettled: Vec<String>,
}

impl Candidates {
    pub(super) fn among(check: &BackupRecent, mut files: Vec<File>, now: Timestamp) -> Self {
        // A link that leads nowhere holds no backup.
        files.retain(|file| file.sort == Sort::File);
        let mut groups = if check.folders { folders(check, files) } else { single(check, files) };
        let checksums: Vec<String> = if check.folders {
            Vec::new()
        } else {
            groups.keys().filter_map(|name| check.checksums_of(name)).collect()
        };
        for name in &checksums {
            groups.remove(name);
        }
        let mut all = Self { backups: Vec::new(), undated: Vec::new(), unsettled: Vec::new() };
        for (name, files) in groups {
            let modified = files.iter().map(|file| file.modified).max().unwrap_or(Timestamp::UNIX_EPOCH);
            if check.settled_for.is_some_and(|time| modified.plus(time.get()) > now) {
                all.unsettled.push(name);
                continue;
            }
            let size = files.iter().map(|file| file.size).fold(0, u64::saturating_add);
            let told = check.date.as_ref().map(|date| date.find(&name, &check.zone));
            let (made, by_name) = match told {
                None => (modified, false),
                Some(Ok(told)) if told.holds(modified) => (modified, true),
                Some(Ok(told)) => (told.from, true),
                Some(Err(_)) => {
                    all.undated.push(name);
                    continue;
                }
            };
            all.backups.push(Backup { name, files, size, made, by_name });
        }
        all.backups.sort_by(|one, other| (other.made, &other.name).cmp(&(one.made, &one.name)));
        all
    }
}

/// Each file of the right name by itself.
fn single(check: &BackupRecent, files: Vec<File>) -> BTreeMap<String, Vec<File>> {
    files
        .into_iter()
        .filter(|file| check.name.fits(&file.name))
        .map(|file| (file.name.clone(), vec![file]))
        .collect()
}

/// The files of each folder of the right name.
fn folders(check: &BackupRecent, files: Vec<File>) -> BTreeMap<String, Vec<File>> {
    let mut found: BTreeMap<String, Vec<File>> = BTreeMap::new();
    for file in files {
        let ends = file.name.match_indices('/').map(|(end, _)| &file.name[..end]);
        if let Some(folder) = ends.into_iter().find(|folder| check.name.fits(folder)) {
            found.entry(folder.to_owned()).or_default().push(file);
        }
    }
    found
}
