//! What the check has seen.

use vapora_preflight::{Evidence, EvidenceField, Unit};

use super::HttpDownloaded;
use crate::download::Seen;

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

pub(super) fn of(asked: &HttpDownloaded, seen: &Seen) -> Evidence {
    Evidence::new()
        .with("path", asked.to.display().to_string())
        .with("url", seen.url.as_deref().unwrap_or(asked.url.as_str()))
        .with("status", seen.status.map(u32::from))
        .measured("size", seen.size, Unit::Bytes)
        .with("sha256", seen.sha256.map(|digest| digest.to_string()))
        .with("fetched", seen.fetched)
        .measured("received", seen.received, Unit::Bytes)
        .measured("resumed_at", seen.resumed_at, Unit::Bytes)
        .with("content_type", seen.content_type.as_deref())
        .with("etag", seen.etag.as_deref())
        .with("last_modified", seen.last_modified.as_deref())
}
