//! What a release was run with, remembered in its folder so that it need not be said again.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use vapora_preflight::{Overrides, ReleaseId, Timestamp};

use crate::{args::SetArgs, exit::Stop};

/// What a release was run with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    #[serde(serialize_with = "as_text")]
    pub(crate) checklist: Option<PathBuf>,
    pub(crate) environment: Option<String>,
    pub(crate) planned: Option<Timestamp>,
    pub(crate) window: Option<(Timestamp, Timestamp)>,
    pub(crate) vars: BTreeMap<String, String>,
    pub(crate) roles: BTreeMap<String, String>,
    pub(crate) change: BTreeMap<String, String>,
}

/// A path that is not UTF-8 is not remembered.
#[expect(clippy::ref_option, reason = "serde hands it over like this")]
fn as_text<S: serde::Serializer>(path: &Option<PathBuf>, to: S) -> Result<S::Ok, S::Error> {
    path.as_deref().and_then(Path::to_str).serialize(to)
}

impl Settings {
    /// What is said now, over what is remembered.
    pub(crate) fn merged(mut self, checklist: Option<&Path>, set: &SetArgs) -> Result<Self, Stop> {
        if let Some(path) = checklist {
            self.checklist = Some(path.to_path_buf());
        }
        self.environment = set.environment.clone().or(self.environment);
        self.planned = set.planned.or(self.planned);
        self.window = set.window.or(self.window);
        self.vars.extend(set.vars.iter().cloned());
        self.roles.extend(set.roles.iter().cloned());
        for (section, text) in &set.change {
            let text = match text.strip_prefix('@') {
                Some(file) => fs::read_to_string(file)
                    .map_err(|error| Stop::usage(format!("could not read `{file}`: {error}")))?,
                None => text.clone(),
            };
            self.change.insert(section.clone(), text);
        }
        Ok(self)
    }

    /// The same for the library.
    pub(crate) fn overrides(&self, release: Option<&ReleaseId>) -> Overrides {
        let mut overrides = Overrides::new();
        overrides.release = release.cloned();
        overrides.environment.clone_from(&self.environment);
        overrides.planned = self.planned;
        if let Some((opens, closes)) = self.window {
            overrides = overrides.window(opens, closes);
        }
        overrides = self.vars.iter().fold(overrides, |all, (name, value)| all.var(name, value));
        overrides = self.roles.iter().fold(overrides, |all, (name, person)| all.role(name, person));
        self.change.iter().fold(overrides, |all, (name, text)| all.change(name, text))
    }

    fn file(dir: &Path, release: &ReleaseId) -> PathBuf {
        dir.join(release.as_str()).join("settings.json")
    }

    /// What a release was run with; nothing where it has not been.
    pub(crate) fn read(dir: &Path, release: &ReleaseId) -> Result<Self, Stop> {
        let path = Self::file(dir, release);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| Stop::failed(format!("could not read `{}`: {error}", path.display()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Stop::io("read", &path, &error)
                .remedy("`--dir FOLDER` names the folder that keeps the records")),
        }
    }

    /// Remembers it. The folder of the release has to be there.
    pub(crate) fn write(&self, dir: &Path, release: &ReleaseId) -> Result<(), Stop> {
        let path = Self::file(dir, release);
        let text = serde_json::to_string_pretty(self)?;
        let whole = path.with_extension("json.new");
        fs::write(&whole, text + "\n")
            .and_then(|()| fs::rename(&whole, &path))
            .map_err(|error| Stop::io("write", &path, &error))
    }
}
