//! Who owns which fields of an object: `metadata.managedFields`.

mod apply;
mod compare;
mod merge;

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub(crate) use self::{
    apply::{Conflict, Refusal, apply},
    compare::Comparison,
};
use super::{fieldset::FieldSet, paths::Element, schema::Type};

/// Who wrote, and how.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Writer {
    pub(crate) manager: String,
    pub(crate) applies: bool,
    pub(crate) api_version: String,
    pub(crate) subresource: String,
}

impl Writer {
    pub(crate) fn updates(manager: &str, api_version: &str) -> Self {
        Self {
            manager: manager.to_owned(),
            applies: false,
            api_version: api_version.to_owned(),
            subresource: String::new(),
        }
    }

    pub(crate) fn through(self, subresource: &str) -> Self {
        Self { subresource: subresource.to_owned(), ..self }
    }

    /// As a conflict names it.
    fn named(&self) -> String {
        let through = match self.subresource.as_str() {
            "" => String::new(),
            subresource => format!(" with subresource {subresource:?}"),
        };
        let version = if self.applies { String::new() } else { format!(" using {}", self.api_version) };
        format!("{:?}{through}{version}", self.manager)
    }
}

/// What somebody owns, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owned {
    fields: FieldSet,
    time: String,
}

/// The owners of the fields of one object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Owners(BTreeMap<Writer, Owned>);

/// More entries of updates than these are put together.
const MOST_UPDATES: usize = 10;
const ANCIENT: &str = "ancient-changes";

impl Owners {
    /// Takes the owners out of an object.
    pub(crate) fn take(object: &mut Value) -> Self {
        let fields = object.get_mut("metadata").and_then(Value::as_object_mut);
        let entries = fields.and_then(|fields| fields.remove("managedFields"));
        entries.as_ref().map_or_else(Self::default, Self::read)
    }

    fn read(entries: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let entries = entries.as_array().into_iter().flatten().map(|entry| {
            let writer = Writer {
                manager: text(&entry["manager"]),
                applies: entry["operation"] == "Apply",
                api_version: text(&entry["apiVersion"]),
                subresource: text(&entry["subresource"]),
            };
            (writer, Owned { fields: FieldSet::from_json(&entry["fieldsV1"]), time: text(&entry["time"]) })
        });
        Self(entries.collect())
    }

    /// Puts the owners into an object, in the order of a real server.
    pub(crate) fn put(mut self, object: &mut Value) {
        self.put_together();
        let mut entries: Vec<(&Writer, &Owned)> = self.0.iter().collect();
        entries.sort_by_key(|(writer, owned)| {
            (!writer.applies, &owned.time, &writer.manager, &writer.api_version, &writer.subresource)
        });
        let entries: Vec<Value> = entries
            .into_iter()
            .map(|(writer, owned)| {
                let mut entry = json!({
                    "manager": writer.manager,
                    "operation": if writer.applies { "Apply" } else { "Update" },
                    "apiVersion": writer.api_version,
                    "time": owned.time,
                    "fieldsType": "FieldsV1",
                    "fieldsV1": owned.fields.to_json(),
                });
                if !writer.subresource.is_empty() {
                    entry["subresource"] = writer.subresource.as_str().into();
                }
                entry
            })
            .collect();
        if !entries.is_empty() {
            object["metadata"]["managedFields"] = entries.into();
        }
    }

    /// Puts the oldest updates of each version together where there are too many.
    fn put_together(&mut self) {
        let mut updates: Vec<Writer> = self.0.keys().filter(|writer| !writer.applies).cloned().collect();
        let Some(over) = updates.len().checked_sub(MOST_UPDATES).filter(|over| *over > 0) else { return };
        updates.sort_by_key(|writer| self.0[writer].time.clone());
        for writer in updates.into_iter().take(over + 1) {
            let Some(owned) = self.0.remove(&writer) else { continue };
            let ancient = self
                .0
                .entry(Writer::updates(ANCIENT, &writer.api_version))
                .or_insert_with(|| Owned { fields: FieldSet::default(), time: owned.time.clone() });
            ancient.fields = ancient.fields.union(&owned.fields);
            ancient.time = owned.time;
        }
    }

    /// Notes a change that was written without applying.
    pub(crate) fn update(&mut self, of: &Type, before: &Value, after: &Value, writer: Writer, now: &str) {
        let compared = Comparison::between(of, before, after).without(&ignored(&writer));
        let changed = compared.modified.union(&compared.added);
        for owned in self.0.values_mut() {
            owned.fields = owned.fields.difference(&changed).difference(&compared.removed);
        }
        if !changed.is_empty() {
            let previous = self.0.remove(&writer).map(|owned| owned.fields).unwrap_or_default();
            self.0.insert(writer, Owned { fields: previous.union(&changed), time: now.to_owned() });
        }
        self.0.retain(|_, owned| !owned.fields.is_empty());
    }
}

/// The fields that nobody owns, and those that a write to this place does not reach.
fn ignored(writer: &Writer) -> Vec<Vec<Element>> {
    let mut paths: Vec<Vec<Element>> =
        ["apiVersion", "kind"].into_iter().map(|name| vec![Element::field(name)]).collect();
    let metadata = Element::field("metadata");
    let server = [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ];
    paths.extend(server.into_iter().map(|name| vec![metadata.clone(), Element::field(name)]));
    match writer.subresource.as_str() {
        "status" => paths.push(vec![Element::field("spec")]),
        _ => paths.push(vec![Element::field("status")]),
    }
    paths
}

#[cfg(test)]
mod tests;
