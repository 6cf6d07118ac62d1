//! `k8s.pods_stable`

mod seen;

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Advice, Check, CheckContext, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Period,
    Problems, Requirements, Timestamp, Value, async_trait,
};

use self::seen::{Before, Sort, Trouble};
use super::{NO_SUCH_NAMESPACE, may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, LabelSelector, Namespace,
    object::Pod,
    read::Reader,
    resource::Resource,
    wording::{aside, clauses, count, is},
};

/// No container of the pods was restarted since an earlier check, or for a time.
///
/// # Why
///
/// A container that ends and is started again is ready a moment later: only its restart count tells, and that may be weeks
/// old. So it is compared.
///
/// # What it asks
///
/// It lists the pods of the namespace, all or those of `selector`. Where there are none it also gets the namespace, to
/// tell whether that is what is missing.
///
/// # How it compares
///
/// With `baseline = "…"`, another check of this kind, it compares the restarts of each container by the uid of its pod.
/// With `since = "10m"` it takes the times at which the containers were started and ended. Both can be given. With neither
/// it records the counts, for a later check to be compared with, and fails only where a container does not run.
///
/// With `until = { interval = "10s", timeout = "10m", consecutive = 12 }` it looks several times, as a soak.
///
/// # What fails
///
/// A container that was restarted since the baseline, more than `allow_restarts` times together with the others of its pod,
/// or at any time within `since`; that it was killed for its memory is told, and asks for a roll-back, as a crash loop does.
/// A container that does not run now: it may be between two restarts. A pod that is new since the baseline, or was started
/// within `since`, unless `allow_new_pods`: a pod that was replaced has lost its count. A count that fell, or a restart
/// without a time, since then it cannot be told. Fewer than `at_least` pods in order; no pods at all never pass.
///
/// Pods of jobs, pods that have succeeded and pods that are being deleted are counted, and not judged.
///
/// # What errs
///
/// A baseline that is no check of this kind, or is one of other pods. No right to list pods, and any answer that could not
/// be read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodsStable {
    /// The namespace they are in.
    pub namespace: Namespace,
    /// Only the pods with these labels.
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    /// For how long no container may have been started or restarted.
    #[serde(default)]
    pub since: Option<Period>,
    /// How many pods have to be in order.
    #[serde(default = "super::one")]
    pub at_least: NonZeroU32,
    /// How often the containers of one pod may have been restarted together since the baseline.
    #[serde(default)]
    pub allow_restarts: u32,
    /// Whether there may be pods that are new since the baseline, or within `since`. Their restarts count from zero.
    #[serde(default)]
    pub allow_new_pods: bool,
}

#[derive(Debug, Default)]
struct Tally {
    rows: Vec<(String, Value)>,
    restarts: u32,
    stable: usize,
    finished: usize,
    of_jobs: usize,
    going: usize,
    gone: Vec<String>,
    out_of_memory: Vec<String>,
    new: Vec<String>,
    troubled: Vec<(String, Vec<Trouble>)>,
}

impl Tally {
    fn with(&self, sorts: &[Sort]) -> Vec<String> {
        let has = |troubles: &[Trouble]| troubles.iter().any(|trouble| sorts.contains(&trouble.sort));
        self.troubled.iter().filter(|(_, troubles)| has(troubles)).map(|(name, _)| name.clone()).collect()
    }

    fn aside(&self) -> String {
        aside(&[
            (self.finished, "finished"),
            (self.of_jobs, "of jobs"),
            (self.going, "being deleted"),
            (self.gone.len(), "gone since the baseline"),
        ])
    }
}

fn spoken(troubles: &[Trouble]) -> String {
    let texts: Vec<&str> = troubles.iter().map(|trouble| trouble.text.as_str()).collect();
    texts.join(", ")
}

impl PodsStable {
    /// What has to be the same in the baseline.
    fn about(&self) -> [(&'static str, Value); 2] {
        let selector = self.selector.as_ref().map(LabelSelector::as_str);
        [("namespace", self.namespace.as_str().into()), ("selector", selector.into())]
    }

    fn tally(&self, pods: &[Pod], before: Option<&Before>, now: Timestamp) -> Tally {
        let mut tally = Tally::default();
        for pod in pods {
            if pod.metadata.is_owned_by("Job") {
                tally.of_jobs += 1;
            } else if pod.metadata.is_going() {
                tally.going += 1;
            } else if pod.status.phase.as_deref() == Some("Succeeded") {
                tally.finished += 1;
            } else {
                self.take(&mut tally, pod, before, now);
            }
        }
        if let Some(before) = before {
            let there = |uid: &String| pods.iter().any(|pod| pod.metadata.uid.as_ref() == Some(uid));
            let gone = before.0.iter().filter(|(uid, _)| !there(uid)).map(|(_, pod)| pod.name.clone());
            tally.gone = gone.collect();
            tally.gone.sort();
        }
        tally
    }

    fn take(&self, tally: &mut Tally, pod: &Pod, before: Option<&Before>, now: Timestamp) {
        let name = pod.metadata.name.clone();
        tally.rows.push(seen::row(pod));
        tally.restarts = tally.restarts.saturating_add(pod.restarts());
        let mut troubles = seen::silent(pod);
        let said = !troubles.is_empty();
        for (role, status) in seen::containers(pod) {
            troubles.extend(seen::stands_still(role, status).filter(|_| !said));
            troubles.extend(self.since.and_then(|since| {
                let started = seen::started_within(role, status, now, since.get())?;
                (started.sort != Sort::New || !self.allow_new_pods).then_some(started)
            }));
        }
        let known = pod.metadata.uid.as_ref().and_then(|uid| before?.0.get(uid));
        let is_new = before.is_some() && known.is_none();
        if is_new {
            tally.new.push(name.clone());
            if !self.allow_new_pods {
                troubles.push(Trouble::new(Sort::New, "is new since the baseline"));
            }
        }
        if before.is_some() {
            let mut restarts: Vec<Trouble> = Vec::new();
            let mut together = 0_u32;
            for (role, status) in seen::containers(pod) {
                let count_before = known.map_or(0, |known| known.restarts_of(&status.name));
                match seen::grown(role, status, count_before) {
                    Ok(0) => {}
                    Ok(times) => {
                        together = together.saturating_add(times);
                        restarts.push(seen::restarted(role, status, times));
                    }
                    Err(unknown) => troubles.push(unknown),
                }
            }
            if together > self.allow_restarts {
                troubles.extend(restarts);
            }
        }
        let restarted = troubles.iter().any(|trouble| trouble.sort != Sort::New);
        if restarted && seen::containers(pod).any(|(_, status)| seen::was_out_of_memory(status)) {
            tally.out_of_memory.push(name.clone());
        }
        if troubles.is_empty() {
            tally.stable += 1;
        } else {
            tally.troubled.push((name, troubles));
        }
    }

    fn evidence(&self, tally: &Tally, total: usize, baseline: Option<Timestamp>) -> Evidence {
        let [namespace, selector] = self.about();
        let rows = tally.troubled.iter().map(|(name, troubles)| (name.clone(), spoken(troubles)));
        Evidence::new()
            .with(namespace.0, namespace.1)
            .with(selector.0, selector.1)
            .with("total", total)
            .with("stable", tally.stable)
            .with("restarts", tally.restarts)
            .with("restarted", tally.with(&[Sort::Restarted]))
            .with("unknown", tally.with(&[Sort::Unknown]))
            .with("not_running", tally.with(&[Sort::NotRunning, Sort::CrashLoop]))
            .with("out_of_memory", tally.out_of_memory.clone())
            .with("new", tally.new.clone())
            .with("gone", tally.gone.clone())
            .with("finished", tally.finished)
            .with("of_jobs", tally.of_jobs)
            .with("terminating", tally.going)
            .with("compared_with", baseline)
            .with("pods", Value::Table(tally.rows.clone()))
            .with("troubles", Value::table(rows))
    }

    /// For how long, or since when: ` since 2026-12-01 10:00 UTC`.
    fn span(&self, baseline: Option<Timestamp>) -> String {
        let parts: Vec<String> = [
            baseline.map(|at| format!("since {}", at.to_minute())),
            self.since.map(|since| format!("in the last {since}")),
        ]
        .into_iter()
        .flatten()
        .collect();
        parts.join(", and ")
    }

    fn judge(
        &self,
        pods: &[Pod],
        tally: &Tally,
        baseline: Option<Timestamp>,
        no_namespace: Option<String>,
    ) -> Outcome {
        let namespace = &self.namespace;
        let evidence = self.evidence(tally, pods.len(), baseline);
        let of = self.selector.as_ref().map_or_else(String::new, |selector| format!(" of `{selector}`"));
        let span = self.span(baseline);
        let at_least = self.at_least.get() as usize;
        let expected = if span.is_empty() {
            format!("every container running, in at least {}", count(at_least, "pod"))
        } else {
            format!(
                "no container restarted {span}, in at least {} with all of theirs running",
                count(at_least, "pod")
            )
        };
        let fail = |summary: String, actual: String, remedy: String, advice: Advice| {
            let finding = Finding::new(summary).expected(&expected).actual(actual).remedy(remedy);
            Outcome::Fail(finding.advice(advice).evidence(evidence.clone()))
        };
        if pods.is_empty() {
            let remedy = match no_namespace {
                Some(_) => NO_SUCH_NAMESPACE,
                None => {
                    "see that `selector` names labels its pods have, and that the release was deployed there"
                }
            };
            let actual = no_namespace.unwrap_or_else(|| "no pods".to_owned());
            let summary = format!("there are no pods{of} in `{namespace}`");
            return fail(summary, actual, remedy.to_owned(), Advice::Investigate);
        }
        let judged = tally.stable + tally.troubled.len();
        if let Some((first, troubles)) = tally.troubled.first() {
            let number = tally.troubled.len();
            let said: Vec<String> = tally
                .troubled
                .iter()
                .map(|(name, troubles)| format!("`{name}`: {}", spoken(troubles)))
                .collect();
            let ended =
                troubles.iter().any(|trouble| matches!(trouble.sort, Sort::Restarted | Sort::CrashLoop));
            let remedy = if ended {
                format!("`kubectl -n {namespace} logs {first} --all-containers --previous`")
            } else {
                format!("`kubectl -n {namespace} describe pod {first}`")
            };
            let worst = !tally.out_of_memory.is_empty() || !tally.with(&[Sort::CrashLoop]).is_empty();
            let advice = if worst { Advice::RollBack } else { Advice::Investigate };
            let summary = format!(
                "{number} of {}{of} in `{namespace}` {} not stable{}{}",
                count(judged, "pod"),
                is(number),
                tally.aside(),
                match tally.out_of_memory.as_slice() {
                    [] => String::new(),
                    killed => format!(", {} killed for memory", killed.len()),
                }
            );
            return fail(summary, clauses(&said), remedy, advice);
        }
        if tally.stable < at_least {
            let running = count(tally.stable, "pod");
            let summary = format!(
                "{running}{of} in `{namespace}` {} running, at least {at_least} {} needed{}",
                is(tally.stable),
                is(at_least),
                tally.aside()
            );
            let remedy = "see the deployments behind them, or correct `at_least`".to_owned();
            return fail(summary, format!("{} running", tally.stable), remedy, Advice::Investigate);
        }
        let stable = count(tally.stable, "pod");
        let summary = if span.is_empty() {
            let restarts = count(tally.restarts as usize, "restart");
            format!("{restarts} of {stable}{of} in `{namespace}` recorded{}", tally.aside())
        } else {
            let (what, often) = match self.allow_restarts {
                most @ 1.. if baseline.is_some() => {
                    ("none", format!(" more than {}", count(most as usize, "time")))
                }
                _ => ("no container", String::new()),
            };
            format!("{what} of {stable}{of} in `{namespace}` was restarted{often} {span}{}", tally.aside())
        };
        Outcome::Pass(Finding::new(summary).evidence(evidence))
    }
}

#[async_trait]
impl Check for PodsStable {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let before = cx.baseline().map(|earlier| Before::of(earlier, &self.about())).transpose()?;
        let pods = reader.list::<Pod>(Some(&self.namespace), self.selector.as_ref()).await?;
        let no_namespace =
            if pods.is_empty() { missing_namespace(&reader, &self.namespace).await } else { None };
        let tally = self.tally(&pods, before.as_ref(), cx.now());
        Ok(self.judge(&pods, &tally, cx.baseline().map(|earlier| earlier.finished), no_namespace))
    }
}

impl Kind for PodsStable {
    const NAME: &'static str = "k8s.pods_stable";
    const EXAMPLE: &'static str = r#"
[check.restarts-before]
kind      = "k8s.pods_stable"
title     = "The restarts of the pods are recorded"
target    = "production"
namespace = "vapora"

[check.no-restarts]
kind      = "k8s.pods_stable"
title     = "No pod restarts for ten minutes"
target    = "production"
namespace = "vapora"
baseline  = "restarts-before"
until     = { interval = "30s", timeout = "15m", consecutive = 20 }
on_fail   = "investigate"
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "namespace", about: "the namespace the pods are in" },
            EvidenceField { name: "selector", about: "the labels they were chosen by" },
            EvidenceField { name: "total", about: "how many pods there are" },
            EvidenceField { name: "stable", about: "how many of them are in order" },
            EvidenceField {
                name: "restarts",
                about: "how often all their containers together were ever restarted",
            },
            EvidenceField { name: "restarted", about: "the names of those with a restart that counts" },
            EvidenceField {
                name: "unknown",
                about: "the names of those of which it is not known whether one was restarted",
            },
            EvidenceField {
                name: "not_running",
                about: "the names of those with a container that does not run",
            },
            EvidenceField {
                name: "out_of_memory",
                about: "the names of those with a container killed for its memory",
            },
            EvidenceField { name: "new", about: "the names of those that are new since the baseline" },
            EvidenceField {
                name: "gone",
                about: "the names of those of the baseline that are there no more",
            },
            EvidenceField { name: "finished", about: "how many have succeeded" },
            EvidenceField { name: "of_jobs", about: "how many belong to a job" },
            EvidenceField { name: "terminating", about: "how many are being deleted" },
            EvidenceField { name: "compared_with", about: "when the baseline was recorded" },
            EvidenceField { name: "pods", about: "by name: its `uid`, and its `restarts` by container" },
            EvidenceField { name: "troubles", about: "by name: what is the matter with it" },
        ]
    }

    fn validate(&self, problems: &mut Problems) {
        if self.since.is_some_and(|since| since.get().is_zero()) {
            problems.at("since", "within no time nothing can be restarted", "give a time, as in `10m`");
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        needs.permission(Resource::PODS.permission("list", Some(&self.namespace)));
        may_look_for_namespace(needs, &self.namespace);
    }
}
