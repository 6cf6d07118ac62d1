//! Which rights the user of a target has: by access reviews, which ask and keep nothing.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::{Request, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use vapora_preflight::{Access, CheckError, Permission, async_trait};

use crate::{K8sClient, read, refused::Answer, resource::Resource};

/// How many reviews are asked at once.
const AT_ONCE: usize = 8;
/// No review is longer.
const LARGEST: usize = 1024 * 1024;

/// The answer to a review.
#[derive(Debug, Deserialize)]
pub(crate) struct Review {
    pub(crate) status: ReviewStatus,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReviewStatus {
    pub(crate) allowed: bool,
    #[serde(default)]
    pub(crate) denied: bool,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) evaluation_error: Option<String>,
}

/// The question whether the user has this right.
pub(crate) fn question(right: &Permission) -> Value {
    let (resource, subresource) = match right.resource.split_once('/') {
        Some((resource, subresource)) => (resource, Some(subresource)),
        None => (right.resource.as_str(), None),
    };
    let mut attributes = json!({ "verb": right.verb, "group": right.group, "resource": resource });
    for (field, value) in [
        ("subresource", subresource),
        ("namespace", right.namespace.as_deref()),
        ("name", right.name.as_deref()),
    ] {
        if let Some(value) = value {
            attributes[field] = value.into();
        }
    }
    json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": attributes },
    })
}

#[async_trait]
impl Access for K8sClient {
    async fn denied(&self, rights: &[Permission]) -> Result<Vec<Permission>, CheckError> {
        let reviews = stream::iter(rights.to_vec()).map(|right| self.review(right)).buffered(AT_ONCE);
        let reviews: Vec<(Permission, ReviewStatus)> = reviews.try_collect().await?;
        let denies = |status: &ReviewStatus| {
            status.denied || !status.allowed && status.evaluation_error.as_deref().is_none_or(str::is_empty)
        };
        Ok(reviews.into_iter().filter(|(_, status)| denies(status)).map(|(right, _)| right).collect())
    }
}

impl K8sClient {
    async fn review(&self, right: Permission) -> Result<(Permission, ReviewStatus), CheckError> {
        let resource = Resource::ACCESS_REVIEWS;
        let what = format!("review the right to {right}");
        let request = Request::post(resource.path(None))
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(serde_json::to_vec(&question(&right))?)?;
        let response = self.send(request).await.map_err(|error| read::unanswered(self, &what, error))?;
        let answer = Answer::read(&what, response, LARGEST).await?;
        let review: Review =
            read::read(&what, &answer, &[StatusCode::OK, StatusCode::CREATED], resource.kind)?;
        Ok((right, review.status))
    }
}
