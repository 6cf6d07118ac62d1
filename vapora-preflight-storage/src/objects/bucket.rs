//! What is asked of an open bucket.

use std::{fmt, ops::Range, sync::Arc};

use bytes::Bytes;
use object_store::{
    GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload,
    list::{PaginatedListOptions, PaginatedListStore},
    path::Path,
};
use vapora_preflight::CheckError;

use super::{guard::LastAnswer, trouble};
use crate::place::Provider;

/// How many names are asked for at once.
const PAGE: usize = 1000;
/// How many pages of a list may hold no object, one after another, and still not be the last one.
const MOST_EMPTY: u32 = 100;

/// An open bucket. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Bucket {
    pub(super) provider: Provider,
    pub(super) name: String,
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) pages: Arc<dyn PaginatedListStore>,
    pub(super) last: Arc<LastAnswer>,
}

impl Bucket {
    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.provider.scheme(), self.name)
    }

    /// Lists the objects whose names begin with `prefix`, page by page; only those without a further slash where it is not
    /// `deep`.
    ///
    /// # Errors
    ///
    /// Among others where there are more than `limit`.
    pub(crate) async fn list(
        &self,
        prefix: &str,
        deep: bool,
        limit: usize,
    ) -> Result<Vec<ObjectMeta>, CheckError> {
        let mut found = Vec::new();
        let mut token = None;
        let mut empty = 0;
        loop {
            let options = PaginatedListOptions {
                delimiter: (!deep).then(|| "/".into()),
                max_keys: Some(PAGE),
                page_token: token,
                ..PaginatedListOptions::default()
            };
            let prefix = (!prefix.is_empty()).then_some(prefix);
            let page = self.pages.list_paginated(prefix, options).await;
            let page = page.map_err(|error| trouble::of(self, "could not list the objects", &error))?;
            empty = if page.result.objects.is_empty() { empty + 1 } else { 0 };
            found.extend(page.result.objects);
            if found.len() > limit {
                return Err(CheckError::permanent(format!(
                    "`{}` holds more than {limit} objects there",
                    self.url()
                ))
                .remedy("name a place further down that holds fewer"));
            }
            match page.page_token {
                Some(_) if empty > MOST_EMPTY => {
                    return Err(CheckError::transient(format!(
                        "the list of the objects of `{}` does not end",
                        self.url()
                    )));
                }
                Some(next) => token = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// What is known of one object; nothing where it is not there.
    pub(crate) async fn look(&self, path: &Path) -> Result<Option<ObjectMeta>, CheckError> {
        match self.objects.head(path).await {
            Ok(meta) => Ok(Some(meta)),
            // An answer to `HEAD` has no body that could tell a missing object from a missing bucket.
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(trouble::of(self, &format!("could not look at `{path}`"), &error)),
        }
    }

    /// Reads a part of an object that has to be the one that was listed.
    pub(crate) async fn read(&self, object: &ObjectMeta, range: Range<u64>) -> Result<Bytes, CheckError> {
        let path = &object.location;
        let changed = || CheckError::transient(format!("`{path}` was changed while it was read"));
        let wrong = |error: &object_store::Error| match error {
            object_store::Error::Precondition { .. } => changed(),
            object_store::Error::NotFound { .. } => {
                CheckError::transient(format!("`{path}` was removed while it was read"))
            }
            error => trouble::of(self, &format!("could not read `{path}`"), error),
        };
        let options = GetOptions {
            range: Some(GetRange::Bounded(range.clone())),
            if_match: object.e_tag.clone(),
            ..GetOptions::default()
        };
        let got = self.objects.get_opts(path, options).await.map_err(|error| wrong(&error))?;
        if got.meta.size != object.size {
            return Err(changed());
        }
        let bytes = got.bytes().await.map_err(|error| wrong(&error))?;
        if bytes.len() as u64 != range.end - range.start {
            return Err(CheckError::transient(format!(
                "the server sent another number of bytes of `{path}` than it was asked for"
            )));
        }
        Ok(bytes)
    }

    /// Writes an object.
    ///
    /// # Errors
    ///
    /// Whatever does not mean that it is denied.
    pub(crate) async fn write(&self, path: &Path, content: Bytes) -> Result<Result<(), Denied>, CheckError> {
        match self.objects.put(path, PutPayload::from_bytes(content)).await {
            Ok(_) => Ok(Ok(())),
            Err(error) => self.denied(&error, &format!("could not write `{path}`")),
        }
    }

    /// Removes an object. That it is not there is as good.
    ///
    /// # Errors
    ///
    /// Whatever does not mean that it is denied.
    pub(crate) async fn remove(&self, path: &Path) -> Result<Result<(), Denied>, CheckError> {
        match self.objects.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(Ok(())),
            Err(error) => self.denied(&error, &format!("could not remove `{path}`")),
        }
    }

    fn denied(&self, error: &object_store::Error, what: &str) -> Result<Result<(), Denied>, CheckError> {
        match self.last.refusal().and_then(|refusal| refusal.denies()) {
            Some(why) => Ok(Err(Denied(why))),
            // Azure is asked to remove in one request what may be several objects, and answers for each of them in the body.
            None if self.provider == Provider::Azure && error.to_string().contains("code: 403") => {
                Ok(Err(Denied("this request is not authorized".to_owned())))
            }
            None => Err(trouble::of(self, what, error)),
        }
    }
}

/// Who asks is known, and may not do that. Holds what the server says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Denied(pub(crate) String);

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bucket").field(&self.url()).finish()
    }
}
