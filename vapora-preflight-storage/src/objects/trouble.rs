//! What went wrong with an object store, in plain words.

use std::{error::Error, io, time::Duration};

use object_store::client::{HttpError, HttpErrorKind};
use vapora_preflight::{CheckError, ForbiddenAddress};

use super::{
    Bucket,
    guard::{NoList, Refusal, TooLarge},
};
use crate::place::Provider;

/// A request that was not answered as it should be. The texts of the error itself may hold a signature from the URL, so only
/// what lies at its bottom is handed on.
pub(super) fn of(bucket: &Bucket, what: &str, error: &object_store::Error) -> CheckError {
    if let Some(refused) = find::<ForbiddenAddress>(error) {
        return CheckError::permanent(refused.to_string()).remedy(
            "name another address; such addresses tell the credentials of the machine, and only the caller can allow them",
        );
    }
    let place = bucket.url();
    if let Some(large) = find::<TooLarge>(error) {
        return CheckError::permanent(format!("the answer of `{place}` is too large")).because(large);
    }
    if let Some(refusal) = bucket.last.refusal() {
        return refused(bucket, what, &refusal);
    }
    if matches!(error, object_store::Error::InvalidPath { .. }) {
        return CheckError::permanent(format!(
            "`{place}` holds a name that cannot be read: a part of it is empty, `.` or `..`"
        ))
        .remedy("rename that object, or name a place that does not hold it");
    }
    unanswered(what, &place, error)
}

fn unanswered(what: &str, place: &str, error: &object_store::Error) -> CheckError {
    let transient = |message: String| {
        let made = CheckError::transient(message);
        match root(error) {
            Some(root) => made.because(root),
            None => made,
        }
    };
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => {
            return transient(format!("the server of `{place}` refused the connection"))
                .remedy("make sure that something listens there, or correct `endpoint` of `store`");
        }
        Some(
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe,
        ) => {
            return transient(format!("the server of `{place}` reset the connection"));
        }
        _ => {}
    }
    match find::<HttpError>(error).map(HttpError::kind) {
        Some(HttpErrorKind::Connect) => transient(format!("could not connect to the server of `{place}`"))
            .remedy("check the network, the name of the bucket and `endpoint` of `store`"),
        Some(HttpErrorKind::Timeout) => transient(format!("the server of `{place}` did not answer in time")),
        Some(HttpErrorKind::Request | HttpErrorKind::Interrupted) => {
            transient(format!("the server of `{place}` closed the connection too early"))
        }
        _ if find::<HttpError>(error).is_some() && find::<NoList>(error).is_none() => transient(format!("{what}: no answer from `{place}` that could be read")),
        _ => CheckError::transient(format!("{what}: the answer of `{place}` is not that of an object store"))
            .remedy("make sure that `endpoint` of `store` leads to an object store and not to something before it"),
    }
}

fn refused(bucket: &Bucket, what: &str, refusal: &Refusal) -> CheckError {
    let (place, name) = (bucket.url(), &bucket.name);
    let said = match (&refusal.code, &refusal.message) {
        (Some(code), Some(message)) => format!(" `{code}`: {message}"),
        (Some(code), None) => format!(" `{code}`"),
        (None, Some(message)) => format!(": {message}"),
        (None, None) => String::new(),
    };
    let message = format!("{what}: `{place}` answered {}{said}", refusal.status);
    let permanent = |remedy: &str| CheckError::permanent(message.clone()).remedy(remedy);
    let code = refusal.code.as_deref().unwrap_or_default();
    match (refusal.status, code) {
        (_, "RequestTimeTooSkewed") => permanent("set the clock of this machine"),
        (_, "NoSuchBucket" | "ContainerNotFound") => permanent(&format!(
            "correct `{name}`, or create it; where it is in another account, use the credentials of that one"
        )),
        (_, "ExpiredToken" | "TokenRefreshRequired") => permanent("get new temporary credentials"),
        (
            _,
            "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "InvalidToken"
            | "AuthenticationFailed"
            | "invalid_grant",
        )
        | (401, _) => permanent("check the credentials that `store` names"),
        (301 | 307 | 308 | 400, _) if refusal.region.is_some() || code == "PermanentRedirect" => {
            let region = refusal.region.as_deref().unwrap_or("…");
            permanent(&format!("the bucket is in another region: write `region = \"{region}\"` in `store`"))
        }
        (403, _) => permanent(match bucket.provider {
            Provider::S3 => {
                "check the credentials, and that they may list the bucket and read its objects (`s3:ListBucket`, `s3:GetObject`)"
            }
            Provider::Google => {
                "check the credentials, and that they may list and read objects (`roles/storage.objectViewer`)"
            }
            Provider::Azure => {
                "check the credentials, and that they may list and read blobs (`Storage Blob Data Reader`)"
            }
        }),
        (404, _) => permanent(&format!("check the name of the bucket `{name}` and `endpoint` of `store`")),
        (408 | 425 | 429 | 500..=599, _) => {
            let error = CheckError::transient(message);
            match refusal.retry_after {
                Some(seconds) => error.retry_after(Duration::from_secs(seconds)),
                None => error,
            }
        }
        (300..=399, _) => permanent("correct `endpoint` of `store`; redirects are not followed"),
        _ => permanent("check the settings in `store`"),
    }
}

/// The error of that type among what lies behind an error.
fn find<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // An `io::Error` says what it wraps only by another way.
        if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
            && let Some(found) = find(inner)
        {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// What lies at the bottom of an error, below what the HTTP client says.
fn root<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    let mut root = find::<HttpError>(error)?.source()?.source()?;
    while let Some(next) = root.source() {
        root = next;
    }
    Some(root)
}
