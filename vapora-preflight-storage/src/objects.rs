//! The object stores that checks ask.

use std::fmt;

use vapora_preflight::{CheckContext, CheckError};

use crate::place::{Provider, StoreSettings};

mod bucket;
mod credentials;
mod guard;
mod open;
mod trouble;

pub(crate) use self::bucket::{Bucket, Denied};

/// The object stores of a run: one HTTP client for all of them. Cheap to clone; `Debug` shows no secret.
///
/// A check takes it from the resources of the run (`cx.resource::<ObjectStores>()`).
#[derive(Clone)]
pub struct ObjectStores {
    client: reqwest::Client,
    metadata_allowed: bool,
}

impl ObjectStores {
    /// Object stores that are asked through this client.
    ///
    /// How it speaks TLS, which roots it trusts, which proxy it uses and what names resolve to is the client's matter. It must
    /// not decompress bodies nor follow redirects, and has to look at the addresses that names resolve to with
    /// [`ForbiddenAddress`](vapora_preflight::ForbiddenAddress), as `HttpClientBuilder::build_bare` of
    /// `vapora-preflight-http` makes it do. Addresses that stand in a URL are looked at here.
    pub fn new(client: reqwest::Client) -> Self {
        Self { client, metadata_allowed: false }
    }

    /// The same, with link-local and metadata addresses allowed. They tell the credentials of a machine to whoever asks from
    /// it.
    pub fn allow_metadata_addresses(self) -> Self {
        Self { metadata_allowed: true, ..self }
    }

    /// Opens a bucket, without asking it anything yet.
    pub(crate) fn open(
        &self,
        cx: &CheckContext,
        provider: Provider,
        bucket: &str,
        settings: &StoreSettings,
    ) -> Result<Bucket, CheckError> {
        open::open(self, cx, provider, bucket, settings)
    }
}

impl fmt::Debug for ObjectStores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectStores")
            .field("metadata_allowed", &self.metadata_allowed)
            .finish_non_exhaustive()
    }
}
