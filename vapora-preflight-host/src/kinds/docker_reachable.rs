//! `host.docker_reachable`

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Problems,
    Requirements, async_trait,
};

use crate::process::{Ended, Program, describe, not_started};

/// The Docker engine answers on the release machine, and Compose is there.
///
/// # Why
///
/// The client alone says nothing: it is there where the engine is stopped, out of the user's reach, or another one than is meant.
///
/// # What it asks
///
/// `docker version`, which asks the engine of the client's current context (or of `context`) for its version, and
/// `docker compose version`, which is answered by the plug-in alone. Both run only where the caller of the run allows programs.
///
/// # What fails
///
/// An engine that does not answer, or that does not let this user in. No Compose, unless `compose = false`.
///
/// # What errs
///
/// No program `docker` on this machine, and an answer that does not read as one of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DockerReachable {
    /// Whether Compose has to be there.
    #[serde(default = "yes")]
    pub compose: bool,
    /// The context of the client, as `docker context ls` lists them; by default the current one.
    #[serde(default)]
    pub context: Option<String>,
    /// The program: `docker`, or a path to it.
    #[serde(default = "docker")]
    pub program: String,
}

fn yes() -> bool {
    true
}

fn docker() -> String {
    "docker".to_owned()
}

/// How much of what it says is kept.
const LIMIT: usize = 256 << 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Versions {
    client: Client,
    server: Option<Server>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Client {
    version: String,
    #[serde(default)]
    context: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Server {
    version: String,
    #[serde(default)]
    api_version: Option<String>,
}

impl Default for DockerReachable {
    fn default() -> Self {
        Self { compose: true, context: None, program: docker() }
    }
}

impl DockerReachable {
    async fn ask(&self, arguments: &[&str]) -> Result<Ended, CheckError> {
        let context = self.context.iter().flat_map(|context| ["--context", context]);
        let program = Program::new(&self.program, LIMIT).arguments(context).arguments(arguments);
        program.run().await.map_err(|error| not_started(&self.program, None, &error))
    }
}

/// The first line of what a program complained of.
fn complaint(ended: &Ended) -> String {
    let said = ended.stderr.text(&[]);
    let line = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let line: String = line.chars().filter(|c| !c.is_control()).take(240).collect();
    if line.is_empty() { describe(ended.status) } else { line }
}

#[async_trait]
impl Check for DockerReachable {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let program = &self.program;
        cx.doing("asking the Docker engine for its version");
        let ended = self.ask(&["version", "--format", "{{json .}}"]).await?;
        let said = ended.stdout.text(&[]);
        let versions: Option<Versions> = said
            .lines()
            .find(|line| line.trim_start().starts_with('{'))
            .and_then(|line| serde_json::from_str(line).ok());
        let Some(versions) = versions else {
            let message = format!("`{program} version` did not tell its version: {}", complaint(&ended));
            return Err(CheckError::permanent(message).remedy(format!("run it by hand: {program} version")));
        };
        let mut evidence = Evidence::new()
            .with("client", versions.client.version.as_str())
            .with("context", versions.client.context.clone())
            .with("engine", versions.server.as_ref().map(|server| server.version.clone()))
            .with("api", versions.server.as_ref().and_then(|server| server.api_version.clone()))
            .with("compose", None::<String>);
        let Some(server) = versions.server.filter(|_| ended.status.success()) else {
            return Ok(Outcome::Fail(
                Finding::new("the Docker engine does not answer")
                    .expected("an engine that answers this user")
                    .actual(complaint(&ended))
                    .remedy(if complaint(&ended).contains("permission denied") {
                        "let the user of the run use it: sudo usermod -aG docker \"$USER\"; it counts from the next login on"
                    } else {
                        "start it: sudo systemctl start docker; where another engine is meant, name its `context` (docker context ls)"
                    })
                    .evidence(evidence),
            ));
        };
        if !self.compose {
            let summary = format!("the Docker engine {} answers", server.version);
            return Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)));
        }
        cx.doing("asking for the version of Compose");
        let ended = self.ask(&["compose", "version", "--short"]).await?;
        let said = ended.stdout.text(&[]);
        let compose = said.trim();
        if !ended.status.success()
            || !compose.chars().any(|c| c.is_ascii_digit())
            || compose.lines().count() != 1
        {
            return Ok(Outcome::Fail(
                Finding::new(format!(
                    "the Docker engine {} answers, and Compose is not there",
                    server.version
                ))
                .expected("`docker compose version` tells a version")
                .actual(complaint(&ended))
                .remedy("install Compose, as the package `docker-compose-plugin` or `docker-compose-v2`, or set `compose = false`")
                .evidence(evidence),
            ));
        }
        evidence.set("compose", compose, None);
        let summary = format!("the Docker engine {} answers, and Compose {compose} is there", server.version);
        Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)))
    }
}

impl Kind for DockerReachable {
    const NAME: &'static str = "host.docker_reachable";
    const EXAMPLE: &'static str = r#"
[check.docker]
kind  = "host.docker_reachable"
title = "Docker and Compose can be used on the release machine"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "client", about: "the version of the client" },
            EvidenceField { name: "context", about: "the context that it used" },
            EvidenceField {
                name: "engine",
                about: "the version of the engine; nothing where it does not answer",
            },
            EvidenceField { name: "api", about: "the version of the engine's API" },
            EvidenceField {
                name: "compose",
                about: "the version of Compose; nothing where it was not asked or is not there",
            },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.program.is_empty() {
            problems.at("program", "no program is named", "leave it out for `docker`");
        }
        if self.context.as_ref().is_some_and(|context| context.is_empty() || context.starts_with('-')) {
            problems.at("context", "this is no name of a context", "write it as `docker context ls` does");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.command(self.program.as_str());
    }
}
