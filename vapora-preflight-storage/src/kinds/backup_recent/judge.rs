//! Whether the newest backup is one to rely on.

use std::time::Duration;

use vapora_preflight::{Bytes, Evidence, EvidenceField, Finding, Outcome, Period, Timestamp, Unit, Value};

use super::super::field;
use super::{
    BackupRecent, Read,
    candidates::{Backup, Candidates},
    opened::Inside,
};
use crate::wording::{are, count, names};

/// How far a clock may be ahead of the one that checks.
const AHEAD: Duration = Duration::from_mins(5);

pub(super) const EVIDENCE: &[EvidenceField] = &[
    field("from", "where the backups are"),
    field("backups", "how many there are"),
    field("newest", "the name of the newest; nothing where there is none"),
    field("made", "when it was made"),
    field("made_by_name", "whether its name says when, and not only its last modification"),
    field("age", "how long ago that is, in seconds"),
    field("size", "its size in bytes"),
    field("parts", "of how many files it is"),
    field("previous", "the name of the one before; nothing where there is none"),
    field("previous_size", "the size of the one before, in bytes"),
    field(
        "change_percent",
        "by how much it is larger than the one before, in percent; negative where it is smaller",
    ),
    field("verified", "whether it is what its checksum says; nothing where that was not looked at"),
    field("digest", "its digest, where it is one file and was held to its checksum"),
    field("members", "how many files are in it, where it was opened"),
    field("unpacked", "how much they come to in bytes, where it was opened"),
];

/// What is known of the backups, and what is wrong.
pub(super) struct Judged<'c> {
    check: &'c BackupRecent,
    now: Timestamp,
    candidates: Candidates,
    /// What was expected, what is there instead, and what to do.
    wrong: Vec<(String, String, &'static str)>,
    failed: Option<Box<Finding>>,
    verified: Option<bool>,
    digest: Option<String>,
    inside: Option<Inside>,
}

impl<'c> Judged<'c> {
    pub(super) fn new(check: &'c BackupRecent, now: Timestamp, candidates: Candidates) -> Self {
        let mut judged = Self {
            check,
            now,
            candidates,
            wrong: Vec::new(),
            failed: None,
            verified: None,
            digest: None,
            inside: None,
        };
        judged.age();
        judged.size();
        judged
    }

    pub(super) fn newest(&self) -> Option<Backup> {
        self.candidates.backups.first().cloned()
    }

    fn previous(&self) -> Option<&Backup> {
        self.candidates.backups.get(1)
    }

    pub(super) fn fails(&self) -> bool {
        !self.wrong.is_empty() || self.failed.is_some()
    }

    fn age(&mut self) {
        let Some(newest) = self.newest() else { return };
        if newest.made > self.now.plus(AHEAD) {
            let remedy = if newest.by_name {
                "set the clock of the machine that makes it, or write the `zone` of the dates in the names"
            } else {
                "set the clock of the machine that makes it"
            };
            let actual = format!("it is of {}, which is yet to come", newest.made.to_minute());
            self.wrong.push(("a backup from the past".to_owned(), actual, remedy));
        } else if self.now.since(newest.made) > self.check.max_age.get() {
            let age = self.now.since(newest.made);
            let over = shown(age.saturating_sub(self.check.max_age.get()));
            let actual = format!("it is {} old, {over} too old, of {}", shown(age), newest.made.to_minute());
            let remedy = "find out why no newer one was made, and make one now";
            self.wrong.push((format!("not older than {}", self.check.max_age), actual, remedy));
        }
    }

    fn size(&mut self) {
        let Some(newest) = self.newest() else { return };
        let size = Bytes::new(newest.size);
        let remedy = "look at what the last run of the backup said, and make a new one";
        if newest.size == 0 {
            self.wrong.push(("a backup with something in it".to_owned(), "it is empty".to_owned(), remedy));
            return;
        }
        if let Some(least) = self.check.min_size
            && newest.size < least.get()
        {
            self.wrong.push((format!("at least {least}"), format!("it has {size}"), remedy));
        }
        let Some(most) = self.check.max_shrink_percent else { return };
        let Some(previous) = self.previous() else {
            let remedy = "keep more than one backup, or leave out `max_shrink_percent` until there are two";
            self.wrong.push((
                "one before it to compare with".to_owned(),
                "there is no other".to_owned(),
                remedy,
            ));
            return;
        };
        let holds = -change(&newest, previous) <= most;
        if !holds {
            let before = Bytes::new(previous.size);
            let by = ((-change(&newest, previous)) * 10.0).floor() / 10.0;
            let actual = format!("it has {size}, {by}% less than the {before} of `{}`", previous.name);
            self.wrong.push((format!("at most {most}% smaller than the one before"), actual, remedy));
        }
    }

    pub(super) fn checked(&mut self, read: Read<Option<String>>) {
        self.verified = Some(read.is_ok());
        match read {
            Ok(digest) => self.digest = digest,
            Err(finding) => self.failed = Some(finding),
        }
    }

    pub(super) fn opened(&mut self, read: Read<Inside>) {
        match read {
            Ok(inside) => self.inside = Some(inside),
            Err(finding) => self.failed = Some(finding),
        }
    }

    pub(super) fn outcome(self) -> Outcome {
        let evidence = self.evidence();
        if let Some(finding) = self.failed {
            return Outcome::Fail(finding.evidence(evidence));
        }
        let Some(newest) = self.newest() else {
            return Outcome::Fail(self.nothing().evidence(evidence));
        };
        let name = &newest.name;
        if self.wrong.is_empty() {
            let summary = format!(
                "the newest backup `{name}` is {} old and has {}{}",
                shown(self.now.since(newest.made)),
                Bytes::new(newest.size),
                self.looked_at()
            );
            return Outcome::Pass(Finding::new(summary).evidence(evidence));
        }
        let expected: Vec<&str> = self.wrong.iter().map(|(expected, ..)| expected.as_str()).collect();
        let actual: Vec<&str> = self.wrong.iter().map(|(_, actual, _)| actual.as_str()).collect();
        let actual = actual.join("; ");
        Outcome::Fail(
            Finding::new(format!("the newest backup `{name}`: {actual}"))
                .expected(expected.join("; "))
                .actual(actual)
                .remedy(self.wrong[0].2)
                .evidence(evidence),
        )
    }

    fn looked_at(&self) -> String {
        let inside = self.inside.map(|inside| {
            let files = usize::try_from(inside.files).unwrap_or(usize::MAX);
            format!(", {} in it ({})", count(files, "file", "files"), Bytes::new(inside.unpacked))
        });
        let verified = if self.verified == Some(true) { ", as its checksum says" } else { "" };
        format!("{verified}{}", inside.unwrap_or_default())
    }

    /// There is no backup.
    fn nothing(&self) -> Finding {
        let (from, name) = (&self.check.from, &self.check.name);
        let Candidates { undated, unsettled, .. } = &self.candidates;
        let (actual, remedy) = if let (false, Some(date)) = (undated.is_empty(), &self.check.date) {
            let actual = format!("no date as `{date}` is in the name of {}", names(undated));
            (actual, "correct `date`, or the names of the backups")
        } else if unsettled.is_empty() {
            (
                format!("there is no file `{name}`"),
                "make a backup; if there is one, correct `from` and `name`",
            )
        } else {
            let actual = format!("{} {} written to just now", names(unsettled), are(unsettled.len()));
            (actual, "wait until it is done")
        };
        let actual = if self.check.folders { actual.replace("no file", "no folder") } else { actual };
        Finding::new(format!("there is no backup in `{from}`: {actual}"))
            .expected(format!("a backup `{name}`, not older than {}", self.check.max_age))
            .actual(actual)
            .remedy(remedy)
    }

    fn evidence(&self) -> Evidence {
        let (newest, previous) = (self.newest(), self.previous());
        let of_newest = |get: fn(&Backup) -> Value| newest.as_ref().map_or(Value::Null, get);
        let age = newest.as_ref().map(|newest| self.now.since(newest.made).as_secs());
        let percent = newest
            .as_ref()
            .zip(previous)
            .map(|(newest, previous)| (change(newest, previous) * 100.0).round() / 100.0);
        Evidence::new()
            .with("from", self.check.from.as_str())
            .with("backups", self.candidates.backups.len())
            .with("newest", of_newest(|newest| Value::from(&newest.name)))
            .with("made", of_newest(|newest| Value::from(newest.made)))
            .with("made_by_name", of_newest(|newest| Value::from(newest.by_name)))
            .measured("age", age, Unit::Seconds)
            .measured("size", of_newest(|newest| Value::from(newest.size)), Unit::Bytes)
            .with("parts", of_newest(|newest| Value::from(newest.files.len())))
            .with("previous", previous.map(|previous| previous.name.clone()))
            .measured("previous_size", previous.map(|previous| previous.size), Unit::Bytes)
            .measured("change_percent", percent, Unit::Percent)
            .with("verified", self.verified)
            .with("digest", self.digest.clone())
            .with("members", self.inside.map(|inside| inside.files))
            .measured("unpacked", self.inside.map(|inside| inside.unpacked), Unit::Bytes)
    }
}

/// By how much a backup is larger than the one before, in percent.
fn change(newest: &Backup, previous: &Backup) -> f64 {
    if previous.size == 0 {
        0.0
    } else {
        (newest.size as f64 - previous.size as f64) * 100.0 / previous.size as f64
    }
}

/// A time in its two largest units.
fn shown(time: Duration) -> Period {
    let seconds = time.as_secs();
    let unit = match seconds {
        0..60 => 1,
        60..86_400 => 60,
        _ => 3600,
    };
    Period::from_secs(seconds / unit * unit)
}
