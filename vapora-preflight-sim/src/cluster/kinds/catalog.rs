//! What one server serves: the kinds of the table, without what was taken away, with what was defined.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use serde_json::Value;

use super::{
    Conversion, METRICS, Served, ServedKind, api_version, custom,
    table::{Group, Row, TABLE},
};

static BUILT_IN: LazyLock<Vec<Arc<ServedKind>>> = LazyLock::new(|| {
    let of = |group: &'static Group| {
        group.versions.iter().flat_map(move |version| {
            group.kinds.iter().map(move |row| Arc::new(built_in(group.name, version, row)))
        })
    };
    TABLE.iter().flat_map(of).collect()
});

fn built_in(group: &'static str, version: &'static str, row: &Row) -> ServedKind {
    let conversion = row.conversions.iter().find(|(of, _)| *of == version);
    // Both groups of events show the same objects.
    let stored_in = if group == "events.k8s.io" { "" } else { group };
    ServedKind {
        group: group.into(),
        version: version.into(),
        plural: row.plural.into(),
        singular: row.kind.to_ascii_lowercase().into(),
        kind: row.kind.into(),
        namespaced: row.namespaced,
        short: row.short.iter().map(|name| Cow::Borrowed(*name)).collect(),
        categories: row.categories.iter().map(|name| Cow::Borrowed(*name)).collect(),
        verbs: row.verbs,
        subresources: row.subresources.to_vec(),
        served: row.served,
        stored: stored(stored_in, row.plural),
        conversion: conversion.map_or(Conversion::Same, |(_, conversion)| *conversion),
        typed_as: api_version(group, version).into(),
        deprecated: row.deprecated.map(Cow::Borrowed),
        custom: None,
    }
}

fn stored(group: &str, plural: &str) -> Arc<str> {
    format!("{group}/{plural}").into()
}

/// The kinds that a server knows.
#[derive(Debug)]
pub(crate) struct Catalog {
    kinds: Vec<Arc<ServedKind>>,
    /// Groups (`metrics.k8s.io`) and versions (`autoscaling/v1`) that are not served.
    absent: BTreeSet<String>,
}

impl Default for Catalog {
    fn default() -> Self {
        Self { kinds: BUILT_IN.clone(), absent: BTreeSet::new() }
    }
}

impl Catalog {
    /// Serves a group, such as `metrics.k8s.io`, or a version, such as `autoscaling/v1`, no more, or again.
    pub(crate) fn serve(&mut self, group_or_version: &str, serve: bool) {
        if serve {
            self.absent.remove(group_or_version);
        } else {
            self.absent.insert(group_or_version.to_owned());
        }
    }

    /// Serves a kind in one more version, with a warning; `false` where there is no such kind.
    pub(crate) fn also(&mut self, version: &str, kind: &str, warning: String) -> bool {
        let Some(known) = self.named(kind).cloned() else { return false };
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let behind =
            self.kinds.iter().rposition(|kind| kind.group == group).map_or(self.kinds.len(), |at| at + 1);
        let again = ServedKind {
            group: group.to_owned().into(),
            version: version.to_owned().into(),
            conversion: Conversion::Version,
            deprecated: Some(warning.into()),
            ..ServedKind::clone(&known)
        };
        self.kinds.insert(behind, Arc::new(again));
        true
    }

    /// Serves the kinds that a CustomResourceDefinition defines, in place of those it defined before.
    pub(crate) fn define(&mut self, definition: &Value) {
        self.forget(definition);
        let kinds = custom::kinds(definition);
        self.kinds.extend(kinds.into_iter().map(Arc::new));
    }

    /// Serves what a CustomResourceDefinition defined no more.
    pub(crate) fn forget(&mut self, definition: &Value) {
        let spec = &definition["spec"];
        self.kinds.retain(|kind| {
            kind.custom.is_none() || spec["group"] != *kind.group || spec["names"]["plural"] != *kind.plural
        });
    }

    fn serves(&self, kind: &ServedKind) -> bool {
        !self.absent.contains(&*kind.group) && !self.absent.contains(&kind.api_version())
    }

    fn served(&self) -> impl Iterator<Item = &Arc<ServedKind>> {
        self.kinds.iter().filter(|kind| self.serves(kind))
    }

    /// The groups in the order of discovery with their versions, the preferred one first.
    pub(crate) fn groups(&self) -> Vec<(&str, Vec<&str>)> {
        let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
        for kind in self.served() {
            match groups.iter_mut().find(|(group, _)| *group == kind.group) {
                Some((_, versions)) if versions.contains(&&*kind.version) => {}
                Some((_, versions)) => versions.push(&kind.version),
                None => groups.push((&kind.group, vec![&kind.version])),
            }
        }
        groups
    }

    /// The kinds of one version of a group, in the order of discovery.
    pub(crate) fn version(&self, group: &str, version: &str) -> Vec<&Arc<ServedKind>> {
        self.served().filter(|kind| kind.group == group && kind.version == version).collect()
    }

    /// Every kind whose objects are kept, in the form in which they are, served or not.
    pub(crate) fn kept_kinds(&self) -> impl Iterator<Item = &Arc<ServedKind>> {
        self.kinds.iter().filter(|kind| kind.served == Served::Stored && kind.conversion == Conversion::Same)
    }

    /// Is this group served in this version?
    pub(crate) fn has(&self, group: &str, version: &str) -> bool {
        self.served().any(|kind| kind.group == group && kind.version == version)
    }

    /// A served kind by its name in a path.
    pub(crate) fn at(&self, group: &str, version: &str, plural: &str) -> Option<Arc<ServedKind>> {
        self.served()
            .find(|kind| kind.group == group && kind.version == version && kind.plural == plural)
            .cloned()
    }

    /// The kind that an object with these fields is of, served or not.
    pub(crate) fn of(&self, version: &str, kind: &str) -> Option<Arc<ServedKind>> {
        self.kinds
            .iter()
            .find(|known| known.kind == kind && api_version(&known.group, &known.version) == version)
            .cloned()
    }

    /// The form in which an object of this kind and version is kept.
    pub(crate) fn kept(&self, kind: &ServedKind, object: Value) -> Value {
        if kind.conversion == Conversion::Same {
            return object;
        }
        let mut object = kind.conversion.kept(object);
        let stored =
            |known: &&Arc<ServedKind>| known.stored == kind.stored && known.conversion == Conversion::Same;
        if let Some(stored) = self.kinds.iter().find(stored) {
            object["apiVersion"] = stored.api_version().into();
        }
        object
    }

    /// The kind by its name in an object or in a path, whatever its group, served or not.
    pub(crate) fn named(&self, name: &str) -> Option<&Arc<ServedKind>> {
        self.kinds
            .iter()
            .filter(|known| known.served == Served::Stored && known.group != METRICS)
            .find(|known| known.kind == name || known.plural == name || known.singular == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_path_and_by_its_fields() {
        let catalog = Catalog::default();
        for kind in &catalog.kinds {
            assert_eq!(catalog.at(&kind.group, &kind.version, &kind.plural).as_ref(), Some(kind));
            assert_eq!(catalog.of(&kind.api_version(), &kind.kind).as_ref(), Some(kind));
        }
        assert_eq!(catalog.named("Event").unwrap().group, "");
        assert_eq!(catalog.named("pods").unwrap().kind, "Pod");
        assert!(catalog.named("NodeMetrics").is_none());
    }

    #[test]
    fn both_groups_of_events_keep_the_same_objects() {
        let catalog = Catalog::default();
        let [old, new] = ["v1", "events.k8s.io/v1"].map(|version| catalog.of(version, "Event").unwrap());
        assert_eq!(old.stored, new.stored);
    }

    #[test]
    fn a_group_or_a_version_can_be_taken_away() {
        let mut catalog = Catalog::default();
        catalog.serve("autoscaling/v1", false);
        catalog.serve(METRICS, false);
        assert!(!catalog.has("autoscaling", "v1") && catalog.has("autoscaling", "v2"));
        assert!(catalog.groups().contains(&("autoscaling", vec!["v2"])));
        assert!(catalog.groups().iter().all(|(group, _)| *group != METRICS));
        assert!(catalog.of("autoscaling/v1", "HorizontalPodAutoscaler").is_some());
        catalog.serve("autoscaling/v1", true);
        assert!(catalog.has("autoscaling", "v1"));
    }
}
