//! What a journal holds.

use std::{
    fmt, fs,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use super::{
    JOURNAL,
    error::JournalError,
    file_of, folder_of,
    line::{self, FORMAT, FormatVersion, Header, LONGEST, Preamble},
    wire,
};
use crate::{Digest, Event, NoPlan, ReleaseId, Report, Timestamp};

/// What a journal holds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct History {
    /// The release it is kept for.
    pub release: ReleaseId,
    /// When it was begun.
    pub created: Timestamp,
    /// The format it is written in.
    pub version: FormatVersion,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// How many events were left out because a later minor version of the format knows more kinds of them.
    pub unknown: usize,
    /// The last line, where it was never ended.
    pub dropped: Option<Torn>,
    folder: PathBuf,
}

/// A last line that was never ended: its writer was killed, or is just writing it. What it was to say was never recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Torn {
    /// The number of the line, from one.
    pub line: usize,
    /// How many bytes of it there are.
    pub bytes: u64,
}

impl fmt::Display for Torn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} was never ended; its {} bytes are left out", self.line, self.bytes)
    }
}

impl History {
    /// The report that the events give; nothing where there are none.
    ///
    /// # Errors
    ///
    /// The first event is not the plan.
    pub fn report(&self) -> Result<Option<Report>, NoPlan> {
        Report::from_events(&self.events)
    }

    /// Where the content of an attachment is kept.
    pub fn file(&self, digest: Digest) -> PathBuf {
        file_of(&self.folder, digest)
    }
}

/// A journal that was read, and where its writer goes on.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) history: History,
    pub(super) digest: Digest,
    pub(super) lines: usize,
    pub(super) bytes: u64,
}

/// Reads the journal of a release without its lock, as `status` and `report` do. A line that is just being written comes
/// as [`History::dropped`].
///
/// # Errors
///
/// There is none, it is broken, or it is not one that can be read here.
pub fn read_journal(root: impl AsRef<Path>, release: &ReleaseId) -> Result<History, JournalError> {
    let folder = folder_of(root.as_ref(), release);
    let read = || read(&folder, release).map(|reading| reading.history);
    match read() {
        // A writer that cuts off a torn line while it is being read leaves the halves of two lines behind; the second
        // look tells that from a break.
        Err(JournalError::Broken { .. }) => read(),
        other => other,
    }
}

/// The releases of which a journal is kept, in the order of their names; none where `root` does not exist.
///
/// # Errors
///
/// The folder cannot be read.
pub fn releases(root: impl AsRef<Path>) -> Result<Vec<ReleaseId>, JournalError> {
    let root = root.as_ref();
    let entries = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(JournalError::io("list", root))?,
    };
    let mut releases = Vec::new();
    for entry in entries {
        let entry = entry.map_err(JournalError::io("list", root))?;
        let release = entry.file_name().to_str().and_then(|name| ReleaseId::new(name).ok());
        releases.extend(release.filter(|_| entry.path().join(JOURNAL).is_file()));
    }
    releases.sort();
    Ok(releases)
}

/// Reads a journal line by line.
pub(super) fn read(folder: &Path, release: &ReleaseId) -> Result<Reading, JournalError> {
    let path = folder.join(JOURNAL);
    match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(JournalError::Missing { path }),
        // Neither a pipe nor a device is opened: one of them would have us wait for ever.
        Ok(found) if !found.is_file() => {
            return Err(JournalError::NotAJournal { found: "something that is no file", path });
        }
        found => found.map_err(JournalError::io("read", &path))?,
    };
    let file = File::open(&path).map_err(JournalError::io("read", &path))?;
    let mut text = BufReader::new(file);
    let beginning = text.fill_buf().map_err(JournalError::io("read", &path))?;
    if !line::begins_a_journal(beginning) {
        return Err(JournalError::NotAJournal { found: "another text", path });
    }
    let mut lines = Lines { text, line: 0, bytes: 0, path: &path };

    let (header, mut digest) = match lines.next()? {
        Some(Line::Whole(text)) => lines.header(&text, release)?,
        // A journal is put in its place with its header, so this is no torn write but a loss, and beginning anew would
        // hide it.
        _ => return Err(lines.broken("the header is cut off")),
    };
    let mut history = History {
        release: release.clone(),
        created: header.created,
        version: header.version,
        events: Vec::new(),
        unknown: 0,
        dropped: None,
        folder: folder.to_owned(),
    };
    while let Some(next) = lines.next()? {
        match next {
            Line::Whole(text) => {
                let (payload, following) =
                    line::open(digest, &text).map_err(|reason| lines.broken(reason))?;
                match wire::decode(payload) {
                    Ok(event) => history.events.push(event),
                    Err(unread) if unread.unknown_kind && history.version > FormatVersion::CURRENT => {
                        history.unknown += 1;
                    }
                    Err(unread) => return Err(lines.broken(unread.reason)),
                }
                digest = following;
            }
            Line::Open(text) => {
                line::torn(digest, &text).map_err(|reason| lines.broken(reason))?;
                history.dropped = Some(Torn { line: lines.line, bytes: text.len() as u64 });
            }
        }
    }
    let lines_read = lines.line - usize::from(history.dropped.is_some());
    Ok(Reading { history, digest, lines: lines_read, bytes: lines.bytes })
}

enum Line {
    /// Without its line feed.
    Whole(Vec<u8>),
    /// What stands after the last line feed.
    Open(Vec<u8>),
}

struct Lines<'p> {
    text: BufReader<File>,
    line: usize,
    bytes: u64,
    path: &'p Path,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<Line>, JournalError> {
        let mut text = Vec::new();
        let mut bounded = self.text.by_ref().take(LONGEST as u64 + 1);
        bounded.read_until(b'\n', &mut text).map_err(JournalError::io("read", self.path))?;
        if text.is_empty() && self.line > 0 {
            return Ok(None);
        }
        self.line += 1;
        if text.len() > LONGEST {
            return Err(self.broken("it is longer than 64 MiB"));
        }
        if text.pop_if(|last| *last == b'\n').is_some() {
            self.bytes += text.len() as u64 + 1;
            Ok(Some(Line::Whole(text)))
        } else {
            Ok(Some(Line::Open(text)))
        }
    }

    fn header(&self, text: &[u8], release: &ReleaseId) -> Result<(Header, Digest), JournalError> {
        let (payload, digest) = line::open(Digest::ZERO, text).map_err(|reason| self.broken(reason))?;
        let preamble: Preamble = serde_json::from_slice(payload).map_err(|_| self.not_a_journal())?;
        if preamble.format != FORMAT {
            return Err(self.not_a_journal());
        }
        if preamble.version.major > FormatVersion::CURRENT.major {
            return Err(JournalError::Newer {
                found: preamble.version,
                supported: FormatVersion::CURRENT,
                path: self.path.to_owned(),
            });
        }
        if preamble.version.major < FormatVersion::CURRENT.major {
            return Err(self.broken(format!("format {} never was", preamble.version)));
        }
        let header: Header =
            serde_json::from_slice(payload).map_err(|_| self.broken("it is not the header it should be"))?;
        if release != header.release.as_str() {
            return Err(JournalError::OtherRelease {
                expected: release.clone(),
                found: header.release,
                path: self.path.to_owned(),
            });
        }
        Ok((header, digest))
    }

    fn not_a_journal(&self) -> JournalError {
        JournalError::NotAJournal { found: "another text", path: self.path.to_owned() }
    }

    fn broken(&self, reason: impl Into<String>) -> JournalError {
        JournalError::Broken { line: self.line, reason: reason.into(), path: self.path.to_owned() }
    }
}
