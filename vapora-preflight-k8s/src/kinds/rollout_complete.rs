//! `k8s.rollout_complete`

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Check, CheckContext, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Problems,
    Requirements, Value, async_trait,
};

use super::{NO_SUCH_NAMESPACE, may_look_for_namespace, missing_namespace};
use crate::{
    ContainerRef, ImageRef, ImageTag, KubernetesTarget, Namespace, ObjectName, WorkloadKind, WorkloadName,
    object::Template,
    progress::{Allowed, Need, Progress},
    read::Reader,
    release::Release,
    wording::{clauses, count, is, names},
    workload::{Named, Workload},
};

/// Workloads have rolled out to their end, and what they rolled out is the release that is meant.
///
/// # Why
///
/// `kubectl rollout status` waits for one deployment at a time, and is content with the rollout before: where nobody has
/// applied the release, that one is complete. Here the images say which release has rolled out. Give the check `until`, as
/// in `until = { interval = "5s", timeout = "10m" }`, and it waits as that command does: until it is complete, or has exceeded
/// its progress deadline.
///
/// # What it asks
///
/// It gets each workload of `names`: Deployments, StatefulSets and DaemonSets. Where none of them exists it also gets the
/// namespace, to tell whether that is what is missing.
///
/// # What fails
///
/// What `kubectl rollout status` waits for: a controller that has not seen the newest change yet; fewer replicas of the new
/// revision than wanted, or fewer that are ready or available; replicas of an older revision that are still there.
///
/// What it refuses or leaves out: a rollout that exceeded its progress deadline or is refused pods, which asks for a
/// roll-back; a paused rollout; pods that are still ending, where the server counts them, unless `allow_terminating`; a
/// StatefulSet that keeps pods back by its partition, unless `allow_partition`; `OnDelete`, as long as there are pods that
/// nobody has deleted yet; a workload without replicas or nodes, unless `allow_scaled_to_zero`; one that is being deleted or
/// does not exist.
///
/// An image other than that of the release: `images` names it for each container, `tag` names the tag for all of them. A
/// workload that has none of the containers of `images` fails too, as does a container of `images` that no workload has.
///
/// A paused deployment that is complete is a warning: a change to it would not be rolled out.
///
/// # What errs
///
/// No right to get the workloads, and any answer that could not be read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RolloutComplete {
    /// The namespace they are in.
    pub namespace: Namespace,
    /// Their names, as in `deployment/vapora-backend`, `statefulset/vapora-db` or `daemonset/vapora-agent`.
    pub names: Vec<WorkloadName>,
    /// What those names are that say no kind: `deployment` (the default), `statefulset` or `daemonset`.
    #[serde(default)]
    pub resource: WorkloadKind,
    /// By container: the image it has to have in the template. A container of one workload is written with it, as in
    /// `"vapora-backend/backend"`.
    #[serde(default)]
    pub images: BTreeMap<ContainerRef, ImageRef>,
    /// The tag that the images have to have.
    #[serde(default)]
    pub tag: Option<ImageTag>,
    /// The containers that `tag` is for; by default all but those that run before the others.
    #[serde(default)]
    pub containers: Vec<ObjectName>,
    /// Whether pods of the time before may still be ending.
    #[serde(default)]
    pub allow_terminating: bool,
    /// Whether a StatefulSet may keep pods back by its partition.
    #[serde(default)]
    pub allow_partition: bool,
    /// Whether a workload may have no replicas, or no nodes to run on.
    #[serde(default)]
    pub allow_scaled_to_zero: bool,
}

/// The workloads, by the names they were asked for; none for one that does not exist.
type Found<'a> = Vec<(Named<'a>, Option<Workload>)>;

impl RolloutComplete {
    fn release(&self) -> Release<'_> {
        Release { images: &self.images, tag: self.tag.as_ref(), containers: &self.containers }
    }

    fn allowed(&self) -> Allowed {
        Allowed {
            scaled_to_zero: self.allow_scaled_to_zero,
            terminating: self.allow_terminating,
            partition: self.allow_partition,
        }
    }

    fn named(&self) -> impl Iterator<Item = Named<'_>> {
        self.names.iter().map(|name| name.or(self.resource))
    }

    fn expected(&self) -> String {
        let of = if self.release().is_unsaid() { "" } else { " to the images of the release" };
        format!(
            "every workload rolled out{of}: all replicas updated, ready and available, none of the time before"
        )
    }

    fn remedy(&self, workload: Named<'_>, need: Option<Need>, other_images: bool) -> String {
        let (kubectl, name) = (format!("kubectl -n {}", self.namespace), workload.name);
        match need {
            Some(Need::Undo) => format!("`{kubectl} rollout undo {workload}`, or mend what stops it"),
            Some(Need::Resume) => format!("`{kubectl} rollout resume {workload}`"),
            Some(Need::Delete) => {
                format!("delete its pods of the older revision one by one: `{kubectl} get pods`")
            }
            Some(Need::Partition) => format!(
                "`{kubectl} patch statefulset {name} -p '{{\"spec\":{{\"updateStrategy\":{{\"rollingUpdate\":\
                 {{\"partition\":0}}}}}}}}'`, or set `allow_partition`"
            ),
            Some(Need::Scale) => format!("see who scaled `{workload}` down, or set `allow_scaled_to_zero`"),
            None if other_images => format!("see that the release was applied to `{workload}`"),
            None => format!("`{kubectl} rollout status {workload}`"),
        }
    }

    fn judge(&self, found: &Found<'_>, no_namespace: Option<String>) -> Outcome {
        let namespace = &self.namespace;
        let total = found.len();
        let (mut said, mut missing, mut incomplete, mut paused) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut rows, mut other, mut needs, mut overdue) = (Vec::new(), Vec::new(), Vec::new(), false);
        for (named, workload) in found {
            let Some(workload) = workload else {
                said.push(format!("`{named}` does not exist"));
                missing.push(named.to_string());
                continue;
            };
            let mut progress = Progress::of(workload, self.allowed());
            rows.push((named.to_string(), progress.evidence()));
            let differs = self.release().differs(named.name.as_str(), workload.template());
            if !differs.is_empty() {
                other.push(named.to_string());
                progress.troubles.splice(0..0, differs);
            }
            if progress.troubles.is_empty() {
                if progress.paused {
                    paused.push(*named);
                }
            } else {
                said.push(format!("`{named}` {}", progress.troubles.join(", ")));
                incomplete.push(named.to_string());
                needs.push((*named, progress.need));
                overdue |= progress.overdue;
            }
        }
        let templates: Vec<(&str, &Template)> = found
            .iter()
            .filter_map(|(named, workload)| Some((named.name.as_str(), workload.as_ref()?.template())))
            .collect();
        let nowhere = if missing.is_empty() { self.release().nowhere(&templates) } else { Vec::new() };
        let stuck = needs.iter().filter(|(_, need)| need.is_some_and(Need::is_stuck));
        let stuck: Vec<String> = stuck.map(|(named, _)| named.to_string()).collect();
        let paused_names: Vec<String> = paused.iter().map(ToString::to_string).collect();
        let evidence = Evidence::new()
            .with("total", total)
            .with("complete", total - incomplete.len() - missing.len())
            .with("missing", missing.clone())
            .with("incomplete", incomplete.clone())
            .with("other_images", other.clone())
            .with("stuck", stuck)
            .with("paused", paused_names.clone())
            .with("workloads", Value::Table(rows));
        let finding =
            |summary: String| Finding::new(summary).expected(self.expected()).evidence(evidence.clone());
        if missing.len() == total {
            let remedy = match no_namespace {
                Some(_) => NO_SUCH_NAMESPACE,
                None => "see that the names are those of the release, and that it was deployed there",
            };
            let actual = no_namespace.unwrap_or_else(|| format!("no {}", names(&missing)));
            let finding = finding(format!("none of the workloads exist in `{namespace}`"));
            return Outcome::Fail(finding.actual(actual).remedy(remedy).advice(Advice::Investigate));
        }
        if !said.is_empty() {
            let number = incomplete.len() + missing.len();
            let summary = format!(
                "{number} of {} in `{namespace}` {} not rolled out",
                count(total, "workload"),
                is(number)
            );
            let undo = needs.iter().any(|(_, need)| *need == Some(Need::Undo));
            // What does not go on by itself comes first.
            let first = needs.iter().find(|(_, need)| need.is_some()).or(needs.first());
            let remedy = match first {
                Some((named, need)) => self.remedy(*named, *need, other.contains(&named.to_string())),
                None => format!("see that {} was deployed", names(&missing)),
            };
            let advice = if undo { Advice::RollBack } else { Advice::Investigate };
            let finding = finding(summary).actual(clauses(&said)).remedy(remedy).advice(advice);
            return Outcome::Fail(if overdue { finding.lasting() } else { finding });
        }
        if !nowhere.is_empty() {
            let number = nowhere.len();
            let summary =
                format!("{} of `images` {} in none of the workloads", count(number, "container"), is(number));
            return Outcome::Fail(
                finding(summary)
                    .actual(format!("no container {}", names(&nowhere)))
                    .remedy("write the containers of `images` as the templates name them")
                    .advice(Advice::Investigate),
            );
        }
        let of = if self.release().is_unsaid() { "" } else { " to the images of the release" };
        let summary = format!("{} in `{namespace}` {} rolled out{of}", count(total, "workload"), is(total));
        let Some(first) = paused.first() else {
            return Outcome::Pass(Finding::new(summary).evidence(evidence));
        };
        Outcome::Warn(
            Finding::new(format!("{summary}, {} of them paused", paused.len()))
                .expected("no deployment paused")
                .actual(format!("paused: {}", names(&paused_names)))
                .remedy(format!(
                    "`kubectl -n {namespace} rollout resume {first}`, or the next change is not rolled out"
                ))
                .evidence(evidence),
        )
    }
}

#[async_trait]
impl Check for RolloutComplete {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let mut found: Found<'_> = Vec::new();
        for named in self.named() {
            found.push((named, named.read(&reader, &self.namespace).await?));
        }
        let nothing = found.iter().all(|(_, workload)| workload.is_none());
        let no_namespace = if nothing { missing_namespace(&reader, &self.namespace).await } else { None };
        Ok(self.judge(&found, no_namespace))
    }
}

impl Kind for RolloutComplete {
    const NAME: &'static str = "k8s.rollout_complete";
    const EXAMPLE: &'static str = r#"
[check.rolled-out]
kind      = "k8s.rollout_complete"
title     = "The release has rolled out"
target    = "production"
namespace = "vapora"
names     = ["deployment/vapora-backend", "deployment/vapora-agents", "deployment/vapora-llm-router"]
tag       = "1.4.0"
until     = { interval = "5s", timeout = "10m" }
on_fail   = "roll_back"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "total", about: "how many workloads were asked for" },
            EvidenceField { name: "complete", about: "how many of them have rolled out" },
            EvidenceField { name: "missing", about: "the names of those that do not exist" },
            EvidenceField { name: "incomplete", about: "the names of those that have not rolled out" },
            EvidenceField {
                name: "other_images",
                about: "the names of those with images of another release",
            },
            EvidenceField { name: "stuck", about: "the names of those that do not go on by themselves" },
            EvidenceField { name: "paused", about: "the names of those that are complete and paused" },
            EvidenceField {
                name: "workloads",
                about: "by name: `wanted`, `updated`, `ready`, `available`, `old` and `terminating` replicas, \
                        `generation`, `observed_generation`, `images` by container, and the reason of its `progress` \
                        or its `revision`",
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
        if !self.containers.is_empty() && self.tag.is_none() {
            problems.at("containers", "`containers` is given without `tag`", "give the tag they are to have");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        for named in self.named() {
            named.requires(needs, &self.namespace);
        }
        may_look_for_namespace(needs, &self.namespace);
    }
}
