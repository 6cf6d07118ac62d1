//! The file that is written before it gets its name.

use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use aws_lc_rs::digest::{Context, SHA256};
use vapora_preflight::Digest;

/// How often it is tried to have the file alone, and how long between. An attempt that was given up may still write what it
/// had received.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(20);

/// Work with files, on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// A hidden file beside another one.
pub(super) fn beside(to: &Path, ending: &str) -> PathBuf {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    to.with_file_name(format!(".{name}.{ending}"))
}

/// The part of a file that is there. Nobody else writes it meanwhile.
pub(super) struct Part {
    path: PathBuf,
    to: PathBuf,
    file: File,
    written: u64,
    digest: Context,
    /// Whether it is no longer there under its own name.
    gone: bool,
}

impl Drop for Part {
    fn drop(&mut self) {
        // nothing to go on from; while the file is open nobody else has it
        if !self.gone && self.file.metadata().is_ok_and(|file| file.len() == 0) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Part {
    /// Opens what there is of that file, or begins anew.
    ///
    /// # Errors
    ///
    /// That of the disk; [`io::ErrorKind::ResourceBusy`] where another process has it.
    pub(super) async fn open(to: &Path) -> io::Result<Self> {
        for _ in 0..TRIES {
            let path = beside(to, "part");
            let opened = blocking(move || Ok(alone(&path)?.map(|file| (file, path)))).await?;
            if let Some((file, path)) = opened {
                let (to, digest) = (to.to_owned(), Context::new(&SHA256));
                return Ok(Self { path, to, file, written: 0, digest, gone: false });
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(io::ErrorKind::ResourceBusy.into())
    }

    /// How much of it is there.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Reads what is there, to go on after it.
    pub(super) async fn go_on(mut self) -> io::Result<Self> {
        blocking(move || {
            self.file.seek(SeekFrom::Start(0))?;
            self.digest = Context::new(&SHA256);
            self.written = pour(&mut self.file, &mut self.digest)?;
            Ok(self)
        })
        .await
    }

    /// Starts over.
    pub(super) async fn begin(mut self) -> io::Result<Self> {
        blocking(move || {
            self.file.set_len(0)?;
            self.file.seek(SeekFrom::Start(0))?;
            self.digest = Context::new(&SHA256);
            self.written = 0;
            Ok(self)
        })
        .await
    }

    /// Adds to it. Where that cannot be, there is no part any more.
    pub(super) async fn add(mut self, content: impl AsRef<[u8]> + Send + 'static) -> io::Result<Self> {
        blocking(move || {
            let content = content.as_ref();
            if let Err(error) = self.file.write_all(content) {
                // on a full disk it would be in the way of everybody
                self.gone = true;
                let _ = fs::remove_file(&self.path);
                return Err(error);
            }
            self.digest.update(content);
            self.written += content.len() as u64;
            Ok(self)
        })
        .await
    }

    /// The digest of all that is there.
    pub(super) fn digest(&self) -> Option<Digest> {
        digest(self.digest.clone())
    }

    /// Whether it begins and ends as a zip archive does: with a member, and with the directory of all of them.
    pub(super) async fn look_for_zip(mut self) -> io::Result<(Self, bool)> {
        blocking(move || {
            let is_zip = is_zip(&mut self.file)?;
            Ok((self, is_zip))
        })
        .await
    }

    /// Flushes it to the disk and gives it its name.
    pub(super) async fn finish(mut self) -> io::Result<()> {
        blocking(move || {
            self.file.sync_all()?;
            fs::rename(&self.path, &self.to)?;
            self.gone = true;
            // the name is on the disk once its folder is
            let folder = self.to.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(folder)?.sync_all()
        })
        .await
    }

    /// Removes it.
    pub(super) async fn discard(mut self) -> io::Result<()> {
        blocking(move || {
            self.gone = true;
            fs::remove_file(&self.path)
        })
        .await
    }
}

/// The size and digest of a file; nothing where there is none.
pub(super) async fn of_file(path: &Path) -> io::Result<Option<(u64, Digest)>> {
    let path = path.to_owned();
    blocking(move || {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut context = Context::new(&SHA256);
        let size = pour(&mut file, &mut context)?;
        Ok(digest(context).map(|digest| (size, digest)))
    })
    .await
}

/// The file, where nobody else has it.
fn alone(path: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new().create(true).read(true).write(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // whoever had it before may have given it its name meanwhile
    let (mine, there) = (file.metadata()?, fs::symlink_metadata(path));
    let same = there.is_ok_and(|there| (there.dev(), there.ino()) == (mine.dev(), mine.ino()));
    Ok(same.then_some(file))
}

/// How a zip archive begins, how its end begins, and how far from its last byte that may be.
const MEMBER: &[u8] = b"PK\x03\x04";
const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: u64 = 22 + u16::MAX as u64;

fn is_zip(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    file.seek(SeekFrom::Start(0))?;
    let (mut begin, mut end) = (Vec::new(), Vec::new());
    file.by_ref().take(MEMBER.len() as u64).read_to_end(&mut begin)?;
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(END_LENGTH)))?;
    file.take(END_LENGTH).read_to_end(&mut end)?;
    Ok(begin == MEMBER && end.windows(END.len()).any(|it| it == END))
}

fn pour(file: &mut File, context: &mut Context) -> io::Result<u64> {
    let mut buffer = vec![0; 128 << 10];
    let mut read = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(read),
            length => {
                context.update(&buffer[..length]);
                read += length as u64;
            }
        }
    }
}

fn digest(context: Context) -> Option<Digest> {
    let mut digits = String::new();
    for byte in context.finish().as_ref() {
        write!(digits, "{byte:02x}").ok()?;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn half_an_archive_is_none() {
        let whole = [&b"PK\x03\x04 name content "[..], b"PK\x05\x06", &[0; 18]].concat();
        let is = |content: &[u8]| is_zip(&mut Cursor::new(content)).unwrap();
        assert!(is(&whole));
        let followed_by = |length: usize| [&whole[..], &vec![7; length]].concat();
        assert!(is(&followed_by(65_535)), "a comment is at its end");
        assert!(!is(&followed_by(65_536)));
        for bad in [&whole[..20], b"<html>", b"", b"PK"] {
            assert!(!is(bad));
        }
    }
}
