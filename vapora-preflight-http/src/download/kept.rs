//! What the server said of a file, kept beside it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use reqwest::header::{DATE, ETAG, HeaderMap, HeaderName, LAST_MODIFIED};
use serde::{Deserialize, Serialize};
use vapora_preflight::Digest;

use super::part;
use crate::HttpUrl;

/// How much of such a file is read.
const LARGEST: u64 = 64 << 10;

/// What is known of the content: of a file that is there, or of one of which a part is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    /// The digest of the URL, which may hold what is not to be kept.
    url: String,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    /// Whether `last_modified` names one content alone: the server had let a second go by.
    settled: bool,
    /// The digest of the whole, once it was there.
    sha256: Option<String>,
}

impl Kept {
    /// What is kept beside that file; nothing where there is none that can be read.
    pub(super) async fn read(to: &Path) -> Self {
        let path = name(to);
        let read = move || -> io::Result<Vec<u8>> {
            use io::Read as _;
            let mut content = Vec::new();
            fs::File::open(path)?.take(LARGEST).read_to_end(&mut content)?;
            Ok(content)
        };
        let content = part::blocking(read).await.unwrap_or_default();
        serde_json::from_slice(&content).unwrap_or_default()
    }

    /// What the head of an answer says.
    pub(super) fn of(url: &HttpUrl, headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| headers.get(name).and_then(|it| it.to_str().ok()).map(str::to_owned);
        let (last_modified, date) = (text(LAST_MODIFIED), text(DATE));
        Self {
            url: Digest::of(url.as_str()).to_string(),
            etag: text(ETAG),
            // both have the precision of a second, and the first is never after the second
            settled: date.is_some() && last_modified.is_some() && date != last_modified,
            last_modified,
            sha256: None,
        }
    }

    /// The same for the whole of the content.
    pub(super) fn whole(self, sha256: Digest) -> Self {
        Self { sha256: Some(sha256.to_string()), ..self }
    }

    /// What proves that a part belongs to the same content: a strong tag, or the time of a change that is settled.
    pub(super) fn validator(&self, url: &HttpUrl) -> Option<&str> {
        if !self.is_of(url) || self.sha256.is_some() {
            return None;
        }
        let strong = self.etag.as_deref().filter(|tag| tag.starts_with('"'));
        strong.or_else(|| self.last_modified.as_deref().filter(|_| self.settled))
    }

    /// Whether the file of that digest is what was downloaded from there.
    pub(super) fn is_whole(&self, url: &HttpUrl, sha256: Digest) -> bool {
        self.is_of(url)
            && self.sha256.as_deref() == Some(sha256.to_string().as_str())
            && (self.etag.is_some() || self.last_modified.is_some())
    }

    fn is_of(&self, url: &HttpUrl) -> bool {
        self.url == Digest::of(url.as_str()).to_string()
    }

    /// Keeps it beside that file.
    pub(super) async fn write(&self, to: &Path) -> io::Result<()> {
        let (path, content) = (name(to), serde_json::to_vec(self)?);
        part::blocking(move || fs::write(path, content)).await
    }
}

fn name(to: &Path) -> PathBuf {
    part::beside(to, "preflight.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(headers: &[(HeaderName, &str)]) -> Kept {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        Kept::of(&url(), &headers)
    }

    fn url() -> HttpUrl {
        "https://a.test/x.zip?token=abc".parse().unwrap()
    }

    #[test]
    fn only_what_names_one_content_is_a_validator() {
        let (then, later) = ("Tue, 01 Dec 2026 14:00:00 GMT", "Tue, 01 Dec 2026 14:00:01 GMT");
        for (headers, validator) in [
            (vec![(ETAG, "\"a\""), (LAST_MODIFIED, then), (DATE, later)], Some("\"a\"")),
            (vec![(ETAG, "W/\"a\""), (LAST_MODIFIED, then), (DATE, later)], Some(then)),
            (vec![(LAST_MODIFIED, then), (DATE, then)], None),
            (vec![(LAST_MODIFIED, then)], None),
            (vec![(ETAG, "W/\"a\"")], None),
            (vec![(ETAG, "a")], None),
            (vec![], None),
        ] {
            let kept = kept(&headers);
            assert_eq!(kept.validator(&url()), validator, "{headers:?}");
            assert_eq!(kept.validator(&"https://a.test/y".parse().unwrap()), None);
            assert!(!serde_json::to_string(&kept).unwrap().contains("abc"));
        }
        assert_eq!(Kept::default().validator(&url()), None);
    }

    #[test]
    fn a_file_that_was_changed_by_others_is_not_what_was_downloaded() {
        let whole = kept(&[(ETAG, "W/\"a\"")]).whole(Digest::of("a"));
        assert!(whole.is_whole(&url(), Digest::of("a")));
        assert!(!whole.is_whole(&url(), Digest::of("b")));
        assert!(!kept(&[]).whole(Digest::of("a")).is_whole(&url(), Digest::of("a")), "nothing to ask by");
        assert_eq!(whole.validator(&url()), None, "it is no part");
    }
}
