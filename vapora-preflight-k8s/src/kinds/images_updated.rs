//! `k8s.images_updated`

mod compared;

use std::{collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Check, CheckContext, CheckError, CheckResult, Earlier, Evidence, EvidenceField, Finding, Kind,
    Outcome, Problems, Requirements, Value, async_trait,
};

use self::compared::Compared;
use super::{NO_SUCH_NAMESPACE, may_look_for_namespace, missing_namespace, unfit};
use crate::{
    ContainerRef, ImageDigest, ImageRef, ImageTag, KubernetesTarget, Namespace, ObjectName, WorkloadKind,
    WorkloadName,
    object::{Pod, ReplicaSet, Template},
    read::Reader,
    refused::Cause,
    release::Release,
    resource::Resource,
    running::{self, Images, Running},
    wording::{aside, clauses, count, is, names, plural},
    workload::{Named, Workload},
};

/// The pods of workloads run new images, by their digests and not by their tags.
///
/// # Why
///
/// A tag can be pushed again, be forgotten, or be pulled from a node's cache: that a deployment names `1.4.0` does not say
/// what its pods run. The digest does.
///
/// # What it asks
///
/// It gets each workload of `names`, and lists the pods of the namespace, and its ReplicaSets where a Deployment is among
/// them. A pod belongs to a workload by its owners, not by its labels. Judged are the containers of the workload's template,
/// or those of `containers`; a container that something else puts into the pods, such as a proxy, is not.
///
/// # How it compares
///
/// With `baseline = "…"`, another check of this kind, the image of every container has to be another one than then.
/// `digests`, `images` and `tag` say which images they have to be. With none of these it records the images, for a later
/// check to be compared with.
///
/// # What fails
///
/// An image with the digest of before, also under a new tag, which is told. Pods of one workload that run different images
/// in one container. An image that is not the one of `digests`, `images` or `tag`. Fewer pods than wanted; pods of an older
/// revision; a controller that has not seen the newest change yet; a workload without replicas, that is being deleted or
/// does not exist. Pods that are ending or have ended are counted, and not judged.
///
/// # What errs
///
/// A pod that does not say its image id yet, and image ids that cannot be compared: those of images that came to a node
/// without a registry are digests of something else. A baseline that is no check of this kind, or knows none of the
/// workloads. No right to get the workloads or to list their pods, and any answer that could not be read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImagesUpdated {
    /// The namespace they are in.
    pub namespace: Namespace,
    /// The names of the workloads, as in `deployment/vapora-backend`, `statefulset/vapora-db` or `daemonset/vapora-agent`; a
    /// name alone is that of a deployment.
    pub names: Vec<WorkloadName>,
    /// The containers that are judged; by default all of the template but those that run before the others.
    #[serde(default)]
    pub containers: Vec<ObjectName>,
    /// By container: the digest that its image has to have. A container of one workload is written with it, as in
    /// `"vapora-backend/backend"`.
    #[serde(default)]
    pub digests: BTreeMap<ContainerRef, ImageDigest>,
    /// By container: the image it has to have in the template.
    #[serde(default)]
    pub images: BTreeMap<ContainerRef, ImageRef>,
    /// The tag that the images have to have in the template.
    #[serde(default)]
    pub tag: Option<ImageTag>,
}

/// A workload by the name it was asked for, and what its pods run; none for one that does not exist.
type Found<'a> = Vec<(Named<'a>, Option<(Workload, Running)>)>;

/// The images of an earlier check, by workload.
type Before = BTreeMap<String, Images>;

impl ImagesUpdated {
    fn named(&self) -> impl Iterator<Item = Named<'_>> {
        self.names.iter().map(|name| name.or(WorkloadKind::Deployment))
    }

    fn release(&self) -> Release<'_> {
        Release { images: &self.images, tag: self.tag.as_ref(), containers: &self.containers }
    }

    /// Whether it is said which images they have to be.
    fn is_release(&self) -> bool {
        !self.release().is_unsaid() || !self.digests.is_empty()
    }

    fn before(&self, earlier: &Earlier) -> Result<Before, CheckError> {
        let unfit = |why: &str| {
            unfit(earlier, why, "name as `baseline` a check of this kind about the same workloads")
        };
        if earlier.evidence.get("namespace") != Some(&self.namespace.as_str().into()) {
            return Err(unfit("its `namespace` is another one"));
        }
        let images = earlier.evidence.get("images").and_then(running::read);
        let images = images.ok_or_else(|| unfit("its evidence holds no images of workloads"))?;
        if !self.named().any(|named| images.contains_key(&named.to_string())) {
            return Err(unfit("it knows none of the workloads"));
        }
        Ok(images)
    }

    fn compare(
        &self,
        named: Named<'_>,
        workload: &Workload,
        running: &Running,
        before: Option<&Before>,
    ) -> Compared {
        let troubles = self.release().differs(named.name.as_str(), workload.template());
        let mut compared = Compared { troubles, ..Compared::default() };
        if running.images.is_empty() && compared.troubles.is_empty() {
            compared.troubles.push("has none of the containers that are named".to_owned());
        }
        compared.pods(workload, running, before.is_some() || self.is_release());
        let before = before.and_then(|before| before.get(&named.to_string()));
        for (container, ran) in &running.images {
            compared.is_one(container, ran);
            compared.is_new(container, ran, before);
            let mut digests = self.digests.iter().filter(|(name, _)| name.is(named.name.as_str(), container));
            if let Some((_, digest)) = digests.next_back() {
                compared.has_digest(container, ran, digest);
            }
        }
        compared
    }

    fn judge(&self, found: &Found<'_>, before: Option<&Before>, no_namespace: Option<String>) -> CheckResult {
        let namespace = &self.namespace;
        let total = found.len();
        let (mut said, mut missing, mut wrong, mut unknown) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut unchanged, mut mixed, mut silent) = (Vec::new(), Vec::new(), Vec::new());
        let (mut rows, mut terminating, mut finished) = (Vec::new(), 0, 0);
        for (named, there) in found {
            let Some((workload, running)) = there else {
                said.push(format!("`{named}` does not exist"));
                missing.push(named.to_string());
                continue;
            };
            rows.push((named.to_string(), running.value()));
            terminating += running.terminating;
            finished += running.finished;
            let compared = self.compare(*named, workload, running, before);
            let name = || named.to_string();
            unchanged.extend(compared.unchanged.then(name));
            mixed.extend(compared.mixed.then(name));
            if !compared.unknown.is_empty() {
                silent.push(named.to_string());
                unknown.push(format!("`{named}`: {}", compared.unknown.join(", ")));
            }
            if !compared.troubles.is_empty() {
                wrong.push(named.to_string());
                said.push(format!("`{named}` {}", compared.troubles.join(", ")));
            }
        }
        let nowhere = if missing.is_empty() { self.nowhere(found) } else { Vec::new() };
        if said.is_empty() && nowhere.is_empty() && !unknown.is_empty() {
            let (first, number) = (silent.first().map_or("", String::as_str), silent.len());
            let summary = format!(
                "could not tell which images are run by {} in `{namespace}`",
                count(number, "workload")
            );
            return Err(CheckError::transient(summary).because(&Cause(clauses(&unknown))).remedy(format!(
                "`kubectl -n {namespace} describe {first}`, and ask again when its pods run"
            )));
        }
        let evidence = Evidence::new()
            .with("namespace", namespace.as_str())
            .with("total", total)
            .with("updated", total - wrong.len() - missing.len())
            .with("missing", missing.clone())
            .with("unchanged", unchanged.clone())
            .with("differing", mixed)
            .with("unknown", silent)
            .with("terminating", terminating)
            .with("finished", finished)
            .with("images", Value::Table(rows));
        let fail = |summary: String, actual: String, remedy: String| {
            let finding = Finding::new(summary).expected(self.expected(before.is_some())).actual(actual);
            let finding = finding.remedy(remedy).advice(Advice::Investigate);
            Ok(Outcome::Fail(finding.evidence(evidence.clone())))
        };
        if missing.len() == total {
            let remedy = match no_namespace {
                Some(_) => NO_SUCH_NAMESPACE,
                None => "see that the names are those of the release, and that it was deployed there",
            };
            let actual = no_namespace.unwrap_or_else(|| format!("no {}", names(&missing)));
            return fail(format!("none of the workloads exist in `{namespace}`"), actual, remedy.to_owned());
        }
        if !said.is_empty() {
            let number = wrong.len() + missing.len();
            let (run, what) = (if number == 1 { "does" } else { "do" }, self.what(before.is_some()));
            let summary =
                format!("{number} of {} in `{namespace}` {run} not run {what}", count(total, "workload"));
            let remedy = match (unchanged.first(), wrong.first()) {
                (Some(first), _) => format!(
                    "see that the release was applied to `{first}`, and that its image was built and pushed anew"
                ),
                (None, Some(first)) => format!("`kubectl -n {namespace} rollout status {first}`"),
                (None, None) => format!("see that {} was deployed", names(&missing)),
            };
            said.extend(unknown);
            return fail(summary, clauses(&said), remedy);
        }
        if !nowhere.is_empty() {
            let number = nowhere.len();
            return fail(
                format!(
                    "{} named for the release {} in none of the workloads",
                    count(number, "container"),
                    is(number)
                ),
                format!("no container {}", names(&nowhere)),
                "write the containers of `digests` and `images` as the templates name them".to_owned(),
            );
        }
        let workloads = count(total, "workload");
        let new = before.map_or(0, |before| {
            found.iter().filter(|(named, _)| !before.contains_key(&named.to_string())).count()
        });
        let new =
            if new > 0 { format!(", {new} of which {} not in the baseline", is(new)) } else { String::new() };
        let ending = plural(terminating as usize, "pod");
        let aside = format!("{new}{}", aside(&[(terminating as usize, &format!("{ending} ending"))]));
        let summary = if before.is_some() || self.is_release() {
            let run = if total == 1 { "runs" } else { "run" };
            format!("{workloads} in `{namespace}` {run} {}{aside}", self.what(before.is_some()))
        } else {
            format!("the images of {workloads} in `{namespace}` recorded{aside}")
        };
        Ok(Outcome::Pass(Finding::new(summary).evidence(evidence)))
    }

    fn what(&self, compares: bool) -> &'static str {
        match (compares, self.is_release()) {
            (true, true) => "the new images of the release",
            (true, false) => "new images",
            (false, true) => "the images of the release",
            (false, false) => "one image in each container",
        }
    }

    fn expected(&self, compares: bool) -> String {
        format!("all pods of every workload with {}, by their digests", self.what(compares))
    }

    /// The containers of `digests` and `images` that no workload has.
    fn nowhere(&self, found: &Found<'_>) -> Vec<String> {
        let there = found.iter().filter_map(|(named, there)| Some((named.name.as_str(), there.as_ref()?)));
        let templates: Vec<(&str, &Template)> =
            there.clone().map(|(name, (workload, _))| (name, workload.template())).collect();
        let judged = |name: &ContainerRef| {
            there.clone().any(|(workload, (_, running))| {
                running.images.keys().any(|container| name.is(workload, container))
            })
        };
        let digests = self.digests.keys().filter(|name| !judged(name)).map(ToString::to_string);
        let mut nowhere = self.release().nowhere(&templates);
        nowhere.extend(digests);
        nowhere
    }
}

#[async_trait]
impl Check for ImagesUpdated {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let before = cx.baseline().map(|earlier| self.before(earlier)).transpose()?;
        let mut workloads = Vec::new();
        for named in self.named() {
            workloads.push((named, named.read(&reader, &self.namespace).await?));
        }
        let there =
            |kind: fn(&Workload) -> bool| workloads.iter().filter_map(|(_, it)| it.as_ref()).any(kind);
        let here = Some(&self.namespace);
        let pods = if there(|_| true) { reader.list::<Pod>(here, None).await? } else { Arc::default() };
        let sets = if there(|it| matches!(it, Workload::Deployment(_))) {
            reader.list::<ReplicaSet>(here, None).await?
        } else {
            Arc::default()
        };
        let no_namespace =
            if there(|_| true) { None } else { missing_namespace(&reader, &self.namespace).await };
        let found: Found<'_> = workloads
            .into_iter()
            .map(|(named, workload)| {
                let running = workload.map(|workload| {
                    let judged = self.release().of(workload.template());
                    let containers: Vec<&str> = judged.iter().map(|one| one.name.as_str()).collect();
                    let running = Running::of(&workload, &containers, &pods, &sets);
                    (workload, running)
                });
                (named, running)
            })
            .collect();
        self.judge(&found, before.as_ref(), no_namespace)
    }
}

impl Kind for ImagesUpdated {
    const NAME: &'static str = "k8s.images_updated";
    const EXAMPLE: &'static str = r#"
[check.images-before]
kind      = "k8s.images_updated"
title     = "The images of before are recorded"
target    = "production"
namespace = "vapora"
names     = ["vapora-backend", "vapora-agents", "vapora-llm-router"]

[check.images-updated]
kind      = "k8s.images_updated"
title     = "All deployments run new images"
target    = "production"
namespace = "vapora"
names     = ["vapora-backend", "vapora-agents", "vapora-llm-router"]
baseline  = "images-before"
tag       = "1.4.0"
on_fail   = "investigate"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "namespace", about: "the namespace the workloads are in" },
            EvidenceField { name: "total", about: "how many workloads were asked for" },
            EvidenceField { name: "updated", about: "how many of them are in order" },
            EvidenceField { name: "missing", about: "the names of those that do not exist" },
            EvidenceField {
                name: "unchanged",
                about: "the names of those that run an image of the baseline",
            },
            EvidenceField { name: "differing", about: "the names of those whose pods run different images" },
            EvidenceField { name: "unknown", about: "the names of those with an image that cannot be told" },
            EvidenceField { name: "terminating", about: "how many of their pods are being deleted" },
            EvidenceField { name: "finished", about: "how many of their pods have ended" },
            EvidenceField {
                name: "images",
                about: "by workload and container: the `images` that its pods ask for, and the `ids` that their nodes say \
                        they run",
            },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.names.is_empty() {
            problems.at(
                "names",
                "no workload is named",
                "name at least one, as in `deployment/vapora-backend`",
            );
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        for named in self.named() {
            named.requires(needs, &self.namespace);
        }
        let list = |resource: Resource| resource.permission("list", Some(&self.namespace));
        needs.permission(list(Resource::PODS));
        if self.named().any(|named| named.kind == WorkloadKind::Deployment) {
            needs.permission(list(Resource::REPLICA_SETS));
        }
        may_look_for_namespace(needs, &self.namespace);
    }
}
