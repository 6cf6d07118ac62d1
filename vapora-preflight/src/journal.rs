//! The record of a run: events, kept.

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
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}
