//! Fetching: what is there already, what is missing, and what came.

use reqwest::{
    Response, Version,
    header::{CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, TRANSFER_ENCODING},
};
use vapora_preflight::{Bytes, CheckContext, CheckError, Digest, Finding};

use super::{
    Download, Origin, Stop,
    kept::Kept,
    part::{self, Part},
};
use crate::{HttpClient, HttpRequest, client::Use, exchange::Opened};

/// How much is received between two notes of how far it has come.
const NOTED: u64 = 1 << 20;

/// One attempt.
pub(super) struct Transfer<'a, O> {
    pub(super) asked: &'a Download<'a>,
    pub(super) client: &'a HttpClient,
    pub(super) origin: &'a O,
    pub(super) cx: &'a CheckContext,
    pub(super) kept: Kept,
}

/// What has come of it so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) url: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) size: Option<u64>,
    pub(crate) sha256: Option<Digest>,
    pub(crate) fetched: bool,
    pub(crate) received: u64,
    pub(crate) resumed_at: u64,
    pub(crate) content_type: Option<String>,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
}

impl<O: Origin> Transfer<'_, O> {
    pub(super) async fn run(&self, part: Part, seen: &mut Seen) -> Result<String, Stop> {
        let to = self.asked.to.display();
        self.cx.doing(format!("reading `{to}`, which is there already"));
        let there = part::of_file(self.asked.to).await?;
        if let (Some((size, digest)), Some(expected)) = (there, self.asked.expected)
            && digest == expected
        {
            (seen.size, seen.sha256) = (Some(size), Some(digest));
            self.fits(size)?;
            part.discard().await?;
            return Ok(format!("`{to}` is there already, with the expected digest"));
        }
        let unchanged = there.filter(|(_, digest)| {
            self.asked.expected.is_none() && self.kept.is_whole(self.asked.url, *digest)
        });
        let part = part.go_on().await?;
        let opened = self.ask(&part, unchanged.is_some()).await?;
        self.note(&opened, seen);
        if let (Some((size, digest)), 304) = (unchanged, opened.response.status().as_u16()) {
            (seen.size, seen.sha256) = (Some(size), Some(digest));
            self.fits(size)?;
            part.discard().await?;
            return Ok(format!("`{to}` is there already, and has not changed at its source"));
        }
        let (opened, part) = self.placed(opened, part, seen).await?;
        let kept = match seen.resumed_at {
            0 => Kept::of(self.asked.url, opened.response.headers()),
            _ => self.kept.clone(),
        };
        let part = self.receive(opened, part, seen).await?;
        self.finish(part, kept, seen).await
    }

    /// Asks for what is missing, or whether the whole has changed.
    async fn ask(&self, part: &Part, whole: bool) -> Result<Opened<'_>, Stop> {
        let mut request = self.origin.request()?;
        if whole {
            if let Some(tag) = &self.kept.etag {
                request = request.header("if-none-match", tag)?;
            } else if let Some(time) = &self.kept.last_modified {
                request = request.header("if-modified-since", time)?;
            }
        } else if let (true, Some(validator)) = (part.written() > 0, self.kept.validator(self.asked.url)) {
            request = request
                .header("range", &format!("bytes={}-", part.written()))?
                .header("if-range", validator)?;
        }
        self.send(request).await
    }

    async fn send(&self, request: HttpRequest) -> Result<Opened<'_>, Stop> {
        self.cx.doing(format!("waiting for {}", self.asked.what));
        Ok(self.client.open(request, Use::Bare).await?)
    }

    /// The answer together with the part that its body continues.
    async fn placed<'c>(
        &'c self,
        opened: Opened<'c>,
        part: Part,
        seen: &mut Seen,
    ) -> Result<(Opened<'c>, Part), Stop> {
        let status = opened.response.status().as_u16();
        let range = range(opened.response.headers());
        if status == 206 && part.written() > 0 && range.is_some_and(|it| it.from == part.written()) {
            seen.resumed_at = part.written();
            self.judge(&opened)?;
            return Ok((opened, part));
        }
        let opened = match status {
            // what is there does not fit what the server has, or it sends another part than was asked for
            206 | 416 if part.written() > 0 => {
                drop(opened);
                let again = self.send(self.origin.request()?).await?;
                self.note(&again, seen);
                again
            }
            _ => opened,
        };
        if opened.response.status().as_u16() != 200 {
            return Err(self.origin.refused(opened).await);
        }
        self.judge(&opened)?;
        // first the old part goes, then what is known of it
        let part = part.begin().await?;
        Kept::of(self.asked.url, opened.response.headers()).write(self.asked.to).await?;
        Ok((opened, part))
    }

    /// What is wrong with the head of an answer.
    fn judge(&self, opened: &Opened<'_>) -> Result<(), Stop> {
        let response = &opened.response;
        let what = &self.asked.what;
        if let Some(coding) = response.headers().get(CONTENT_ENCODING)
            && !coding.as_bytes().eq_ignore_ascii_case(b"identity")
        {
            return Err(Stop::from(
                Finding::new(format!("{what} is sent compressed, which was not asked for"))
                    .expected("the file as it is")
                    .actual(format!("content-encoding: {}", String::from_utf8_lossy(coding.as_bytes())))
                    .remedy(
                        "let the server send it as it is, or ask for the compressed file by its own name",
                    ),
            ));
        }
        if let Some(expected) = &self.asked.content_type {
            let found = media_type(response);
            let right = |found: &String| found.starts_with(&expected.trim().to_ascii_lowercase());
            if !found.as_ref().is_some_and(right) {
                return Err(Stop::from(
                    Finding::new(format!("{what} is of another type of content"))
                        .expected(*expected)
                        .actual(found.unwrap_or_else(|| "no type".to_owned())),
                ));
            }
        }
        Ok(())
    }

    fn note(&self, opened: &Opened<'_>, seen: &mut Seen) {
        let response = &opened.response;
        let kept = Kept::of(self.asked.url, response.headers());
        seen.url = Some(opened.request.url.as_str().to_owned());
        seen.status = Some(response.status().as_u16());
        seen.content_type = media_type(response);
        (seen.etag, seen.last_modified) = (kept.etag, kept.last_modified);
    }

    /// What is wrong with a file of that size.
    fn fits(&self, size: u64) -> Result<(), Stop> {
        let (what, limit, least) = (&self.asked.what, self.asked.limit, self.asked.at_least);
        let exactly = |size: u64| format!("{size} bytes");
        let finding = if size > limit.get() {
            self.larger(exactly(size))
        } else if let Some(expected) = self.asked.size.filter(|expected| *expected != size) {
            Finding::new(format!("{what} has another size")).expected(exactly(expected)).actual(exactly(size))
        } else if size < least.get() {
            Finding::new(format!("{what} is smaller than {least}"))
                .expected(format!("at least {least}"))
                .actual(exactly(size))
                .remedy("see what is sent there, or lower `at_least`")
        } else {
            return Ok(());
        };
        Err(Stop::from(finding))
    }

    fn larger(&self, actual: String) -> Finding {
        let limit = self.asked.limit;
        Finding::new(format!("{} is larger than {limit}", self.asked.what))
            .expected(format!("no more than {limit}"))
            .actual(actual)
            .remedy("see what is sent there, or raise `limit`")
    }

    /// Writes the body after what is there. Where it is cut short, that much is kept for the next attempt.
    async fn receive(&self, opened: Opened<'_>, part: Part, seen: &mut Seen) -> Result<Part, Stop> {
        let (mut opened, mut part) = (opened, part);
        let total = match seen.resumed_at {
            0 => opened.response.content_length(),
            _ => range(opened.response.headers()).map(|range| range.total),
        };
        let told = total.is_some() || has_end(&opened.response);
        if !told && self.asked.expected.is_none() && self.asked.size.is_none() {
            return Err(Stop::Error(
                CheckError::permanent(format!(
                    "{} does not say where it ends, so nobody can tell whether it is whole",
                    self.asked.what
                ))
                .remedy("give its `sha256`, `checksums` or `size`"),
            ));
        }
        if let Some(Err(stop)) = total.map(|total| self.fits(total)) {
            part.discard().await?;
            return Err(stop);
        }
        seen.fetched = true;
        let mut noted = 0;
        while let Some(chunk) = opened.chunk().await? {
            seen.received += chunk.len() as u64;
            if chunk.len() as u64 > self.asked.limit.get().saturating_sub(part.written()) {
                part.discard().await?;
                return Err(Stop::from(self.larger(format!("more than {}", self.asked.limit))));
            }
            part = part.add(chunk).await?;
            if seen.received >= noted {
                noted = seen.received + NOTED;
                let of = total.map(|all| format!(" of {}", Bytes::new(all))).unwrap_or_default();
                let so_far = Bytes::new(part.written());
                self.cx.doing(format!("receiving {}, {so_far}{of} so far", self.asked.what));
            }
        }
        if let Some(total) = total.filter(|total| *total != part.written()) {
            let sent = part.written();
            return Err(Stop::Error(CheckError::transient(format!(
                "{sent} of {total} bytes of {} came, and no more",
                self.asked.what
            ))));
        }
        Ok(part)
    }

    /// An archive tells itself that it is whole, where nobody else does.
    async fn opened(&self, part: Part) -> Result<Part, Stop> {
        if !self.asked.archive || self.asked.expected.is_some() {
            return Ok(part);
        }
        let (part, is_zip) = part.look_for_zip().await?;
        if is_zip {
            return Ok(part);
        }
        part.discard().await?;
        Err(Stop::Error(CheckError::transient(format!("{} is no zip archive", self.asked.what))))
    }

    /// Compares what came, and gives it its name.
    async fn finish(&self, part: Part, kept: Kept, seen: &mut Seen) -> Result<String, Stop> {
        let (size, digest) = (part.written(), part.digest());
        let to = self.asked.to.display();
        let wrong = match (self.fits(size), digest) {
            (Err(stop), _) => Some(stop),
            (Ok(()), None) => Some(Stop::Error(CheckError::permanent("the digest could not be worked out"))),
            (Ok(()), Some(digest)) => self.asked.expected.filter(|expected| *expected != digest).map(|expected| {
                Stop::from(
                    Finding::new(format!("{} has another digest", self.asked.what))
                        .expected(format!("sha256:{expected}"))
                        .actual(format!("sha256:{digest}, of {size} bytes"))
                        .remedy("see that the file and its checksum are of the same build, and that nothing on the way changes it"),
                )
            }),
        };
        if let Some(wrong) = wrong {
            part.discard().await?;
            return Err(wrong);
        }
        let part = self.opened(part).await?;
        self.cx.doing(format!("flushing `{to}` to the disk"));
        part.finish().await?;
        (seen.size, seen.sha256) = (Some(size), digest);
        if let Some(digest) = digest {
            kept.whole(digest).write(self.asked.to).await?;
        }
        let resumed = if seen.resumed_at > 0 { ", after what was there" } else { "" };
        Ok(format!("`{to}` is downloaded: {}{resumed}", Bytes::new(size)))
    }
}

/// Where a part of a file begins, and how long the whole is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    from: u64,
    total: u64,
}

/// The range of an answer that says all of it: `bytes 100-199/200`.
fn range(headers: &HeaderMap) -> Option<Range> {
    let value = headers.get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")?;
    let (span, total) = value.split_once('/')?;
    let (from, to) = span.split_once('-')?;
    let (from, to, total): (u64, u64, u64) = (from.parse().ok()?, to.parse().ok()?, total.parse().ok()?);
    (from <= to && to < total).then_some(Range { from, total })
}

/// Whether the end of a body without a length is told, so that one that is cut short is found out.
fn has_end(response: &Response) -> bool {
    response.version() > Version::HTTP_11 || response.headers().contains_key(TRANSFER_ENCODING)
}

fn media_type(response: &Response) -> Option<String> {
    let whole = response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    Some(whole.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_only_where_it_says_all() {
        let of = |value: &str| {
            range(&[(CONTENT_RANGE, value.parse().unwrap())].into_iter().collect::<HeaderMap>())
        };
        assert_eq!(of("bytes 100-199/200"), Some(Range { from: 100, total: 200 }));
        for bad in [
            "bytes 100-199/*",
            "bytes */200",
            "bytes 100-200/200",
            "bytes 9-8/20",
            "items 0-1/2",
            "0-1/2",
            "bytes -1-1/2",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
