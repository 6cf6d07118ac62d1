//! `k8s.usage_recorded`

mod collect;
mod growth;
mod judge;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckResult, EvidenceField, Kind, Period, Problems, Requirements, async_trait,
};

use self::{collect::Collected, growth::Baseline};
use super::{may_look_for_namespace, missing_namespace};
use crate::{
    KubernetesTarget, LabelSelector, Namespace, ObjectName,
    chosen::Choice,
    measured::{five_minutes, not_installed},
    object::{Deployment, Pod, PodMetrics, ReplicaSet},
    quantity::Quantity,
    read::Reader,
    resource::Resource,
};

/// The CPU and memory that deployments use are recorded, and as they should be.
///
/// # Why
///
/// Whether a release uses more than the one before it can only be told from figures of before. Before a deployment this check
/// records them; afterwards, with that check as its `baseline`, it compares. With `until` it looks again and again, so that a
/// slow growth is found too: each look is compared with the baseline.
///
/// # What it asks
///
/// It gets each deployment of `names`, or lists those of `selector`, or all of the namespace; then it lists the replica sets,
/// the pods, and what the metrics API (`metrics.k8s.io`) says their containers use. The pods of a deployment are those that its
/// replica sets own, run and are not being deleted. Where nothing is found it gets the namespace.
///
/// # What fails
///
/// A container that uses more than `limit_percent` of its limit of CPU or memory, where that is given, which asks for a
/// roll-back; so does a pod of the limits that it has as a whole. No limit to compare with anywhere. A deployment that uses
/// more than `cpu_growth_percent` or `memory_growth_percent` above the baseline, where these are given, and more than
/// `cpu_slack` or `memory_slack`; it asks for a roll-back too. A deployment that does not exist, or has no pod that runs.
///
/// # What errs
///
/// A metrics API that is not installed or does not answer. A pod that runs and has no metrics, as in its first minute, or only
/// such as are older than `max_age`, unless something fails. A growth that is limited, without a baseline that has the
/// deployment.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageRecorded {
    /// The namespace they are in.
    pub namespace: Namespace,
    /// The names of the deployments. Without these and `selector`, all of the namespace.
    #[serde(default)]
    pub names: Vec<ObjectName>,
    /// The labels of the deployments.
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    /// How much of its limits each container may use, in percent; without it, this is only told.
    #[serde(default)]
    pub limit_percent: Option<u32>,
    /// How much more CPU than in the baseline a deployment may use, in percent; without it, this is only told.
    #[serde(default)]
    pub cpu_growth_percent: Option<u32>,
    /// How much more memory than in the baseline a deployment may use, in percent; without it, this is only told.
    #[serde(default)]
    pub memory_growth_percent: Option<u32>,
    /// How much more CPU is never too much, whatever it is in percent.
    #[serde(default = "fifty_millicores")]
    pub cpu_slack: Quantity,
    /// How much more memory is never too much, whatever it is in percent.
    #[serde(default = "sixty_four_mebibytes")]
    pub memory_slack: Quantity,
    /// How old metrics may be.
    #[serde(default = "five_minutes")]
    pub max_age: Period,
}

fn fifty_millicores() -> Quantity {
    Quantity::of_nanos(50_000_000)
}

fn sixty_four_mebibytes() -> Quantity {
    Quantity::of_whole(64 << 20)
}

impl UsageRecorded {
    fn choice(&self) -> Choice<'_> {
        Choice { namespace: &self.namespace, names: &self.names, selector: self.selector.as_ref() }
    }

    /// Whether what is used is compared with the baseline.
    fn limits_growth(&self) -> bool {
        self.cpu_growth_percent.is_some() || self.memory_growth_percent.is_some()
    }
}

#[async_trait]
impl Check for UsageRecorded {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let baseline = Baseline::of(self, cx)?;
        let chosen = self.choice().read::<Deployment>(&reader).await?;
        if chosen.found.is_empty() {
            let no_namespace = missing_namespace(&reader, &self.namespace).await;
            return Ok(self.nothing(&chosen.missing, no_namespace));
        }
        let here = Some(&self.namespace);
        let metrics = reader.list_where_served::<PodMetrics>(here, None).await?;
        let metrics = metrics.ok_or_else(|| not_installed(Resource::POD_METRICS))?;
        let sets = reader.list::<ReplicaSet>(here, None).await?;
        let pods = reader.list::<Pod>(here, None).await?;
        let collected = Collected::of(self, &chosen.found, &sets, &pods, &metrics, cx.now());
        self.judge(&chosen.missing, &collected, baseline.as_ref())
    }
}

impl Kind for UsageRecorded {
    const NAME: &'static str = "k8s.usage_recorded";
    const EXAMPLE: &'static str = r#"
[check.usage-before]
kind      = "k8s.usage_recorded"
title     = "CPU and memory of each deployment are recorded"
target    = "production"
namespace = "vapora"
names     = ["vapora-backend", "vapora-agents"]

[check.usage-after]
kind                  = "k8s.usage_recorded"
title                 = "The release uses no more than the one before"
target                = "production"
namespace             = "vapora"
names                 = ["vapora-backend", "vapora-agents"]
baseline              = "usage-before"
limit_percent         = 90
cpu_growth_percent    = 50
memory_growth_percent = 25
"#;

    fn evidence() -> &'static [EvidenceField] {
        judge::EVIDENCE
    }

    fn validate(&self, problems: &mut Problems) {
        self.choice().validate(problems);
        super::percent(problems, "limit_percent", self.limit_percent, 100);
        for (name, slack) in [("cpu_slack", self.cpu_slack), ("memory_slack", self.memory_slack)] {
            if slack < Quantity::ZERO {
                problems.at(
                    name,
                    format!("expected an amount from 0 on, found {slack}"),
                    "write it without a sign",
                );
            }
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        self.choice().requires(needs, Resource::DEPLOYMENTS);
        for resource in [Resource::REPLICA_SETS, Resource::PODS, Resource::POD_METRICS] {
            needs.permission(resource.permission("list", Some(&self.namespace)));
        }
        may_look_for_namespace(needs, &self.namespace);
    }
}
