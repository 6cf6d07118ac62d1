//! What the API server serves.

use std::sync::Arc;

use http::StatusCode;
use serde::Deserialize;
use vapora_preflight::CheckError;

use crate::{
    LabelSelector, Namespace,
    object::Object,
    read::{Reader, read},
    resource::Resource,
};

#[derive(Deserialize)]
struct Served {
    resources: Vec<ServedResource>,
}

#[derive(Deserialize)]
struct ServedResource {
    name: String,
}

impl Reader<'_> {
    /// Whether the server serves this resource in this version.
    pub(crate) async fn serves(&self, resource: Resource) -> Result<bool, CheckError> {
        let Resource { group, version, .. } = resource;
        let path =
            if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let what = format!("ask whether the server has {}", resource.nouns());
        let answer = self.path(&what, &path).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        let served: Served = read(&what, &answer, &[StatusCode::OK], "APIResourceList")?;
        Ok(served.resources.iter().any(|one| one.name == resource.plural))
    }

    /// All objects of a resource that not every server has; none at all where this one does not serve it. A server that
    /// serves it and does not answer is an error.
    pub(crate) async fn list_where_served<T: Object + Sync + 'static>(
        &self,
        namespace: Option<&Namespace>,
        selector: Option<&LabelSelector>,
    ) -> Result<Option<Arc<Vec<T>>>, CheckError> {
        match self.list(namespace, selector).await {
            Ok(list) => Ok(Some(list)),
            // It may be absent, or have no right to be asked for, which is the same answer for a user with few rights.
            Err(error) if !error.is_transient() => {
                if self.serves(T::RESOURCE).await? {
                    Err(error)
                } else {
                    Ok(None)
                }
            }
            Err(error) => Err(error),
        }
    }
}
