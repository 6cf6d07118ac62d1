//! `k8s.nodes_have_headroom`

mod judge;
mod taken;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckResult, EvidenceField, Kind, Period, Problems, Requirements, async_trait,
};

use self::taken::Taken;
use crate::{
    KubernetesTarget, LabelSelector, measured::five_minutes, object::Node, read::Reader, resource::Resource,
};

/// The nodes are not near their capacity.
///
/// # Why
///
/// A rollout starts new pods beside the old ones. Where no node has room for them they stay pending, and where the nodes
/// are busy already, everything on them gets slow.
///
/// # What it asks
///
/// It lists the nodes, all or those of `selector`, and what the metrics API (`metrics.k8s.io`) says they use. Where that
/// API is not installed, it goes through all pods instead and adds up what they request, as the scheduler does: init
/// containers, sidecars and overhead count, pods that have ended do not. `source` in the evidence, and the finding, say which
/// of the two it was. Both are compared with what the nodes have for pods (`allocatable`).
///
/// # What fails
///
/// A node of whose CPU more than `cpu_percent` is taken, or of whose memory more than `memory_percent`. All nodes together, by
/// `cluster_cpu_percent` and `cluster_memory_percent`, where these are given; what is taken anywhere, also by pods that wait
/// for a node, is compared with the nodes that are ready and not cordoned. What is taken, where it does not fit on the nodes
/// that are left without the `nodes_down` largest. No nodes at all never pass.
///
/// # What errs
///
/// A metrics API that is installed and does not answer: that is never a reason to count requests instead. A node that is
/// ready and has no metrics, or only such as are older than `max_age`, unless another one fails; a node that is not ready is
/// told, and is no room. A node that does not say what it has.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodesHaveHeadroom {
    /// Only the nodes with these labels.
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    /// How much of the CPU of each node may be taken, in percent.
    #[serde(default = "eighty")]
    pub cpu_percent: u32,
    /// How much of the memory of each node may be taken, in percent.
    #[serde(default = "eighty")]
    pub memory_percent: u32,
    /// How much of the CPU of all nodes together may be taken, in percent; without it, this is only told.
    #[serde(default)]
    pub cluster_cpu_percent: Option<u32>,
    /// How much of the memory of all nodes together may be taken, in percent; without it, this is only told.
    #[serde(default)]
    pub cluster_memory_percent: Option<u32>,
    /// How many nodes may be lost, and what is taken still fits on the others.
    #[serde(default)]
    pub nodes_down: u32,
    /// What counts as taken: what is used (`metrics`), what is requested (`requests`), or by default what is used and, where
    /// no metrics are installed, what is requested (`auto`).
    #[serde(default)]
    pub source: HeadroomSource,
    /// How old metrics may be.
    #[serde(default = "five_minutes")]
    pub max_age: Period,
}

/// What counts as taken of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeadroomSource {
    /// What is used, and where no metrics are installed, what is requested.
    #[default]
    Auto,
    /// What is used.
    Metrics,
    /// What is requested.
    Requests,
}

fn eighty() -> u32 {
    80
}

#[async_trait]
impl Check for NodesHaveHeadroom {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let reader = Reader::of(cx)?;
        let nodes = reader.list::<Node>(None, self.selector.as_ref()).await?;
        let taken = Taken::read(self, &reader).await?;
        self.judge(&nodes, &taken)
    }
}

impl Kind for NodesHaveHeadroom {
    const NAME: &'static str = "k8s.nodes_have_headroom";
    const EXAMPLE: &'static str = r#"
[check.headroom]
kind           = "k8s.nodes_have_headroom"
title          = "Production is not near its capacity"
target         = "production"
cpu_percent    = 80
memory_percent = 80
nodes_down     = 1
"#;

    fn evidence() -> &'static [EvidenceField] {
        judge::EVIDENCE
    }

    fn validate(&self, problems: &mut Problems) {
        for (name, percent) in [
            ("cpu_percent", Some(self.cpu_percent)),
            ("memory_percent", Some(self.memory_percent)),
            ("cluster_cpu_percent", self.cluster_cpu_percent),
            ("cluster_memory_percent", self.cluster_memory_percent),
        ] {
            super::percent(problems, name, percent, 100);
        }
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        needs.permission(Resource::NODES.permission("list", None));
        if self.source != HeadroomSource::Requests {
            needs.permission(Resource::NODE_METRICS.permission("list", None));
        }
        let pods = Resource::PODS.permission("list", None);
        match self.source {
            HeadroomSource::Requests => needs.permission(pods),
            HeadroomSource::Auto => needs.permission(pods.optional()),
            HeadroomSource::Metrics => {}
        }
    }
}
