//! Server-side apply: what the API server makes of manifests, for good or for a try.

mod manager;
mod refusal;
mod resolve;
mod trial;

use http::{Request, StatusCode, header};
use serde_json::Value;
use vapora_preflight::CheckError;

pub use self::manager::FieldManager;
pub(crate) use self::{
    refusal::{Refused, Why},
    resolve::{Item, Resolved, Trouble, not_served, resolve},
    trial::{ATrouble, Attempt, Trial, Tried, What, Would, namespace_of, rights, validate, whole_resources},
};
use crate::{
    discovery::Served,
    read::{Reader, unreadable},
    refused::{Answer, Cause},
    warnings::warnings,
};

/// How objects are applied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct How<'a> {
    pub(crate) manager: &'a str,
    /// Whether fields that others manage are taken over.
    pub(crate) force: bool,
    /// Whether nothing is kept of it.
    pub(crate) dry_run: bool,
}

/// What came of applying one object.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) warnings: Vec<String>,
    pub(crate) result: Result<Done, Refused>,
}

/// An object as it is after it was applied, or would be.
#[derive(Debug)]
pub(crate) struct Done {
    /// Whether it was not there before.
    pub(crate) created: bool,
    pub(crate) object: Value,
}

impl Reader<'_> {
    /// Applies an object of which the body is given as it is sent.
    ///
    /// # Errors
    ///
    /// No answer, a right that is missing, and whatever else says nothing about the object itself.
    pub(crate) async fn apply(
        &self,
        served: &Served,
        namespace: Option<&str>,
        name: &str,
        body: Vec<u8>,
        how: How<'_>,
    ) -> Result<Applied, CheckError> {
        let trying = if how.dry_run { "try to apply" } else { "apply" };
        let what = format!("{trying} {} `{name}`", served.kind);
        let mut query = format!("fieldManager={}&fieldValidation=Strict", encoded(how.manager));
        if how.dry_run {
            query.push_str("&dryRun=All");
        }
        if how.force {
            query.push_str("&force=true");
        }
        let request = Request::patch(format!("{}?{query}", served.path(namespace, Some(name))))
            .header(header::CONTENT_TYPE, "application/apply-patch+yaml")
            .header(header::ACCEPT, "application/json")
            .body(body)?;
        let answer = self.send(&what, request).await?;
        let warnings = warnings(&answer.headers);
        if !matches!(answer.status, StatusCode::OK | StatusCode::CREATED) {
            let refused = Refused::of(&what, &answer, &served.kind)?;
            return Ok(Applied { warnings, result: Err(refused) });
        }
        let object = whole(&what, &answer, served, name)?;
        let created = answer.status == StatusCode::CREATED;
        Ok(Applied { warnings, result: Ok(Done { created, object }) })
    }

    /// The whole of an object as it is, or none where the server says that it does not exist; neither it nor its namespace.
    pub(crate) async fn get_whole(
        &self,
        served: &Served,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Value>, CheckError> {
        let what = format!("get {} `{name}`", served.kind);
        let answer = self.path(&what, &served.path(namespace, Some(name))).await?;
        if answer.is_absence_of(&served.plural, name) {
            return Ok(None);
        }
        if answer.status != StatusCode::OK {
            return Err(answer.refuses(&what));
        }
        whole(&what, &answer, served, name).map(Some)
    }
}

/// The object of an answer, if it is the one that was asked about.
fn whole(what: &str, answer: &Answer, served: &Served, name: &str) -> Result<Value, CheckError> {
    let object: Value = serde_json::from_slice(&answer.body).map_err(|error| unreadable(what, &error))?;
    let is_it = object["kind"] == served.kind.as_str()
        && object["apiVersion"] == served.api_version()
        && object["metadata"]["name"] == name;
    if is_it { Ok(object) } else { Err(unreadable(what, &Cause("it is about another object".to_owned()))) }
}

/// A text as it may stand in a query.
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut all, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            all.push(char::from(byte));
        } else {
            let _ = write!(all, "%{byte:02X}");
        }
        all
    })
}
