//! One writer at a time. The lock ends with the process that holds it, however it ends; the text in its file is only for
//! people.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::Path,
};

use super::error::{JournalError, Writer};

/// More than this is no name of a writer.
const LONGEST: u64 = 64 << 10;

/// The lock, held.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // To close the file is not enough: a program that is just being started shares it until it runs.
        let _ = self.0.unlock();
    }
}

/// Takes the lock, or says who has it.
pub(super) fn take(path: &Path, writer: &Writer) -> Result<Lock, JournalError> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(JournalError::io("open", path))?;
    match file.try_lock() {
        Ok(()) => {
            let mut lock = Lock(file);
            sign(&mut lock.0, writer).map_err(JournalError::io("write", path))?;
            Ok(lock)
        }
        Err(TryLockError::WouldBlock) => {
            Err(JournalError::Locked { writer: holder(&file), path: path.to_owned() })
        }
        Err(TryLockError::Error(source)) => {
            Err(JournalError::Io { action: "lock", path: path.to_owned(), source })
        }
    }
}

fn sign(file: &mut File, writer: &Writer) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    let mut text = serde_json::to_vec(writer)?;
    text.push(b'\n');
    file.write_all(&text)
}

fn holder(file: &File) -> Option<Writer> {
    let mut text = Vec::new();
    file.take(LONGEST).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}
