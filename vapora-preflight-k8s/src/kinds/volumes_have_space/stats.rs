//! What the kubelets say of the volumes they have mounted.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use serde::Deserialize;
use vapora_preflight::{CheckError, Timestamp};

use super::VolumesHaveSpace;
use crate::{
    ObjectName,
    measured::counts,
    object::{Pod, VolumeClaim},
    read::{Reader, unreadable},
    refused::Cause,
    resource::Resource,
    wording::short,
};

#[derive(Debug, Deserialize)]
struct Summary {
    node: NodeStats,
    #[serde(default)]
    pods: Vec<PodStats>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeStats {
    node_name: String,
}

#[derive(Debug, Deserialize)]
struct PodStats {
    #[serde(default)]
    volume: Vec<VolumeStats>,
}

/// What a kubelet says of one volume.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VolumeStats {
    #[serde(default)]
    pvc_ref: Option<ClaimRef>,
    #[serde(default)]
    time: Option<Timestamp>,
    #[serde(default)]
    pub(super) capacity_bytes: Option<u64>,
    #[serde(default)]
    pub(super) used_bytes: Option<u64>,
    #[serde(default)]
    pub(super) available_bytes: Option<u64>,
    #[serde(default)]
    pub(super) inodes: Option<u64>,
    #[serde(default)]
    pub(super) inodes_free: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
struct ClaimRef {
    name: String,
    namespace: String,
}

/// What became of measuring one claim.
#[derive(Debug, Clone)]
pub(super) enum Volume {
    /// What it said, on which node.
    Measured { node: String, stats: VolumeStats },
    /// No running pod mounts it.
    Unmounted,
    /// It is mounted, and not known how full it is.
    Silent(String),
}

/// What became of measuring the claims, by their names.
#[derive(Debug)]
pub(super) struct Measured(pub(super) BTreeMap<String, Volume>);

impl Measured {
    /// Asks the kubelets of the nodes that have these claims mounted.
    pub(super) async fn read(
        kind: &VolumesHaveSpace,
        reader: &Reader<'_>,
        claims: &[VolumeClaim],
    ) -> Result<Self, CheckError> {
        let pods = reader.list::<Pod>(Some(&kind.namespace), None).await?;
        let mounted = mounted(&pods);
        let asked = fewest(claims, &mounted);
        let mut said: BTreeMap<&str, (&str, VolumeStats)> = BTreeMap::new();
        let mut summaries = Vec::new();
        for node in &asked {
            summaries.push((*node, volumes_of(reader, node).await?));
        }
        for (node, volumes) in &summaries {
            for volume in volumes {
                if let Some(claim) =
                    volume.pvc_ref.as_ref().filter(|of| of.namespace == kind.namespace.as_str())
                {
                    said.entry(&claim.name).or_insert((node, volume.clone()));
                }
            }
        }
        let became = claims.iter().map(|claim| {
            let name = claim.metadata.name.as_str();
            let volume = match (mounted.get(name), said.get(name)) {
                (None, _) => Volume::Unmounted,
                (Some(_), None) if claim.is_block() => {
                    Volume::Silent("is a device without a file system".to_owned())
                }
                (Some(_), None) => {
                    Volume::Silent("is mounted, and its kubelet says nothing of it".to_owned())
                }
                (Some(_), Some((node, stats))) => match silence(kind, reader, stats) {
                    Some(text) => Volume::Silent(text),
                    None => Volume::Measured { node: (*node).to_owned(), stats: stats.clone() },
                },
            };
            (name.to_owned(), volume)
        });
        Ok(Self(became.collect()))
    }
}

/// Which nodes have a claim mounted by a pod that runs.
fn mounted(pods: &[Pod]) -> BTreeMap<String, BTreeSet<&str>> {
    let mut mounted: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| pod.status.phase.as_deref() == Some("Running")) {
        let Some(node) = pod.spec.node_name.as_deref().filter(|node| !node.is_empty()) else { continue };
        for claim in pod.claims() {
            mounted.entry(claim).or_default().insert(node);
        }
    }
    mounted
}

/// As few nodes as have all of the claims mounted: those that have a claim alone come first.
fn fewest<'p>(claims: &[VolumeClaim], mounted: &BTreeMap<String, BTreeSet<&'p str>>) -> BTreeSet<&'p str> {
    let mut places: Vec<&BTreeSet<&str>> =
        claims.iter().filter_map(|claim| mounted.get(&claim.metadata.name)).collect();
    places.sort_by_key(|nodes| nodes.len());
    let mut asked = BTreeSet::new();
    for nodes in places {
        if asked.is_disjoint(nodes) {
            asked.extend(nodes.first());
        }
    }
    asked
}

async fn volumes_of(reader: &Reader<'_>, node: &str) -> Result<Vec<VolumeStats>, CheckError> {
    let what = format!("ask the kubelet of `{}` how full its volumes are", short(node));
    let name = ObjectName::new(node).map_err(|error| unreadable(&what, &error))?;
    let path = format!("{}/{name}/proxy/stats/summary", Resource::NODES.path(None));
    let answer = reader.path(&what, &path).await?;
    if answer.status != StatusCode::OK {
        return Err(answer.refuses(&what));
    }
    let summary: Summary = serde_json::from_slice(&answer.body).map_err(|error| unreadable(&what, &error))?;
    if summary.node.node_name != node {
        let about = Cause(format!("it is about `{}`", short(&summary.node.node_name)));
        return Err(unreadable(&what, &about));
    }
    Ok(summary.pods.into_iter().flat_map(|pod| pod.volume).collect())
}

/// Why what a kubelet says of a volume does not count.
fn silence(kind: &VolumesHaveSpace, reader: &Reader<'_>, stats: &VolumeStats) -> Option<String> {
    if stats.capacity_bytes.is_none_or(|bytes| bytes == 0) || stats.available_bytes.is_none() {
        return Some("is mounted, and its kubelet does not say how full it is".to_owned());
    }
    if kind.inodes_percent.is_some()
        && (stats.inodes.is_none_or(|inodes| inodes == 0) || stats.inodes_free.is_none())
    {
        return Some("has a file system that does not count its inodes".to_owned());
    }
    match stats.time {
        Some(at) if counts(at, reader.cx.now(), kind.max_age) => None,
        Some(at) => Some(format!("was last measured at {at}")),
        None => Some("was measured, and it is not said when".to_owned()),
    }
}
