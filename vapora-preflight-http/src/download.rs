//! Files that are streamed to the disk, compared, and only then given their name.

use std::path::Path;

use vapora_preflight::{Bytes, CheckError, Digest, Finding};

mod disk;
mod kept;
mod part;
mod transfer;

pub(crate) use self::{disk::refused_by_disk, transfer::Seen};
use self::{kept::Kept, part::Part, transfer::Transfer};
use crate::{HttpClient, HttpRequest, HttpUrl, exchange::Opened};

/// A file that is downloaded, and what it has to be.
pub(crate) struct Download<'a> {
    /// What it is called in messages, as in `` `https://a.test/x.zip` ``.
    pub(crate) what: String,
    /// What its content is known by from one attempt to the next.
    pub(crate) url: &'a HttpUrl,
    /// The file it becomes.
    pub(crate) to: &'a Path,
    pub(crate) at_least: Bytes,
    pub(crate) limit: Bytes,
    /// Its size in bytes, where it is known.
    pub(crate) size: Option<u64>,
    /// What its media type has to begin with.
    pub(crate) content_type: Option<&'a str>,
    pub(crate) expected: Option<Digest>,
    /// Whether it has to be a zip archive, where nothing else tells that it is whole.
    pub(crate) archive: bool,
}

/// What hands the file over.
pub(crate) trait Origin {
    /// A request of the file, as it stands and not compressed.
    fn request(&self) -> Result<HttpRequest, CheckError>;

    /// What an answer means that does not hand it over.
    fn refused(&self, opened: Opened<'_>) -> impl Future<Output = Stop> + Send;
}

/// Why a download comes to an end early.
pub(crate) enum Stop {
    Disk(std::io::Error),
    Error(CheckError),
    Finding(Box<Finding>),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Self::Finding(Box::new(finding))
    }
}

impl From<CheckError> for Stop {
    fn from(error: CheckError) -> Self {
        Self::Error(error)
    }
}

impl Download<'_> {
    /// Brings the file to where it belongs, and says how in one line.
    ///
    /// # Errors
    ///
    /// Why it is not there. What was there before still is.
    pub(crate) async fn fetch(
        &self,
        client: &HttpClient,
        origin: &impl Origin,
        cx: &vapora_preflight::CheckContext,
        seen: &mut Seen,
    ) -> Result<String, Stop> {
        let part = Part::open(self.to).await?;
        let kept = Kept::read(self.to).await;
        Transfer { asked: self, client, origin, cx, kept }.run(part, seen).await
    }
}
