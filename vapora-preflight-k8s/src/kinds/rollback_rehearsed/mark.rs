//! The mark on a deployment that is being rehearsed: labels, since the controller hands annotations on to the replica sets,
//! from where the next undo would bring them back.

use serde_json::{Value, json};

use super::template::{HASH, escaped};
use crate::object::{Deployment, ReplicaSet, Whole};

/// The label that says which revision is to be gone back to.
pub(super) const RETURN_TO: &str = "vapora-preflight/return-to";
/// The label that says which revision was undone to.
pub(super) const UNDONE_TO: &str = "vapora-preflight/undone-to";

/// Two revisions of a deployment, by the hashes of their templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) return_to: String,
    pub(super) undone_to: String,
}

impl Mark {
    /// The mark that a deployment has.
    pub(super) fn on(deployment: &Whole<Deployment>) -> Option<Self> {
        let labels = &deployment.json["metadata"]["labels"];
        let text = |label: &str| labels[label].as_str().map(str::to_owned);
        let (return_to, undone_to) = (text(RETURN_TO), text(UNDONE_TO));
        if return_to.is_none() && undone_to.is_none() {
            return None;
        }
        Some(Self { return_to: return_to.unwrap_or_default(), undone_to: undone_to.unwrap_or_default() })
    }

    /// The operations that put it on a deployment.
    pub(super) fn put(&self, on: &Whole<Deployment>) -> Vec<Value> {
        let mut operations = Vec::new();
        if on.json["metadata"]["labels"].is_null() {
            operations.push(json!({ "op": "add", "path": "/metadata/labels", "value": {} }));
        }
        for (label, value) in [(RETURN_TO, &self.return_to), (UNDONE_TO, &self.undone_to)] {
            operations.push(json!({ "op": "add", "path": path(label), "value": value }));
        }
        operations
    }

    /// The operations that take every mark off a deployment.
    pub(super) fn take_off(deployment: &Whole<Deployment>) -> Vec<Value> {
        let labels = &deployment.json["metadata"]["labels"];
        let there = [RETURN_TO, UNDONE_TO].into_iter().filter(|label| !labels[*label].is_null());
        there.map(|label| json!({ "op": "remove", "path": path(label) })).collect()
    }
}

fn path(label: &str) -> String {
    format!("/metadata/labels/{}", escaped(label))
}

/// The hash of the template that a replica set is of.
pub(super) fn hash(set: &Whole<ReplicaSet>) -> Option<&str> {
    set.json["metadata"]["labels"][HASH].as_str()
}
