//! `k8s.disruption_allowed`

mod budget;

use std::{collections::BTreeMap, num::NonZeroU32, sync::Arc};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome,
    Problems, Requirements, Value, async_trait,
};

use self::budget::{Budget, covering};
use super::{may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, LabelSelector, Namespace, ObjectName, WorkloadKind, WorkloadName,
    chosen::Choice,
    object::{DisruptionBudget, LabelledPod, Object as _},
    read::Reader,
    resource::Resource,
    wording::{aside, clauses, count, is, names},
    workload::{Named, Workload},
};

/// Disruption budgets leave room for a pod to be evicted, and cover what they are meant to.
///
/// # Why
///
/// A budget that allows nothing stops the drain of a node, and with it the upgrade of the cluster, in the middle. One whose
/// selector selects nothing protects nothing, and nobody is told. Where two cover the same pod, that pod cannot be evicted at
/// all.
///
/// # What it asks
///
/// It lists the PodDisruptionBudgets of the namespace; with `selector` also those with these labels. It gets each workload of
/// `covers`. Where there is more than one budget it lists the pods of the namespace, only their metadata, to see whether two
/// cover the same one. Where there are no budgets it also gets the namespace, to tell whether that is what is missing.
///
/// # What fails
///
/// A budget that allows fewer than `at_least` disruptions; that its own numbers never allow one is told. A budget that covers
/// no pods, unless `allow_without_pods`. A pod that more than one budget covers, as soon as one of those judged is among them.
/// A budget whose controller has not seen its newest change yet or could not work it out, or that is being deleted. A
/// workload of `covers` that no budget covers, that more than one covers, or that does not exist. A budget of `names` that
/// does not exist; no budgets at all never pass.
///
/// # What errs
///
/// No right to list budgets or pods or to get the workloads, and any answer that could not be read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DisruptionAllowed {
    /// The namespace they are in.
    pub namespace: Namespace,
    /// The names of the budgets that are judged; without `names` and `selector`, all of the namespace.
    #[serde(default)]
    pub names: Vec<ObjectName>,
    /// The labels of the budgets that are judged.
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    /// How many disruptions each of them has to allow at once.
    #[serde(default = "super::one")]
    pub at_least: NonZeroU32,
    /// The workloads whose pods one budget of the namespace has to cover, as in `deployment/vapora-backend`; a name alone is
    /// that of a deployment.
    #[serde(default)]
    pub covers: Vec<WorkloadName>,
    /// Whether a budget may cover no pods.
    #[serde(default)]
    pub allow_without_pods: bool,
}

/// What was read.
#[derive(Debug, Default)]
struct Read<'a> {
    /// All budgets of the namespace.
    budgets: Arc<Vec<DisruptionBudget>>,
    /// The names of those that are judged.
    judged: Vec<String>,
    missing: Vec<String>,
    workloads: Vec<(Named<'a>, Option<Workload>)>,
    /// The pods that more than one budget covers, with the names of those.
    overlaps: BTreeMap<String, Vec<String>>,
    no_namespace: Option<String>,
}

impl DisruptionAllowed {
    fn choice(&self) -> Choice<'_> {
        Choice { namespace: &self.namespace, names: &self.names, selector: self.selector.as_ref() }
    }

    async fn read<'a>(&'a self, reader: &Reader<'_>) -> Result<Read<'a>, CheckError> {
        let here = Some(&self.namespace);
        let budgets = reader.list::<DisruptionBudget>(here, None).await?;
        let all = || budgets.iter().map(|budget| budget.metadata.name.clone());
        let mut read = Read::default();
        if let Some(selector) = &self.selector {
            let chosen = reader.list::<DisruptionBudget>(here, Some(selector)).await?;
            read.judged = all().filter(|name| chosen.iter().any(|one| one.meta().name == *name)).collect();
        } else if self.names.is_empty() {
            read.judged = all().collect();
        } else {
            let wanted = self.names.iter().map(ToString::to_string);
            (read.judged, read.missing) = wanted.partition(|name| all().any(|one| one == *name));
        }
        for name in &self.covers {
            let named = name.or(WorkloadKind::Deployment);
            read.workloads.push((named, named.read(reader, &self.namespace).await?));
        }
        if budgets.len() > 1 {
            let take = |overlaps: &mut BTreeMap<String, Vec<String>>, pod: LabelledPod| {
                let covering = covering(&budgets, pod.labels());
                if covering.len() > 1 && !pod.meta().is_going() {
                    let names = covering.iter().map(|budget| budget.metadata.name.clone()).collect();
                    overlaps.insert(pod.meta().name.clone(), names);
                }
            };
            read.overlaps = reader.fold(here, None, BTreeMap::new, take).await?;
        }
        if read.judged.is_empty() {
            read.no_namespace = missing_namespace(reader, &self.namespace).await;
        }
        read.budgets = budgets;
        Ok(read)
    }

    /// The workloads that are not covered by one budget, and why.
    fn uncovered(read: &Read<'_>) -> Vec<(String, String)> {
        let why = |workload: Option<&Workload>| {
            let Some(workload) = workload else { return Some("does not exist".to_owned()) };
            let covering = covering(&read.budgets, workload.template().labels());
            let names: Vec<&String> = covering.iter().map(|budget| &budget.metadata.name).collect();
            match names.len() {
                0 => Some("is covered by no budget".to_owned()),
                1 => None,
                _ => Some(format!(
                    "is covered by {}, so that its pods cannot be evicted at all",
                    crate::wording::names(&names)
                )),
            }
        };
        let uncovered = read.workloads.iter().map(|(named, it)| Some((named.to_string(), why(it.as_ref())?)));
        uncovered.flatten().collect()
    }

    fn covers(read: &Read<'_>, budget: &DisruptionBudget) -> Vec<String> {
        let selects = |workload: &Workload| {
            let labels = workload.template().labels();
            budget.spec.selector.as_ref().is_some_and(|selector| selector.selects(labels))
        };
        let covered = read.workloads.iter().filter(|(_, it)| it.as_ref().is_some_and(selects));
        covered.map(|(named, _)| named.to_string()).collect()
    }

    fn judge(&self, read: &Read<'_>) -> Outcome {
        let (namespace, at_least) = (&self.namespace, self.at_least.get());
        let mut said: Vec<String> =
            read.missing.iter().map(|name| format!("`{name}` does not exist")).collect();
        let (mut bad, mut blocked, mut empty, mut fewest, mut rows) =
            (Vec::new(), Vec::new(), Vec::new(), None, Vec::new());
        for budget in read.budgets.iter().filter(|budget| read.judged.contains(&budget.metadata.name)) {
            let name = &budget.metadata.name;
            rows.push((name.clone(), Budget::evidence(budget, &Self::covers(read, budget))));
            let mut it = Budget::of(budget, at_least, self.allow_without_pods);
            if it.is_empty {
                empty.push(name.clone());
            } else if let Some(allowed) = it.allowed {
                fewest = Some(allowed.min(fewest.unwrap_or(u32::MAX)));
            }
            if it.allowed.is_none_or(|allowed| allowed < at_least) && !it.is_empty {
                blocked.push(name.clone());
            }
            let shared: Vec<&String> =
                read.overlaps.iter().filter(|(_, of)| of.contains(name)).map(|(pod, _)| pod).collect();
            if let Some(first) = shared.first() {
                let others = &read.overlaps[*first];
                let others: Vec<&String> = others.iter().filter(|other| *other != name).collect();
                it.troubles.push(format!(
                    "covers {} that {} {} too, so that {} cannot be evicted at all: {}",
                    count(shared.len(), "pod"),
                    names(&others),
                    if others.len() == 1 { "covers" } else { "cover" },
                    if shared.len() == 1 { "it" } else { "they" },
                    names(&shared)
                ));
            }
            if !it.troubles.is_empty() {
                bad.push(name.clone());
                said.push(format!("`{name}` {}", it.troubles.join(", ")));
            }
        }
        let uncovered = Self::uncovered(read);
        said.extend(uncovered.iter().map(|(name, why)| format!("`{name}` {why}")));
        let total = read.judged.len() + read.missing.len();
        let overlapping: Vec<String> = read.overlaps.keys().cloned().collect();
        let evidence = Evidence::new()
            .with("total", total)
            .with("allowing", read.judged.len() - bad.len())
            .with("fewest_allowed", fewest)
            .with("missing", read.missing.clone())
            .with("blocking", blocked)
            .with("without_pods", empty.clone())
            .with("overlapping", overlapping)
            .with("uncovered", uncovered.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>())
            .with("budgets", Value::Table(rows));
        let mut expected = format!(
            "every budget covering pods, and allowing at least {}",
            count(at_least as usize, "disruption")
        );
        if !self.covers.is_empty() {
            expected.push_str("; each workload of `covers` in one of them");
        }
        let fail = |summary: String, actual: String, remedy: String| {
            let finding = Finding::new(summary).expected(&expected).actual(actual).remedy(remedy);
            Outcome::Fail(finding.advice(Advice::Investigate).evidence(evidence.clone()))
        };
        if read.judged.is_empty() {
            let resource = Resource::DISRUPTION_BUDGETS;
            let finding = self.choice().nothing(resource, &read.missing, read.no_namespace.clone());
            return Outcome::Fail(finding.expected(expected).advice(Advice::Investigate).evidence(evidence));
        }
        if !said.is_empty() {
            let number = bad.len() + read.missing.len();
            let mut parts = Vec::new();
            if number > 0 {
                let of = count(total, "disruption budget");
                parts.push(format!("{number} of {of} in `{namespace}` {} not in order", is(number)));
            }
            if !uncovered.is_empty() {
                let number = uncovered.len();
                let of = count(self.covers.len(), "workload");
                parts.push(format!(
                    "{number} of {of} in `{namespace}` {} not covered by one budget",
                    is(number)
                ));
            }
            let remedy = match (bad.first(), read.missing.first()) {
                (Some(first), _) => format!("`kubectl -n {namespace} describe poddisruptionbudget {first}`"),
                (None, Some(_)) => {
                    "see that the names are those of the release, and that it was deployed there".to_owned()
                }
                (None, None) => {
                    format!("`kubectl -n {namespace} get poddisruptionbudgets`, and mend their selectors")
                }
            };
            return fail(parts.join("; "), clauses(&said), remedy);
        }
        let budgets = count(total, "disruption budget");
        let allow = if total == 1 { "allows" } else { "allow" };
        let aside = aside(&[(empty.len(), "without pods")]);
        let Some(fewest) = fewest else {
            return fail(
                format!("no disruption budget in `{namespace}` covers pods"),
                format!("without pods: {}", names(&empty)),
                format!("`kubectl -n {namespace} get poddisruptionbudgets`, and mend their selectors"),
            );
        };
        let fewest = count(fewest as usize, "disruption");
        let summary = format!("{budgets} in `{namespace}` {allow} {fewest} or more{aside}");
        Outcome::Pass(Finding::new(summary).evidence(evidence))
    }
}

#[async_trait]
impl Check for DisruptionAllowed {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let read = self.read(&reader).await?;
        Ok(self.judge(&read))
    }
}

impl Kind for DisruptionAllowed {
    const NAME: &'static str = "k8s.disruption_allowed";
    const EXAMPLE: &'static str = r#"
[check.disruption]
kind      = "k8s.disruption_allowed"
title     = "A node can be drained"
target    = "production"
namespace = "vapora"
covers    = ["deployment/vapora-backend"]
at_least  = 1
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "total", about: "how many budgets were judged" },
            EvidenceField { name: "allowing", about: "how many of them are in order" },
            EvidenceField {
                name: "fewest_allowed",
                about: "how many disruptions are allowed where the fewest are, of those that cover pods",
            },
            EvidenceField { name: "missing", about: "the names of those that do not exist" },
            EvidenceField { name: "blocking", about: "the names of those that allow too few" },
            EvidenceField { name: "without_pods", about: "the names of those that cover no pods" },
            EvidenceField { name: "overlapping", about: "the names of the pods that more than one covers" },
            EvidenceField {
                name: "uncovered",
                about: "the names of the workloads that not exactly one covers",
            },
            EvidenceField {
                name: "budgets",
                about: "by name: what it `asks`, the disruptions `allowed`, the pods `healthy`, `needed` and `pods` in all, \
                        `generation`, `observed_generation`, the controller's `reason`, and the workloads it `covers`",
            },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        self.choice().validate(problems);
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        let list = |resource: Resource| resource.permission("list", Some(&self.namespace));
        needs.permission(list(Resource::DISRUPTION_BUDGETS));
        needs.permission(list(Resource::PODS));
        for name in &self.covers {
            name.or(WorkloadKind::Deployment).requires(needs, &self.namespace);
        }
        may_look_for_namespace(needs, &self.namespace);
    }
}
