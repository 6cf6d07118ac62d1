//! Asks a check the way the executor does, over a folder of its own.

use std::{fs, path::PathBuf, sync::Arc};

use tempfile::TempDir;
use vapora_preflight::{
    Check, CheckContext, CheckId, CheckResult, Digest, Outcome, Resources, SecretRef, SecretStore,
    SecretString, Value,
};
use vapora_preflight_http::{HttpClient, HttpDownloaded};
pub(crate) use vapora_preflight_sim::told;

pub(crate) const TOKEN: &str = "hunter22-token";

struct Secrets;

impl SecretStore for Secrets {
    fn resolve(&self, reference: &SecretRef) -> Result<SecretString, String> {
        match reference {
            SecretRef::Env(name) if name == "TOKEN" => Ok(TOKEN.into()),
            other => Err(format!("{other} is not set")),
        }
    }
}

/// A folder to download to.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("a.zip")
    }

    pub(crate) fn part(&self) -> PathBuf {
        self.folder.path().join(".a.zip.part")
    }

    /// The names of all that is there, hidden or not.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub(crate) fn content(&self) -> Vec<u8> {
        fs::read(self.file()).unwrap()
    }

    pub(crate) async fn ask(&self, parameters: &str) -> CheckResult {
        ask(&format!("to = '{}'\n{parameters}", self.file().display())).await
    }
}

pub(crate) fn check(parameters: &str) -> HttpDownloaded {
    toml::from_str(parameters).unwrap()
}

pub(crate) async fn ask(parameters: &str) -> CheckResult {
    let mut resources = Resources::new();
    resources.insert(HttpClient::new().unwrap());
    let cx = CheckContext::alone(CheckId::new("asked").unwrap(), Arc::new(resources))
        .with_secrets(Arc::new(Secrets));
    check(parameters).run(&cx).await
}

/// A value of its evidence.
pub(crate) fn seen<'o>(outcome: &'o Outcome, name: &str) -> &'o Value {
    outcome.finding().evidence.get(name).unwrap()
}

pub(crate) fn sha256(content: &[u8]) -> String {
    Digest::of(content).to_string()
}

/// Holds what came of it against its snapshot, whatever the port and the folder.
macro_rules! assert_told {
    ($result:expr) => {{
        let told = crate::ask::told(&$result);
        insta::with_settings!({
            filters => vec![(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"), (r"`/[^`]*/([^`/]+)`", "`FOLDER/$1`")],
            omit_expression => true,
            prepend_module_to_snapshot => false,
        }, { insta::assert_snapshot!(told) });
    }};
}
pub(crate) use assert_told;
