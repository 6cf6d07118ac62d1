//! Files that a check keeps: there in full, or not at all.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tokio::io::AsyncWriteExt;
use vapora_preflight::CheckError;

/// A file that is removed again unless it takes its place.
struct Unfinished(Option<PathBuf>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // where it cannot be removed, there is nobody left to tell
            let _ = fs::remove_file(path);
        }
    }
}

/// Writes a file beside the one meant, and then puts it in its place.
pub(crate) async fn write(path: &Path, content: &[u8]) -> Result<(), CheckError> {
    let wrong = |error: &io::Error| {
        CheckError::permanent(format!("`{}` could not be written", path.display()))
            .because(error)
            .remedy("see that its folder is there and may be written to, and that there is space")
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let unfinished = Unfinished(Some(beside.clone()));
    let written = async {
        let mut file = tokio::fs::File::create(&beside).await?;
        file.write_all(content).await?;
        file.sync_all().await?;
        tokio::fs::rename(&beside, path).await
    };
    written.await.map_err(|error| wrong(&error))?;
    let mut unfinished = unfinished;
    unfinished.0 = None;
    Ok(())
}

/// Whether it begins and ends as a zip archive does: with a member, and with the directory of all of them.
pub(crate) fn is_zip(content: &[u8]) -> bool {
    let end = content.len().saturating_sub(22 + usize::from(u16::MAX));
    content.starts_with(b"PK\x03\x04") && content[end..].windows(4).any(|it| it == b"PK\x05\x06")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        write(&path, b"one").await.unwrap();
        write(&path, b"two").await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_an_error_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let error = write(&folder.path().join("none/a.zip"), b"one").await.unwrap_err();
        assert!(error.to_string().contains("could not be written"), "{error}");
        // a folder is not replaced by a file
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        assert!(write(&taken, b"one").await.is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn half_an_archive_is_none() {
        let whole = [&b"PK\x03\x04 name content "[..], b"PK\x05\x06", &[0; 18]].concat();
        assert!(is_zip(&whole));
        assert!(!is_zip(&whole[..20]));
        assert!(!is_zip(b"<html>"));
        assert!(!is_zip(b""));
    }
}
