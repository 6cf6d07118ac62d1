//! `k8s.nodes_ready`

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;
use vapora_preflight::{
    Check, CheckContext, CheckResult, Evidence, EvidenceField, Finding, Kind, Outcome, Requirements,
    async_trait,
};

use crate::{
    KubernetesTarget, LabelSelector,
    object::{Node, condition},
    read::Reader,
    resource::Resource,
    wording::{clauses, count, is, plural},
};

/// All nodes are ready, take pods, and are not short of anything.
///
/// # Why
///
/// A deployment needs room to move its pods. A node that is not ready, or that was cordoned for maintenance and
/// forgotten, is found out in the middle of a rollout otherwise.
///
/// # What it asks
///
/// It lists the nodes, all or those of `selector`, and reads their conditions.
///
/// # What fails
///
/// A node whose condition `Ready` is not true; one whose kubelet has stopped posting its status is told apart. A
/// cordoned node, unless `allow_cordoned`. A node short of memory, disk space or process ids, unless `allow_pressure`. A
/// node without network. Fewer than `at_least` nodes that are ready and take pods; no nodes at all never pass.
///
/// # What errs
///
/// No right to list nodes, and any answer that could not be read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodesReady {
    /// Only the nodes with these labels.
    #[serde(default)]
    pub selector: Option<LabelSelector>,
    /// How many nodes have to be ready and take pods.
    #[serde(default = "super::one")]
    pub at_least: NonZeroU32,
    /// Whether nodes may be cordoned. They do not count for `at_least`.
    #[serde(default)]
    pub allow_cordoned: bool,
    /// Whether nodes may be short of memory, disk space or process ids.
    #[serde(default)]
    pub allow_pressure: bool,
}

/// What a pressure is called by people.
const PRESSURES: [(&str, &str); 3] =
    [("MemoryPressure", "memory"), ("DiskPressure", "disk space"), ("PIDPressure", "process ids")];

#[derive(Debug, Default)]
struct Tally {
    ready: usize,
    usable: usize,
    not_ready: Vec<String>,
    silent: Vec<String>,
    pressed: Vec<String>,
    cordoned: Vec<String>,
    /// The nodes with something that is not allowed, and what it is.
    troubled: Vec<(String, String)>,
}

impl NodesReady {
    fn take(&self, tally: &mut Tally, node: &Node) {
        let name = node.metadata.name.clone();
        let conditions = &node.status.conditions;
        let mut troubles: Vec<String> = Vec::new();
        let ready = match condition(conditions, "Ready") {
            Some(ready) if ready.is_true() => true,
            Some(ready) if ready.is_false() => {
                tally.not_ready.push(name.clone());
                troubles.push(format!("is not ready{}", ready.because()));
                false
            }
            Some(ready) => {
                tally.silent.push(name.clone());
                troubles.push(format!("does not say how it is{}", ready.because()));
                false
            }
            None => {
                tally.silent.push(name.clone());
                troubles.push("has no condition `Ready`".to_owned());
                false
            }
        };
        let mut pressed = false;
        for (kind, what) in PRESSURES {
            // A node that is silent says nothing of its pressures either.
            let Some(pressure) = condition(conditions, kind).filter(|pressure| !pressure.is_false()) else {
                continue;
            };
            if pressure.is_true() || ready {
                pressed = true;
                if !self.allow_pressure {
                    let how = if pressure.is_true() {
                        "is short of"
                    } else {
                        "does not say whether it is short of"
                    };
                    troubles.push(format!("{how} {what}{}", pressure.because()));
                }
            }
        }
        if let Some(network) =
            condition(conditions, "NetworkUnavailable").filter(|network| !network.is_false())
            && (network.is_true() || ready)
        {
            troubles.push(format!("has no network{}", network.because()));
        }
        if node.spec.unschedulable {
            tally.cordoned.push(name.clone());
            if !self.allow_cordoned {
                troubles.push("is cordoned".to_owned());
            }
        }
        if pressed {
            tally.pressed.push(name.clone());
        }
        tally.ready += usize::from(ready);
        tally.usable += usize::from(ready && !node.spec.unschedulable);
        if !troubles.is_empty() {
            tally.troubled.push((name, troubles.join(" and ")));
        }
    }

    fn expected(&self) -> String {
        let cordoned = if self.allow_cordoned { "" } else { ", none cordoned" };
        let pressed = if self.allow_pressure { "" } else { ", none under pressure" };
        format!("every node ready{cordoned}{pressed}, and at least {} to take pods", self.at_least)
    }

    fn judge(&self, nodes: &[Node]) -> Outcome {
        let mut tally = Tally::default();
        for node in nodes {
            self.take(&mut tally, node);
        }
        let at_least = self.at_least.get() as usize;
        let total = nodes.len();
        let of = self.selector.as_ref().map_or_else(String::new, |selector| format!(" of `{selector}`"));
        let evidence = Evidence::new()
            .with("total", total)
            .with("ready", tally.ready)
            .with("usable", tally.usable)
            .with("not_ready", tally.not_ready)
            .with("silent", tally.silent)
            .with("under_pressure", tally.pressed)
            .with("cordoned", tally.cordoned.clone());
        let failed = |summary: String, actual: String, remedy: String| {
            let finding = Finding::new(summary).expected(self.expected()).actual(actual).remedy(remedy);
            Outcome::Fail(finding.evidence(evidence.clone()))
        };
        if total == 0 {
            return failed(
                format!("there are no nodes{of}"),
                "no nodes".to_owned(),
                "see that the target is the right cluster and that `selector` names labels its nodes have"
                    .to_owned(),
            );
        }
        if let Some((first, _)) = tally.troubled.first() {
            let number = tally.troubled.len();
            let said: Vec<String> =
                tally.troubled.iter().map(|(name, what)| format!("`{name}` {what}")).collect();
            let only_cordoned = tally.troubled.iter().all(|(_, what)| what == "is cordoned");
            let remedy = if only_cordoned {
                format!("`kubectl uncordon {first}` when its maintenance is over, or set `allow_cordoned`")
            } else {
                format!("`kubectl describe node {first}`")
            };
            let summary = format!("{number} of {} {} not in order", count(total, "node") + &of, is(number));
            return failed(summary, clauses(&said), remedy);
        }
        if tally.usable < at_least {
            return failed(
                format!("{}{of} can take pods, at least {at_least} are needed", count(tally.usable, "node")),
                format!("{total} {}, {} cordoned", plural(total, "node"), tally.cordoned.len()),
                "bring more nodes into service, or correct `at_least`".to_owned(),
            );
        }
        let cordoned = match tally.cordoned.len() {
            0 => String::new(),
            number => format!(", {number} of them cordoned"),
        };
        let summary =
            format!("{} of {}{of} {} ready{cordoned}", tally.ready, count(total, "node"), is(tally.ready));
        Outcome::Pass(Finding::new(summary).evidence(evidence))
    }
}

#[async_trait]
impl Check for NodesReady {
    async fn run(&self, cx: &CheckContext) -> CheckResult {
        let nodes = Reader::of(cx)?.list::<Node>(None, self.selector.as_ref()).await?;
        Ok(self.judge(&nodes))
    }
}

impl Kind for NodesReady {
    const NAME: &'static str = "k8s.nodes_ready";
    const EXAMPLE: &'static str = r#"
[check.nodes]
kind     = "k8s.nodes_ready"
title    = "All nodes are ready"
target   = "production"
at_least = 3
"#;

    fn evidence() -> &'static [EvidenceField] {
        &[
            EvidenceField { name: "total", about: "how many nodes there are" },
            EvidenceField { name: "ready", about: "how many of them are ready" },
            EvidenceField { name: "usable", about: "how many are ready and not cordoned" },
            EvidenceField { name: "not_ready", about: "the names of those that say they are not ready" },
            EvidenceField { name: "silent", about: "the names of those that do not say how they are" },
            EvidenceField {
                name: "under_pressure",
                about: "the names of those short of memory, disk space or process ids",
            },
            EvidenceField { name: "cordoned", about: "the names of those that are cordoned" },
        ]
    }

    fn requires(&self, needs: &mut Requirements) {
        needs.target::<KubernetesTarget>();
        needs.permission(Resource::NODES.permission("list", None));
    }
}
