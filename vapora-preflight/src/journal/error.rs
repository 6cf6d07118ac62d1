//! Why a journal could not be opened, read or written.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::FormatVersion;
use crate::{ReleaseId, Timestamp};

/// Why a journal could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// A file could not be read or written.
    #[error("could not {action} `{path}`")]
    Io {
        /// What was to be done.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Somebody else is writing it.
    #[error("the journal is being written by {}: `{path}`", named(.writer.as_ref()))]
    Locked {
        /// Who; nothing where the lock does not say it yet.
        writer: Option<Writer>,
        /// The file that is locked.
        path: PathBuf,
    },
    /// A line is not what was written: nothing after it can be trusted, and nothing before it says what is missing.
    #[error("line {line} of the journal is broken, {reason}: `{path}`")]
    Broken {
        /// The number of the line, from one.
        line: usize,
        /// What is wrong with it.
        reason: String,
        /// The journal.
        path: PathBuf,
    },
    /// It was written by a later version of the library.
    #[error("expected a journal of format {supported} or earlier, found {found}: `{path}`")]
    Newer {
        /// The format it is written in.
        found: FormatVersion,
        /// The latest format that is known here.
        supported: FormatVersion,
        /// The journal.
        path: PathBuf,
    },
    /// It is the journal of another release.
    #[error("expected the journal of release `{expected}`, found that of `{found}`: `{path}`")]
    OtherRelease {
        /// The release that was asked for.
        expected: ReleaseId,
        /// The release it was begun for.
        found: String,
        /// The journal.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("expected a journal, found {found}: `{path}`")]
    NotAJournal {
        /// What it is.
        found: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// There is none.
    #[error("no journal is kept at `{path}`")]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// The event cannot be recorded in a way that it could be read again.
    #[error("the event cannot be recorded, {reason}: `{path}`")]
    Unwritable {
        /// What is the matter with it.
        reason: String,
        /// The journal.
        path: PathBuf,
    },
}

/// Who writes a journal, as the file of its lock says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Writer {
    /// What the writer calls itself; it should name its machine too.
    pub by: String,
    /// Its process, on its machine.
    pub pid: u32,
    /// Since when it has been writing.
    pub since: Timestamp,
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, process {}, since {}", self.by, self.pid, self.since)
    }
}

fn named(writer: Option<&Writer>) -> String {
    writer.map_or_else(|| "another process".to_owned(), Writer::to_string)
}

impl JournalError {
    /// What to do about it.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Locked { writer: Some(writer), .. } => {
                Some(format!("wait until it has ended, or end process {} on its machine", writer.pid))
            }
            Self::Locked { writer: None, .. } => Some("wait until it has ended".to_owned()),
            Self::Broken { .. } => {
                Some("restore the journal from a copy, or begin a new one elsewhere".to_owned())
            }
            Self::Newer { .. } => Some("use the version of the program that wrote it".to_owned()),
            Self::OtherRelease { .. } => Some("name the release whose journal it is".to_owned()),
            Self::Io { .. } | Self::NotAJournal { .. } | Self::Missing { .. } | Self::Unwritable { .. } => {
                None
            }
        }
    }

    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
