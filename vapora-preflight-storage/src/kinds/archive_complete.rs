//! `storage.archive_complete`

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckResult, Digest, EvidenceField, Kind, Problems, async_trait,
};

mod inventory;
mod judge;

use self::{inventory::Inventory, judge::Judged};
use crate::{
    ArchiveLimits, FileGlob, Place, StoreSettings,
    files::Listing,
    holding::{self, Held, Holding},
    sums,
};

/// An archive, or a folder, holds the files it should, and no others.
///
/// # Why
///
/// What a pipeline packs is what will be deployed. A file that it leaves out, or one that it takes along by mistake, is found out
/// by whoever unpacks it in the middle of the deployment.
///
/// # What it asks
///
/// It reads a zip file, a tape archive (`.tar`, `.tar.gz`, `.tar.zst`) or a folder, on this machine or in an object store. An archive
/// is never unpacked to disk: every byte of every member passes by, so that the checksums of the archive itself are checked, too.
/// The evidence `digest` is its SHA-256; compare it with that of a later check by `plan.unchanged`. With `same_as`, it is compared
/// with the folder where it was unpacked, so that what is applied from there is what was checked here.
///
/// # What fails
///
/// A file that is missing, is not expected, is empty, or has another digest. A file that only one of the archive and `same_as` has, or
/// that differs. An archive that is damaged. One that would do harm is
/// refused: names that lead out of it, absolute ones, links, devices, two members of one name, members that lie over one another,
/// more members or more unpacked bytes than `limits` allow.
///
/// # What errs
///
/// A place that is not there or may not be read, a store that does not answer, an archive that changes while it is read, and what
/// cannot be read here, such as an encrypted member.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ArchiveComplete {
    /// The archive or folder: a path, or the URL of an object store.
    pub archive: Place,
    /// How it is packed: `zip`, `tar`, `tar.gz`, `tar.zst` or `folder`. By default its name says that, or its first bytes do.
    #[serde(default)]
    pub format: Option<Holding>,
    /// How the object store is reached, where it is in one.
    #[serde(default)]
    pub store: Option<StoreSettings>,
    /// The files that have to be in it. Of each name that braces stand for there has to be a file.
    pub holds: Vec<FileGlob>,
    /// The files that may be in it besides. Write `["**"]` to allow any.
    #[serde(default)]
    pub may_hold: Vec<FileGlob>,
    /// The files that may be empty. No other may.
    #[serde(default)]
    pub may_be_empty: Vec<FileGlob>,
    /// The SHA-256 of the archive itself.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub digest: Option<Digest>,
    /// The SHA-256 of files in it, by their names.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub digests: BTreeMap<String, Digest>,
    /// The name of a file in it that holds the checksums of all others, as `sha256sum` writes it. A file without a checksum
    /// fails, and so does a checksum without a file.
    #[serde(default)]
    pub checksums: Option<String>,
    /// A folder, or another archive, of this machine that has to hold the same files with the same content: where it was unpacked,
    /// or what it was packed from.
    #[serde(default)]
    pub same_as: Option<Place>,
    /// How much it may be when it is unpacked.
    #[serde(default)]
    pub limits: ArchiveLimits,
}

impl ArchiveComplete {
    /// The check that an archive holds these files, and no others.
    pub fn new(archive: Place, holds: impl IntoIterator<Item = FileGlob>) -> Self {
        Self {
            archive,
            format: None,
            store: None,
            holds: holds.into_iter().collect(),
            may_hold: Vec::new(),
            may_be_empty: Vec::new(),
            digest: None,
            digests: BTreeMap::new(),
            checksums: None,
            same_as: None,
            limits: ArchiveLimits::default(),
        }
    }
}

#[async_trait]
impl Check for ArchiveComplete {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        cx.doing(format!("looking into `{}`", self.archive));
        let held = Held::find(cx, &self.archive, self.format, self.store.as_ref()).await?;
        let inventory = Inventory::new(self);
        let listing = Listing { deep: true, ..Listing::default() };
        let seen = held.walk(listing, &self.limits, inventory).await?.known(&self.archive)?;
        let other = match &self.same_as {
            // what is refused is compared with nothing
            Some(place) if seen.flaw.is_none() => {
                cx.doing(format!("comparing `{}` with `{place}`", self.archive));
                let held = Held::find(cx, place, None, None).await?;
                Some(held.walk(listing, &self.limits, Inventory::new(self)).await?.known(place)?)
            }
            _ => None,
        };
        Ok(Judged { check: self, held: &held, seen, other }.outcome())
    }
}

impl Kind for ArchiveComplete {
    const NAME: &'static str = "storage.archive_complete";
    const EXAMPLE: &'static str = r#"
[check.artifacts-complete]
kind     = "storage.archive_complete"
title    = "The artifacts are complete"
archive  = "deployment-artifacts.zip"
holds    = ["configmap.yaml", "deployment.yaml", "vapora-{solo,multiuser,enterprise}.{toml,yaml,json}"]
may_hold = ["README*"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        judge::EVIDENCE
    }

    fn validate(&self, problems: &mut Problems) {
        StoreSettings::validate(self.store.as_ref(), &self.archive, problems);
        holding::validate(&self.archive, self.format, problems);
        self.limits.validate(problems);
        if self.holds.is_empty() {
            problems.at(
                "holds",
                "the list is empty, so nothing is asked",
                "name the files that have to be in it",
            );
        }
        if self.digest.is_some() && self.format == Some(Holding::FOLDER) {
            problems.at(
                "digest",
                "a folder has no digest",
                "leave it out, or name the digests of its files in `digests`",
            );
        }
        for name in self.digests.keys().map(String::as_str).chain(self.checksums.as_deref()) {
            if crate::archive::unsafe_name(name).is_some() || name.ends_with('/') {
                let at = if self.digests.contains_key(name) { "digests" } else { "checksums" };
                problems.at(
                    at,
                    format!("`{name}` can be the name of no file"),
                    "write its name as it stands in the archive",
                );
            }
        }
        if let Some(place) = &self.same_as {
            if place.provider().is_some() {
                problems.at(
                    "same_as",
                    format!("`{place}` is in an object store"),
                    "name a folder of this machine",
                );
            } else if *place == self.archive {
                problems.at("same_as", "it is the archive itself", "name what it is compared with");
            } else {
                holding::validate(place, None, problems);
            }
        }
        if self.checksums.is_some() && !self.digests.is_empty() {
            problems.whole("there are both `digests` and `checksums`", "keep one of them");
        }
    }
}

/// What a file of checksums inside an archive says, or why it says nothing.
fn checksums_of(text: &[u8]) -> Result<Vec<sums::Line>, String> {
    let text = std::str::from_utf8(text).map_err(|_| "it is not UTF-8".to_owned())?;
    let lines = sums::parse(text)?;
    if lines.is_empty() {
        return Err("there is no checksum in it".to_owned());
    }
    match lines.iter().find(|line| line.name.is_none()) {
        Some(_) => Err("a checksum in it names no file".to_owned()),
        None => Ok(lines),
    }
}
