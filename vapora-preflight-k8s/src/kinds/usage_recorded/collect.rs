//! What each deployment uses, and what it may.

use std::collections::{HashMap, HashSet};

use vapora_preflight::{Period, Timestamp};

use super::UsageRecorded;
use crate::{
    measured::counts,
    object::{Amounts, Deployment, Pod, PodMetrics, ReplicaSet},
    quantity::Quantity,
    wording::{bytes, cores},
};

/// What the deployments use.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) deployments: Vec<Usage>,
    /// The pods that run and have no metrics that count.
    pub(super) unmeasured: Vec<String>,
    /// When the oldest of the metrics was measured.
    pub(super) oldest: Option<Timestamp>,
}

/// What one deployment uses.
#[derive(Debug, Default)]
pub(super) struct Usage {
    pub(super) name: String,
    /// How many of its pods run.
    pub(super) pods: usize,
    pub(super) cpu: Quantity,
    pub(super) memory: Quantity,
    pub(super) requests: Amounts,
    pub(super) limits: Amounts,
    /// The highest share of its limit that a container has taken, in percent.
    pub(super) cpu_limit_percent: Option<f64>,
    pub(super) memory_limit_percent: Option<f64>,
    /// What has taken more of a limit than it may.
    pub(super) near: Vec<String>,
    /// The containers without a limit of memory, or of CPU.
    pub(super) unlimited: Vec<String>,
}

impl Collected {
    pub(super) fn of(
        kind: &UsageRecorded,
        deployments: &[Deployment],
        sets: &[ReplicaSet],
        pods: &[Pod],
        metrics: &[PodMetrics],
        now: Timestamp,
    ) -> Self {
        let metrics: HashMap<&str, &PodMetrics> =
            metrics.iter().map(|metrics| (metrics.metadata.name.as_str(), metrics)).collect();
        let mut collected = Self::default();
        for deployment in deployments {
            let name = deployment.metadata.name.as_str();
            let is_of = |set: &&ReplicaSet| {
                set.metadata.controller("Deployment").is_some_and(|owner| owner.name == name)
            };
            let owners: HashSet<&str> =
                sets.iter().filter(is_of).map(|set| set.metadata.name.as_str()).collect();
            let runs = |pod: &&Pod| {
                let owner = pod.metadata.controller("ReplicaSet");
                owner.is_some_and(|owner| owners.contains(owner.name.as_str()))
                    && pod.status.phase.as_deref() == Some("Running")
                    && !pod.metadata.is_going()
            };
            let mut usage = Usage { name: name.to_owned(), ..Usage::default() };
            for pod in pods.iter().filter(runs) {
                usage.pods += 1;
                match metrics
                    .get(pod.metadata.name.as_str())
                    .and_then(|metrics| whole(pod, metrics, now, kind.max_age))
                {
                    Some((containers, at)) => {
                        usage.take(kind, pod, &containers);
                        collected.oldest = Some(collected.oldest.map_or(at, |oldest| oldest.min(at)));
                    }
                    None => collected.unmeasured.push(pod.metadata.name.clone()),
                }
            }
            collected.deployments.push(usage);
        }
        collected
    }
}

/// CPU and memory of one container.
type Container<'m> = (&'m str, Quantity, Quantity);

/// What all containers of a pod use, and when that was measured; none where it does not count or is not all.
fn whole<'m>(
    pod: &Pod,
    metrics: &'m PodMetrics,
    now: Timestamp,
    max_age: Period,
) -> Option<(Vec<Container<'m>>, Timestamp)> {
    let containers: Vec<Container<'m>> = metrics
        .containers
        .iter()
        .map(|container| Some((container.name.as_str(), container.usage.cpu?, container.usage.memory?)))
        .collect::<Option<_>>()?;
    let has = |name: &str| containers.iter().any(|(measured, ..)| *measured == name);
    let is_whole = !containers.is_empty() && pod.spec.containers.iter().all(|container| has(&container.name));
    (is_whole && counts(metrics.timestamp, now, max_age)).then_some((containers, metrics.timestamp))
}

impl Usage {
    fn take(&mut self, kind: &UsageRecorded, pod: &Pod, containers: &[Container<'_>]) {
        self.requests = self.requests.plus(pod.requests());
        let (mut cpu_of_pod, mut memory_of_pod) = (Quantity::ZERO, Quantity::ZERO);
        for (container, cpu, memory) in containers {
            cpu_of_pod = cpu_of_pod + *cpu;
            memory_of_pod = memory_of_pod + *memory;
            let limits = pod.limits_of(container);
            self.limits = self.limits.plus(limits);
            let what = format!("`{container}` of `{}`", pod.metadata.name);
            self.compare(kind, &what, limits, *cpu, *memory);
            let all = limits.or(pod.limits());
            if all.cpu.is_none() || all.memory.is_none() {
                let name = format!("{}/{container}", self.name);
                if !self.unlimited.contains(&name) {
                    self.unlimited.push(name);
                }
            }
        }
        self.compare(kind, &format!("`{}`", pod.metadata.name), pod.limits(), cpu_of_pod, memory_of_pod);
        self.cpu = self.cpu + cpu_of_pod;
        self.memory = self.memory + memory_of_pod;
    }

    fn compare(
        &mut self,
        kind: &UsageRecorded,
        what: &str,
        limits: Amounts,
        cpu: Quantity,
        memory: Quantity,
    ) {
        for (unit, used, limit, highest, spoken) in [
            ("CPU", cpu, limits.cpu, &mut self.cpu_limit_percent, cores as fn(Quantity) -> String),
            ("memory", memory, limits.memory, &mut self.memory_limit_percent, bytes),
        ] {
            let Some(limit) = limit else { continue };
            let percent = used.part_of(limit);
            *highest = [*highest, percent].into_iter().flatten().max_by(f64::total_cmp);
            if kind.limit_percent.is_some_and(|most| used.exceeds(most, limit)) {
                let share = percent.map_or_else(String::new, |percent| format!(" ({percent}%)"));
                self.near.push(format!(
                    "{what} uses {} of its {unit} limit of {}{share}",
                    spoken(used),
                    spoken(limit)
                ));
            }
        }
    }

    /// Whether there is any limit to compare with.
    pub(super) fn is_limited(&self) -> bool {
        self.cpu_limit_percent.is_some() || self.memory_limit_percent.is_some()
    }
}
