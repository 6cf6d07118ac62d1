//! How much an archive may be when it is unpacked.

use std::io::{self, Read};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vapora_preflight::{Bytes, Problems};

use super::Flaw;

/// How much an archive may be when it is unpacked. What goes beyond is refused before it is read any further.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ArchiveLimits {
    /// How many members it may have: 10000 unless said otherwise.
    pub members: u64,
    /// How much it may hold unpacked: `1GiB` unless said otherwise.
    pub unpacked: Bytes,
    /// How many times its own size it may hold unpacked: 200 unless said otherwise. The first MiB is always allowed.
    pub ratio: u32,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { members: 10_000, unpacked: Bytes::new(1 << 30), ratio: 200 }
    }
}

impl ArchiveLimits {
    /// Limits for what may be large, such as a backup, of which nothing is kept in memory.
    pub(crate) fn of_backups() -> Self {
        Self { members: 10_000_000, unpacked: Bytes::new(64 << 40), ratio: 1000 }
    }

    /// Checks the parameter `limits`.
    pub(crate) fn validate(&self, problems: &mut Problems) {
        if self.members == 0 || self.unpacked.get() == 0 || self.ratio == 0 {
            problems.at(
                "limits",
                "a limit of 0 allows no archive at all",
                "leave it out, or write a larger one",
            );
        }
    }
}

/// What every archive may hold, however small it is itself.
const ALWAYS: u64 = 1 << 20;

/// Measures an archive while it is unpacked.
#[derive(Debug)]
pub(crate) struct Meter {
    members: u64,
    unpacked: u64,
    most_members: u64,
    most: u64,
    ratio: u32,
    by_ratio: u64,
}

impl Meter {
    /// Measures an archive that has so many bytes itself.
    pub(crate) fn new(limits: &ArchiveLimits, size: u64) -> Self {
        Self {
            members: 0,
            unpacked: 0,
            most_members: limits.members,
            most: limits.unpacked.get(),
            ratio: limits.ratio,
            by_ratio: size.saturating_mul(limits.ratio.into()).max(ALWAYS),
        }
    }

    /// Counts a member.
    pub(crate) fn member(&mut self) -> Result<(), Flaw> {
        self.members += 1;
        if self.members > self.most_members {
            return Err(Flaw::refused(format!("it has more than {} members", self.most_members)));
        }
        Ok(())
    }

    /// How many members there may be.
    pub(super) fn most_members(&self) -> u64 {
        self.most_members
    }

    /// Counts unpacked bytes.
    fn count(&mut self, bytes: u64) -> Result<(), Flaw> {
        self.unpacked = self.unpacked.saturating_add(bytes);
        if self.unpacked > self.most {
            return Err(Flaw::refused(format!("it holds more than {} unpacked", Bytes::new(self.most))));
        }
        if self.unpacked > self.by_ratio {
            return Err(Flaw::refused(format!(
                "it holds more than {} times its own size unpacked",
                self.ratio
            )));
        }
        Ok(())
    }

    /// How much was unpacked so far.
    pub(crate) fn unpacked(&self) -> u64 {
        self.unpacked
    }

    /// Refuses what says of itself that it is too much.
    pub(super) fn announce(&self, unpacked: u64) -> Result<(), Flaw> {
        let mut ahead = Self { ..*self };
        ahead.count(unpacked)
    }

    /// Counts what is read.
    pub(crate) fn measure<R: Read>(&mut self, inner: R) -> Measured<'_, R> {
        Measured { inner, meter: self }
    }
}

/// A reader that is counted.
pub(crate) struct Measured<'m, R> {
    inner: R,
    meter: &'m mut Meter,
}

impl<R: Read> Read for Measured<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.meter.count(read as u64)?;
        Ok(read)
    }
}
