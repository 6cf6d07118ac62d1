//! `storage.writable`

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Bytes, Check, CheckContext, CheckError, CheckResult, Digest, Effect, Evidence, EvidenceField, Finding,
    Kind, Outcome, Problems, Unit, async_trait,
};

mod folder;
mod object;

use super::field;
use crate::{Place, StoreSettings, files::Files};

/// A folder or a bucket can be written: a file of the run's own is written there, read back, compared, and removed again.
///
/// # Why
///
/// That there is room says nothing of rights, quotas, and disks that the kernel has set read-only. The next backup finds that out at
/// night.
///
/// # What it asks
///
/// It writes a file that begins with `.vapora-preflight-` and has a name that nothing else has, reads it back, and removes it. It is
/// removed whatever becomes of the check: after an error, a time-out or a cancelled run the executor sees to it. A bucket that keeps
/// versions keeps this one, too; and one that tells others of new objects tells them of it. The credentials have to be allowed to
/// write, read, list and delete objects.
///
/// # What fails
///
/// A folder that is not there, may not be written, can only be read, or is full. A bucket that may not be written. What is read is
/// not what was written. A file that cannot be removed again.
///
/// # What errs
///
/// A bucket that is not there, credentials that are refused, a store that does not answer.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Writable {
    /// The folder, or the URL of an object store.
    pub to: Place,
    /// How the object store is reached, where it is one.
    #[serde(default)]
    pub store: Option<StoreSettings>,
    /// How much is written: `1KiB` unless said otherwise, and `64MiB` at most.
    #[serde(default = "size")]
    pub size: Bytes,
}

/// How much may be written.
const MOST: Bytes = Bytes::new(64 << 20);
/// How long it may take to remove the file after the check.
const REMOVED_WITHIN: Duration = Duration::from_secs(30);

fn size() -> Bytes {
    Bytes::new(1 << 10)
}

/// How far it came: what was done, and what stopped it.
#[derive(Debug, Clone, Default)]
struct Came {
    written: bool,
    read_back: bool,
    removed: bool,
    /// What went wrong, and what to do about it.
    stopped: Option<(String, &'static str)>,
}

impl Came {
    fn stopped(mut self, by: impl Into<String>, remedy: &'static str) -> Self {
        self.stopped = Some((by.into(), remedy));
        self
    }
}

impl Writable {
    /// The check that a place can be written.
    pub fn new(to: Place) -> Self {
        Self { to, store: None, size: size() }
    }

    /// A name that nothing else has, and something that nobody could guess or compress.
    fn name_and_content(&self) -> Result<(String, Vec<u8>), CheckError> {
        let mut random = [0; 32];
        aws_lc_rs::rand::fill(&mut random)
            .map_err(|_| CheckError::transient("this machine gives out no random numbers"))?;
        let seed = Digest::of(random);
        let size = self.size.get() as usize;
        let mut content = Vec::with_capacity(size + 64);
        let mut part = 0_u64;
        while content.len() < size {
            content.extend_from_slice(Digest::of(format!("{seed}{part}")).to_string().as_bytes());
            part += 1;
        }
        content.truncate(size);
        Ok((format!(".vapora-preflight-{}", &seed.to_string()[..24]), content))
    }

    fn outcome(&self, came: Came) -> Outcome {
        let to = &self.to;
        let evidence = Evidence::new()
            .with("to", to.as_str())
            .measured("size", self.size.get(), Unit::Bytes)
            .with("written", came.written)
            .with("read_back", came.read_back)
            .with("removed", came.removed);
        match came.stopped {
            None => Outcome::Pass(
                Finding::new(format!("`{to}` can be written: {} written, read back and removed", self.size))
                    .evidence(evidence),
            ),
            Some((what, remedy)) => Outcome::Fail(
                Finding::new(format!("`{to}` {what}"))
                    .expected(format!("a file of {} can be written there, read back and removed", self.size))
                    .actual(what)
                    .remedy(remedy)
                    .evidence(evidence),
            ),
        }
    }
}

#[async_trait]
impl Check for Writable {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let (name, content) = self.name_and_content()?;
        let came = match Files::open(cx, &self.to, self.store.as_ref())? {
            Files::Folder(folder) => folder::write(cx, folder.join(&name), content).await?,
            Files::Bucket { bucket, prefix } => {
                let key = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
                object::write(cx, bucket, key.into(), content).await?
            }
        };
        Ok(self.outcome(came))
    }
}

impl Kind for Writable {
    const NAME: &'static str = "storage.writable";
    const EFFECT: Effect = Effect::KeepsFiles;
    const EXAMPLE: &'static str = r#"
[check.backups-writable]
kind  = "storage.writable"
title = "The next backup can be written"
to    = "s3://vapora-backups/surreal"
store = { region = "eu-central-1", access_key = { env = "BACKUP_KEY_ID" }, secret_key = { env = "BACKUP_KEY" } }
"#;

    fn evidence() -> &'static [EvidenceField] {
        const {
            &[
                field("to", "the folder or bucket"),
                field("size", "how much was to be written, in bytes"),
                field("written", "whether it was written"),
                field("read_back", "whether it could be read back, and was the same"),
                field("removed", "whether it was removed again"),
            ]
        }
    }

    fn validate(&self, problems: &mut Problems) {
        StoreSettings::validate(self.store.as_ref(), &self.to, problems);
        if self.size.get() == 0 || self.size > MOST {
            problems.at(
                "size",
                format!("expected more than 0 bytes and at most {MOST}, found {}", self.size),
                "write how much is written, as in `1KiB`",
            );
        }
    }
}
