//! Writing to a deployment as it was read, and to no other.

use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use vapora_preflight::CheckError;

use super::place::Place;
use crate::{
    object::{Deployment, Whole},
    read::{Reader, read},
    refused::Answer,
    resource::Resource,
};

/// The name under which the API server notes who has written.
pub(super) const MANAGER: &str = "vapora-preflight";
/// How often a change is tried that others are always ahead of.
pub(super) const TRIES: usize = 8;

/// What came of a change.
#[derive(Debug)]
pub(super) enum Patched {
    /// It was made, and this is what the deployment is now.
    Made(Box<Whole<Deployment>>),
    /// The deployment is not the one that was read any more.
    Stale,
    /// It was not made.
    Refused(CheckError),
}

/// Changes a deployment that was read, if it is still as it was read.
///
/// # Errors
///
/// An answer, or none, that does not say whether the change was made.
pub(super) async fn patch(
    reader: &Reader<'_>,
    what: &str,
    place: &Place,
    read_as: &Whole<Deployment>,
    operations: Vec<Value>,
) -> Result<Patched, CheckError> {
    let metadata = &read_as.json["metadata"];
    let mut all: Vec<Value> = ["uid", "resourceVersion"]
        .into_iter()
        .map(|field| json!({ "op": "test", "path": format!("/metadata/{field}"), "value": metadata[field] }))
        .collect();
    all.extend(operations);
    let path = Resource::DEPLOYMENTS.path(Some(&place.namespace));
    let request = Request::patch(format!("{path}/{}?fieldManager={MANAGER}", place.name))
        .header(header::CONTENT_TYPE, "application/json-patch+json")
        .header(header::ACCEPT, "application/json")
        .body(serde_json::to_vec(&all)?)?;
    let answer = reader.send(what, request).await?;
    if is_stale(&answer) {
        return Ok(Patched::Stale);
    }
    if answer.status.is_client_error() && answer.status != StatusCode::REQUEST_TIMEOUT {
        return Ok(Patched::Refused(answer.refuses(what)));
    }
    let made: Whole<Deployment> = read(what, &answer, &[StatusCode::OK], Resource::DEPLOYMENTS.kind)?;
    Ok(Patched::Made(Box::new(made)))
}

/// Whether the deployment was changed since it was read. Of a test that fails, the server gives no cause.
fn is_stale(answer: &Answer) -> bool {
    match answer.status {
        StatusCode::CONFLICT => true,
        StatusCode::UNPROCESSABLE_ENTITY => {
            let details = answer.refusal().and_then(|refusal| refusal.details);
            details.is_none_or(|details| details.name.is_none() && details.causes.is_empty())
        }
        _ => false,
    }
}
