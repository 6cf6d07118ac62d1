//! Secrets from the environment and from files.

use vapora_preflight::{SecretRef, SecretStore, SecretString};

/// Finds secrets in the environment of the program and in files.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct EnvironmentSecrets;

impl SecretStore for EnvironmentSecrets {
    fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String> {
        match reference {
            #[expect(
                clippy::disallowed_methods,
                reason = "the program is the caller that knows the environment"
            )]
            SecretRef::Env(name) => match std::env::var(name) {
                Ok(value) => Ok(value.into()),
                Err(std::env::VarError::NotPresent) => Err("it is not set".to_owned()),
                Err(std::env::VarError::NotUnicode(_)) => Err("it is not UTF-8".to_owned()),
            },
            SecretRef::File(path) => std::fs::read_to_string(path)
                .map(|text| text.trim_end().to_owned().into())
                .map_err(|error| error.to_string()),
        }
    }
}
