//! `k8s.dry_run_applies`

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Problems,
    Requirements, async_trait,
};

use crate::{
    EntryPattern, FieldManager, KubernetesTarget, ManifestPath, Namespace, ResourceRef,
    apply::{ATrouble, Item, Trial, Tried, What, Would, rights, validate},
    changes::Sheet,
    manifest::Origin,
    read::Reader,
    references::{Unmet, may_look_for_references, references, unmet},
    refused::Cause,
    wording::{clauses, count, names, short},
};

/// The manifests apply in a dry run, as they are.
///
/// # Why
///
/// The server knows best what it takes: its schema, its defaults, its admission rules and quotas, and who else manages the
/// fields. A dry run asks all of it and keeps nothing.
///
/// # What it asks
///
/// It reads the manifests, asks the server what it serves, and for each object gets the present one and applies it by
/// server-side apply with `dryRun=All` and `fieldValidation=Strict`, in the order in which they could be applied. Then it looks
/// for what they name and a dry run does not prove: the ConfigMaps, Secrets, ServiceAccounts and volume claims of pods, the
/// Services and Secrets of Ingresses, the Service of a StatefulSet. These have to be in the cluster or in the manifests, unless
/// they are `optional` there. Of what is in the cluster, only the metadata is asked for.
///
/// YAML is read as `kubectl` reads it: `yes` is true and `0644` an octal number. Empty documents are passed over, and lists
/// taken apart. Archives (`.zip`, `.tar`, `.tar.gz`, `.tgz`) are read in place; one with a path that leads out of it is
/// refused.
///
/// What would change is attached as a file, field by field, without the values of Secrets. Fields that the manifests no longer
/// give are shown as going only where this `field_manager` has applied them.
///
/// # What fails
///
/// No object at all. Text that is no YAML, a key that is there twice, an object that is given twice, one of another namespace,
/// one of a resource that `resources` does not name or the server does not serve. A field that the schema does not have or of
/// another type; a value that is invalid; a field that another manager has set otherwise (with `force` it is taken over); an
/// admission rule, webhook, quota or PodSecurity level against it; a namespace that does not exist or is being deleted; an
/// object that is too large.
///
/// An object that cannot be tried before another of the manifests is there, because a dry run keeps neither a namespace nor a
/// CustomResourceDefinition: it is not known whether it applies.
///
/// Something named that does not exist, unless `references = "warn"`. A warning of the server, where `warnings = "fail"`;
/// otherwise it makes a warning.
///
/// # What errs
///
/// A file that cannot be read. No right to get, patch or create an object; no right to look for what it names, unless
/// `references` is otherwise than `"fail"`. A webhook that cannot be reached.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DryRunApplies {
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
    /// The field manager that will apply them in earnest; the default is that of `kubectl apply --server-side`, which may take
    /// over what `kubectl apply` has applied.
    #[serde(default = "FieldManager::kubectl")]
    pub field_manager: FieldManager,
    /// Whether fields are taken over from other managers.
    #[serde(default)]
    pub force: bool,
    /// What warnings of the server are: `"warn"` or `"fail"`.
    #[serde(default)]
    pub warnings: Weight,
    /// What things that are named and do not exist are: `"fail"`, `"warn"`, or `"ignore"` not to look for them.
    #[serde(default)]
    pub references: References,
}

/// How much something weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// It is a warning.
    #[default]
    Warn,
    /// It is a failure.
    Fail,
}

/// How much it weighs that something is named which does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum References {
    /// It is a failure.
    #[default]
    Fail,
    /// It is a warning.
    Warn,
    /// It is not looked for.
    Ignore,
}

const EXPECTED: &str = "every object taken by the server as it is";

/// The warnings of the server, each once, with the objects they came with.
pub(super) fn told_warnings(tried: &Tried) -> Vec<String> {
    let mut all: Vec<(&str, Vec<&str>)> = Vec::new();
    for attempt in &tried.attempts {
        for warning in &attempt.applied.warnings {
            match all.iter_mut().find(|(text, _)| text == warning) {
                Some((_, labels)) => labels.push(&attempt.item.label),
                None => all.push((warning, vec![&attempt.item.label])),
            }
        }
    }
    all.into_iter().map(|(text, labels)| format!("{}: {}", names(&labels), short(text))).collect()
}

/// The objects that would become of this sort.
pub(super) fn that(tried: &Tried, sort: Would) -> Vec<String> {
    let is_so =
        tried.attempts.iter().filter(|attempt| attempt.would().is_some_and(|(would, _)| would == sort));
    is_so.map(|attempt| attempt.item.label.clone()).collect()
}

/// `1 new, 2 changed, 3 unchanged`
pub(super) fn sorts(created: usize, changed: usize, unchanged: usize) -> String {
    format!("{created} new, {changed} changed, {unchanged} unchanged")
}

/// What would change, as a file.
pub(super) fn with_changes(tried: &Tried, evidence: Evidence) -> Evidence {
    let mut sheet = Sheet::default();
    for attempt in &tried.attempts {
        let item = &attempt.item;
        let place = item.manifest.place.to_string();
        match (attempt.would(), &attempt.applied.result) {
            (Some((Would::Create, _)), Ok(done)) => sheet.created(&item.label, &place, &done.object),
            (Some((Would::Change, changes)), _) => {
                sheet.changed(&item.label, &place, item.served.kind == "Secret", &changes);
            }
            _ => {}
        }
    }
    match sheet.text() {
        Some(text) => evidence.attached("changes.txt", "text/plain", text.into_bytes()),
        None => evidence,
    }
}

/// That there is nothing to apply, which is never right.
pub(super) fn nothing(origin: &Origin, expected: &str, evidence: Evidence) -> Outcome {
    let finding = Finding::new(format!("the manifests of {} hold no objects", origin.told()));
    let finding =
        finding.expected(expected).actual("no object").remedy("see that the files are those of the release");
    Outcome::Fail(finding.evidence(evidence))
}

/// That objects do not apply.
pub(super) fn troubled(tried: &Tried, force: bool, more: Vec<String>, evidence: Evidence) -> Outcome {
    let troubles = &tried.troubles;
    let mut told: Vec<String> = troubles.iter().map(ATrouble::told).collect();
    told.extend(more);
    let before = troubles.iter().filter(|trouble| matches!(trouble.what, What::Before(_))).count();
    let remedy =
        match troubles.iter().find(|trouble| !matches!(trouble.what, What::Before(_))).or(troubles.first()) {
            Some(first) => first.remedy(force),
            None => "correct the manifests".to_owned(),
        };
    let objects = tried.objects.max(troubles.len());
    let summary = if before == troubles.len() {
        format!("{before} of {} cannot be tried yet", count(objects, "object"))
    } else {
        let number = troubles.len();
        let verb = if number == 1 { "does" } else { "do" };
        format!("{number} of {} {verb} not apply", count(objects, "object"))
    };
    let finding = Finding::new(summary).expected(EXPECTED).actual(clauses(&told)).remedy(remedy);
    Outcome::Fail(finding.evidence(evidence))
}

impl DryRunApplies {
    fn trial(&self) -> Trial<'_> {
        Trial {
            origin: Origin { files: self.files.clone(), only: self.only.clone() },
            namespace: self.namespace.as_ref(),
            resources: &self.resources,
            manager: &self.field_manager,
            force: self.force,
        }
    }

    async fn unmet(&self, reader: &Reader<'_>, tried: &Tried) -> Result<Unmet, CheckError> {
        if self.references == References::Ignore {
            return Ok(Unmet::default());
        }
        let all: Vec<&Item> = tried.attempts.iter().map(|attempt| &attempt.item).collect();
        let taken = tried.attempts.iter().filter(|attempt| attempt.applied.result.is_ok());
        let taken: Vec<&Item> = taken.map(|attempt| &attempt.item).collect();
        let mut unmet = unmet(reader, &references(&taken), &all).await?;
        match unmet.error.take() {
            Some(error) if self.references == References::Fail && tried.troubles.is_empty() => {
                Err(error.because(&Cause(format!("the manifests name {}", names(&unmet.unknown)))))
            }
            _ => Ok(unmet),
        }
    }

    fn judge(&self, tried: &Tried, unmet: &Unmet) -> Outcome {
        let warnings = told_warnings(tried);
        let (created, changed, unchanged) =
            (that(tried, Would::Create), that(tried, Would::Change), that(tried, Would::Keep));
        let labels = |before: bool| -> Vec<String> {
            let of =
                tried.troubles.iter().filter(|trouble| matches!(trouble.what, What::Before(_)) == before);
            of.map(|trouble| trouble.label.clone().unwrap_or_else(|| trouble.place.to_string())).collect()
        };
        let sorts = sorts(created.len(), changed.len(), unchanged.len());
        let evidence = Evidence::new()
            .with("objects", tried.objects)
            .with("created", created)
            .with("changed", changed)
            .with("unchanged", unchanged)
            .with("refused", labels(false))
            .with("untried", labels(true))
            .with("warnings", warnings.clone())
            .with("missing", unmet.missing.clone())
            .with("unknown", unmet.unknown.clone());
        let evidence = with_changes(tried, evidence);
        if tried.objects == 0 && tried.troubles.is_empty() {
            return nothing(&self.trial().origin, EXPECTED, evidence);
        }
        let unknown = (!unmet.unknown.is_empty())
            .then(|| format!("it is not known whether these exist: {}", names(&unmet.unknown)));
        let notes: Vec<String> =
            unmet.missing.iter().cloned().chain(unknown).chain(warnings.iter().cloned()).collect();
        if !tried.troubles.is_empty() {
            return troubled(tried, self.force, notes, evidence);
        }
        let objects = count(tried.objects, "object");
        let verb = if tried.objects == 1 { "applies" } else { "apply" };
        if notes.is_empty() {
            return Outcome::Pass(
                Finding::new(format!("{objects} {verb} in a dry run: {sorts}")).evidence(evidence),
            );
        }
        let lacking = unmet.missing.len();
        let fails = lacking > 0 && self.references == References::Fail
            || !warnings.is_empty() && self.warnings == Weight::Fail;
        let mut but = Vec::new();
        if lacking > 0 {
            but.push(format!("{} {} missing", count(lacking, "reference"), crate::wording::is(lacking)));
        }
        if !warnings.is_empty() {
            but.push(format!(
                "the server warns {}",
                if warnings.len() == 1 { "once" } else { "several times" }
            ));
        }
        if !unmet.unknown.is_empty() {
            but.push("not everything that they name could be looked for".to_owned());
        }
        let remedy = if lacking > 0 {
            "make what is missing before the release, or correct its name in the manifests"
        } else if warnings.is_empty() {
            "grant the right to get what they name, or see that it is there"
        } else {
            "read the warnings: what is deprecated goes, and what violates a policy may be refused later"
        };
        let finding =
            Finding::new(format!("{objects} {verb} in a dry run ({sorts}), but {}", but.join(", and ")))
                .expected("no warning, and all that they name there")
                .actual(clauses(&notes))
                .remedy(remedy)
                .evidence(evidence);
        if fails { Outcome::Fail(finding) } else { Outcome::Warn(finding) }
    }
}

#[async_trait]
impl Check for DryRunApplies {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let tried = self.trial().run(&reader).await?;
        let unmet = self.unmet(&reader, &tried).await?;
        Ok(self.judge(&tried, &unmet))
    }
}

impl Kind for DryRunApplies {
    const NAME: &'static str = "k8s.dry_run_applies";
    const EXAMPLE: &'static str = r#"
[check.dry-run]
kind      = "k8s.dry_run_applies"
title     = "The manifests apply in a dry run"
target    = "production"
files     = ["deploy/configmap.yaml", "deploy/deployment.yaml"]
namespace = "vapora"
resources = ["configmaps", "deployments.apps"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "objects", about: "how many objects the manifests hold" },
            EvidenceField {
                name: "created",
                about: "the objects that would be new, as in `ConfigMap/vapora-config`",
            },
            EvidenceField { name: "changed", about: "the objects that would change" },
            EvidenceField { name: "unchanged", about: "the objects that would stay as they are" },
            EvidenceField { name: "refused", about: "the objects that do not apply" },
            EvidenceField {
                name: "untried",
                about: "the objects that cannot be tried before another one is there",
            },
            EvidenceField {
                name: "warnings",
                about: "the warnings of the server, each with the objects it came with",
            },
            EvidenceField { name: "missing", about: "what the objects name that does not exist" },
            EvidenceField { name: "unknown", about: "what they name that could not be looked for" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        validate(problems, self.files.len(), &self.resources);
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        rights(needs, &self.resources, self.namespace.as_ref());
        if self.references != References::Ignore {
            may_look_for_references(needs, self.namespace.as_ref());
        }
    }
}
