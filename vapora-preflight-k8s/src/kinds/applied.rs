//! `k8s.applied`

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, Effect, Evidence, EvidenceField, Finding, Kind, Outcome,
    Problems, Requirements, Value, async_trait,
};

use super::dry_run_applies::{Weight, nothing, sorts, told_warnings, troubled, with_changes};
use crate::{
    EntryPattern, FieldManager, KubernetesTarget, ManifestPath, Namespace, ResourceRef,
    apply::{Attempt, Refused, Trial, Tried, Would, rights, validate},
    discovery::Discovery,
    manifest::{Manifests, Origin},
    read::Reader,
    refused::Cause,
    wording::{clauses, count, names},
};

/// The manifests are applied, after all of them have been tried.
///
/// # Why
///
/// A release that was never deployed anywhere is deployed in production for the first time. This is for staging: it changes
/// the target, so a `protected` target is refused when the checklist is read, and the run has to allow effects that change a
/// target.
///
/// # What it asks
///
/// First it tries all manifests in a dry run, as `k8s.dry_run_applies` does, and applies nothing where one of them is refused.
/// Then it applies them one after the other by server-side apply with strict validation: namespaces and definitions first, then
/// accounts and rights, ConfigMaps and Secrets, volume claims, Services, workloads, and the rest. What waits for a namespace or
/// a definition is tried and applied after it. It waits for nothing else: ask `k8s.rollout_complete` whether the release is up.
/// Nothing is deleted that the manifests do not hold. To apply the same manifests again changes nothing.
///
/// # What fails
///
/// All that fails `k8s.dry_run_applies`, before anything is applied. An object that is refused although it was taken in the dry
/// run, as the address of a Service may be: what was applied before it stays applied, and both are named. Nothing is taken back
/// by itself. A warning of the server, where `warnings = "fail"`, before anything is applied; otherwise it makes a warning.
///
/// # What errs
///
/// A file that cannot be read, no right to get, patch or create an object, and an answer that does not come: the error names
/// what was applied before it. Of the object itself it is then not known whether it was.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    /// Files, folders, archives, or patterns such as `deploy/*.yaml`. A relative path is taken from the folder in which the
    /// program is started.
    pub files: Vec<ManifestPath>,
    /// Which files of a folder or archive are read; without it, all that end in `.yaml`, `.yml` or `.json` and are not hidden.
    #[serde(default)]
    pub only: Vec<EntryPattern>,
    /// The namespace of objects that name none; one that names another is a mistake.
    #[serde(default)]
    pub namespace: Option<Namespace>,
    /// The resources that the manifests may hold, as in `["configmaps", "deployments.apps"]`: the rights to apply them are
    /// known from it beforehand, and an object of another resource fails.
    pub resources: Vec<ResourceRef>,
    /// The field manager that applies them; the default is that of `kubectl apply --server-side`, which may take over what
    /// `kubectl apply` has applied.
    #[serde(default = "FieldManager::kubectl")]
    pub field_manager: FieldManager,
    /// Whether fields are taken over from other managers.
    #[serde(default)]
    pub force: bool,
    /// What warnings of the server are: `"warn"` or `"fail"`.
    #[serde(default)]
    pub warnings: Weight,
}

const EXPECTED: &str = "every object applied";

/// What was applied so far.
#[derive(Debug, Default)]
struct Progress {
    objects: usize,
    /// By label, and with its generation, where it has one.
    applied: Vec<(String, Would, Option<i64>)>,
    warnings: Vec<String>,
    /// The object at which it ended, with what the server said.
    refused: Option<(String, Refused)>,
    /// What was not applied any more.
    left: Vec<String>,
}

impl Progress {
    fn that(&self, sort: Would) -> Vec<String> {
        let are = self.applied.iter().filter(|(_, would, _)| *would == sort);
        are.map(|(label, ..)| label.clone()).collect()
    }

    fn labels(&self) -> Vec<&str> {
        self.applied.iter().map(|(label, ..)| label.as_str()).collect()
    }

    fn evidence(&self) -> Evidence {
        let row = |(label, would, generation): &(String, Would, Option<i64>)| {
            let row = Value::table([
                ("result", Value::from(would.word())),
                ("generation", Value::from(*generation)),
            ]);
            (label.clone(), row)
        };
        Evidence::new()
            .with("objects", self.objects)
            .with("created", self.that(Would::Create))
            .with("changed", self.that(Would::Change))
            .with("unchanged", self.that(Would::Keep))
            .with("applied", Value::Table(self.applied.iter().map(row).collect()))
            .with("refused", self.refused.iter().map(|(label, _)| label.clone()).collect::<Vec<_>>())
            .with("left", self.left.clone())
            .with("warnings", self.warnings.clone())
    }

    fn judge(&self) -> Outcome {
        let evidence = self.evidence();
        let done = self.applied.len();
        if let Some((label, refused)) = &self.refused {
            let mut told = vec![format!("`{label}`: {refused}")];
            if done > 0 {
                told.push(format!("applied before it: {}", names(&self.labels())));
            }
            if !self.left.is_empty() {
                told.push(format!("not applied: {}", names(&self.left)));
            }
            let finding = Finding::new(format!(
                "{done} of {} applied, then one was refused",
                count(self.objects, "object")
            ))
            .expected(EXPECTED)
            .actual(clauses(&told))
            .remedy("correct the manifest and apply all of it again, or put back by hand what was applied")
            .evidence(evidence);
            return Outcome::Fail(finding);
        }
        let sorts = sorts(
            self.that(Would::Create).len(),
            self.that(Would::Change).len(),
            self.that(Would::Keep).len(),
        );
        let summary = format!("{} applied: {sorts}", count(done, "object"));
        if self.warnings.is_empty() {
            return Outcome::Pass(Finding::new(summary).evidence(evidence));
        }
        let finding = Finding::new(format!("{summary}; the server warns"))
            .expected("no warning")
            .actual(clauses(&self.warnings))
            .remedy(
                "read the warnings: what is deprecated goes, and what violates a policy may be refused later",
            )
            .evidence(evidence);
        Outcome::Warn(finding)
    }

    /// What an error has to say of what was done before it.
    fn explains(&self, error: CheckError) -> CheckError {
        if self.applied.is_empty() {
            return error;
        }
        error.because(&Cause(format!("these were applied before: {}", names(&self.labels()))))
    }
}

impl Applied {
    fn trial(&self) -> Trial<'_> {
        Trial {
            origin: Origin { files: self.files.clone(), only: self.only.clone() },
            namespace: self.namespace.as_ref(),
            resources: &self.resources,
            manager: &self.field_manager,
            force: self.force,
        }
    }

    /// Applies what was tried, one object after the other. Whether all of it was taken.
    async fn apply(
        &self,
        reader: &Reader<'_>,
        trial: &Trial<'_>,
        tried: &Tried,
        progress: &mut Progress,
    ) -> Result<bool, CheckError> {
        let good: Vec<&Attempt> =
            tried.attempts.iter().filter(|attempt| attempt.applied.result.is_ok()).collect();
        for (at, attempt) in good.iter().enumerate() {
            let item = &attempt.item;
            let sent = reader.apply(
                &item.served,
                item.namespace.as_deref(),
                &item.manifest.name,
                item.body(),
                trial.how(false),
            );
            let applied = sent.await.map_err(|error| progress.explains(error))?;
            for warning in &applied.warnings {
                let told = format!("`{}`: {}", item.label, crate::wording::short(warning));
                if !progress.warnings.iter().any(|known| known.ends_with(&crate::wording::short(warning))) {
                    progress.warnings.push(told);
                }
            }
            match applied.result {
                Ok(done) => {
                    let (would, _) = Would::of(attempt.live.as_ref(), &done);
                    let generation = done.object["metadata"]["generation"].as_i64();
                    progress.applied.push((item.label.clone(), would, generation));
                }
                Err(refused) => {
                    progress.refused = Some((item.label.clone(), refused));
                    progress.left = good[at + 1..].iter().map(|left| left.item.label.clone()).collect();
                    progress.left.extend(
                        tried.waiting.iter().map(|manifest| format!("{}/{}", manifest.kind, manifest.name)),
                    );
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// What is said where nothing is applied, because the try has shown that not all of it would be.
    fn untried(&self, tried: &Tried, progress: &mut Progress) -> Outcome {
        let of = |attempt: &Attempt| attempt.item.label.clone();
        progress.left.extend(tried.attempts.iter().filter(|attempt| attempt.applied.result.is_ok()).map(of));
        let mut more = told_warnings(tried);
        if progress.applied.is_empty() {
            more.insert(0, "nothing was applied".to_owned());
        } else {
            more.insert(0, format!("applied before it: {}", names(&progress.labels())));
        }
        let evidence = with_changes(tried, progress.evidence());
        troubled(tried, self.force, more, evidence)
    }
}

#[async_trait]
impl Check for Applied {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let trial = self.trial();
        let mut tried = trial.run(&reader).await?;
        let mut progress = Progress { objects: tried.objects, ..Progress::default() };
        if tried.objects == 0 && tried.troubles.is_empty() {
            return Ok(nothing(&trial.origin, EXPECTED, progress.evidence()));
        }
        let warnings = told_warnings(&tried);
        if !tried.has_lasting_troubles() && !warnings.is_empty() && self.warnings == Weight::Fail {
            progress.left = tried.attempts.iter().map(|attempt| attempt.item.label.clone()).collect();
            progress.warnings = warnings.clone();
            let finding = Finding::new("the server warns in a dry run, and nothing was applied")
                .expected("no warning")
                .actual(clauses(&warnings))
                .remedy("correct the manifests, or set `warnings = \"warn\"`")
                .evidence(with_changes(&tried, progress.evidence()));
            return Ok(Outcome::Fail(finding));
        }
        // each round brings what the next one waits for
        loop {
            if tried.has_lasting_troubles() {
                return Ok(self.untried(&tried, &mut progress));
            }
            let before = progress.applied.len();
            if !self.apply(&reader, &trial, &tried, &mut progress).await? || tried.waiting.is_empty() {
                return Ok(progress.judge());
            }
            if progress.applied.len() == before {
                tried.attempts.clear();
                return Ok(self.untried(&tried, &mut progress));
            }
            let waiting = Manifests { all: std::mem::take(&mut tried.waiting), ..Manifests::default() };
            let again = async {
                let discovery = Discovery::now(&reader).await?;
                trial.with(&reader, &discovery, waiting).await
            };
            tried = again.await.map_err(|error| progress.explains(error))?;
        }
    }
}

impl Kind for Applied {
    const NAME: &'static str = "k8s.applied";
    const EFFECT: Effect = Effect::Mutates;
    const EXAMPLE: &'static str = r#"
[check.applied]
kind      = "k8s.applied"
title     = "The release is applied on staging"
target    = "staging"
files     = ["deploy/configmap.yaml", "deploy/deployment.yaml"]
namespace = "vapora"
resources = ["configmaps", "deployments.apps"]
timeout   = "2m"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "objects", about: "how many objects the manifests hold" },
            EvidenceField {
                name: "created",
                about: "the objects that are new, as in `ConfigMap/vapora-config`",
            },
            EvidenceField { name: "changed", about: "the objects that were changed" },
            EvidenceField { name: "unchanged", about: "the objects that were as they should be" },
            EvidenceField {
                name: "applied",
                about: "by object, in the order in which they were applied: the `result` (`created`, `changed` or \
                        `unchanged`) and the `generation`",
            },
            EvidenceField {
                name: "refused",
                about: "the object that was refused, after it had been taken in the dry run",
            },
            EvidenceField {
                name: "left",
                about: "the objects that were not applied although they could have been",
            },
            EvidenceField {
                name: "warnings",
                about: "the warnings of the server, each with the object it came with",
            },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        validate(problems, self.files.len(), &self.resources);
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        rights(needs, &self.resources, self.namespace.as_ref());
    }
}
