//! What the check has seen.

use vapora_preflight::{Digest, Evidence, EvidenceField, Unit};

use super::HttpDownloaded;

const fn field(name: &'static str, about: &'static str) -> EvidenceField {
    EvidenceField { name, about }
}

pub(super) const DECLARED: &[EvidenceField] = &[
    field("path", "the file"),
    field("url", "where it came from, after redirects"),
    field("status", "the status of the answer, or none where the server was not asked"),
    field("size", "how large the file is, in bytes, or none where there is no such file in the end"),
    field("sha256", "the digest of the file, or none where there is no such file in the end"),
    field("fetched", "whether it was fetched now"),
    field("received", "how much was received now, in bytes"),
    field("resumed_at", "how much of it was there from an earlier attempt, in bytes"),
    field("content_type", "the media type, or none"),
    field("etag", "what the server calls this content, or none"),
    field("last_modified", "when the server says it was changed, or none"),
];

/// What has come of it so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) url: Option<String>,
    pub(super) status: Option<u16>,
    pub(super) size: Option<u64>,
    pub(super) sha256: Option<Digest>,
    pub(super) fetched: bool,
    pub(super) received: u64,
    pub(super) resumed_at: u64,
    pub(super) content_type: Option<String>,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

impl Seen {
    pub(super) fn evidence(&self, asked: &HttpDownloaded) -> Evidence {
        Evidence::new()
            .with("path", asked.to.display().to_string())
            .with("url", self.url.as_deref().unwrap_or(asked.url.as_str()))
            .with("status", self.status.map(u32::from))
            .measured("size", self.size, Unit::Bytes)
            .with("sha256", self.sha256.map(|digest| digest.to_string()))
            .with("fetched", self.fetched)
            .measured("received", self.received, Unit::Bytes)
            .measured("resumed_at", self.resumed_at, Unit::Bytes)
            .with("content_type", self.content_type.as_deref())
            .with("etag", self.etag.as_deref())
            .with("last_modified", self.last_modified.as_deref())
    }
}
