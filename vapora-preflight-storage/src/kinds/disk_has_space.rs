//! `storage.disk_has_space`

use std::{io, path::PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Bytes, Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome,
    Problems, Unit, async_trait,
};

use crate::filesystems::{Behind, Filesystems};

/// The file system behind a path has space and inodes left, and can be written.
///
/// At least one limit has to be given; all that are given have to hold. What counts is what is free to a user who is not
/// the superuser, and percentages are the other side of `Use%` in `df`: blocks that are kept back count neither as
/// used nor as free.
///
/// A path that does not exist is an error, for its file system is not known. A file system that is mounted read-only
/// fails, and so does one without any capacity, such as `/proc`. The answer comes from `statvfs`; on a dead network file
/// system it may never come, and the check ends with its time-out.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DiskHasSpace {
    /// A file or folder on the file system; a relative path starts at the working directory of the run.
    pub path: PathBuf,
    /// How much has to be free at least, as in `20GiB`.
    #[serde(default)]
    pub free: Option<Bytes>,
    /// How much has to be free at least, in percent: more than 0, at most 100.
    #[serde(default)]
    pub free_percent: Option<f64>,
    /// How many inodes have to be free at least, in percent of all: more than 0, at most 100. A file system that does not
    /// count inodes, such as btrfs, makes it an error.
    #[serde(default)]
    pub inodes_percent: Option<f64>,
    /// Whether the file system may be mounted read-only.
    #[serde(default)]
    pub allow_read_only: bool,
}

impl DiskHasSpace {
    /// The check of a path, without limits yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            free: None,
            free_percent: None,
            inodes_percent: None,
            allow_read_only: false,
        }
    }

    /// The limits that do not hold: what was expected, and what is there instead.
    fn unmet(&self, behind: &Behind) -> Result<Vec<(String, String)>, CheckError> {
        let usage = &behind.usage;
        let mut unmet = Vec::new();
        if let Some(free) = self.free
            && usage.available < free.get()
        {
            let short = Bytes::new(free.get() - usage.available);
            unmet.push((
                format!("at least {free} free"),
                format!("{} free, {short} too little", Bytes::new(usage.available)),
            ));
        }
        if let Some(least) = self.free_percent {
            let free = usage.free_percent();
            // A limit that is no number never holds.
            let holds = free >= least;
            if !holds {
                unmet.push((format!("at least {least}% free"), format!("{}% free", floor(free))));
            }
        }
        if let Some(least) = self.inodes_percent {
            let Some(free) = usage.inodes_free_percent() else {
                let filesystem = usage.filesystem.as_deref().unwrap_or("unknown");
                return Err(CheckError::permanent(format!(
                    "the file system behind `{}` (`{filesystem}`) has no inode count",
                    self.path.display()
                ))
                .remedy("leave out `inodes_percent` for it"));
            };
            let holds = free >= least;
            if !holds {
                unmet.push((
                    format!("at least {least}% of the inodes free"),
                    format!("{}% of the inodes free", floor(free)),
                ));
            }
        }
        Ok(unmet)
    }

    fn evidence_of(&self, behind: &Behind) -> Evidence {
        let usage = &behind.usage;
        Evidence::new()
            .with("path", self.path.display().to_string())
            .with("mount", behind.mount.as_ref().map(|mount| mount.display().to_string()))
            .with("device", usage.device.clone())
            .with("filesystem", usage.filesystem.clone())
            .measured("total", usage.total, Unit::Bytes)
            .measured("free", usage.available, Unit::Bytes)
            .measured("used_percent", ceil(100.0 - usage.free_percent()), Unit::Percent)
            .measured("free_percent", floor(usage.free_percent()), Unit::Percent)
            .measured("inodes_free_percent", usage.inodes_free_percent().map(floor), Unit::Percent)
            .with("read_only", usage.read_only)
    }

    fn unreadable(&self, error: &io::Error) -> CheckError {
        let path = self.path.display();
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                CheckError::permanent(format!("`{path}` does not exist"))
                    .remedy("create it or mount its file system, or correct `path`")
            }
            io::ErrorKind::PermissionDenied => {
                CheckError::permanent(format!("`{path}` may not be looked at"))
                    .because(error)
                    .remedy("run as a user who may read the folders above it")
            }
            io::ErrorKind::InvalidInput => {
                CheckError::permanent(format!("`{path}` is no path")).because(error).remedy("correct `path`")
            }
            _ => CheckError::transient(format!("could not look at the file system behind `{path}`"))
                .because(error),
        }
    }
}

#[async_trait]
impl Check for DiskHasSpace {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let path = self.path.display();
        cx.doing(format!("looking at the file system behind `{path}`"));
        let behind =
            Filesystems::of(cx)?.behind(&self.path).await.map_err(|error| self.unreadable(&error))?;
        let (usage, evidence) = (&behind.usage, self.evidence_of(&behind));
        let at = match &behind.mount {
            Some(mount) if *mount != self.path => format!("`{path}` (on `{}`)", mount.display()),
            _ => format!("`{path}`"),
        };
        if usage.total == 0 {
            return Ok(Outcome::Fail(
                Finding::new(format!("the file system behind {at} has no capacity"))
                    .expected("a file system that stores data")
                    .actual(format!("`{}` of 0 bytes", usage.filesystem.as_deref().unwrap_or("unknown")))
                    .remedy("correct `path`, or mount the file system that belongs there")
                    .evidence(evidence),
            ));
        }
        let mut unmet = self.unmet(&behind)?;
        if usage.read_only && !self.allow_read_only {
            unmet.insert(0, ("mounted for writing".to_owned(), "mounted read-only".to_owned()));
        }
        if unmet.is_empty() {
            let summary =
                format!("{at} has {} free ({}%)", Bytes::new(usage.available), floor(usage.free_percent()));
            return Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)));
        }
        let (expected, actual): (Vec<_>, Vec<_>) = unmet.into_iter().unzip();
        let actual = actual.join("; ");
        let remedy = if usage.read_only && !self.allow_read_only {
            "find out why it is read-only (the kernel remounts so after errors), and mount it for writing"
        } else {
            "remove what is no longer needed there, or enlarge the file system"
        };
        Ok(Outcome::Fail(
            Finding::new(format!("{at}: {actual}"))
                .expected(expected.join("; "))
                .actual(actual)
                .remedy(remedy)
                .evidence(evidence),
        ))
    }
}

impl Kind for DiskHasSpace {
    const NAME: &'static str = "storage.disk_has_space";
    const EXAMPLE: &'static str = r#"
[check.data-disk]
kind           = "storage.disk_has_space"
title          = "The data disk has room for the new images"
path           = "/var/lib/vapora"
free           = "20GiB"
free_percent   = 15
inodes_percent = 5
"#;

    fn evidence() -> &'static [EvidenceField] {
        const fn field(name: &'static str, about: &'static str) -> EvidenceField {
            EvidenceField { name, about }
        }
        const {
            &[
                field("path", "the path that was asked about"),
                field("mount", "where its file system is mounted; nothing where that is not known"),
                field("device", "the device behind it; nothing where that is not known"),
                field("filesystem", "its type, such as `ext4`; nothing where that is not known"),
                field("total", "its size in bytes"),
                field("free", "what is free to a user who is not the superuser, in bytes"),
                field(
                    "used_percent",
                    "what is used in percent, as `df` shows it, rounded up to two decimals",
                ),
                field("free_percent", "what is free in percent, rounded down to two decimals"),
                field(
                    "inodes_free_percent",
                    "the free inodes in percent, rounded down to two decimals; nothing where inodes are not counted",
                ),
                field("read_only", "whether it can only be read"),
            ]
        }
    }

    fn validate(&self, problems: &mut Problems) {
        if self.path.as_os_str().is_empty() {
            problems.at("path", "the path is empty", "name a file or folder on the file system");
        }
        if self.free.is_none() && self.free_percent.is_none() && self.inodes_percent.is_none() {
            problems.whole(
                "there is no limit, so nothing is asked",
                "give at least one of `free`, `free_percent` and `inodes_percent`",
            );
        }
        if self.free.is_some_and(|free| free.get() == 0) {
            problems.at("free", "a limit of 0 bytes always holds", "write how much has to be free");
        }
        for (name, limit) in [("free_percent", self.free_percent), ("inodes_percent", self.inodes_percent)] {
            match limit {
                Some(0.0) => {
                    problems.at(name, "a limit of 0% always holds", "write how much has to be free");
                }
                Some(limit) if !(limit > 0.0 && limit <= 100.0) => problems.at(
                    name,
                    format!("expected more than 0 and at most 100 percent, found `{limit}`"),
                    "write the share that has to be free, as in `15`",
                ),
                _ => {}
            }
        }
    }
}

/// Rounded down to two decimals, so that nothing looks more free than it is.
fn floor(percent: f64) -> f64 {
    (percent * 100.0).floor() / 100.0
}

/// Rounded up to two decimals, so that nothing looks less used than it is.
fn ceil(percent: f64) -> f64 {
    (percent * 100.0).ceil() / 100.0
}
