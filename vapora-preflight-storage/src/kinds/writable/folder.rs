//! Writing a file into a folder.

use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use vapora_preflight::{CheckContext, CheckError};

use super::{Came, REMOVED_WITHIN};
use crate::blocking::{self, Wanted};

pub(super) async fn write(cx: &CheckContext, path: PathBuf, content: Vec<u8>) -> Result<Came, CheckError> {
    cx.doing(format!("writing `{}`", path.display()));
    let again = path.clone();
    let promise = cx.put_back(format!("remove `{}`", path.display()), REMOVED_WITHIN, move || {
        let path = again.clone();
        async move {
            blocking::on_thread(move |_| remove(&path)).await??;
            Ok(())
        }
    });
    let came = blocking::on_thread(move |wanted| all_of_it(&path, &content, wanted)).await??;
    if came.removed {
        promise.settled();
    }
    Ok(came)
}

/// Writes, reads and removes. It removes the file also where nobody waits any more: this thread alone knows when it is there.
fn all_of_it(path: &Path, content: &[u8], wanted: &Wanted) -> Result<Came, CheckError> {
    let file = match fs::File::create_new(path) {
        Ok(file) => file,
        // `/proc` and the like have folders in which no file can be
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.parent().is_some_and(Path::is_dir) => {
            let came = Came { removed: true, ..Came::default() };
            return Ok(came.stopped(
                "cannot be written: there can be no files there",
                "name a folder on a file system that stores files, or correct `to`",
            ));
        }
        Err(error) => return told(Came { removed: true, ..Came::default() }, &error, "cannot be written"),
    };
    let came = written_and_read(file, path, content, wanted);
    let removed = remove(path);
    let came = Came { removed: removed.is_ok(), ..came? };
    match removed {
        Err(error) if came.stopped.is_none() => told(came, &error, "keeps what was written there"),
        _ => Ok(came),
    }
}

fn written_and_read(
    mut file: fs::File,
    path: &Path,
    content: &[u8],
    wanted: &Wanted,
) -> Result<Came, CheckError> {
    let mut came = Came::default();
    let written = wanted.check().and_then(|()| file.write_all(content)).and_then(|()| file.sync_all());
    drop(file);
    if let Err(error) = written {
        return told(came, &error, "cannot be written");
    }
    came.written = true;
    let mut back = Vec::with_capacity(content.len());
    // From the file that is there now, whatever that is.
    let read =
        fs::File::open(path).and_then(|file| file.take(content.len() as u64 + 1).read_to_end(&mut back));
    if let Err(error) = read {
        return told(came, &error, "cannot be read after it was written");
    }
    if back != content {
        return Ok(came.stopped(
            "gives back something else than was written there",
            "do not rely on what is stored there; look at its disk and what the kernel says about it",
        ));
    }
    came.read_back = true;
    Ok(came)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What an error means: that the place is not writable, or that it is not known.
fn told(came: Came, error: &io::Error, what: &str) -> Result<Came, CheckError> {
    use io::ErrorKind as Kind;
    let (why, remedy) = match error.kind() {
        Kind::NotFound | Kind::NotADirectory => {
            ("there is no such folder", "create the folder or mount what belongs there, or correct `to`")
        }
        Kind::PermissionDenied => (
            "this user may not write there",
            "give the user who writes there the right to, or run as that user",
        ),
        Kind::ReadOnlyFilesystem => (
            "it is mounted read-only",
            "find out why it is read-only (the kernel remounts so after errors), and mount it for writing",
        ),
        Kind::StorageFull => ("it is full", "remove what is no longer needed there, or enlarge it"),
        Kind::QuotaExceeded => {
            ("the quota is used up", "remove what is no longer needed there, or raise the quota")
        }
        Kind::FileTooLarge => ("files of that size are not allowed there", "write less, or raise that limit"),
        _ => return Err(CheckError::transient(what.to_owned()).because(error)),
    };
    Ok(came.stopped(format!("{what}: {why}"), remedy))
}
