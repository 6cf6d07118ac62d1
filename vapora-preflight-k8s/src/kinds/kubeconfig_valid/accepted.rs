//! Whom the server takes the client for.

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use vapora_preflight::CheckError;

use crate::{
    read::{Reader, read, unreadable},
    refused::{Answer, Cause},
    resource::Resource,
};

/// Whom the server takes the client for.
#[derive(Debug)]
pub(super) enum Accepted {
    /// For this user.
    As { name: String, groups: Vec<String> },
    /// For somebody; the server does not say whom.
    Unnamed,
    /// For nobody it knows.
    Refused(String),
}

#[derive(Deserialize)]
struct Review {
    status: ReviewStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReviewStatus {
    user_info: UserInfo,
}

#[derive(Deserialize)]
struct UserInfo {
    #[serde(default)]
    username: String,
    #[serde(default)]
    groups: Vec<String>,
}

impl Accepted {
    pub(super) async fn of(reader: &Reader<'_>) -> Result<Self, CheckError> {
        let what = "ask the API server whom the credentials are for";
        let resource = Resource::SELF_REVIEWS;
        let body = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": resource.kind });
        let answer = reader.ask(what, resource, &body).await?;
        if let Some(refused) = Self::refused(&answer) {
            return Ok(refused);
        }
        // A server that does not know the question refuses it to users with few rights, before it looks for it.
        if [StatusCode::NOT_FOUND, StatusCode::FORBIDDEN].contains(&answer.status)
            && !reader.serves(resource).await?
        {
            return Self::by_access_review(reader).await;
        }
        let review: Review = read(what, &answer, &[StatusCode::OK, StatusCode::CREATED], resource.kind)?;
        let UserInfo { username, groups } = review.status.user_info;
        match username.as_str() {
            "" => Err(unreadable(what, &Cause("it names nobody".to_owned()))),
            "system:anonymous" => {
                Ok(Self::Refused("the server takes the client for somebody without credentials".to_owned()))
            }
            _ => Ok(Self::As { name: username, groups }),
        }
    }

    fn refused(answer: &Answer) -> Option<Self> {
        (answer.status == StatusCode::UNAUTHORIZED)
            .then(|| Self::Refused(format!("the server answered {}", answer.status)))
    }

    /// Any question that somebody with credentials may ask, and nobody without.
    async fn by_access_review(reader: &Reader<'_>) -> Result<Self, CheckError> {
        let what = "ask the API server whether it accepts the credentials";
        let resource = Resource::ACCESS_REVIEWS;
        let body = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": resource.kind,
            "spec": { "nonResourceAttributes": { "path": "/version", "verb": "get" } },
        });
        let answer = reader.ask(what, resource, &body).await?;
        if let Some(refused) = Self::refused(&answer) {
            return Ok(refused);
        }
        read::<serde_json::Value>(what, &answer, &[StatusCode::OK, StatusCode::CREATED], resource.kind)?;
        Ok(Self::Unnamed)
    }
}
