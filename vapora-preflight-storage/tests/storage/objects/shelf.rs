//! What the simulations of Google Cloud Storage and Azure have in common: named objects with times.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::body::{Body, Bytes};
use http::{Request, Response, header};

/// Objects by their names, with what is in them and when they were written, as `YYYY-MM-DDTHH:MM:SS`.
#[derive(Clone, Default)]
pub(super) struct Shelf(Arc<Mutex<BTreeMap<String, (Bytes, &'static str)>>>);

/// One page of a list.
pub(super) struct Page {
    /// Each with its size, when it was written, and its mark.
    pub(super) objects: Vec<(String, usize, &'static str, String)>,
    pub(super) folders: Vec<String>,
    /// Where the next one begins.
    pub(super) next: Option<String>,
}

/// When an object of this simulation was written that nobody says more of.
pub(super) const WRITTEN: &str = "2026-12-01T12:00:00";

impl Shelf {
    pub(super) fn objects(&self) -> MutexGuard<'_, BTreeMap<String, (Bytes, &'static str)>> {
        self.0.lock().unwrap()
    }

    pub(super) fn put(&self, name: &str, content: &str, written: &'static str) {
        self.objects().insert(name.to_owned(), (Bytes::copy_from_slice(content.as_bytes()), written));
    }

    /// A page of so many names that begin with `prefix` and do not come before `from`.
    pub(super) fn page(&self, prefix: &str, delimited: bool, from: &str, most: usize) -> Page {
        let mut page = Page { objects: Vec::new(), folders: Vec::new(), next: None };
        for (name, (content, written)) in self.objects().iter() {
            let Some(rest) = name.strip_prefix(prefix).filter(|_| name.as_str() >= from) else { continue };
            if page.objects.len() + page.folders.len() == most {
                page.next = Some(name.clone());
                break;
            }
            match rest.find('/').filter(|_| delimited) {
                Some(end) => {
                    let folder = format!("{prefix}{}/", &rest[..end]);
                    if page.folders.last() != Some(&folder) {
                        page.folders.push(folder);
                    }
                }
                None => page.objects.push((name.clone(), content.len(), *written, mark(content))),
            }
        }
        page
    }
}

/// What says that an object is still the same.
fn mark(content: &Bytes) -> String {
    format!("\"{}\"", vapora_preflight::Digest::of(content).short())
}

/// The parameters behind the `?`.
pub(super) fn query(request: &Request<Body>) -> BTreeMap<String, String> {
    let query = request.uri().query().unwrap_or_default();
    let url = reqwest::Url::parse(&format!("http://x/?{query}")).unwrap();
    url.query_pairs().into_owned().collect()
}

/// A time as headers have it.
pub(super) fn http_date(written: &str) -> String {
    let (date, time) = written.split_once('T').unwrap();
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month: usize = date[5..7].parse().unwrap();
    let at: vapora_preflight::Timestamp = format!("{written}Z").parse().unwrap();
    // 1970 began on a Thursday
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let day = days[(at.unix_seconds() / 86_400 % 7) as usize];
    format!("{day}, {} {} {} {time} GMT", &date[8..], months[month - 1], &date[..4])
}

/// The first part of a path, and the rest of it.
pub(super) fn container_and_name(path: &str) -> (String, String) {
    let plain =
        reqwest::Url::parse(&format!("http://x/?p={}", path.trim_start_matches('/').replace('+', "%2B")))
            .unwrap();
    let plain = plain.query_pairs().next().map(|(_, path)| path.into_owned()).unwrap_or_default();
    plain
        .split_once('/')
        .map_or((plain.clone(), String::new()), |(one, two)| (one.to_owned(), two.to_owned()))
}

/// Whether a request has this header with this value.
pub(super) fn has(request: &Request<Body>, name: &str, value: &str) -> bool {
    request.headers().get(name).and_then(|found| found.to_str().ok()) == Some(value)
}

pub(super) fn xml(code: u16, body: String) -> Response<Body> {
    Response::builder()
        .status(code)
        .header(header::CONTENT_TYPE, "application/xml")
        .body(Body::from(format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{body}")))
        .unwrap()
}

pub(super) fn refusal(code: u16, word: &str, message: &str) -> Response<Body> {
    let mut response = xml(code, format!("<Error><Code>{word}</Code><Message>{message}</Message></Error>"));
    response.headers_mut().insert("x-ms-error-code", word.parse().unwrap());
    response
}

/// The answer to `GET` or `HEAD` of an object, in parts where that is asked for.
pub(super) fn object(request: &Request<Body>, content: &Bytes, written: &str) -> Response<Body> {
    let etag = mark(content);
    if request.headers().get(header::IF_MATCH).is_some_and(|wanted| wanted.as_bytes() != etag.as_bytes()) {
        return refusal(412, "PreconditionFailed", "it is another");
    }
    let response =
        Response::builder().header(header::ETAG, etag).header(header::LAST_MODIFIED, http_date(written));
    let range = request.headers().get(header::RANGE).or_else(|| request.headers().get("x-ms-range"));
    let bounds = |range: &str| -> Option<(usize, usize)> {
        let (start, end) = range.strip_prefix("bytes=")?.split_once('-')?;
        Some((start.parse().ok()?, end.parse().ok()?))
    };
    let range = range.and_then(|range| bounds(range.to_str().ok()?));
    if let Some((start, end)) = range {
        let end = content.len().min(end + 1);
        return response
            .status(206)
            .header(header::CONTENT_RANGE, format!("bytes {start}-{}/{}", end - 1, content.len()))
            .body(Body::from(content.slice(start..end)))
            .unwrap();
    }
    if request.method() == "HEAD" {
        return response.header(header::CONTENT_LENGTH, content.len()).body(Body::empty()).unwrap();
    }
    response.body(Body::from(content.clone())).unwrap()
}
