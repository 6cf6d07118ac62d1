//! `storage.manifests_parse`

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{Check, CheckContext, CheckResult, EvidenceField, Kind, Problems, async_trait};

mod judge;
mod reader;

use self::{judge::Judged, reader::Reader};
use crate::{
    ArchiveLimits, FileGlob, ManifestFormat, Place, StoreSettings,
    files::Listing,
    glob,
    holding::{self, Held, Holding},
};

/// Manifests and configurations can be read: YAML, TOML and JSON.
///
/// # Why
///
/// A program that reads a broken configuration says so when it starts, and one that reads a name twice takes one of the two values
/// without a word.
///
/// # What it asks
///
/// It reads all of the files, from a folder or an archive, on this machine or in an object store. An archive is read where it lies and
/// never unpacked; its SHA-256 is the evidence `digest`, so that `plan.unchanged` can show that it is the one of
/// `storage.archive_complete`. In a folder, links to files are followed, and links to folders are not. YAML is 1.2, with many documents in
/// a file; after a broken document the next one is looked at. What an alias repeats counts towards a bound, so that no file can
/// blow itself up. Only the syntax is looked at, and which objects there are: whether a cluster takes them is asked by
/// `k8s.dry_run_applies`.
///
/// # What fails
///
/// Every mistake, each with its line and column: broken syntax, a name that is there twice, an alias without an anchor, a file
/// with nothing in it, text that is not UTF-8. A name of `files` that fits no file. An object of `requires` that is in none. An archive
/// that is damaged, or would do harm where it is unpacked.
///
/// # What errs
///
/// A place that is not there or may not be read, a store that does not answer, and an archive that cannot be read here.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ManifestsParse {
    /// Where the files are: a folder or an archive, on this machine or in an object store. By default the working directory of the
    /// run.
    #[serde(default = "Place::here")]
    pub from: Place,
    /// The files. Of each name that braces stand for there has to be a file.
    pub files: Vec<FileGlob>,
    /// The language they are in: `yaml`, `toml` or `json`. By default the end of each name says that.
    #[serde(default)]
    pub format: Option<ManifestFormat>,
    /// How they are held: `folder`, `zip`, `tar`, `tar.gz` or `tar.zst`. By default the name of the place says that, or its first
    /// bytes do.
    #[serde(default)]
    pub held: Option<Holding>,
    /// How the object store is reached, where they are in one.
    #[serde(default)]
    pub store: Option<StoreSettings>,
    /// The objects that have to be in them.
    #[serde(default)]
    pub requires: Vec<RequiredObject>,
    /// How much an archive may be when it is unpacked.
    #[serde(default)]
    pub limits: ArchiveLimits,
}

/// An object that has to be in a manifest. What is not named may be anything.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequiredObject {
    /// Its kind, as in `ConfigMap`.
    pub kind: String,
    /// Its name, as in `vapora-config`.
    #[serde(default)]
    pub name: Option<String>,
    /// Its namespace.
    #[serde(default)]
    pub namespace: Option<String>,
    /// The version of its API, as in `apps/v1`.
    #[serde(default)]
    pub api_version: Option<String>,
}

impl ManifestsParse {
    /// The check of these files in the working directory of the run.
    pub fn new(files: impl IntoIterator<Item = FileGlob>) -> Self {
        Self {
            from: Place::here(),
            files: files.into_iter().collect(),
            format: None,
            held: None,
            store: None,
            requires: Vec::new(),
            limits: ArchiveLimits::default(),
        }
    }
}

#[async_trait]
impl Check for ManifestsParse {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        cx.doing(format!("reading the manifests in `{}`", self.from));
        let held = Held::find(cx, &self.from, self.held, self.store.as_ref()).await?;
        let (below, deep) = glob::reach(&self.files);
        let listing = Listing { below: &below, deep, follow: true };
        let seen = held
            .walk(listing, &self.limits, Reader::new(self, held.file().is_some()))
            .await?
            .known(&self.from)?;
        Ok(Judged { check: self, held: &held, seen }.outcome())
    }
}

impl Kind for ManifestsParse {
    const NAME: &'static str = "storage.manifests_parse";
    const EXAMPLE: &'static str = r#"
[check.manifests-parse]
kind     = "storage.manifests_parse"
title    = "The manifests can be read"
from     = "deployment-artifacts.zip"
files    = ["configmap.yaml", "deployment.yaml", "vapora-{solo,multiuser,enterprise}.{toml,yaml,json}"]
requires = [{ kind = "ConfigMap", name = "vapora-config" }, { kind = "Deployment", name = "vapora-backend" }]
"#;

    fn evidence() -> &'static [EvidenceField] {
        judge::EVIDENCE
    }

    fn validate(&self, problems: &mut Problems) {
        StoreSettings::validate(self.store.as_ref(), &self.from, problems);
        holding::validate(&self.from, self.held, problems);
        self.limits.validate(problems);
        if self.files.is_empty() {
            problems.at(
                "files",
                "the list is empty, so nothing is read",
                "name the files, as in `[\"*.yaml\"]`",
            );
        }
        for glob in self.files.iter().filter(|_| self.format.is_none()) {
            if let Some(one) =
                glob.alternatives().iter().find(|one| ManifestFormat::of_name(&one.text).is_none())
            {
                problems.at(
                    "files",
                    format!("the end of `{}` does not say the language", one.text),
                    "end it with `.yaml`, `.yml`, `.toml` or `.json`, or write `format`",
                );
            }
        }
        for object in &self.requires {
            let texts = [
                Some(&object.kind),
                object.name.as_ref(),
                object.namespace.as_ref(),
                object.api_version.as_ref(),
            ];
            if texts.into_iter().flatten().any(|text| text.trim().is_empty()) {
                problems.at("requires", "a text in it is empty", "write it, or leave it out");
            }
        }
    }
}
