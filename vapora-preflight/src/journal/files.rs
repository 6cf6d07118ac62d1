//! Folders and files that are there for good once they are there: each is synced, and so is the folder that names it.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use super::error::JournalError;

/// Makes a folder and those above it.
pub(super) fn make_folder(path: &Path) -> Result<(), JournalError> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    if let Some(above) = above {
        make_folder(above)?;
    }
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(JournalError::io("create", path)(error))
        }
        _ => sync_folder(above.unwrap_or(Path::new("."))),
    }
}

/// Puts a whole file in its place at once: whoever looks finds all of it or nothing. Only the holder of the lock does this.
pub(super) fn put(path: &Path, content: &[u8]) -> Result<(), JournalError> {
    put_for(path, content, false)
}

/// The same; where it is private, nobody but its owner can read it at any time.
pub(super) fn put_for(path: &Path, content: &[u8], private: bool) -> Result<(), JournalError> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = Path::new(&draft);
    let write = || -> io::Result<()> {
        let mut file = File::create(draft)?;
        if private {
            keep_private(&file)?;
        }
        file.write_all(content)?;
        file.sync_all()
    };
    write().map_err(JournalError::io("write", draft))?;
    fs::rename(draft, path).map_err(JournalError::io("put in place", path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Sees to it that nobody but its owner can read a file that is there.
pub(super) fn make_private(path: &Path) -> Result<(), JournalError> {
    File::open(path).and_then(|file| keep_private(&file)).map_err(JournalError::io("keep private", path))
}

#[cfg(unix)]
fn keep_private(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

/// Other systems than Unix take the rights of the folder.
#[cfg(not(unix))]
fn keep_private(_: &File) -> io::Result<()> {
    Ok(())
}

/// Whether a file holds just this.
pub(super) fn holds(path: &Path, content: &[u8]) -> bool {
    let same_size = fs::metadata(path).is_ok_and(|it| it.is_file() && it.len() == content.len() as u64);
    same_size && fs::read(path).is_ok_and(|found| found == content)
}

/// Makes the names in a folder durable. Other systems than Unix know no such thing.
fn sync_folder(path: &Path) -> Result<(), JournalError> {
    if cfg!(unix) {
        File::open(path).and_then(|folder| folder.sync_all()).map_err(JournalError::io("sync", path))?;
    }
    Ok(())
}
