//! Server-side apply.

use serde_json::Value;

use super::{Comparison, Owned, Owners, Writer, ignored, merge::merged};
use crate::cluster::{
    fieldset::FieldSet,
    paths::{Element, written},
    schema::Type,
};

/// A field that somebody else owns with another value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conflict {
    pub(crate) owner: String,
    pub(crate) field: String,
}

/// Why an object was not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) Vec<Conflict>);

impl Refusal {
    /// The message of a 409.
    pub(crate) fn message(&self) -> String {
        if let [Conflict { owner, field }] = self.0.as_slice() {
            return format!("Apply failed with 1 conflict: conflict with {owner}: {field}");
        }
        let mut owners: Vec<&str> = self.0.iter().map(|conflict| conflict.owner.as_str()).collect();
        owners.dedup();
        let mut lines = Vec::new();
        for owner in owners {
            lines.push(format!("conflicts with {owner}:"));
            let fields = self.0.iter().filter(|conflict| conflict.owner == owner);
            lines.extend(fields.map(|conflict| format!("- {}", conflict.field)));
        }
        format!("Apply failed with {} conflicts: {}", self.0.len(), lines.join("\n"))
    }
}

/// The manager of `kubectl apply --server-side`.
const KUBECTL: &str = "kubectl";

/// Lays what a manager applies over the object that is there, and takes away what it applied before and does not now.
/// `owners` are those of the object, and become those of the answer.
pub(crate) fn apply(
    of: &Type,
    live: &Value,
    applied: &Value,
    owners: &mut Owners,
    writer: &Writer,
    force: bool,
    now: &str,
) -> Result<Value, Refusal> {
    let ignored = ignored(writer);
    let mut fields = FieldSet::of(of, applied);
    for path in &ignored {
        fields.remove(path);
    }
    let before = owners.0.get(writer).cloned();
    let mut after = owners.clone();
    let time = before.as_ref().map_or_else(|| now.to_owned(), |owned| owned.time.clone());
    after.0.insert(writer.clone(), Owned { fields, time });

    let mut object = merged(of, live, applied);
    if let Some(before) = before.as_ref().filter(|before| !before.fields.is_empty()) {
        object = pruned(of, &object, &before.fields, &after);
    }
    let compared = Comparison::between(of, live, &object).without(&ignored);
    let forgiven = if writer.manager == KUBECTL { last_applied(of, live) } else { FieldSet::default() };
    let conflicts = conflicts(&after, writer, &compared, &forgiven);
    if !force && !conflicts.is_empty() {
        return Err(Refusal(conflicts));
    }
    let changed = compared.modified.union(&compared.added);
    for (other, owned) in &mut after.0 {
        if other != writer {
            owned.fields = owned.fields.difference(&changed).difference(&compared.removed);
        }
    }
    let same_owners = before.is_some_and(|before| before.fields == after.0[writer].fields);
    if !(compared.is_empty() && same_owners)
        && let Some(owned) = after.0.get_mut(writer)
    {
        now.clone_into(&mut owned.time);
    }
    after.0.retain(|_, owned| !owned.fields.is_empty());
    *owners = after;
    Ok(object)
}

/// The fields that `kubectl apply` has applied before and that are still as it did: `kubectl apply --server-side` may take
/// these over, whoever owns them.
fn last_applied(of: &Type, live: &Value) -> FieldSet {
    let kept = live["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"].as_str();
    let Some(applied) = kept.and_then(|text| serde_json::from_str::<Value>(text).ok()) else {
        return FieldSet::default();
    };
    let Comparison { modified, added, removed } = Comparison::between(of, &applied, live);
    FieldSet::of(of, &applied).difference(&modified).difference(&added).difference(&removed)
}

fn conflicts(owners: &Owners, writer: &Writer, compared: &Comparison, forgiven: &FieldSet) -> Vec<Conflict> {
    let changed = compared.modified.union(&compared.added).difference(forgiven);
    let others = owners.0.iter().filter(|(other, _)| *other != writer);
    let conflict = |(other, owned): (&Writer, &Owned)| {
        let paths: Vec<Vec<Element>> = owned.fields.intersection(&changed).paths();
        let owner = other.named();
        paths.into_iter().map(move |path| Conflict { owner: owner.clone(), field: written(&path) })
    };
    let mut conflicts: Vec<Conflict> = others.flat_map(conflict).collect();
    conflicts.sort_by(|a, b| a.owner.cmp(&b.owner));
    conflicts
}

/// Takes away what was applied before, but for what somebody still owns.
fn pruned(of: &Type, object: &Value, before: &FieldSet, owners: &Owners) -> Value {
    let without = |fields: &FieldSet| {
        let mut value = object.clone();
        fields.take_from(of, &mut value);
        value
    };
    let set = |value: &Value| FieldSet::of(of, value).with_named(of);
    let before = before.with_named(of);
    let all = set(object);
    let owned =
        owners.0.values().fold(FieldSet::default(), |all, owned| all.union(&owned.fields)).with_named(of);
    let first = set(&without(&before));
    let second = set(&without(&all.difference(&first.union(&owned))));
    without(&all.difference(&second).intersection(&before))
}
