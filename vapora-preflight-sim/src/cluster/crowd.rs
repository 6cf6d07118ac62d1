//! Very many objects, which are made as they are asked for.

mod mould;
mod node;
mod pod;
mod row;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;

use self::row::Row;
pub(crate) use self::{
    node::NodeCrowd,
    pod::{Pattern, PodCrowd},
};
use super::{kinds::ServedKind, usage::Usage};

/// Very many Pods in one namespace, of Deployments with their ReplicaSets.
///
/// None of it is kept: every object is made when it is asked for, the same each time, so that a cluster with 100,000 Pods
/// takes no more memory than one with ten. See [`ClusterBuilder::crowd`](super::ClusterBuilder::crowd).
///
/// ```
/// use vapora_preflight_sim::{Cluster, Crowd};
///
/// let cluster = Cluster::builder("large")
///     .crowd_of_nodes(5_000)
///     .crowd(Crowd::new("shop", 100_000).replicas(20).restarted(1_000))
///     .build();
/// # drop(cluster);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crowd {
    namespace: String,
    pods: usize,
    replicas: usize,
    image: String,
    restarted: usize,
}

impl Crowd {
    /// So many Pods, running and ready: those of `app-1`, `app-2` and on, with zeros in front so that all the names are of
    /// one length. Each Deployment has fifty, and the last one what is left.
    pub fn new(namespace: impl Into<String>, pods: usize) -> Self {
        let image = "registry.example.com/crowd/app:1.0".to_owned();
        Self { namespace: namespace.into(), pods, replicas: 50, image, restarted: 0 }
    }

    /// How many Pods each Deployment has.
    pub fn replicas(self, replicas: usize) -> Self {
        Self { replicas: replicas.max(1), ..self }
    }

    /// What their containers run.
    pub fn image(self, image: impl Into<String>) -> Self {
        Self { image: image.into(), ..self }
    }

    /// One Pod of so many has been started again once; by default none has.
    pub fn restarted(self, one_in: usize) -> Self {
        Self { restarted: one_in, ..self }
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    pub(crate) fn pods(&self) -> usize {
        self.pods
    }

    pub(crate) fn image_name(&self) -> &str {
        &self.image
    }

    fn deployments(&self) -> usize {
        self.pods.div_ceil(self.replicas)
    }

    /// How many objects it has in all, each of them with a revision of its own.
    pub(crate) fn objects(&self) -> u64 {
        (self.pods + 2 * self.deployments()) as u64
    }
}

/// All that is made as it is asked for in a cluster.
#[derive(Debug, Clone, Default)]
pub(crate) struct Crowds {
    nodes: Option<Arc<NodeCrowd>>,
    pods: Vec<Arc<PodCrowd>>,
    /// In the order in which a store has them.
    rows: Vec<Row>,
    /// The places of what is made no more, because it is kept or was deleted, by the names under which kinds are kept.
    taken: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Crowds {
    pub(crate) fn add_nodes(&mut self, nodes: NodeCrowd) {
        let nodes = Arc::new(nodes);
        self.rows.push(Row::of_nodes(&nodes));
        self.nodes = Some(nodes);
    }

    pub(crate) fn add_pods(&mut self, pods: PodCrowd) {
        let pods = Arc::new(pods);
        self.rows.extend(Row::of_pods(&pods));
        self.rows.sort_by(|a, b| a.inside().cmp(b.inside()));
        self.pods.push(pods);
    }

    /// The Nodes of the crowd.
    pub(crate) fn nodes(&self) -> Option<&Arc<NodeCrowd>> {
        self.nodes.as_ref()
    }

    /// The Pods, by their namespaces.
    pub(crate) fn pods(&self) -> &[Arc<PodCrowd>] {
        &self.pods
    }

    /// The Pods that are made on a Node.
    pub(crate) fn pods_on(&self, node: &str) -> Vec<Value> {
        let all = self.rows.iter().filter_map(|row| Some((row, row.pods()?)));
        all.flat_map(|(row, pods)| pods.on(node).map(move |index| (row, index)))
            .filter(|(row, index)| !self.is_taken(row, &row.place(*index)))
            .map(|(row, index)| row.object(index))
            .collect()
    }

    /// What the Pods that are made use, by the numbers of the Nodes.
    pub(crate) fn usage(&self) -> Vec<Usage> {
        let count = self.nodes.as_ref().map_or(0, |nodes| nodes.len());
        let mut usage = vec![Usage::default(); count];
        for pods in &self.pods {
            for index in 0..pods.len() {
                let name = pods.name(index);
                if !self.is_taken_pod(pods.namespace(), &name) {
                    let on = &mut usage[pods.node(index)];
                    *on = on.plus(pods.usage(&name));
                }
            }
        }
        usage
    }

    /// Is there a crowd of Pods in this namespace?
    pub(crate) fn fills(&self, namespace: &str) -> bool {
        self.pods.iter().any(|pods| pods.namespace() == namespace)
    }

    fn rows(&self, kind: &ServedKind) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.stored() == &*kind.stored)
    }

    fn is_taken(&self, row: &Row, place: &str) -> bool {
        self.taken.get(row.stored()).is_some_and(|taken| taken.contains(place))
    }

    /// Is a Pod of a crowd not made any more?
    pub(crate) fn is_taken_pod(&self, namespace: &str, name: &str) -> bool {
        self.taken.get(row::PODS).is_some_and(|taken| taken.contains(&format!("{namespace}/{name}")))
    }

    /// Is anything of this kind made, in one namespace or in any?
    pub(crate) fn has(&self, kind: &ServedKind, namespace: Option<&str>) -> bool {
        self.rows(kind).any(|row| row.is_in(namespace))
    }

    /// The object at a place such as `namespace/name`, where it is made.
    pub(crate) fn get(&self, kind: &ServedKind, place: &str) -> Option<Value> {
        let (row, index) = self.rows(kind).find_map(|row| Some((row, row.find(place)?)))?;
        (!self.is_taken(row, place)).then(|| row.object(index))
    }

    /// Makes the object at this place no more, and gives it where it was made until now, with the place and the name under
    /// which its kind is kept. With a Pod go its Deployment and all that this has, so that those who look after them find
    /// them whole.
    pub(crate) fn take(&mut self, kind: &ServedKind, place: &str) -> Vec<(&'static str, String, Value)> {
        let found = self.rows(kind).find_map(|row| Some((row.clone(), row.find(place)?)));
        let Some((row, index)) = found.filter(|(row, _)| !self.is_taken(row, place)) else {
            return Vec::new();
        };
        let family = row.family(index).into_iter().map(|(row, index)| {
            let place = row.place(index);
            self.taken.entry(row.stored()).or_default().insert(place.clone());
            (row.stored(), place, row.object(index))
        });
        family.collect()
    }

    /// Makes nothing in this namespace any more.
    pub(crate) fn empty(&mut self, namespace: &str) {
        self.pods.retain(|pods| pods.namespace() != namespace);
        self.rows.retain(|row| row.inside() != format!("{namespace}/"));
    }

    /// What is made of a kind in one namespace or in all, from behind a place, as a list has places: without the
    /// namespace where there is only one.
    pub(crate) fn after<'a>(
        &'a self,
        kind: &'a ServedKind,
        namespace: Option<&'a str>,
        after: &'a str,
    ) -> impl Iterator<Item = (String, Member<'a>)> {
        self.ranges(kind, namespace, after).flat_map(move |(row, from)| {
            let cut = if namespace.is_some() { row.inside().len() } else { 0 };
            (from..row.len()).filter_map(move |index| {
                let place = row.place(index);
                (!self.is_taken(row, &place)).then(|| (place[cut..].to_owned(), Member { row, index }))
            })
        })
    }

    /// How many that are.
    pub(crate) fn count_after(&self, kind: &ServedKind, namespace: Option<&str>, after: &str) -> usize {
        self.ranges(kind, namespace, after)
            .map(|(row, from)| {
                let first = if from < row.len() { row.place(from) } else { return 0 };
                let last = row.place(row.len() - 1);
                let taken = self.taken.get(row.stored());
                let gone = taken.map_or(0, |taken| taken.range(first..=last).count());
                row.len() - from - gone
            })
            .sum()
    }

    fn ranges<'a>(
        &'a self,
        kind: &'a ServedKind,
        namespace: Option<&'a str>,
        after: &'a str,
    ) -> impl Iterator<Item = (&'a Row, usize)> {
        self.rows(kind).filter(move |row| row.is_in(namespace)).map(move |row| {
            let whole =
                if namespace.is_some() { format!("{}{after}", row.inside()) } else { after.to_owned() };
            (row, row.after(&whole))
        })
    }
}

/// One that can be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member<'a> {
    row: &'a Row,
    index: usize,
}

impl Member<'_> {
    pub(crate) fn object(self) -> Value {
        self.row.object(self.index)
    }
}
