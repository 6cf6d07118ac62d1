//! Nodes that are made as they are asked for.

use serde_json::Value;

use super::mould::Mould;
use crate::{
    cluster::{node, store::meta},
    ids::{Ids, hash},
};

/// Very many Nodes, all of them ready.
#[derive(Debug)]
pub(crate) struct NodeCrowd {
    count: usize,
    mould: Mould,
    seed: String,
    first_revision: u64,
}

impl NodeCrowd {
    /// The name of the Node that the others are made after, the first of its cluster.
    pub(crate) const PATTERN: &str = "pattern-of-nodes";

    /// So many Nodes like this one.
    pub(crate) fn new(count: usize, cluster: &str, pattern: &Value, first_revision: u64) -> Self {
        let own = |field| meta(pattern, field);
        let blanks = texts(
            Self::PATTERN,
            [node::address(1), node::zone(0), own("uid").to_owned(), own("resourceVersion").to_owned()],
        );
        Self { count, mould: Mould::of(pattern, &blanks), seed: format!("{cluster}/nodes"), first_revision }
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn name(&self, index: usize) -> String {
        format!("worker-{}", numbered(index, self.count))
    }

    /// Which of them is called so?
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        let index = name.strip_prefix("worker-")?.parse::<usize>().ok()?.checked_sub(1)?;
        (index < self.count && self.name(index) == name).then_some(index)
    }

    /// Name, address and zone of the Node that the Pod of this number runs on.
    pub(crate) fn place(&self, number: usize) -> [String; 3] {
        let index = number % self.count;
        [self.name(index), address(index), node::zone(index)]
    }

    pub(crate) fn object(&self, index: usize) -> Value {
        let name = self.name(index);
        let uid = Ids::seeded(&format!("{}/{name}", self.seed)).uid();
        let version = (self.first_revision + index as u64).to_string();
        self.mould.fill(&texts(&name, [address(index), node::zone(index), uid, version]))
    }
}

/// What is another in each Node.
fn texts(name: &str, [address, zone, uid, version]: [String; 4]) -> [String; 7] {
    [
        name.to_owned(),
        node::machine(name),
        node::boot(name),
        format!("\"{address}\""),
        format!("\"{zone}\""),
        uid,
        revision(&version),
    ]
}

/// Other addresses than those of Nodes that are kept.
fn address(index: usize) -> String {
    format!("10.{}.{}.{}", 64 + (index / 62_500) % 64, (index / 250) % 250, index % 250 + 1)
}

/// The number behind this index, with zeros in front.
pub(super) fn numbered(index: usize, count: usize) -> String {
    let width = count.to_string().len();
    format!("{:0width$}", index + 1)
}

/// A revision as an object has it.
pub(super) fn revision(number: &str) -> String {
    format!("\"resourceVersion\":\"{number}\"")
}

/// A number between nothing and this, the same for the same text.
pub(super) fn below(limit: u64, text: &str) -> u64 {
    hash(text) % limit.max(1)
}
