//! `host.tool_version`

mod version;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Problems,
    Requirements, async_trait,
};

use self::version::{Wanted, found_in};
use crate::process::{Program, describe, not_started};

/// A tool of the release machine has a version that fits.
///
/// # Why
///
/// A tool that is too old or too new fails in the middle of a deployment, with a message about something else.
///
/// # What it asks
///
/// It runs the tool with `--version`, or with other `arguments`, and reads the first version in what it writes: numbers with dots
/// between, as in `1.32.4`, `v3.14` or `0.110.0-nightly+abc`. It runs only where the caller of the run allows programs.
///
/// # What fails
///
/// A version that `requires` does not allow.
///
/// # What errs
///
/// A tool that is not there, that ends with an error, or that tells no version.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ToolVersion {
    /// The tool: a name that is looked up in `PATH`, or a path.
    pub tool: String,
    /// The versions that fit, as in `>=1.31, <1.34` or `^0.110`: comparisons with commas between, all of which have to hold.
    /// `=`, `>`, `>=`, `<`, `<=`, `~` and `^` mean what they mean to Cargo; a version before the release of the same number
    /// (`-nightly`, `-rc.1`) is compared by its number.
    #[schemars(with = "String")]
    pub requires: Wanted,
    /// What the tool is called with to tell its version.
    #[serde(default = "version_argument")]
    pub arguments: Vec<String>,
    /// What stands before the version where the tool tells several, as in `Client Version:`.
    #[serde(default)]
    pub after: Option<String>,
    /// Where to run it: by default the working directory of the run.
    #[serde(default)]
    pub directory: Option<PathBuf>,
}

fn version_argument() -> Vec<String> {
    vec!["--version".to_owned()]
}

/// How much of what the tool says is kept.
const LIMIT: usize = 64 << 10;

impl ToolVersion {
    /// The check of a tool, with the versions that fit.
    ///
    /// # Errors
    ///
    /// The versions that fit do not read as such.
    pub fn new(tool: impl Into<String>, requires: &str) -> Result<Self, InvalidRequirement> {
        let requires = Wanted::new(requires)?;
        Ok(Self { tool: tool.into(), requires, arguments: version_argument(), after: None, directory: None })
    }
}

pub use self::version::InvalidRequirement;

#[async_trait]
impl Check for ToolVersion {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let Self { tool, requires, .. } = self;
        cx.doing(format!("asking `{tool}` for its version"));
        let program =
            Program::new(tool, LIMIT).arguments(&self.arguments).directory(self.directory.as_deref());
        let ended =
            program.run().await.map_err(|error| not_started(tool, self.directory.as_deref(), &error))?;
        let by_hand = format!("run it by hand: {tool} {}", self.arguments.join(" "));
        if ended.status.code() != Some(0) {
            let message = format!("`{tool}` did not tell its version: {}", describe(ended.status));
            return Err(CheckError::permanent(message).remedy(by_hand));
        }
        // some tools tell it on their standard error
        let said = format!("{}\n{}", ended.stdout.text(&[]), ended.stderr.text(&[]));
        let Some((text, version)) = found_in(&said, self.after.as_deref()) else {
            let line =
                said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("nothing").to_owned();
            let line: String = line.chars().filter(|c| !c.is_control()).take(120).collect();
            return Err(CheckError::permanent(format!("`{tool}` tells no version: it says `{line}`"))
                .remedy("name other `arguments`, or what stands before the version in `after`"));
        };
        let evidence = Evidence::new()
            .with("version", text.as_str())
            .with("major", version.major)
            .with("minor", version.minor)
            .with("patch", version.patch);
        if requires.allows(&version) {
            let summary = format!("`{tool}` is of version {text}, which fits `{requires}`");
            return Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)));
        }
        Ok(Outcome::Fail(
            Finding::new(format!("`{tool}` is of version {text}"))
                .expected(format!("a version of `{requires}`"))
                .actual(text)
                .remedy(format!("install a `{tool}` of `{requires}`; {by_hand}"))
                .evidence(evidence),
        ))
    }
}

impl Kind for ToolVersion {
    const NAME: &'static str = "host.tool_version";
    const EXAMPLE: &'static str = r#"
[check.nushell]
kind     = "host.tool_version"
title    = "Nushell fits the scripts"
tool     = "nu"
requires = ">=0.100, <1"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "version", about: "the version, as the tool writes it" },
            EvidenceField { name: "major", about: "its first number" },
            EvidenceField { name: "minor", about: "its second number, or zero" },
            EvidenceField { name: "patch", about: "its third number, or zero" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.tool.is_empty() || self.tool.contains('\0') {
            problems.at("tool", "no tool is named", "name it as in `kubectl`");
        }
        if self.after.as_ref().is_some_and(String::is_empty) {
            problems.at("after", "an empty text stands before everything", "leave it out");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.command(self.tool.as_str());
    }
}
