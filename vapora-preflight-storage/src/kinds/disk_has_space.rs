//! `storage.disk_has_space`

use std::{io, path::PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Bytes, Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome,
    Problems, Unit, async_trait, shell_words,
};

use super::field;
use crate::filesystems::{Behind, Filesystems, Usage};

/// The file system behind a path has space and inodes left, and can be written.
///
/// # Why
///
/// A deployment pulls images, writes logs and lets a database grow. Where the disk is full in the middle of it, all of that stops at
/// once; and a disk that is not mounted leaves its folder on another one, which looks empty and fills up.
///
/// # What it asks
///
/// `statvfs` for the path, and `/proc/self/mountinfo` for the mount that it is on. At least one limit has to be given; all that
/// are given have to hold. What counts is what is free to a user who is not the superuser, and percentages are the other side of
/// `Use%` in `df`: blocks that are kept back count neither as used nor as free. What the path is on can be asked for as well: the
/// mount point, the type and the options.
///
/// # What fails
///
/// A limit that does not hold. Another mount, type or option than is named. A file system that is mounted read-only, unless
/// `allow_read_only` is set, and one without any capacity, such as `/proc`.
///
/// # What errs
///
/// A path that does not exist, for its file system is not known. Inodes that are asked for where they are not counted. A mount that
/// is asked for where it is not known. On a dead network file system the answer may never come; the check ends with its time-out.
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
    /// How many inodes have to be free at least. A file system that does not count inodes makes it an error.
    #[serde(default)]
    pub inodes: Option<u64>,
    /// Where its file system has to be mounted. Where a disk is not mounted, the path is on the one below, and fills it.
    #[serde(default)]
    pub mounted_at: Option<PathBuf>,
    /// The types of file system that are right, any of them, as in `["ext4", "xfs"]`.
    #[serde(default)]
    pub filesystem: Vec<String>,
    /// The options that it has to be mounted with, all of them, as in `["noexec", "nodev"]`.
    #[serde(default)]
    pub options: Vec<String>,
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
            inodes: None,
            mounted_at: None,
            filesystem: Vec::new(),
            options: Vec::new(),
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
            let free = usage.inodes_free_percent().ok_or_else(|| self.no_inodes(usage, "inodes_percent"))?;
            let holds = free >= least;
            if !holds {
                unmet.push((
                    format!("at least {least}% of the inodes free"),
                    format!("{}% of the inodes free", floor(free)),
                ));
            }
        }
        if let Some(least) = self.inodes {
            let (_, free) = usage.inodes.ok_or_else(|| self.no_inodes(usage, "inodes"))?;
            if free < least {
                unmet.push((format!("at least {least} inodes free"), format!("{free} inodes free")));
            }
        }
        Ok(unmet)
    }

    fn no_inodes(&self, usage: &Usage, parameter: &str) -> CheckError {
        let filesystem = usage.filesystem.as_deref().unwrap_or("unknown");
        CheckError::permanent(format!(
            "the file system behind `{}` (`{filesystem}`) has no inode count",
            self.path.display()
        ))
        .remedy(format!("leave out `{parameter}` for it"))
    }

    /// What the mount should be and is not.
    fn misplaced(&self, behind: &Behind) -> Result<Vec<(String, String)>, CheckError> {
        let unknown = |what: &str| {
            CheckError::permanent(format!("{what} of `{}` is not known", self.path.display()))
                .remedy("make sure that `/proc` is mounted, or leave it out")
        };
        let mut unmet = Vec::new();
        if let Some(expected) = &self.mounted_at {
            let mount = behind.mount.as_ref().ok_or_else(|| unknown("the mount"))?;
            if mount != expected {
                unmet.push((
                    format!("on the file system at `{}`", expected.display()),
                    format!("on the one at `{}`", mount.display()),
                ));
            }
        }
        if !self.filesystem.is_empty() {
            let found =
                behind.usage.filesystem.as_ref().ok_or_else(|| unknown("the type of the file system"))?;
            if !self.filesystem.contains(found) {
                unmet.push((
                    format!("a file system `{}`", self.filesystem.join("` or `")),
                    format!("a `{found}`"),
                ));
            }
        }
        if !self.options.is_empty() {
            let found = behind.usage.options.as_ref().ok_or_else(|| unknown("the options of the mount"))?;
            let lacking: Vec<&str> =
                self.options.iter().filter(|option| !found.contains(option)).map(String::as_str).collect();
            if !lacking.is_empty() {
                unmet.push((
                    format!("mounted with `{}`", lacking.join("`, `")),
                    format!("mounted with `{}`", found.join("`, `")),
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
            .with("options", usage.options.clone())
            .measured("total", usage.total, Unit::Bytes)
            .measured("free", usage.available, Unit::Bytes)
            .measured("used_percent", ceil(100.0 - usage.free_percent()), Unit::Percent)
            .measured("free_percent", floor(usage.free_percent()), Unit::Percent)
            .with("inodes", usage.inodes.map(|(total, _)| total))
            .with("inodes_free", usage.inodes.map(|(_, free)| free))
            .measured("inodes_free_percent", usage.inodes_free_percent().map(floor), Unit::Percent)
            .with("read_only", usage.read_only)
    }

    /// What is behind the path, in brackets: ` (on `/srv`, `/dev/sdb1` of `ext4`)`.
    fn whereabouts(&self, behind: &Behind) -> String {
        let mount = behind.mount.as_ref().filter(|mount| **mount != self.path);
        let mount = mount.map(|mount| format!("on `{}`", mount.display()));
        let device = match (&behind.usage.device, &behind.usage.filesystem) {
            (Some(device), Some(filesystem)) if device != filesystem => {
                Some(format!("`{device}` of `{filesystem}`"))
            }
            (_, Some(filesystem)) => Some(format!("`{filesystem}`")),
            (Some(device), None) => Some(format!("`{device}`")),
            (None, None) => None,
        };
        let parts: Vec<String> = [mount, device].into_iter().flatten().collect();
        if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
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
        let at = format!("`{path}`{}", self.whereabouts(&behind));
        if usage.total == 0 {
            return Ok(Outcome::Fail(
                Finding::new(format!("the file system behind {at} has no capacity"))
                    .expected("a file system that stores data")
                    .actual(format!("`{}` of 0 bytes", usage.filesystem.as_deref().unwrap_or("unknown")))
                    .remedy("correct `path`, or mount the file system that belongs there")
                    .evidence(evidence),
            ));
        }
        let frozen = usage.read_only && !self.allow_read_only;
        let misplaced = self.misplaced(&behind)?;
        let limits = self.unmet(&behind)?;
        let remedy = if frozen {
            "find out with `dmesg` why it is read-only (the kernel remounts so after errors), and mount it for writing"
                .to_owned()
        } else if misplaced.is_empty() {
            let mount = behind.mount.as_deref().unwrap_or(&self.path);
            let mount = shell_words([mount.display().to_string()]);
            let only_inodes = limits.iter().all(|(expected, _)| expected.contains("inodes"));
            let command = if only_inodes { "du -x --inodes" } else { "du -xh" };
            format!(
                "see with `{command} -d 1 {mount} | sort -h` what is large there; remove what is no longer needed, or enlarge the file system"
            )
        } else {
            format!(
                "mount the file system that belongs there, with its options, or correct `path`; look at it with `findmnt -T {}`",
                shell_words([path.to_string()])
            )
        };
        let mut unmet = Vec::new();
        if frozen {
            unmet.push(("mounted for writing".to_owned(), "mounted read-only".to_owned()));
        }
        unmet.extend(misplaced);
        unmet.extend(limits);
        if unmet.is_empty() {
            let summary =
                format!("{at} has {} free ({}%)", Bytes::new(usage.available), floor(usage.free_percent()));
            return Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)));
        }
        let (expected, actual): (Vec<_>, Vec<_>) = unmet.into_iter().unzip();
        let actual = actual.join("; ");
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
        const {
            &[
                field("path", "the path that was asked about"),
                field("mount", "where its file system is mounted; nothing where that is not known"),
                field("device", "the device behind it; nothing where that is not known"),
                field("filesystem", "its type, such as `ext4`; nothing where that is not known"),
                field("options", "the options it is mounted with; nothing where they are not known"),
                field("total", "its size in bytes"),
                field("free", "what is free to a user who is not the superuser, in bytes"),
                field(
                    "used_percent",
                    "what is used in percent, as `df` shows it, rounded up to two decimals",
                ),
                field("free_percent", "what is free in percent, rounded down to two decimals"),
                field("inodes", "how many inodes there are; nothing where inodes are not counted"),
                field("inodes_free", "how many of them are free; nothing where inodes are not counted"),
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
        let limits = [
            self.free.is_some(),
            self.free_percent.is_some(),
            self.inodes_percent.is_some(),
            self.inodes.is_some(),
            self.mounted_at.is_some(),
            !self.filesystem.is_empty(),
            !self.options.is_empty(),
        ];
        if !limits.contains(&true) {
            problems.whole(
                "there is no limit, so nothing is asked",
                "give at least one of `free`, `free_percent`, `inodes_percent`, `inodes`, `mounted_at`, `filesystem` and `options`",
            );
        }
        if self.mounted_at.as_ref().is_some_and(|mount| !mount.is_absolute()) {
            problems.at(
                "mounted_at",
                "a mount point is an absolute path",
                "write it as in `/var/lib/vapora`",
            );
        }
        if self.inodes == Some(0) {
            problems.at("inodes", "a limit of 0 always holds", "write how many have to be free");
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
