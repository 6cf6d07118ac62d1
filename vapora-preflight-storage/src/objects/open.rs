//! Opening a bucket.

use std::sync::Arc;

use object_store::{
    RetryConfig, StaticCredentialProvider,
    aws::AmazonS3Builder,
    azure::MicrosoftAzureBuilder,
    client::HttpClient,
    gcp::{GcpCredential, GoogleCloudStorageBuilder},
};
use reqwest::Url;
use vapora_preflight::{CheckContext, CheckError};

use super::{
    Bucket, ObjectStores,
    credentials::{self, Credentials},
    guard::{Guard, LastAnswer},
};
use crate::place::{Provider, StoreSettings, endpoint_of};

/// The region where none is named.
const REGION: &str = "us-east-1";

/// Trying again is the executor's.
fn no_retries() -> RetryConfig {
    RetryConfig { max_retries: 0, ..RetryConfig::default() }
}

pub(super) fn open(
    stores: &ObjectStores,
    cx: &CheckContext,
    provider: Provider,
    bucket: &str,
    settings: &StoreSettings,
) -> Result<Bucket, CheckError> {
    let last = Arc::<LastAnswer>::default();
    let guard = Guard {
        client: HttpClient::new(stores.client.clone()),
        metadata_allowed: stores.metadata_allowed,
        last: Arc::clone(&last),
    };
    let endpoint = settings.endpoint.as_deref().map(endpoint_of).transpose().map_err(|why| {
        CheckError::permanent(format!("`endpoint` {why}")).remedy("correct `endpoint` of `store`")
    })?;
    let credentials = credentials::of(cx, provider, settings)?;
    let (objects, pages): (
        Arc<dyn object_store::ObjectStore>,
        Arc<dyn object_store::list::PaginatedListStore>,
    ) = match provider {
        Provider::S3 => {
            let store =
                Arc::new(s3(bucket, settings, endpoint.as_ref(), credentials, guard).map_err(unusable)?);
            (Arc::clone(&store) as _, store)
        }
        Provider::Google => {
            let store = Arc::new(google(bucket, endpoint.as_ref(), credentials, guard).map_err(unusable)?);
            (Arc::clone(&store) as _, store)
        }
        Provider::Azure => {
            let store =
                Arc::new(azure(bucket, settings, endpoint.as_ref(), credentials, guard).map_err(unusable)?);
            (Arc::clone(&store) as _, store)
        }
    };
    Ok(Bucket { provider, name: bucket.to_owned(), objects, pages, last })
}

/// A store that cannot be set up. The error itself may repeat a part of a credential, so it is not handed on.
fn unusable(error: object_store::Error) -> CheckError {
    let what = if error.to_string().to_ascii_lowercase().contains("key") {
        "a key of the object store is not of the right form"
    } else {
        "the object store cannot be set up with these settings"
    };
    drop(error);
    CheckError::permanent(what)
        .remedy("check the credentials that `store` names: a whole key, in the form the provider gave it out")
}

fn s3(
    bucket: &str,
    settings: &StoreSettings,
    endpoint: Option<&Url>,
    credentials: Credentials,
    guard: Guard,
) -> object_store::Result<object_store::aws::AmazonS3> {
    let path_style = settings.path_style.unwrap_or(endpoint.is_some() || bucket.contains('.'));
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(settings.region.as_deref().unwrap_or(REGION))
        .with_virtual_hosted_style_request(!path_style)
        .with_allow_http(true)
        .with_disable_tagging(true)
        .with_disable_bulk_delete(true)
        .with_retry(no_retries())
        .with_http_connector(guard);
    if let Some(endpoint) = endpoint {
        let mut endpoint = endpoint.clone();
        if !path_style {
            let host = format!("{bucket}.{}", endpoint.host_str().unwrap_or_default());
            // A host that cannot be put together, such as one before an address, is told by the request.
            let _ = endpoint.set_host(Some(&host));
        }
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
    }
    builder = match credentials {
        Credentials::Keys { access, secret, token } => {
            let builder = builder.with_access_key_id(access).with_secret_access_key(secret);
            match token {
                Some(token) => builder.with_token(token),
                None => builder,
            }
        }
        // With keys that are never used, so that nothing looks for others.
        _ => builder
            .with_skip_signature(true)
            .with_access_key_id("anonymous")
            .with_secret_access_key("anonymous"),
    };
    builder.build()
}

fn google(
    bucket: &str,
    endpoint: Option<&Url>,
    credentials: Credentials,
    guard: Guard,
) -> object_store::Result<object_store::gcp::GoogleCloudStorage> {
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(bucket)
        .with_retry(no_retries())
        .with_http_connector(guard);
    if let Some(endpoint) = endpoint {
        builder = builder.with_base_url(endpoint.as_str().trim_end_matches('/'));
    }
    let fixed = |bearer: String| Arc::new(StaticCredentialProvider::new(GcpCredential { bearer }));
    match credentials {
        Credentials::ServiceAccount(key) => builder.with_service_account_key(key),
        Credentials::Token(token) => builder.with_credentials(fixed(token)),
        // With a token that is never used, so that nothing looks for another.
        _ => builder.with_skip_signature(true).with_credentials(fixed(String::new())),
    }
    .build()
}

fn azure(
    container: &str,
    settings: &StoreSettings,
    endpoint: Option<&Url>,
    credentials: Credentials,
    guard: Guard,
) -> object_store::Result<object_store::azure::MicrosoftAzure> {
    let mut builder = MicrosoftAzureBuilder::new()
        .with_container_name(container)
        .with_account(settings.account.as_deref().unwrap_or_default())
        .with_allow_http(true)
        .with_disable_tagging(true)
        .with_retry(no_retries())
        .with_http_connector(guard);
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/').to_owned());
    }
    match credentials {
        Credentials::AccountKey(key) => builder.with_access_key(key),
        Credentials::Signature(signature) => {
            builder.with_config(object_store::azure::AzureConfigKey::SasKey, signature)
        }
        Credentials::Token(token) => builder.with_bearer_token_authorization(token),
        // With a token that is never used, so that nothing looks for another.
        _ => builder.with_skip_signature(true).with_bearer_token_authorization("anonymous"),
    }
    .build()
}
