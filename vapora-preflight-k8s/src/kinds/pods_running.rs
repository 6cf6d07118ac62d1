//! `k8s.pods_running`

mod owners;
mod pod_state;

use std::{collections::BTreeMap, num::NonZeroU32, sync::Arc};

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Check, CheckContext, CheckError, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome,
    Problems, Requirements, Value, async_trait,
};

use self::{
    owners::{Owners, set_of},
    pod_state::{Class, PodState, Trouble},
};
use super::{NO_SUCH_NAMESPACE, may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, LabelSelector, Namespace, ObjectName,
    object::{Pod, ReplicaSet},
    read::Reader,
    resource::Resource,
    wording::{aside, clauses, count, is, names},
};

/// All pods run and are ready.
///
/// # Why
///
/// A deployment may call itself available while one of its pods crashes again and again, and a pod in a crash loop has
/// the phase `Running`: only its containers tell.
///
/// # What it asks
///
/// It lists the pods of the namespace, all or those of `selector`. With `deployment` or `deployments` it also lists the
/// ReplicaSets, and judges only the pods that belong to those deployments by their owners. It lists the ReplicaSets too where
/// a pod of one has failed. Where there are no pods it also gets the namespace, to tell whether that is what is missing.
///
/// # What fails
///
/// A crash loop, which asks for a roll-back. An image that cannot be pulled. A pod that finds no node, with the
/// scheduler's own reason, or that is held back by its scheduling gates; a lack of resources asks for a roll-back. A pod that
/// is not ready, also where only a readiness gate holds it back, has failed, or was restarted more than `allow_restarts`
/// times. Init containers and sidecars count like the others. Fewer than `at_least` pods that run and are ready, or fewer
/// of a deployment than `deployments` says; no pods at all never pass.
///
/// Pods of jobs, pods that have succeeded and pods that are being deleted are counted, and not judged. So are pods that have
/// failed and are kept for their record only: those of a ReplicaSet that is to have no pods any more, and with
/// `allow_evicted` those that were ended from outside.
///
/// # What errs
///
/// No right to list pods, and any answer that could not be read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodsRunning {
    /// The namespace they are in.
    pub namespace: Namespace,
    /// Only the pods with these labels.
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    /// Only the pods of this deployment, by their owners and not by their labels.
    #[serde(default)]
    pub deployment: Option<ObjectName>,
    /// By deployment: how many of its pods have to run and be ready. Only the pods of these deployments are judged.
    #[serde(default)]
    pub deployments: BTreeMap<ObjectName, NonZeroU32>,
    /// How many pods have to run and be ready.
    #[serde(default = "super::one")]
    pub at_least: NonZeroU32,
    /// How often the containers of one pod may have been restarted together; without it, restarts are only counted.
    #[serde(default)]
    pub allow_restarts: Option<u32>,
    /// Whether there may be pods that were ended from outside, as by an eviction or the shutdown of their node, and that
    /// their controller has replaced.
    #[serde(default)]
    pub allow_evicted: bool,
}

#[derive(Debug, Default)]
struct Tally {
    total: usize,
    running: usize,
    left_over: usize,
    /// How many pods of each deployment that is asked for run and are ready.
    of_deployments: BTreeMap<String, usize>,
    finished: usize,
    of_jobs: usize,
    going: usize,
    restarts: u32,
    troubled: Vec<(String, Vec<Trouble>)>,
}

impl Tally {
    fn take(&mut self, pod: &Pod, state: PodState, deployment: Option<&str>) {
        self.total += 1;
        self.restarts = self.restarts.saturating_add(pod.restarts());
        match state {
            PodState::Running => {
                self.running += 1;
                if let Some(number) = deployment.and_then(|name| self.of_deployments.get_mut(name)) {
                    *number += 1;
                }
            }
            PodState::Finished => self.finished += 1,
            PodState::OfJob => self.of_jobs += 1,
            PodState::Going => self.going += 1,
            PodState::LeftOver => self.left_over += 1,
            PodState::Troubled(troubles) => self.troubled.push((pod.metadata.name.clone(), troubles)),
        }
    }

    fn with(&self, wanted: impl Fn(&Trouble) -> bool) -> Vec<String> {
        let has = |troubles: &[Trouble]| troubles.iter().any(&wanted);
        self.troubled.iter().filter(|(_, troubles)| has(troubles)).map(|(name, _)| name.clone()).collect()
    }

    fn evidence(&self) -> Evidence {
        let rows = self.troubled.iter().map(|(name, troubles)| (name.clone(), spoken(troubles)));
        Evidence::new()
            .with("total", self.total)
            .with("running", self.running)
            .with("crash_looping", self.with(|trouble| trouble.class == Class::CrashLoop))
            .with("image_pull", self.with(|trouble| trouble.class == Class::ImagePull))
            .with("pending", self.with(Trouble::is_pending))
            .with("not_ready", self.with(|trouble| matches!(trouble.class, Class::NotReady | Class::Ended)))
            .with("restarts", self.restarts)
            .with("finished", self.finished)
            .with("of_jobs", self.of_jobs)
            .with("terminating", self.going)
            .with("left_over", self.left_over)
            .with(
                "by_deployment",
                Value::table(self.of_deployments.iter().map(|(name, number)| (name.clone(), *number))),
            )
            .with("troubles", Value::table(rows))
    }

    /// Those that are counted and not judged, in brackets.
    fn aside(&self) -> String {
        aside(&[
            (self.finished, "finished"),
            (self.of_jobs, "of jobs"),
            (self.going, "being deleted"),
            (self.left_over, "failed and left over"),
        ])
    }
}

fn spoken(troubles: &[Trouble]) -> String {
    let texts: Vec<&str> = troubles.iter().map(|trouble| trouble.text.as_str()).collect();
    texts.join(", ")
}

impl PodsRunning {
    /// By deployment: how many of its pods have to run. None where all pods are judged.
    fn wanted(&self) -> BTreeMap<&str, usize> {
        let number = |number: NonZeroU32| number.get() as usize;
        match &self.deployment {
            Some(name) => BTreeMap::from([(name.as_str(), number(self.at_least))]),
            None => self.deployments.iter().map(|(name, many)| (name.as_str(), number(*many))).collect(),
        }
    }

    /// The replica sets of the namespace, as far as they are needed. Where they only tell a pod that is left over from one in
    /// trouble, the check answers without them.
    async fn sets(
        &self,
        reader: &Reader<'_>,
        pods: &[Pod],
    ) -> Result<Option<Arc<Vec<ReplicaSet>>>, CheckError> {
        let list = async || reader.list::<ReplicaSet>(Some(&self.namespace), None).await;
        if !self.wanted().is_empty() {
            return if pods.is_empty() { Ok(None) } else { list().await.map(Some) };
        }
        let has_failed = |pod: &Pod| pod.status.phase.as_deref() == Some("Failed") && set_of(pod).is_some();
        Ok(if pods.iter().any(has_failed) { list().await.ok() } else { None })
    }

    fn tally(&self, pods: &[Pod], sets: Option<&[ReplicaSet]>) -> Tally {
        let wanted = self.wanted();
        let of_deployments = wanted.keys().map(|name| ((*name).to_owned(), 0)).collect();
        let mut tally = Tally { of_deployments, ..Tally::default() };
        let owners = sets.map(Owners::new);
        for pod in pods {
            let deployment = owners.as_ref().and_then(|owners| owners.deployment_of(pod));
            if !wanted.is_empty() && !deployment.is_some_and(|name| wanted.contains_key(name)) {
                continue;
            }
            // Whoever has no controller is not replaced by one.
            let evicted = pod.status.reason.is_some() && pod.metadata.controlled_by().is_some();
            let left_over = owners.as_ref().is_some_and(|owners| owners.has_outlived_its_set(pod))
                || (self.allow_evicted && evicted);
            tally.take(pod, PodState::of(pod, self.allow_restarts, left_over), deployment);
        }
        tally
    }

    /// Which pods they are, to be shown: ` of `app=vapora``.
    fn of(&self) -> String {
        let deployments: Vec<String> = self.wanted().keys().map(ToString::to_string).collect();
        let labels = self.selector.as_ref().map_or_else(String::new, |selector| format!(" of `{selector}`"));
        match deployments.len() {
            0 => labels,
            1 => format!("{labels} of deployment {}", names(&deployments)),
            _ => format!("{labels} of the deployments {}", names(&deployments)),
        }
    }

    fn judge(&self, pods: &[Pod], sets: Option<&[ReplicaSet]>, no_namespace: Option<String>) -> Outcome {
        let namespace = &self.namespace;
        let tally = self.tally(pods, sets);
        let evidence = tally.evidence();
        let of = self.of();
        let expected = format!("every pod running and ready, at least {} of them", self.at_least);
        let at_least = self.at_least.get() as usize;
        if tally.total == 0 {
            let remedy = match no_namespace {
                Some(_) => NO_SUCH_NAMESPACE,
                None if !tally.of_deployments.is_empty() => {
                    "see that the deployments are spelt right, and that the release was deployed there"
                }
                None => {
                    "see that `selector` names labels its pods have, and that the release was deployed there"
                }
            };
            return Outcome::Fail(
                Finding::new(format!("there are no pods{of} in `{namespace}`"))
                    .expected(expected)
                    .actual(no_namespace.unwrap_or_else(|| "no pods".to_owned()))
                    .remedy(remedy)
                    .advice(Advice::Investigate)
                    .evidence(evidence),
            );
        }
        let short: Vec<String> = self
            .wanted()
            .into_iter()
            .filter_map(|(name, wanted)| {
                let running = tally.of_deployments.get(name).copied().unwrap_or(0);
                let has = format!("`{name}` has {running} of {} running", count(wanted, "pod"));
                (running < wanted).then_some(has)
            })
            .collect();
        let judged = tally.running + tally.troubled.len();
        if let Some((first, troubles)) = tally.troubled.first() {
            let number = tally.troubled.len();
            let troubled =
                tally.troubled.iter().map(|(name, troubles)| format!("`{name}`: {}", spoken(troubles)));
            let said: Vec<String> = troubled.chain(short).collect();
            let all = tally.troubled.iter().flat_map(|(_, troubles)| troubles);
            let advice = all.map(|trouble| trouble.class.advice()).max().unwrap_or(Advice::Investigate);
            let logs =
                troubles.iter().any(|trouble| matches!(trouble.class, Class::CrashLoop | Class::Ended));
            let remedy = if logs {
                format!("`kubectl -n {namespace} logs {first} --all-containers --previous`")
            } else {
                format!("`kubectl -n {namespace} describe pod {first}`")
            };
            let summary = format!(
                "{number} of {}{of} in `{namespace}` {} not in order{}",
                count(judged, "pod"),
                is(number),
                tally.aside()
            );
            let finding = Finding::new(summary).expected(expected).actual(clauses(&said)).remedy(remedy);
            return Outcome::Fail(finding.advice(advice).evidence(evidence));
        }
        if !short.is_empty() {
            let number = short.len();
            let summary = format!(
                "{} in `{namespace}` {} short of pods{}",
                count(number, "deployment"),
                is(number),
                tally.aside()
            );
            return Outcome::Fail(
                Finding::new(summary)
                    .expected("as many pods of each deployment running and ready as are asked for")
                    .actual(clauses(&short))
                    .remedy(format!("`kubectl -n {namespace} get deployments`, or correct the numbers"))
                    .advice(Advice::Investigate)
                    .evidence(evidence),
            );
        }
        if tally.running < at_least {
            return Outcome::Fail(
                Finding::new(format!(
                    "{}{of} in `{namespace}` {} running, at least {at_least} are needed{}",
                    count(tally.running, "pod"),
                    is(tally.running),
                    tally.aside()
                ))
                .expected(expected)
                .actual(format!("{} running", tally.running))
                .remedy("see the deployments behind them, or correct `at_least`")
                .advice(Advice::Investigate)
                .evidence(evidence),
            );
        }
        let summary = format!(
            "{}{of} in `{namespace}` {} running and ready{}",
            count(tally.running, "pod"),
            is(tally.running),
            tally.aside()
        );
        Outcome::Pass(Finding::new(summary).evidence(evidence))
    }
}

#[async_trait]
impl Check for PodsRunning {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let pods = reader.list::<Pod>(Some(&self.namespace), self.selector.as_ref()).await?;
        let sets = self.sets(&reader, &pods).await?;
        let no_namespace =
            if pods.is_empty() { missing_namespace(&reader, &self.namespace).await } else { None };
        Ok(self.judge(&pods, sets.as_deref().map(Vec::as_slice), no_namespace))
    }
}

impl Kind for PodsRunning {
    const NAME: &'static str = "k8s.pods_running";
    const EXAMPLE: &'static str = r#"
[check.pods]
kind           = "k8s.pods_running"
title          = "All pods run and are ready"
target         = "production"
namespace      = "vapora"
at_least       = 3
allow_restarts = 5
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "total", about: "how many pods there are" },
            EvidenceField { name: "running", about: "how many of them run and are ready" },
            EvidenceField { name: "crash_looping", about: "the names of those in a crash loop" },
            EvidenceField { name: "image_pull", about: "the names of those whose image cannot be pulled" },
            EvidenceField { name: "pending", about: "the names of those that have not started" },
            EvidenceField {
                name: "not_ready",
                about: "the names of those that run and are not ready, or have ended",
            },
            EvidenceField { name: "restarts", about: "how often all containers together were restarted" },
            EvidenceField { name: "finished", about: "how many have succeeded" },
            EvidenceField { name: "of_jobs", about: "how many belong to a job" },
            EvidenceField { name: "terminating", about: "how many are being deleted" },
            EvidenceField {
                name: "left_over",
                about: "how many have failed and are kept for their record only",
            },
            EvidenceField {
                name: "by_deployment",
                about: "by deployment, of those that are asked for: how many of its pods run and are ready",
            },
            EvidenceField { name: "troubles", about: "by name: what is the matter with it" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.deployment.is_some() && !self.deployments.is_empty() {
            problems.at("deployments", "both `deployment` and `deployments` are given", "give one of them");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        needs.permission(Resource::PODS.permission("list", Some(&self.namespace)));
        let sets = Resource::REPLICA_SETS.permission("list", Some(&self.namespace));
        needs.permission(if self.wanted().is_empty() { sets.optional() } else { sets });
        may_look_for_namespace(needs, &self.namespace);
    }
}
