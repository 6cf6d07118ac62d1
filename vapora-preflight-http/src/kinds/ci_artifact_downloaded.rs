//! `ci.artifact_downloaded`.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Bytes, Check, CheckContext, CheckError, CheckResult, Digest, Effect, EvidenceField, Finding, Kind,
    Outcome, Problems, Unit, async_trait,
};

use super::ci_pipeline_succeeded::run_before;
use crate::{CiApi, CiSettings, ForgeNumber, HttpAnswer, ci::Project, kept};

/// An artifact of a run is downloaded: the archive that GitHub Actions makes of what a job uploads under a name.
///
/// The run is the one of that number, or the one that the check named as `baseline` has seen. What is downloaded has to have the
/// digest that GitHub tells, and `digest` where it is given. The file is there in full or not at all: it replaces an earlier one
/// of that name only when all of it has been written.
///
/// It fails where the run has no such artifact, where its time is over, where it is larger than `limit`, and where a digest is
/// another one. Woodpecker keeps no artifacts: what its steps upload elsewhere is for `http.downloaded`.
///
/// # What errs
///
/// A server that does not answer or refuses, a download that is cut short, a file that cannot be written.
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
    Bytes::new(256 << 20)
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
        cx.doing(format!("asking for the artifacts of the run {run}"));
        let Some(found) = self.newest(&project, run).await? else {
            let finding = self
                .finding(
                    format!("the run {run} of `{}` has no artifact `{}`", self.ci.project, self.artifact),
                    run,
                    None,
                    None,
                )
                .expected(format!("an artifact `{}`", self.artifact))
                .actual("none of that name")
                .remedy("see what the run has made, and that it has ended");
            return Ok(Outcome::Fail(finding));
        };
        if found.expired {
            return Ok(self.expired(run, &found));
        }
        if found.size_in_bytes > self.limit.get() {
            let summary = format!("the artifact `{}` is larger than {}", self.artifact, self.limit);
            return Ok(Outcome::Fail(self.too_large(summary, run, &found)));
        }
        cx.doing(format!("downloading the artifact `{}`", self.artifact));
        let id = found.id.to_string();
        let Some(answer) =
            project.session().download(&project.url(&["artifacts", &id, "zip"]), self.limit).await?
        else {
            return Ok(self.expired(run, &found));
        };
        if answer.is_larger_than_limit() {
            let summary = format!("the artifact `{}` is larger than {}", self.artifact, self.limit);
            return Ok(Outcome::Fail(self.too_large(summary, run, &found)));
        }
        self.keep(cx, run, &found, &answer).await
    }
}

impl CiArtifactDownloaded {
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

    fn expired(&self, run: u64, found: &Artifact) -> Outcome {
        let when = found.expires_at.as_deref().unwrap_or("some time");
        let summary = format!("the artifact `{}` of the run {run} is no longer kept", self.artifact);
        Outcome::Fail(
            self.finding(summary, run, Some(found), None)
                .expected("an artifact that can be downloaded")
                .actual(format!("one that was kept until {when}"))
                .remedy("let the pipeline run again"),
        )
    }

    /// That the download is something else. Where it lies is not told: whoever has that link may have it.
    fn no_archive(&self) -> CheckError {
        CheckError::transient(format!("the download of the artifact `{}` is not an archive", self.artifact))
            .remedy("let the pipeline run again")
    }

    fn too_large(&self, summary: String, run: u64, found: &Artifact) -> Finding {
        self.finding(summary, run, Some(found), None)
            .expected(format!("no more than {}", self.limit))
            .actual(format!("{} by the word of the server", Bytes::new(found.size_in_bytes)))
            .remedy("raise `limit`, or let the job upload less")
    }

    async fn keep(&self, cx: &CheckContext, run: u64, found: &Artifact, answer: &HttpAnswer) -> CheckResult {
        let content = answer.body();
        if content.is_empty() {
            return Err(self.no_archive());
        }
        let digest = Digest::of(content);
        let told = match found.digest.as_deref() {
            Some(told) => match told.strip_prefix("sha256:").map(str::parse::<Digest>) {
                Some(Ok(told)) => Some(told),
                _ => {
                    return Err(CheckError::permanent(format!(
                        "the digest of the artifact `{}` is not a SHA-256: `{told}`",
                        self.artifact
                    )));
                }
            },
            None => None,
        };
        let expected = [told.map(|it| (it, "the server's")), self.digest.map(|it| (it, "the checklist's"))];
        for (expected, whose) in expected.into_iter().flatten() {
            if expected != digest {
                let summary = format!("the artifact `{}` has another digest than {whose}", self.artifact);
                return Ok(Outcome::Fail(
                    self.finding(summary, run, Some(found), None)
                        .expected(format!("{expected}"))
                        .actual(format!("{digest}"))
                        .remedy("do not use it; see who changed it, and let the pipeline run again"),
                ));
            }
        }
        // without either digest only the archive itself tells that it is whole
        if told.is_none() && self.digest.is_none() && !kept::is_zip(content) {
            return Err(self.no_archive());
        }
        cx.doing(format!("writing `{}`", self.path.display()));
        kept::write(&self.path, content).await?;
        let summary =
            format!("the artifact `{}` of the run {run} is in `{}`", self.artifact, self.path.display());
        Ok(Outcome::Pass(self.finding(summary, run, Some(found), Some((digest, content.len())))))
    }

    fn finding(
        &self,
        summary: String,
        run: u64,
        found: Option<&Artifact>,
        written: Option<(Digest, usize)>,
    ) -> Finding {
        Finding::new(summary)
            .with("run", run)
            .with("artifact", self.artifact.as_str())
            .with("id", found.map(|it| it.id))
            .with("path", self.path.display().to_string())
            .measured("size", written.map(|(_, size)| size), Unit::Bytes)
            .with("digest", written.map(|(digest, _)| digest.to_string()))
            .with("expires", found.and_then(|it| it.expires_at.as_deref()))
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
                about: "the size of the file in bytes, or none where it was not written",
            },
            EvidenceField {
                name: "digest",
                about: "the SHA-256 of the file, or none where it was not written",
            },
            EvidenceField { name: "expires", about: "until when the server keeps it, or none" },
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
