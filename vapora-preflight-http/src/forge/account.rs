//! Who somebody is on a forge.

use serde::Deserialize;

/// An account. GitHub calls its name `login`, GitLab `username`, and Forgejo says both.
#[derive(Deserialize)]
#[serde(from = "Told")]
pub(crate) struct Account {
    pub(crate) name: String,
    /// Whether it is no more: then all such accounts have one name.
    pub(crate) gone: bool,
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    id: Option<i64>,
    login: Option<String>,
    username: Option<String>,
}

impl From<Told> for Account {
    fn from(told: Told) -> Self {
        let name = told.login.or(told.username).unwrap_or_default();
        // the one of Forgejo has a number of its own
        let gone = name.is_empty() || told.id.is_some_and(|id| id < 0);
        Self { name, gone }
    }
}
