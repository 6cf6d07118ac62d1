//! Who somebody is on a forge.

use serde::Deserialize;

/// An account. GitHub calls its name `login`, GitLab `username`, and Forgejo says both.
#[derive(Deserialize)]
#[serde(from = "Told")]
pub(crate) struct Account {
    pub(crate) name: String,
}

#[derive(Deserialize)]
struct Told {
    login: Option<String>,
    username: Option<String>,
}

impl From<Told> for Account {
    fn from(told: Told) -> Self {
        Self { name: told.login.or(told.username).unwrap_or_default() }
    }
}
