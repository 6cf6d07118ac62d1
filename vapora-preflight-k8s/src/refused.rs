//! What it means when the API server does not answer as asked.

use std::time::Duration;

use http::{HeaderMap, Response, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::client::Body;
use serde::Deserialize;
use vapora_preflight::CheckError;

use crate::{read::broke_off, wording::short};

/// The `Status` object that comes with most refusals.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Refusal {
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    pub(crate) status: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) details: Option<Details>,
}

/// What a refusal is about.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Details {
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) causes: Vec<Because>,
}

/// One of several causes of a refusal.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Because {
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) field: Option<String>,
}

/// An answer whose body was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A cause that is only text.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Cause(pub(crate) String);

impl Answer {
    /// Reads the body of a response to its end, as long as it has at most so many bytes.
    pub(crate) async fn read(
        what: &str,
        response: Response<Body>,
        largest: usize,
    ) -> Result<Self, CheckError> {
        let (head, body) = response.into_parts();
        let body = match Limited::new(body, largest).collect().await {
            Ok(body) => body.to_bytes().to_vec(),
            Err(error) if error.is::<LengthLimitError>() => {
                let limit = largest / 1024 / 1024;
                return Err(CheckError::permanent(format!("could not {what}"))
                    .because(&Cause(format!("the answer is longer than {limit} MiB"))));
            }
            Err(error) => return Err(broke_off(what, error.as_ref())),
        };
        Ok(Self { status: head.status, headers: head.headers, body })
    }

    /// The `Status` object in the body. A time-out's is labelled as text and names no kind.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        let refusal: Refusal = serde_json::from_slice(&self.body).ok()?;
        let is_one =
            refusal.kind.as_deref() == Some("Status") || refusal.status.as_deref() == Some("Failure");
        is_one.then_some(refusal)
    }

    /// Whether it says that this object does not exist; other reasons for a 404 do not say so.
    pub(crate) fn is_absence_of(&self, plural: &str, name: &str) -> bool {
        let details = self.refusal().and_then(|refusal| refusal.details).unwrap_or_default();
        self.status == StatusCode::NOT_FOUND
            && details.name.as_deref() == Some(name)
            && details.kind.as_deref() == Some(plural)
    }

    fn said(&self) -> String {
        let text = match self.refusal().and_then(|refusal| refusal.message) {
            Some(message) => message,
            None => String::from_utf8_lossy(&self.body).into_owned(),
        };
        match short(&text) {
            text if text.is_empty() || Some(text.as_str()) == self.status.canonical_reason() => {
                format!("the server answered {}", self.status)
            }
            text => format!("the server answered {}: {text}", self.status),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.get(header::RETRY_AFTER)?.to_str().ok()?;
        value.trim().parse().ok().map(Duration::from_secs)
    }

    /// The error of a check that wanted to do `what`, as in `list the nodes`, and was answered this.
    pub(crate) fn refuses(&self, what: &str) -> CheckError {
        let could_not = format!("could not {what}");
        let because = Cause(self.said());
        let permanent = |remedy: String| CheckError::permanent(&could_not).because(&because).remedy(remedy);
        let transient = || {
            let error = CheckError::transient(&could_not).because(&because);
            match self.retry_after() {
                Some(pause) => error.retry_after(pause),
                None => error,
            }
        };
        match self.status.as_u16() {
            401 => permanent(
                "the credentials of the target were not accepted: renew the token or certificate of its context"
                    .to_owned(),
            ),
            403 => permanent(self.grant()),
            404 => permanent(
                "the server does not serve this: see that the target's `server` is a Kubernetes API server, and \
                 that it serves this version of the resource"
                    .to_owned(),
            ),
            408 | 410 | 425 | 429 | 500..=599 => transient(),
            _ => permanent("see what the server says about the request".to_owned()),
        }
    }

    /// Whether it says that the user lacks a right, and not that something else stands against the request.
    pub(crate) fn lacks_a_right(&self) -> bool {
        let message = self.refusal().and_then(|refusal| refusal.message).unwrap_or_default();
        self.status == StatusCode::FORBIDDEN && Right::missing(&message).is_some()
    }

    fn grant(&self) -> String {
        let message = self.refusal().and_then(|refusal| refusal.message).unwrap_or_default();
        match Right::missing(&message) {
            Some(right) if right.user == "system:anonymous" => {
                "no credentials were sent: give the target's context a user".to_owned()
            }
            Some(right) => right.grant(),
            None => {
                "see what the server says: a right, a quota or an admission rule stands against it".to_owned()
            }
        }
    }
}

/// A right that is missing, as the message of a 403 names it.
#[derive(Debug, PartialEq, Eq)]
struct Right<'a> {
    user: &'a str,
    verb: &'a str,
    resource: &'a str,
    group: &'a str,
    namespace: Option<&'a str>,
}

impl<'a> Right<'a> {
    /// Reads `… User "u" cannot list resource "pods" in API group "" in the namespace "n"`, and
    /// `… User "u" cannot get path "/x"`.
    fn missing(message: &'a str) -> Option<Self> {
        let quoted = |after: &str| -> Option<&'a str> {
            let (_, rest) = message.split_once(after)?;
            rest.split_once('"').map(|(inner, _)| inner)
        };
        let (_, rest) = message.split_once("\" cannot ")?;
        Some(Self {
            user: quoted("User \"")?,
            verb: rest.split(' ').next()?,
            resource: quoted(" resource \"").or_else(|| quoted(" path \""))?,
            group: quoted(" in API group \"").unwrap_or_default(),
            namespace: quoted(" in the namespace \""),
        })
    }

    fn grant(&self) -> String {
        let Self { user, verb, resource, .. } = self;
        let group =
            if self.group.is_empty() { String::new() } else { format!(" of the group `{}`", self.group) };
        let (place, kinds) = match self.namespace {
            Some(namespace) => {
                (format!("in the namespace `{namespace}`"), "a Role and a RoleBinding in that namespace")
            }
            None => ("in the whole cluster".to_owned(), "a ClusterRole and a ClusterRoleBinding"),
        };
        format!("grant `{user}` the right to `{verb}` `{resource}`{group} {place}, by {kinds}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_right_is_read_from_the_message() {
        let message = "deployments.apps is forbidden: User \"ci\" cannot list resource \"deployments\" in API group \
                       \"apps\" in the namespace \"vapora\"";
        let right = Right::missing(message).unwrap();
        assert_eq!(
            right.grant(),
            "grant `ci` the right to `list` `deployments` of the group `apps` in the namespace `vapora`, by a Role \
             and a RoleBinding in that namespace"
        );
        let path = Right::missing("forbidden: User \"ci\" cannot get path \"/readyz\"").unwrap();
        assert_eq!((path.verb, path.resource, path.namespace), ("get", "/readyz", None));
        assert_eq!(Right::missing("exceeded quota: a, requested: b"), None);
    }

    #[test]
    fn the_pause_a_server_asks_for_is_in_seconds() {
        let answer = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, value.parse().unwrap());
            Answer { status: StatusCode::TOO_MANY_REQUESTS, headers, body: Vec::new() }
        };
        assert_eq!(answer("7").retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(answer("Wed, 21 Oct 2026 07:28:00 GMT").retry_after(), None);
        assert!(answer("7").refuses("list the nodes").is_transient());
    }
}
