//! What is wrong with an archive.

use std::{fmt, io};

/// What is wrong with an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It is damaged, or no such archive.
    Broken(String),
    /// It may be in order, and is made so that it does harm: it is not read any further.
    Refused(String),
    /// It uses something that is not read here, so that nothing is known of it.
    Unknown(String),
}

impl Flaw {
    pub(super) fn broken(what: impl Into<String>) -> Self {
        Self::Broken(what.into())
    }

    pub(super) fn refused(what: impl Into<String>) -> Self {
        Self::Refused(what.into())
    }

    pub(super) fn unknown(what: impl Into<String>) -> Self {
        Self::Unknown(what.into())
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Broken(what) | Self::Refused(what) | Self::Unknown(what)) = self;
        f.write_str(what)
    }
}

impl std::error::Error for Flaw {}

impl From<Flaw> for io::Error {
    fn from(flaw: Flaw) -> Self {
        Self::other(flaw)
    }
}

/// A flaw that passed through a reader comes out as it went in; what a reader says itself is damage.
impl From<io::Error> for Flaw {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::broken("it ends too early");
        }
        let text = error.to_string();
        match error.into_inner().map(<dyn std::error::Error + Send + Sync + 'static>::downcast::<Self>) {
            Some(Ok(flaw)) => *flaw,
            _ => Self::broken(text),
        }
    }
}
