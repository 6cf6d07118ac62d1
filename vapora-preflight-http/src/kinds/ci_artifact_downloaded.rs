//! `ci.artifact_downloaded`.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Bytes, Check, CheckContext, CheckError, CheckResult, Digest, Effect, Evidence, EvidenceField, Finding,
    Kind, Outcome, Problems, Unit, async_trait,
};

use super::ci_pipeline_succeeded::run_before;
use crate::{
    CiApi, CiSettings, ForgeNumber, HttpRequest, HttpUrl,
    ci::{PipelineRun, Project, RunState},
    download::{Download, Origin, Seen, Stop, refused_by_disk},
    exchange::Opened,
    forge::Session,
};

/// An artifact of a run is downloaded: the archive that GitHub Actions makes of what a job uploads under a name.
///
/// The run is the one of that number, or the one that the check named as `baseline` has seen. What is downloaded has to have the
/// digest that GitHub tells, and `digest` where it is given. It is streamed into a file beside `path`, which gets its name only
/// when all of it is on the disk: `path` holds the old content or all of the new one. A file that is there already and has the
/// digest is not fetched again, and a download that was interrupted goes on where it stopped, as far as the server allows it.
/// Beside the file it keeps `.NAME.part` while it downloads, and `.NAME.preflight.json` with what the server said.
///
/// It fails where the run has no such artifact, where its time is over, where it is larger than `limit`, where a digest is
/// another one, and where the disk refuses it. A run that has not ended may still make it, so that `until` looks again; one that
/// has ended without it does not. Woodpecker keeps no artifacts: what its steps upload elsewhere is for `http.downloaded`.
///
/// It is the archive that GitHub makes, and is not opened; `storage.archive_complete` looks into it.
///
/// # What errs
///
/// A server that does not answer or refuses, a download that is cut short, another process that downloads the same file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CiArtifactDownloaded {
    /// The project, and who asks.
    ci: CiSettings,
    /// The number of the run.
    run: Option<ForgeNumber>,
    /// The name of the artifact.
    artifact: String,
    /// The file that it is written to. Its folder has to be there.
    path: PathBuf,
    /// The SHA-256 that the archive has to have.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    digest: Option<Digest>,
    /// How large the archive may be.
    #[serde(default = "limit")]
    limit: Bytes,
}

fn limit() -> Bytes {
    Bytes::new(1 << 30)
}

#[derive(Debug, Clone, Deserialize)]
struct Artifact {
    id: u64,
    name: String,
    size_in_bytes: u64,
    expired: bool,
    #[serde(default)]
    expires_at: Option<String>,
    #[serde(default)]
    digest: Option<String>,
}

#[async_trait]
impl Check for CiArtifactDownloaded {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let run = match self.run {
            Some(run) => Some(run.get()),
            None => run_before(cx)?,
        };
        let run = run.ok_or_else(|| {
            CheckError::permanent("it is not said which run is meant")
                .remedy("name a `run`, or a check that knows it as `baseline`")
        })?;
        let project = Project::open(cx, &self.ci).await?;
        match self.attempt(cx, &project, run).await {
            Ok(outcome) => Ok(outcome),
            Err(Ended::Early(finding, found)) => {
                let evidence = self.evidence(run, found.as_ref(), &Seen::default());
                Ok(Outcome::Fail(finding.evidence(evidence)))
            }
            Err(Ended::Error(error)) => Err(error),
        }
    }
}

/// Why there is no artifact.
enum Ended {
    Early(Box<Finding>, Option<Artifact>),
    Error(CheckError),
}

impl From<CheckError> for Ended {
    fn from(error: CheckError) -> Self {
        Self::Error(error)
    }
}

/// Where an artifact lies.
struct Kept<'a> {
    session: &'a Session,
    url: &'a HttpUrl,
    /// What is said where it is kept no more.
    expired: &'a Finding,
}

impl Origin for Kept<'_> {
    fn request(&self) -> Result<HttpRequest, CheckError> {
        self.session.download(self.url)
    }

    async fn refused(&self, opened: Opened<'_>) -> Stop {
        match self.session.not_downloaded(opened).await {
            Some(error) => Stop::Error(error),
            None => Stop::from(self.expired.clone()),
        }
    }
}

impl CiArtifactDownloaded {
    async fn attempt(&self, cx: &CheckContext, project: &Project, run: u64) -> Result<Outcome, Ended> {
        let found = self.found(cx, project, run).await?;
        let early = |finding: Finding| Ended::Early(Box::new(finding), Some(found.clone()));
        let expired = self.expired(run, &found);
        if found.expired {
            return Err(early(expired));
        }
        if found.size_in_bytes > self.limit.get() {
            return Err(early(self.too_large(&found)));
        }
        let told = found.told()?;
        if let (Some(told), Some(expected)) = (told, self.digest)
            && told != expected
        {
            return Err(early(self.another(expected, told)));
        }
        let url = project.url(&["artifacts", &found.id.to_string(), "zip"]);
        let download = Download {
            what: format!("the artifact `{}`", self.artifact),
            url: &url,
            to: &self.path,
            at_least: Bytes::new(1),
            limit: self.limit,
            size: None,
            content_type: None,
            expected: told.or(self.digest),
            archive: true,
        };
        let kept = Kept { session: project.session(), url: &url, expired: &expired };
        let mut seen = Seen::default();
        let finding = match download.fetch(project.session().client(), &kept, cx, &mut seen).await {
            Ok(_) => {
                let already = if seen.fetched { "" } else { " already" };
                let path = self.path.display();
                let summary =
                    format!("the artifact `{}` of the run {run} is in `{path}`{already}", self.artifact);
                let evidence = self.evidence(run, Some(&found), &seen);
                return Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)));
            }
            Err(Stop::Finding(finding)) => *finding,
            Err(Stop::Disk(error)) => refused_by_disk(&self.path, "path", &error)?,
            Err(Stop::Error(error)) => return Err(Ended::Error(error)),
        };
        Ok(Outcome::Fail(finding.evidence(self.evidence(run, Some(&found), &seen))))
    }

    /// The artifact, or why there is none.
    async fn found(&self, cx: &CheckContext, project: &Project, run: u64) -> Result<Artifact, Ended> {
        cx.doing(format!("asking for the artifacts of the run {run}"));
        if let Some(found) = self.newest(project, run).await? {
            return Ok(found);
        }
        let none = |more: &str| {
            let summary =
                format!("the run {run} of `{}` has no artifact `{}`{more}", self.ci.project, self.artifact);
            Finding::new(summary).expected(format!("an artifact `{}`", self.artifact))
        };
        let finding = match PipelineRun::find(cx, project, run).await? {
            None => none("").actual("no such run").remedy("see that the number is that of a run"),
            Some(PipelineRun { state: RunState::Going(doing), url, .. }) => none(" yet")
                .actual(format!("none of that name; the run is {doing}"))
                .remedy(format!("wait for it, with `until`: {url}")),
            Some(ended) => {
                // it may have come just before the end
                if let Some(found) = self.newest(project, run).await? {
                    return Ok(found);
                }
                let how = match ended.state {
                    RunState::Failed(how) => format!("ended with `{how}`"),
                    _ => "has succeeded".to_owned(),
                };
                none("")
                    .actual(format!("none of that name, and the run {how}"))
                    .remedy(format!("see what the run has made: {}", ended.url))
                    .lasting()
            }
        };
        Err(Ended::Early(Box::new(finding), None))
    }

    /// The artifact of that name; where the run was made again, its newest.
    async fn newest(&self, project: &Project, run: u64) -> Result<Option<Artifact>, CheckError> {
        let digits = run.to_string();
        let path = project.path(&["runs", &digits, "artifacts"]);
        let what = format!("the artifacts of the run {run}");
        let all: Vec<Artifact> = project
            .session()
            .list(&path, &[("name", self.artifact.as_str())], Some("artifacts"), &what)
            .await?;
        Ok(all.into_iter().filter(|it| it.name == self.artifact).max_by_key(|it| it.id))
    }

    fn expired(&self, run: u64, found: &Artifact) -> Finding {
        let when = found.expires_at.as_deref().unwrap_or("some time");
        Finding::new(format!("the artifact `{}` of the run {run} is no longer kept", self.artifact))
            .expected("an artifact that can be downloaded")
            .actual(format!("one that was kept until {when}"))
            .remedy("let the pipeline run again")
            .lasting()
    }

    fn too_large(&self, found: &Artifact) -> Finding {
        Finding::new(format!("the artifact `{}` is larger than {}", self.artifact, self.limit))
            .expected(format!("no more than {}", self.limit))
            .actual(format!("{} by the word of the server", Bytes::new(found.size_in_bytes)))
            .remedy("raise `limit`, or let the job upload less")
            .lasting()
    }

    fn another(&self, expected: Digest, told: Digest) -> Finding {
        Finding::new(format!("the artifact `{}` has another digest", self.artifact))
            .expected(format!("sha256:{expected}"))
            .actual(format!("sha256:{told}, by the word of the server"))
            .remedy("do not use it; see which build `digest` is of, and who has changed the artifact")
            .lasting()
    }

    fn evidence(&self, run: u64, found: Option<&Artifact>, seen: &Seen) -> Evidence {
        Evidence::new()
            .with("run", run)
            .with("artifact", self.artifact.as_str())
            .with("id", found.map(|it| it.id))
            .with("path", self.path.display().to_string())
            .measured("size", seen.size, Unit::Bytes)
            .with("digest", seen.sha256.map(|digest| digest.to_string()))
            .with("expires", found.and_then(|it| it.expires_at.as_deref()))
            .with("fetched", seen.fetched)
            .measured("resumed_at", seen.resumed_at, Unit::Bytes)
    }
}

impl Artifact {
    /// The digest that the server tells, where it does.
    fn told(&self) -> Result<Option<Digest>, CheckError> {
        let Some(told) = self.digest.as_deref() else { return Ok(None) };
        match told.strip_prefix("sha256:").map(str::parse::<Digest>) {
            Some(Ok(told)) => Ok(Some(told)),
            _ => Err(CheckError::permanent(format!(
                "the digest of the artifact `{}` is not a SHA-256: `{told}`",
                self.name
            ))),
        }
    }
}

impl Kind for CiArtifactDownloaded {
    const NAME: &'static str = "ci.artifact_downloaded";
    const EFFECT: Effect = Effect::KeepsFiles;
    const EXAMPLE: &'static str = r#"
[check.artifacts-downloaded]
kind     = "ci.artifact_downloaded"
title    = "The artifacts are downloaded"
ci       = { api = "github_actions", project = "vapora/vapora", token = { env = "CI_TOKEN" } }
run      = 4211
artifact = "deployment-artifacts"
path     = "deployment-artifacts.zip"
timeout  = "2m"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "run", about: "the number of the run" },
            EvidenceField { name: "artifact", about: "the name of the artifact" },
            EvidenceField { name: "id", about: "its number on the server, or none" },
            EvidenceField { name: "path", about: "the file" },
            EvidenceField {
                name: "size",
                about: "the size of the file in bytes, or none where there is no such file in the end",
            },
            EvidenceField {
                name: "digest",
                about: "the SHA-256 of the file, or none where there is no such file in the end",
            },
            EvidenceField { name: "expires", about: "until when the server keeps it, or none" },
            EvidenceField { name: "fetched", about: "whether it was fetched now" },
            EvidenceField {
                name: "resumed_at",
                about: "how much of it was there from an earlier attempt, in bytes",
            },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        self.ci.validate(problems);
        if self.ci.api == CiApi::Woodpecker {
            problems.at(
                "ci",
                "Woodpecker keeps no artifacts",
                "let a step upload them, and use `http.downloaded`",
            );
        }
        if self.artifact.trim().is_empty() {
            problems.at("artifact", "the text is empty", "write the name that the job uploads under");
        }
        if self.path.file_name().is_none() {
            problems.at("path", "it names no file", "write the path of a file");
        }
        if self.limit.get() == 0 {
            problems.at("limit", "nothing can be that small", "raise it");
        }
    }
}
