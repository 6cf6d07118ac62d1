//! The credentials for an object store, as the settings name them.

use vapora_preflight::{CheckContext, CheckError, ExposeSecret, SecretRef};

use crate::place::{CredentialsFrom, Provider, StoreSettings};

/// What proves who asks. It has no `Debug`, because it holds secrets.
pub(super) enum Credentials {
    /// Nothing: the bucket is public.
    Anonymous,
    Keys {
        access: String,
        secret: String,
        token: Option<String>,
    },
    ServiceAccount(String),
    Token(String),
    AccountKey(String),
    Signature(String),
}

/// Resolves them.
pub(super) fn of(
    cx: &CheckContext,
    provider: Provider,
    settings: &StoreSettings,
) -> Result<Credentials, CheckError> {
    let get = |secret: &SecretRef| Ok::<_, CheckError>(cx.secret(secret)?.expose_secret().trim().to_owned());
    if let (Some(access), Some(secret)) = (&settings.access_key, &settings.secret_key) {
        let token = settings.session_token.as_ref().map(get).transpose()?;
        return Ok(Credentials::Keys { access: get(access)?, secret: get(secret)?, token });
    }
    if let Some(key) = &settings.service_account {
        return Ok(Credentials::ServiceAccount(get(key)?));
    }
    if let Some(token) = &settings.token {
        return Ok(Credentials::Token(get(token)?));
    }
    if let Some(key) = &settings.account_key {
        return Ok(Credentials::AccountKey(get(key)?));
    }
    if let Some(signature) = &settings.sas {
        return Ok(Credentials::Signature(get(signature)?));
    }
    match settings.credentials {
        Some(CredentialsFrom::None) => Ok(Credentials::Anonymous),
        Some(CredentialsFrom::Environment) => from_environment(provider, get),
        // The plan was checked, but a check can also be made in Rust.
        None => Err(CheckError::permanent("there are no credentials for the object store")
            .remedy("name them in `store`, or say there with `credentials` where they come from")),
    }
}

fn from_environment(
    provider: Provider,
    get: impl Fn(&SecretRef) -> Result<String, CheckError>,
) -> Result<Credentials, CheckError> {
    let env = |name: &str| get(&SecretRef::Env(name.to_owned()));
    match provider {
        Provider::S3 => Ok(Credentials::Keys {
            access: env("AWS_ACCESS_KEY_ID")?,
            secret: env("AWS_SECRET_ACCESS_KEY")?,
            token: env("AWS_SESSION_TOKEN").ok(),
        }),
        Provider::Google => {
            let path = env("GOOGLE_APPLICATION_CREDENTIALS")?;
            Ok(Credentials::ServiceAccount(get(&SecretRef::File(path))?))
        }
        Provider::Azure => match env("AZURE_STORAGE_KEY") {
            Ok(key) => Ok(Credentials::AccountKey(key)),
            Err(_) => env("AZURE_STORAGE_SAS_TOKEN").map(Credentials::Signature).map_err(|_| {
                CheckError::permanent(
                    "neither the environment variable `AZURE_STORAGE_KEY` nor `AZURE_STORAGE_SAS_TOKEN` is set",
                )
                .remedy("set one of them for the run")
            }),
        },
    }
}
