//! `storage.backup_recent`

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Bytes, Check, CheckContext, CheckResult, EvidenceField, Finding, Kind, Period, Problems, Timestamp,
    async_trait,
};

mod candidates;
mod checksum;
mod judge;
mod opened;

use self::{candidates::Candidates, judge::Judged};
use crate::{
    ArchiveFormat, ArchiveLimits, DateFormat, FileGlob, Place, StoreSettings,
    files::{Files, Listing},
    glob,
};

/// There is a recent backup, and it looks as a backup should.
///
/// # Why
///
/// That a backup was started says nothing. One that is old, empty, cut short, or of another database is found out when it is needed.
///
/// # What it asks
///
/// It lists the backups by their names in a folder of this machine or in a bucket of an object store (S3 and what speaks like it,
/// Google Cloud Storage, Azure), and takes the newest. Its age is that of the date in its name, where `date` says how that is
/// written, and otherwise the time since it was last modified. A name that tells only the day leaves open when on that day: then
/// the time of modification counts where it is of that day, and the first moment of the day where it is not.
///
/// With `checksums` all of it is read and held to its checksum. With `open` it is unpacked in passing, so that the checksums in
/// zip, gzip and zstd are checked and a tape archive is read to its end; nothing is written to disk. Give the check a `timeout`
/// that is long enough for that. What is known to be wrong already is not read.
///
/// # What fails
///
/// No backup. One that is too old, lies more than five minutes in the future, is empty, smaller than `min_size`, or smaller by more
/// than `max_shrink_percent` than the one before. A checksum that is missing or another. A backup that cannot be unpacked, holds
/// nothing, or more than `limits` allow.
///
/// # What errs
///
/// A place that is not there or may not be read. A store that does not answer, refuses the credentials, or answers something else.
/// A file that changes while it is read. A backup that is packed or encrypted in a way that cannot be read here.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BackupRecent {
    /// Where the backups are: a folder, or the URL of an object store.
    pub from: Place,
    /// How the object store is reached, where they are in one.
    #[serde(default)]
    pub store: Option<StoreSettings>,
    /// What the names of backups look like, from that place on: `vapora-*.tar.zst`, `daily/*/surreal.zip`.
    pub name: FileGlob,
    /// Whether each backup is a folder of that name and not a file.
    #[serde(default)]
    pub folders: bool,
    /// How the date is written in their names, as in `%Y-%m-%d` or `%Y%m%dT%H%M%SZ`. Names without such a date do not count.
    #[serde(default)]
    pub date: Option<DateFormat>,
    /// The time zone of those dates, as in `Europe/Madrid`; `UTC` unless said otherwise.
    #[serde(default = "utc")]
    pub zone: String,
    /// How old the newest backup may be.
    pub max_age: Period,
    /// For how long a backup has to be left alone before it counts, so that one that is being written does not.
    #[serde(default)]
    pub settled_for: Option<Period>,
    /// How large it has to be at least. An empty one always fails.
    #[serde(default)]
    pub min_size: Option<Bytes>,
    /// By how many percent it may be smaller than the one before, at most. Where there is none before, that is a failure.
    #[serde(default)]
    pub max_shrink_percent: Option<f64>,
    /// Where its checksum is: the name of a file beside it, as in `{name}.sha256` or `SHA256SUMS`, or inside it, where it is a
    /// folder. The file is as `sha256sum` or `sha512sum` writes it. Of a folder, every file has to have a checksum.
    #[serde(default)]
    pub checksums: Option<String>,
    /// Whether it is unpacked in passing, to see that it can be.
    #[serde(default)]
    pub open: bool,
    /// How it is packed: `zip`, `tar`, `tar.gz`, `tar.zst`, `gz` or `zst`. By default the end of its name says that.
    #[serde(default)]
    pub format: Option<ArchiveFormat>,
    /// How much it may be when it is unpacked. By default ten million members, 64 TiB and 1000 times its own size.
    #[serde(default)]
    pub limits: Option<ArchiveLimits>,
}

fn utc() -> String {
    "UTC".to_owned()
}

impl BackupRecent {
    /// The check that the newest backup of that name is not older.
    pub fn new(from: Place, name: FileGlob, max_age: Period) -> Self {
        Self {
            from,
            store: None,
            name,
            folders: false,
            date: None,
            zone: utc(),
            max_age,
            settled_for: None,
            min_size: None,
            max_shrink_percent: None,
            checksums: None,
            open: false,
            format: None,
            limits: None,
        }
    }

    /// The name of the file that holds the checksum of a backup, from the place on.
    fn checksums_of(&self, backup: &str) -> Option<String> {
        let pattern = self.checksums.as_ref()?;
        let (folder, name) = backup.rsplit_once('/').map_or(("", backup), |(folder, name)| (folder, name));
        let named = pattern.replace("{name}", name);
        Some(match (self.folders, folder) {
            (true, _) => format!("{backup}/{named}"),
            (false, "") => named,
            (false, folder) => format!("{folder}/{named}"),
        })
    }
}

#[async_trait]
impl Check for BackupRecent {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let files = Files::open(cx, &self.from, self.store.as_ref())?;
        cx.doing(format!("looking for backups in `{}`", self.from));
        let (below, deep) = glob::reach([&self.name]);
        let listing = Listing { below: &below, deep: deep || self.folders, follow: true };
        let candidates = Candidates::among(self, files.list(listing).await?, cx.now());
        let mut judged = Judged::new(self, cx.now(), candidates);
        if let Some(newest) = judged.newest() {
            // What is known to be wrong already need not be read.
            if !judged.fails() && self.checksums.is_some() {
                cx.doing(format!("reading `{}` to check its checksum", newest.name));
                let checked = checksum::check(self, &files, &newest).await?;
                judged.checked(checked);
            }
            if !judged.fails() && self.open {
                cx.doing(format!("reading `{}` to see whether it can be unpacked", newest.name));
                let opened = opened::open(self, &files, &newest).await?;
                judged.opened(opened);
            }
        }
        Ok(judged.outcome())
    }
}

impl Kind for BackupRecent {
    const NAME: &'static str = "storage.backup_recent";
    const EXAMPLE: &'static str = r#"
[check.backups-recent]
kind     = "storage.backup_recent"
title    = "There is a backup from the last 24 hours"
from     = "/var/backups/vapora"
name     = "surreal-*.tar.zst"
date     = "%Y-%m-%d"
max_age  = "24h"
min_size = "1MiB"
max_shrink_percent = 50
checksums = "{name}.sha256"
open      = true
timeout   = "10m"

[check.backups-copied]
kind    = "storage.backup_recent"
title   = "The backup is in the object store, too"
from    = "s3://vapora-backups/surreal"
name    = "surreal-*.tar.zst"
max_age = "26h"
store   = { region = "eu-central-1", access_key = { env = "BACKUP_KEY_ID" }, secret_key = { env = "BACKUP_KEY" } }
"#;

    fn evidence() -> &'static [EvidenceField] {
        judge::EVIDENCE
    }

    fn validate(&self, problems: &mut Problems) {
        StoreSettings::validate(self.store.as_ref(), &self.from, problems);
        if let Some(limits) = &self.limits {
            limits.validate(problems);
        }
        if self.max_age.get().is_zero() {
            problems.at("max_age", "no backup is that young", "write how old it may be, as in `24h`");
        }
        if self.settled_for.is_some_and(|time| time.get() >= self.max_age.get()) {
            problems.at(
                "settled_for",
                "no backup can be that old and young enough",
                "write less than `max_age`",
            );
        }
        if self.min_size.is_some_and(|size| size.get() == 0) {
            problems.at("min_size", "a limit of 0 bytes always holds", "write how large it has to be");
        }
        if let Some(percent) = self.max_shrink_percent
            && !(0.0..100.0).contains(&percent)
        {
            problems.at(
                "max_shrink_percent",
                format!("expected at least 0 and less than 100 percent, found `{percent}`"),
                "write by how much it may be smaller, as in `50`",
            );
        }
        if format!("2026-01-01T00:00:00[{}]", self.zone).parse::<Timestamp>().is_err() {
            problems.at(
                "zone",
                format!("there is no time zone `{}`", self.zone),
                "write it as in `Europe/Madrid`",
            );
        }
        if self.date.is_none() && self.zone != utc() {
            problems.at(
                "zone",
                "without `date`, no time is read from names",
                "leave it out, or write `date`",
            );
        }
        self.validate_reading(problems);
    }
}

impl BackupRecent {
    fn validate_reading(&self, problems: &mut Problems) {
        if let Some(pattern) = &self.checksums {
            let name = pattern.replace("{name}", "a");
            if name.is_empty() || name.contains(['/', '{', '}']) || (!self.folders && name == "a") {
                problems.at(
                    "checksums",
                    format!("`{pattern}` can be the name of no file of checksums"),
                    "write it as in `{name}.sha256` or `SHA256SUMS`",
                );
            }
        }
        if self.folders && self.name.as_str().contains("**") {
            problems.at(
                "name",
                "a folder of any depth is no backup",
                "write how deep the folders are, as in `daily/*`",
            );
        }
        if self.folders && self.open {
            problems.at("open", "a folder is not packed", "leave it out");
        }
        if !self.open && (self.format.is_some() || self.limits.is_some()) {
            problems.whole(
                "`format` and `limits` are for backups that are unpacked",
                "write `open = true`, or leave them out",
            );
        }
        if self.open && self.format.is_none() && !self.folders {
            let unknown =
                self.name.alternatives().iter().find(|one| ArchiveFormat::of_name(&one.text).is_none());
            if let Some(one) = unknown {
                problems.at(
                    "open",
                    format!("the end of `{}` does not say how it is packed", one.text),
                    "write `format`, as in `tar.gz`",
                );
            }
        }
    }
}

/// What reading a backup came to: what is wrong with it, or what was learned.
type Read<T> = Result<T, Box<Finding>>;

/// A failure that reading a backup came to.
fn wrong<T>(finding: Finding) -> Read<T> {
    Err(Box::new(finding))
}
