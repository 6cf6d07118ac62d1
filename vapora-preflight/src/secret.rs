//! Secrets: named in a checklist, resolved at run time, and kept out of everything that is written.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::CheckError;

/// Where a secret is found when the run needs it: `{ env = "TOKEN" }` or `{ file = "/run/secrets/token" }`.
///
/// Only the reference is part of a plan; the value never is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SecretRef {
    /// The environment variable that holds it.
    Env(String),
    /// The file that holds it; white space at its end does not count.
    File(String),
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable `{name}`"),
            Self::File(path) => write!(f, "the file `{path}`"),
        }
    }
}

/// A text, or where a secret is found, for a parameter that may be either: `"text"`, or `{ env = "TOKEN" }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "expected a text, or a secret as in `{ env = \"NAME\" }` or `{ file = \"/path\" }`"
)]
pub enum TextOrSecret {
    /// The text itself.
    Text(String),
    /// A secret, read when the check is run.
    Secret(SecretRef),
}

/// Finds the value of a secret. The program reads its environment and files; an embedder may ask a vault.
pub trait SecretStore: Send + Sync {
    /// The value of the secret.
    ///
    /// # Errors
    ///
    /// What is wrong, without any part of the value.
    fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String>;
}

/// Knows no secret.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSecrets;

impl SecretStore for NoSecrets {
    fn resolve(&self, _: &SecretRef) -> Result<SecretString, String> {
        Err("the run was given no secrets".to_owned())
    }
}

/// The secrets a run has resolved so far, to be taken out of every text before it is recorded.
#[derive(Clone, Default)]
pub(crate) struct Redactor {
    known: Arc<Mutex<Vec<SecretString>>>,
}

/// A value this short stands in too many places by chance.
const SHORTEST: usize = 4;

impl Redactor {
    pub(crate) fn resolve(
        &self,
        store: &dyn SecretStore,
        reference: &SecretRef,
    ) -> Result<SecretString, CheckError> {
        let secret = store.resolve(reference).map_err(|message| {
            let error = CheckError::permanent(format!("could not read {reference}: {message}"))
                .remedy(format!("set {reference} for the run"));
            // a file may still come to be there
            if matches!(reference, SecretRef::Env(_)) { error.lasting() } else { error }
        })?;
        if secret.expose_secret().is_empty() {
            return Err(CheckError::permanent(format!("{reference} is empty")));
        }
        self.hide(&secret);
        Ok(secret)
    }

    /// Takes a secret out of what is recorded from now on; says whether it is long enough for that.
    pub(crate) fn hide(&self, secret: &SecretString) -> bool {
        let long_enough = secret.expose_secret().len() >= SHORTEST;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if long_enough && !known.iter().any(|other| other.expose_secret() == secret.expose_secret()) {
            known.push(secret.clone());
        }
        long_enough
    }

    pub(crate) fn clean(&self, text: &mut String) {
        for secret in self.known.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            if text.contains(secret.expose_secret()) {
                *text = text.replace(secret.expose_secret(), "[redacted]");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct One;
    impl SecretStore for One {
        fn resolve(&self, _: &SecretRef) -> Result<SecretString, String> {
            Ok("hunter22".into())
        }
    }

    #[test]
    fn a_resolved_secret_is_taken_out_of_texts() {
        let redactor = Redactor::default();
        redactor.resolve(&One, &SecretRef::Env("TOKEN".into())).unwrap();
        let mut text = "bearer hunter22 refused".to_owned();
        redactor.clean(&mut text);
        assert_eq!(text, "bearer [redacted] refused");
    }

    #[test]
    fn what_a_check_came_to_know_is_taken_out_too() {
        let redactor = Redactor::default();
        assert!(redactor.hide(&"session-1".into()) && redactor.hide(&"session-1".into()));
        assert_eq!(redactor.known.lock().unwrap().len(), 1);
        assert!(!redactor.hide(&"abc".into()), "it stands in too many places by chance");
        let mut text = "cookie session-1, abc".to_owned();
        redactor.clean(&mut text);
        assert_eq!(text, "cookie [redacted], abc");
    }
}
