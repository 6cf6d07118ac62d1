//! The files of a folder of this machine.

use std::{fs, io, os::unix::fs::MetadataExt, path::Path};

use vapora_preflight::{CheckError, Timestamp};

use super::{Content, File, MOST_FILES, Sort, Where, unreadable};
use crate::blocking::Wanted;

/// How deep folders may lie in one another.
const DEEPEST: usize = 64;

/// Lists the files below a folder. One that is gone before it is looked at is left out.
pub(super) fn list(
    root: &Path,
    below: &str,
    deep: bool,
    follow: bool,
    wanted: &Wanted,
) -> Result<Vec<File>, CheckError> {
    let shown = |path: &Path| path.display().to_string();
    let is_folder = fs::metadata(root).map_err(|error| unreadable(&shown(root), &error))?.is_dir();
    if !is_folder {
        return Err(
            CheckError::permanent(format!("`{}` is no folder", root.display())).remedy("correct the path")
        );
    }
    let mut found = Vec::new();
    let mut open = vec![(root.join(below), below.to_owned(), 0)];
    while let Some((folder, name, depth)) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            // Nothing is below a folder that is not there; the place itself is.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                continue;
            }
            Err(error) => return Err(unreadable(&shown(&folder), &error)),
        };
        for entry in entries {
            wanted.check()?;
            let entry = entry.map_err(|error| unreadable(&shown(&folder), &error))?;
            let path = entry.path();
            let file_name = entry.file_name();
            let file_name = file_name.to_string_lossy();
            let name = if name.is_empty() { file_name.into_owned() } else { format!("{name}/{file_name}") };
            let told = match fs::symlink_metadata(&path) {
                Ok(told) => told,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(unreadable(&shown(&path), &error)),
            };
            if told.is_dir() {
                if deep && depth == DEEPEST {
                    return Err(CheckError::permanent(format!(
                        "`{}` holds folders in more than {DEEPEST} others",
                        root.display()
                    )));
                }
                if deep {
                    open.push((path, name, depth + 1));
                }
                continue;
            }
            let target = if follow && told.is_symlink() { fs::metadata(&path).ok() } else { None };
            if target.as_ref().is_some_and(fs::Metadata::is_dir) {
                continue;
            }
            found.push(of(&path, name, target.as_ref().unwrap_or(&told)));
            if found.len() > MOST_FILES {
                return Err(CheckError::permanent(format!(
                    "`{}` holds more than {MOST_FILES} files",
                    root.display()
                ))
                .remedy("name a place further down that holds fewer"));
            }
        }
    }
    Ok(found)
}

/// Looks at one file, through links.
pub(super) fn look(path: &Path, name: &str) -> Result<Option<File>, CheckError> {
    match fs::metadata(path) {
        Ok(told) if told.is_dir() => Ok(None),
        Ok(told) => Ok(Some(of(path, name.to_owned(), &told))),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(unreadable(&path.display().to_string(), &error)),
    }
}

fn of(path: &Path, name: String, told: &fs::Metadata) -> File {
    File {
        name,
        size: told.len(),
        modified: Timestamp::from_unix_seconds(told.mtime()),
        sort: if told.is_file() {
            Sort::File
        } else if told.is_symlink() {
            Sort::Link
        } else {
            Sort::Special
        },
        at: Where::Path(path.to_owned()),
    }
}

/// Hands the content of a file to `work`.
pub(super) fn read<T>(
    path: &Path,
    size: u64,
    wanted: &Wanted,
    work: impl FnOnce(&mut Content) -> T,
) -> Result<T, CheckError> {
    let shown = path.display().to_string();
    let wrong = |error: io::Error| unreadable(&shown, &error);
    // Not before it is known to be a file: to open a pipe would wait for a writer.
    let told = fs::metadata(path).map_err(wrong)?;
    if !told.is_file() {
        return Err(CheckError::permanent(format!("`{shown}` is no file that can be read")));
    }
    let file = fs::File::open(path).map_err(wrong)?;
    if told.len() != size {
        return Err(changed(&shown));
    }
    let mut content = Content::of_file(file.try_clone().map_err(wrong)?, &shown, size, wanted.clone());
    let done = work(&mut content);
    content.into_trouble().map_or(Ok(()), Err)?;
    let after = file.metadata().map_err(wrong)?;
    if (after.len(), after.mtime(), after.mtime_nsec()) != (told.len(), told.mtime(), told.mtime_nsec()) {
        return Err(changed(&shown));
    }
    Ok(done)
}

fn changed(shown: &str) -> CheckError {
    CheckError::transient(format!("`{shown}` was changed while it was read"))
        .remedy("wait until whoever writes it is done")
}
