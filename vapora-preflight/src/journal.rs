//! The record of a run: events, kept.
//!
//! The folder `<root>/<release>/` holds `journal.jsonl`, the lock of its writer in `lock`, and attachments in `files/`, each
//! under its SHA-256. A journal is lines of JSON. The first one is a header; every other one is an event:
//!
//! ```text
//! {"sha256":"<digest>","line":{"format":"vapora-preflight-journal","version":{"major":1,"minor":0},"release":"1.4.0","created":"…"}}
//! {"sha256":"<digest>","line":{"at":"…","event":{"check_started":{"check":"nodes","definition":"…"}}}}
//! ```
//!
//! Each digest is the SHA-256 of the 32 bytes of the digest before it, followed by the text of `line` as it stands in the file;
//! the first one follows 32 zero bytes. It shows accidental change; it keeps nobody out who can write the file.

use std::{
    fs::{File, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{Digest, Effect, Event, EventKind, Outline, Recorder, ReleaseId, Status, Timestamp};

mod error;
mod files;
mod history;
mod line;
mod lock;
#[cfg(test)]
mod tests;
mod wire;

pub use self::{
    error::{JournalError, Writer},
    history::{History, Torn, read_journal, releases},
    line::FormatVersion,
};
use self::{
    history::Reading,
    line::{FORMAT, Header},
};

const JOURNAL: &str = "journal.jsonl";
const LOCK: &str = "lock";
const FILES: &str = "files";

fn folder_of(root: &Path, release: &ReleaseId) -> PathBuf {
    root.join(release.as_str())
}

fn file_of(folder: &Path, digest: Digest) -> PathBuf {
    folder.join(FILES).join(digest.to_string())
}

/// The journal of a release, open for writing. There is one writer at a time; the lock ends with the value or its process.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    folder: PathBuf,
    digest: Digest,
    lines: usize,
    bytes: u64,
    outline: Option<Arc<Outline>>,
    failed: bool,
    _lock: lock::Lock,
}

impl Journal {
    /// Opens the journal of a release for writing, or begins it, and gives what it holds so far. A last line that was never
    /// ended is cut off; [`History::dropped`] says so.
    ///
    /// `by` is what another writer is told while this one has the journal; it should name the machine too.
    ///
    /// # Errors
    ///
    /// Somebody else is writing it, it is broken, or it is not one that can be written here.
    pub fn open(
        root: impl AsRef<Path>,
        release: &ReleaseId,
        by: &str,
        now: Timestamp,
    ) -> Result<(Self, History), JournalError> {
        let folder = folder_of(root.as_ref(), release);
        files::make_folder(&folder)?;
        let writer = Writer { by: by.to_owned(), pid: std::process::id(), since: now };
        let lock = lock::take(&folder.join(LOCK), &writer)?;

        let path = folder.join(JOURNAL);
        if !path.try_exists().map_err(JournalError::io("read", &path))? {
            begin(&path, release, now)?;
        }
        let Reading { history, digest, lines, bytes } = history::read(&folder, release)?;
        if history.version > FormatVersion::CURRENT {
            let (found, supported) = (history.version, FormatVersion::CURRENT);
            return Err(JournalError::Newer { found, supported, path });
        }
        let mut file = OpenOptions::new().write(true).open(&path).map_err(JournalError::io("open", &path))?;
        if history.dropped.is_some() {
            file.set_len(bytes).and_then(|()| file.sync_all()).map_err(JournalError::io("cut", &path))?;
        }
        file.seek(SeekFrom::Start(bytes)).map_err(JournalError::io("open", &path))?;

        let outline = history.events.iter().rev().find_map(|event| match &event.kind {
            EventKind::Planned(outline) => Some(Arc::clone(outline)),
            _ => None,
        });
        let journal = Self { file, path, folder, digest, lines, bytes, outline, failed: false, _lock: lock };
        Ok((journal, history))
    }

    /// The file it is kept in.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many lines it has, with its header.
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// Where the content of an attachment is kept.
    pub fn file(&self, digest: Digest) -> PathBuf {
        file_of(&self.folder, digest)
    }

    /// Whether an event has to survive the machine before anything is built on it, and not only the process.
    fn settles(&self, kind: &EventKind) -> bool {
        match kind {
            EventKind::AttemptFailed { .. } | EventKind::AccessReviewed(_) | EventKind::Used(_) => false,
            EventKind::CheckStarted { check, .. } => {
                // One that is not in the plan might do anything.
                let outline = self.outline.as_ref().and_then(|outline| outline.check(check.as_str()));
                outline.is_none_or(|check| check.effect > Effect::KeepsFiles)
            }
            _ => true,
        }
    }

    fn keep_attachments(&self, kind: &EventKind) -> Result<(), JournalError> {
        let EventKind::CheckFinished(finished) = kind else { return Ok(()) };
        let Status::Done(outcome) = &finished.status else { return Ok(()) };
        for attachment in outcome.finding().evidence.attachments() {
            let Some(content) = &attachment.content else { continue };
            let path = self.file(attachment.digest);
            if !files::holds(&path, content) {
                files::make_folder(&self.folder.join(FILES))?;
                files::put_for(&path, content, attachment.whole)?;
            } else if attachment.whole {
                files::make_private(&path)?;
            }
        }
        Ok(())
    }

    fn append(&mut self, line: &[u8], durably: bool) -> Result<(), JournalError> {
        // Whatever goes wrong from here on, the file may hold a part of the line, or all of it, or lose it later.
        self.failed = true;
        let written = self.file.write_all(line).and_then(|()| self.file.flush());
        if let Err(error) = written {
            let _ = self.file.set_len(self.bytes);
            return Err(JournalError::io("write", &self.path)(error));
        }
        if durably {
            self.file.sync_data().map_err(JournalError::io("sync", &self.path))?;
        }
        self.failed = false;
        Ok(())
    }
}

impl Recorder for Journal {
    /// Records one event: first the contents of its attachments, then its line. It is durable on return, except where it
    /// only tells of something that is still going on.
    ///
    /// # Errors
    ///
    /// It could not be written. The journal takes nothing more then, until it is opened again.
    fn record(&mut self, event: &Event) -> Result<(), JournalError> {
        if self.failed {
            let source = std::io::Error::other("an earlier line could not be written");
            return Err(JournalError::Io { action: "go on with", path: self.path.clone(), source });
        }
        let unwritable = |reason: String| JournalError::Unwritable { reason, path: self.path.clone() };
        let payload = wire::encode(event).map_err(unwritable)?;
        let (line, digest) = line::seal(self.digest, &payload);
        self.keep_attachments(&event.kind)?;
        self.append(&line, self.settles(&event.kind))?;

        self.digest = digest;
        self.lines += 1;
        self.bytes += line.len() as u64;
        if let EventKind::Planned(outline) = &event.kind {
            self.outline = Some(Arc::clone(outline));
        }
        Ok(())
    }
}

/// Puts a journal with nothing but its header in its place, all at once.
fn begin(path: &Path, release: &ReleaseId, now: Timestamp) -> Result<(), JournalError> {
    let header = Header {
        format: FORMAT.to_owned(),
        version: FormatVersion::CURRENT,
        release: release.to_string(),
        created: now,
    };
    let payload = serde_json::to_vec(&header)
        .map_err(|error| JournalError::Unwritable { reason: error.to_string(), path: path.to_owned() })?;
    files::put(path, &line::seal(Digest::ZERO, &payload).0)
}
