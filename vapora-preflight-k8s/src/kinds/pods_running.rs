//! `k8s.pods_running`

mod pod_state;

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Check, CheckContext, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Requirements,
    Value, async_trait,
};

use self::pod_state::{Class, PodState, Trouble};
use super::{may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, LabelSelector, Namespace,
    object::Pod,
    read::Reader,
    resource::Resource,
    wording::{clauses, count, is},
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
/// It lists the pods of the namespace, all or those of `selector`. Where there are none it also gets the namespace, to
/// tell whether that is what is missing.
///
/// # What fails
///
/// A crash loop, which asks for a roll-back. An image that cannot be pulled. A pod that finds no node, with the
/// scheduler's own reason; a lack of resources asks for a roll-back. A pod that is not ready, has failed, or was
/// restarted more than `allow_restarts` times. Init containers count like the others. Fewer than `at_least` pods that run
/// and are ready; no pods at all never pass.
///
/// Pods of jobs, pods that have succeeded and pods that are being deleted are counted, and not judged.
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
    /// How many pods have to run and be ready.
    #[serde(default = "super::one")]
    pub at_least: NonZeroU32,
    /// How often the containers of one pod may have been restarted together; without it, restarts are only counted.
    #[serde(default)]
    pub allow_restarts: Option<u32>,
}

#[derive(Debug, Default)]
struct Tally {
    running: usize,
    finished: usize,
    of_jobs: usize,
    going: usize,
    restarts: u32,
    troubled: Vec<(String, Vec<Trouble>)>,
}

impl Tally {
    fn of(pods: &[Pod], allow_restarts: Option<u32>) -> Self {
        let mut tally = Self::default();
        for pod in pods {
            tally.restarts = tally.restarts.saturating_add(pod.restarts());
            match PodState::of(pod, allow_restarts) {
                PodState::Running => tally.running += 1,
                PodState::Finished => tally.finished += 1,
                PodState::OfJob => tally.of_jobs += 1,
                PodState::Going => tally.going += 1,
                PodState::Troubled(troubles) => tally.troubled.push((pod.metadata.name.clone(), troubles)),
            }
        }
        tally
    }

    fn with(&self, wanted: impl Fn(&Trouble) -> bool) -> Vec<String> {
        let has = |troubles: &[Trouble]| troubles.iter().any(&wanted);
        self.troubled.iter().filter(|(_, troubles)| has(troubles)).map(|(name, _)| name.clone()).collect()
    }

    fn evidence(&self, total: usize) -> Evidence {
        let rows = self.troubled.iter().map(|(name, troubles)| (name.clone(), spoken(troubles)));
        Evidence::new()
            .with("total", total)
            .with("running", self.running)
            .with("crash_looping", self.with(|trouble| trouble.class == Class::CrashLoop))
            .with("image_pull", self.with(|trouble| trouble.class == Class::ImagePull))
            .with("pending", self.with(Trouble::is_pending))
            .with("not_ready", self.with(|trouble| matches!(trouble.class, Class::NotReady | Class::Ended)))
            .with("restarts", self.restarts)
            .with("finished", self.finished)
            .with("of_jobs", self.of_jobs)
            .with("terminating", self.going)
            .with("troubles", Value::table(rows))
    }

    /// Those that are counted and not judged, in brackets.
    fn aside(&self) -> String {
        let parts: Vec<String> =
            [(self.finished, "finished"), (self.of_jobs, "of jobs"), (self.going, "being deleted")]
                .into_iter()
                .filter(|(number, _)| *number > 0)
                .map(|(number, what)| format!("{number} {what}"))
                .collect();
        if parts.is_empty() { String::new() } else { format!(" (besides {})", parts.join(", ")) }
    }
}

fn spoken(troubles: &[Trouble]) -> String {
    let texts: Vec<&str> = troubles.iter().map(|trouble| trouble.text.as_str()).collect();
    texts.join(", ")
}

impl PodsRunning {
    fn judge(&self, pods: &[Pod], no_namespace: Option<String>) -> Outcome {
        let namespace = &self.namespace;
        let tally = Tally::of(pods, self.allow_restarts);
        let evidence = tally.evidence(pods.len());
        let of = self.selector.as_ref().map_or_else(String::new, |selector| format!(" of `{selector}`"));
        let expected = format!("every pod running and ready, at least {} of them", self.at_least);
        let at_least = self.at_least.get() as usize;
        if pods.is_empty() {
            let remedy = match no_namespace {
                Some(_) => "see that `namespace` is spelt right and the target is the right cluster",
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
        let judged = tally.running + tally.troubled.len();
        if let Some((first, troubles)) = tally.troubled.first() {
            let number = tally.troubled.len();
            let said: Vec<String> = tally
                .troubled
                .iter()
                .map(|(name, troubles)| format!("`{name}`: {}", spoken(troubles)))
                .collect();
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
        let no_namespace =
            if pods.is_empty() { missing_namespace(&reader, &self.namespace).await } else { None };
        Ok(self.judge(&pods, no_namespace))
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
            EvidenceField { name: "troubles", about: "by name: what is the matter with it" },
        ]
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        needs.permission(Resource::PODS.permission("list", Some(&self.namespace)));
        may_look_for_namespace(needs, &self.namespace);
    }
}
