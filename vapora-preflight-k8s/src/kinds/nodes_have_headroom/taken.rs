//! What is taken of the nodes.

use std::collections::HashMap;

use vapora_preflight::{CheckError, Timestamp};

use super::{HeadroomSource, NodesHaveHeadroom};
use crate::{
    measured::{counts, not_installed},
    object::{Amounts, NodeMetrics, Pod},
    quantity::Quantity,
    read::Reader,
    resource::Resource,
};

/// What is taken of the nodes, by their names.
#[derive(Debug)]
pub(super) enum Taken {
    /// What they use.
    Used { nodes: HashMap<String, Usage>, stale: HashMap<String, Timestamp>, oldest: Option<Timestamp> },
    /// What the pods on them request.
    Requested { nodes: HashMap<String, Usage>, waiting: Usage, pods_waiting: usize, instead: bool },
}

/// CPU and memory that are taken.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Usage {
    pub(super) cpu: Quantity,
    pub(super) memory: Quantity,
}

impl Usage {
    /// What is not said counts as nothing.
    fn of(amounts: Amounts) -> Self {
        Self { cpu: amounts.cpu.unwrap_or_default(), memory: amounts.memory.unwrap_or_default() }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.cpu = self.cpu + other.cpu;
        self.memory = self.memory + other.memory;
    }
}

impl Taken {
    pub(super) async fn read(kind: &NodesHaveHeadroom, reader: &Reader<'_>) -> Result<Self, CheckError> {
        match kind.source {
            HeadroomSource::Requests => Self::requested(kind, reader, false).await,
            HeadroomSource::Metrics => {
                let listed = reader.list_where_served::<NodeMetrics>(None, kind.selector.as_ref()).await?;
                let listed = listed.ok_or_else(|| not_installed(Resource::NODE_METRICS))?;
                Ok(Self::used(kind, reader, &listed))
            }
            HeadroomSource::Auto => {
                match reader.list_where_served::<NodeMetrics>(None, kind.selector.as_ref()).await? {
                    Some(listed) => Ok(Self::used(kind, reader, &listed)),
                    None => Self::requested(kind, reader, true).await,
                }
            }
        }
    }

    fn used(kind: &NodesHaveHeadroom, reader: &Reader<'_>, listed: &[NodeMetrics]) -> Self {
        let (mut nodes, mut stale, mut oldest) = (HashMap::new(), HashMap::new(), None);
        for metrics in listed {
            let (name, at) = (metrics.metadata.name.clone(), metrics.timestamp);
            match metrics.usage {
                usage @ Amounts { cpu: Some(_), memory: Some(_) }
                    if counts(at, reader.cx.now(), kind.max_age) =>
                {
                    nodes.insert(name, Usage::of(usage));
                    oldest = Some(oldest.map_or(at, |oldest: Timestamp| oldest.min(at)));
                }
                _ => drop(stale.insert(name, at)),
            }
        }
        Self::Used { nodes, stale, oldest }
    }

    async fn requested(
        kind: &NodesHaveHeadroom,
        reader: &Reader<'_>,
        instead: bool,
    ) -> Result<Self, CheckError> {
        type Sums = (HashMap<String, Usage>, Usage, usize);
        let add = |(nodes, waiting, pods_waiting): &mut Sums, pod: Pod| {
            if pod.has_ended() {
                return;
            }
            let asked = Usage::of(pod.requests());
            match pod.spec.node_name.filter(|name| !name.is_empty()) {
                Some(node) => nodes.entry(node).or_default().add(asked),
                // Where it will go is not known, so that it is none of some nodes' business.
                None if kind.selector.is_some() => {}
                None => {
                    waiting.add(asked);
                    *pods_waiting += 1;
                }
            }
        };
        let (nodes, waiting, pods_waiting) = reader.fold::<Pod, Sums>(None, None, Sums::default, add).await?;
        Ok(Self::Requested { nodes, waiting, pods_waiting, instead })
    }

    /// What is taken of one node; none where that is not known.
    pub(super) fn of(&self, node: &str) -> Option<Usage> {
        match self {
            Self::Used { nodes, .. } => nodes.get(node).copied(),
            Self::Requested { nodes, .. } => Some(nodes.get(node).copied().unwrap_or_default()),
        }
    }

    /// What waits for a node.
    pub(super) fn waiting(&self) -> (Usage, usize) {
        match self {
            Self::Used { .. } => (Usage::default(), 0),
            Self::Requested { waiting, pods_waiting, .. } => (*waiting, *pods_waiting),
        }
    }

    /// Which of the two it is, as evidence.
    pub(super) fn source(&self) -> &'static str {
        match self {
            Self::Used { .. } => "metrics",
            Self::Requested { .. } => "requests",
        }
    }
}
