//! `k8s.backed_up`

mod file;
mod object_ref;
mod reading;
mod restorable;
mod trying;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckResult, Digest, Effect, Evidence, EvidenceField, Finding, Kind, Outcome,
    Problems, Requirements, Unit, async_trait,
};

pub use self::object_ref::ObjectRef;
use self::{
    file::{File, NAME},
    reading::Found,
    trying::Tried,
};
use super::{NO_SUCH_NAMESPACE, may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, LabelSelector, Namespace, ResourceRef,
    apply::{namespace_of, whole_resources},
    discovery::Discovery,
    read::Reader,
    resource::permission,
    wording::{aside, clauses, count, is, short},
};

/// Objects are kept in a file of the run, and can be restored from it as they are.
///
/// # Why
///
/// A backup that nobody has tried is a hope. `kubectl get -o yaml` writes a file that cannot be applied as it is, and it is
/// written even when there is nothing to write.
///
/// # What it asks
///
/// It asks the server what it serves, in the version of each resource that the server prefers, and reads the objects: each of
/// `objects` by its name, and all of `resources`, or those with the labels of `selector`. Of these, it leaves out what a
/// controller has made and would make again, such as the Pods of a Deployment.
///
/// It writes them to one file of YAML documents, `backup.yaml`, in an order in which they can be applied. The keys are sorted and
/// no time is written, so the file has the same digest as long as the objects are the same. The run keeps the file beside its
/// journal, under its digest, for its owner's eyes only.
///
/// Then it restores from the very bytes of the file: it reads them again and compares each object with what was to be written,
/// and applies each document over the object that is there, by server-side apply with `dryRun=All` and
/// `fieldValidation=Strict`. What the server answers has to be the object as it is; only `status`, `managedFields`, times, uids
/// and versions may differ. With `anew = true` it also makes each object under the name `vapora-preflight-dry-run`, again in a
/// dry run; what the server answers has to be what is in the file.
///
/// # What is kept of an object
///
/// All but what the server and its controllers set:
///
/// - `status`, and of the metadata `uid`, `resourceVersion`, `generation`, `creationTimestamp`, `managedFields`, `selfLink` and
///   `generateName`.
/// - `ownerReferences`: they name the uid of the owner, and the garbage collector deletes what belongs to a uid that is gone.
/// - Finalizers of Kubernetes itself, which it adds again. Those of others are kept.
/// - The annotation in which `kubectl apply` keeps what it has applied, and those in which controllers keep revisions and
///   bindings.
/// - The cluster address of a Service, which may be taken by another one meanwhile; a headless one stays headless. Its node
///   ports are kept, since they are known outside of the cluster: one that is taken meanwhile is refused.
/// - The volume of a claim, where a controller has chosen it. A claim that names its volume keeps it.
/// - The selector of a Job and the labels that go with it, where the server has chosen them; the node of a Pod.
///
/// # What is shown, and what is not
///
/// A pass says that the file holds all that was to be kept of each object, that the server takes it today, and that nothing of
/// the object would change by it. A dry run keeps nothing. So it is not shown that an object which was deleted comes back: its
/// node port may be taken, its quota used up, or its owner gone by then. `anew` shows that the server would make it, and needs
/// the right to create it and a quota with room for one more. It cannot be used for what has to have a certain name, such as a
/// CustomResourceDefinition. The data in volumes is not backed up by the claim, and what an object names is not backed up
/// with it.
///
/// # What fails
///
/// An object that does not exist or is being deleted, a resource of which there is no object to keep, a resource that the server
/// does not serve or lets nobody apply, a namespace that does not exist. The others are kept all the same. An object that the
/// server does not take back, or of which a webhook, policy or default would make another one. A warning of the server makes a
/// warning.
///
/// # What errs
///
/// No right to get or list the objects or to patch them, which a dry run needs too. An object that is changed while it is backed
/// up. A file that holds a secret which the run has resolved: it is not kept, for it is of no use without it. More than 1,000
/// objects or 16 MiB.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackedUp {
    /// The namespace the objects are in. What belongs to the whole cluster is looked for there.
    pub namespace: Namespace,
    /// The objects by resource and name, as in `["configmaps/vapora-config", "deployments.apps/vapora-backend"]`.
    #[serde(default)]
    pub objects: Vec<ObjectRef>,
    /// Resources of which all objects of the namespace are kept, as in `["configmaps", "deployments.apps"]`; there has to be one
    /// of each.
    #[serde(default)]
    pub resources: Vec<ResourceRef>,
    /// The labels of the objects that are kept of `resources`; without it, all of them.
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    /// Whether Secrets may be kept. They are in the file as the server gives them, which hides nothing.
    #[serde(default)]
    pub secrets: bool,
    /// Whether each object is also made under another name in the dry run.
    #[serde(default)]
    pub anew: bool,
}

const EXPECTED: &str = "every object there, and the same after it is restored by a dry run";

impl BackedUp {
    fn judge(
        &self,
        found: &Found,
        no_namespace: Option<String>,
        file: Option<&File>,
        tried: &[Tried],
    ) -> Outcome {
        let kept = file.map_or(0, |file| file.kept.len());
        let troubled = |tried: &&Tried| tried.trouble.is_some();
        let mut bad: Vec<String> = tried.iter().filter(troubled).map(|tried| tried.label.clone()).collect();
        bad.dedup();
        let mut warnings: Vec<String> = Vec::new();
        for warning in tried.iter().flat_map(|tried| &tried.warnings) {
            if !warnings.contains(warning) {
                warnings.push(warning.clone());
            }
        }
        let evidence = evidence(found, file, &bad, &warnings);
        let here = &self.namespace;
        let left_out = aside(&[(found.left_out.len(), "that others own")]);
        let good = || {
            let (verb, it) = if kept == 1 { ("is", "it is") } else { ("are", "they are") };
            format!(
                "{} of `{here}` {verb} kept{left_out}, and can be restored as {it}",
                count(kept, "object")
            )
        };
        if found.missing.is_empty() && bad.is_empty() {
            if warnings.is_empty() {
                return Outcome::Pass(Finding::new(good()).evidence(evidence));
            }
            let told: Vec<String> = warnings.iter().map(|warning| short(warning)).collect();
            let finding = Finding::new(format!("{}, but the server warns", good()))
                .expected("no warning")
                .actual(clauses(&told))
                .remedy("read the warnings: what is deprecated goes, and what violates a policy may be refused later");
            return Outcome::Warn(finding.evidence(evidence));
        }
        let mut but = Vec::new();
        if !found.missing.is_empty() {
            let wanted = found.missing.len() + kept;
            but.push(format!("{} of {wanted} could not be backed up", found.missing.len()));
        }
        if !bad.is_empty() {
            but.push(format!(
                "{} of {} would not be restored as {}",
                bad.len(),
                count(kept, "object"),
                it_is(bad.len())
            ));
        }
        let mut actual: Vec<String> = no_namespace.iter().cloned().collect();
        if no_namespace.is_none() {
            actual.extend(found.missing.iter().map(|missing| missing.why.clone()));
        }
        actual.extend(tried.iter().filter_map(Tried::told));
        let remedy = match (&no_namespace, found.missing.first()) {
            (Some(_), _) => NO_SUCH_NAMESPACE.to_owned(),
            (None, Some(missing)) => missing.remedy.clone(),
            (None, None) => tried.iter().find_map(Tried::remedy).unwrap_or_default(),
        };
        let finding =
            Finding::new(but.join(", and ")).expected(EXPECTED).actual(clauses(&actual)).remedy(remedy);
        Outcome::Fail(finding.evidence(evidence))
    }
}

fn it_is(number: usize) -> String {
    format!("{} {}", if number == 1 { "it" } else { "they" }, is(number))
}

/// What was kept, and the file itself.
fn evidence(found: &Found, file: Option<&File>, bad: &[String], warnings: &[String]) -> Evidence {
    let labels: Vec<String> =
        file.into_iter().flat_map(|file| &file.kept).map(|kept| kept.live.label.clone()).collect();
    let missing: Vec<String> = found.missing.iter().map(|missing| missing.called.clone()).collect();
    let evidence = Evidence::new()
        .with("objects", labels.len())
        .with("kept", labels)
        .measured("size", file.map_or(0, |file| file.bytes.len()), Unit::Bytes)
        .with("digest", file.map(|file| Digest::of(&file.bytes).to_string()))
        .with("missing", missing)
        .with("unlike", bad.to_vec())
        .with("left_out", found.left_out.clone())
        .with("warnings", warnings.to_vec());
    match file {
        Some(file) => evidence.attached_whole(NAME, "application/yaml", file.bytes.clone()),
        None => evidence,
    }
}

fn is_secrets(resource: &ResourceRef) -> bool {
    resource.is("", "secrets")
}

#[async_trait]
impl Check for BackedUp {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let discovery = Discovery::of(&reader).await?;
        let mut found = self.read(&reader, &discovery).await?;
        let is_there = found.all.iter().any(|live| live.namespace.is_some());
        let no_namespace = if found.nothing_there && !is_there {
            missing_namespace(&reader, &self.namespace).await
        } else {
            None
        };
        let all = std::mem::take(&mut found.all);
        let file = if all.is_empty() { None } else { Some(File::of(all)?) };
        let tried = match &file {
            Some(file) => file.try_to_restore(&reader, self.anew).await?,
            None => Vec::new(),
        };
        Ok(self.judge(&found, no_namespace, file.as_ref(), &tried))
    }
}

impl Kind for BackedUp {
    const NAME: &'static str = "k8s.backed_up";
    const EFFECT: Effect = Effect::KeepsFiles;
    const EXAMPLE: &'static str = r#"
[check.configmap-backed-up]
kind      = "k8s.backed_up"
title     = "The ConfigMap of production is backed up"
target    = "production"
namespace = "vapora"
objects   = ["configmaps/vapora-config"]
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "objects", about: "how many objects are in the file" },
            EvidenceField { name: "kept", about: "the objects in the file, as in `ConfigMap/vapora-config`" },
            EvidenceField { name: "size", about: "the size of the file, in bytes" },
            EvidenceField {
                name: "digest",
                about: "the SHA-256 of the file, the same as long as the objects are; nothing where there is no file",
            },
            EvidenceField { name: "missing", about: "what is not in the file, as the check names it" },
            EvidenceField { name: "unlike", about: "the objects that would not be restored as they are" },
            EvidenceField { name: "left_out", about: "the objects that controllers have made" },
            EvidenceField { name: "warnings", about: "the warnings of the server, each once" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.objects.is_empty() && self.resources.is_empty() {
            problems.whole(
                "nothing says which objects are backed up",
                "give `objects`, as in `[\"configmaps/vapora-config\"]`, or `resources`",
            );
        }
        if self.selector.is_some() && self.resources.is_empty() {
            problems.at(
                "selector",
                "labels are given, and no resources of which they choose",
                "give `resources`, as in `[\"configmaps\"]`",
            );
        }
        whole_resources(problems, &self.resources);
        let named = [
            ("objects", self.objects.iter().any(|object| is_secrets(object.resource()))),
            ("resources", self.resources.iter().any(is_secrets)),
        ];
        for (parameter, _) in named.into_iter().filter(|(_, has)| *has && !self.secrets) {
            problems.at(
                parameter,
                "Secrets would be kept in a file",
                "leave them out, or say `secrets = true` and keep the files of the run safe",
            );
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        let here = Some(&self.namespace);
        let named =
            self.objects.iter().filter_map(|object| Some((object.resource().whole()?, object.name())));
        for ((group, plural), name) in named {
            for verb in ["get", "patch"] {
                needs.permission(permission(verb, group, plural, namespace_of(plural, here)).named(name));
            }
        }
        let all = self.resources.iter().filter_map(ResourceRef::whole);
        for (group, plural) in all {
            for verb in ["list", "patch"] {
                needs.permission(permission(verb, group, plural, namespace_of(plural, here)));
            }
        }
        if self.anew {
            let each = self.objects.iter().map(ObjectRef::resource).chain(&self.resources);
            for (group, plural) in each.filter_map(ResourceRef::whole) {
                for verb in ["create", "patch"] {
                    needs.permission(permission(verb, group, plural, namespace_of(plural, here)));
                }
            }
        }
        may_look_for_namespace(needs, &self.namespace);
    }
}
