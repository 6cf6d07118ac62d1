//! Sets of fields: what a manager owns of an object, as `fieldsV1` has it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    paths::Element,
    schema::{Items, Relation, Type},
};

/// The fields below one place, and whether that place itself is one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldSet {
    member: bool,
    below: BTreeMap<Element, FieldSet>,
}

impl FieldSet {
    pub(crate) fn is_empty(&self) -> bool {
        !self.member && self.below.values().all(Self::is_empty)
    }

    pub(crate) fn insert(&mut self, path: &[Element]) {
        let mut at = self;
        for element in path {
            at = at.below.entry(element.clone()).or_default();
        }
        at.member = true;
    }

    #[cfg(test)]
    pub(crate) fn contains(&self, path: &[Element]) -> bool {
        path.iter().try_fold(self, |at, element| at.below.get(element)).is_some_and(|at| at.member)
    }

    /// Removes a place and all that is below it.
    pub(crate) fn remove(&mut self, path: &[Element]) {
        match path {
            [] => {}
            [last] => {
                self.below.remove(last);
            }
            [first, rest @ ..] => {
                let Some(below) = self.below.get_mut(first) else { return };
                below.remove(rest);
                if below.is_empty() {
                    self.below.remove(first);
                }
            }
        }
    }

    fn combine(&self, other: &Self, keep: fn(bool, bool) -> bool) -> Self {
        let mut below = BTreeMap::new();
        let none = Self::default();
        for element in self.below.keys().chain(other.below.keys()) {
            if !below.contains_key(element) {
                let [a, b] = [self, other].map(|set| set.below.get(element).unwrap_or(&none));
                below.insert(element.clone(), a.combine(b, keep));
            }
        }
        below.retain(|_, set| !set.is_empty());
        Self { member: keep(self.member, other.member), below }
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a || b)
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a && b)
    }

    pub(crate) fn difference(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a && !b)
    }

    /// The paths in the set: those of one place before those below it.
    pub(crate) fn paths(&self) -> Vec<Vec<Element>> {
        let mut paths = Vec::new();
        self.collect(&mut Vec::new(), &mut paths);
        paths
    }

    fn collect(&self, at: &mut Vec<Element>, paths: &mut Vec<Vec<Element>>) {
        for (element, _) in self.below.iter().filter(|(_, set)| set.member) {
            paths.push(at.iter().chain([element]).cloned().collect());
        }
        for (element, set) in &self.below {
            at.push(element.clone());
            set.collect(at, paths);
            at.pop();
        }
    }

    /// The set as `fieldsV1` has it.
    pub(crate) fn to_json(&self) -> Value {
        let mut fields = Map::new();
        if self.member && !self.below.is_empty() {
            fields.insert(".".to_owned(), json!({}));
        }
        fields.extend(self.below.iter().map(|(element, set)| (element.to_key(), set.to_json())));
        Value::Object(fields)
    }

    /// Reads `fieldsV1`; what is no element is left out.
    pub(crate) fn from_json(fields: &Value) -> Self {
        let mut set = Self::read(fields);
        set.member = false;
        set
    }

    fn read(fields: &Value) -> Self {
        let Some(fields) = fields.as_object() else { return Self::default() };
        let below =
            fields.iter().filter_map(|(key, below)| Some((Element::from_key(key)?, Self::read(below))));
        Self { member: fields.is_empty() || fields.contains_key("."), below: below.collect() }
    }

    /// The same, with the named fields of objects in it where something below them is.
    pub(crate) fn with_named(&self, of: &Type) -> Self {
        let mut set = self.clone();
        for (element, below) in &mut set.below {
            let Some(inner) = inner(of, element) else { continue };
            let named = below.with_named(inner);
            let member = below.member
                || (!below.below.is_empty() && matches!(element, Element::Field(name) if of.names(name)));
            *below = Self { member, ..named };
        }
        set
    }

    /// All fields of an object.
    pub(crate) fn of(of: &Type, value: &Value) -> Self {
        let mut set = Self::default();
        set.fill(of, value);
        set
    }

    fn fill(&mut self, of: &Type, value: &Value) {
        if of.relation() == Relation::Atomic {
            self.member = true;
            return;
        }
        match (of, value) {
            (Type::List(of, listing), Value::Array(list)) => self.fill_items(of, &listing.items, list),
            (Type::List(..), _) => {}
            (_, Value::Object(fields)) => {
                for (name, value) in fields {
                    let Some(inner) = of.field(name) else { continue };
                    let below = self.below.entry(Element::field(name)).or_default();
                    below.fill(inner, value);
                    let empty = value.is_null() || value.as_object().is_some_and(Map::is_empty);
                    below.member |= empty || !of.names(name);
                }
            }
            (Type::Map(..) | Type::Struct(_), _) => {}
            // The items of what is not typed are not known.
            _ => self.member = true,
        }
        self.below.retain(|_, set| !set.is_empty());
    }

    fn fill_items(&mut self, of: &Type, items: &Items, list: &[Value]) {
        let mut seen: Vec<Element> = Vec::new();
        for item in list {
            let Ok(element) = Element::of_item(items, of, item) else { continue };
            if seen.contains(&element) {
                // What is there twice is owned as a whole.
                self.below.insert(element, Self { member: true, below: BTreeMap::new() });
                continue;
            }
            let below = self.below.entry(element.clone()).or_default();
            below.fill(of, item);
            below.member = true;
            seen.push(element);
        }
    }

    /// Takes out of an object what is in the set.
    pub(crate) fn take_from(&self, of: &Type, value: &mut Value) {
        if self.below.is_empty() || of.relation() == Relation::Atomic {
            return;
        }
        match (of, value) {
            (Type::List(of, listing), Value::Array(list)) => {
                list.retain_mut(|item| {
                    let element = Element::of_item(&listing.items, of, item).ok();
                    let Some(below) = element.and_then(|element| self.below.get(&element)) else {
                        return true;
                    };
                    if !below.member {
                        below.take_from(of, item);
                    }
                    !below.member
                });
            }
            (of, Value::Object(fields)) => {
                for (element, below) in &self.below {
                    let Element::Field(name) = element else { continue };
                    if below.member {
                        fields.remove(name);
                    } else if let (Some(inner), Some(value)) = (of.field(name), fields.get_mut(name)) {
                        below.take_from(inner, value);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The type of what stands at an element of such a value.
fn inner<'a>(of: &'a Type, element: &Element) -> Option<&'a Type> {
    match (of, element) {
        (Type::List(of, _), Element::Keys(_) | Element::Item(_)) => Some(of),
        (of, Element::Field(name)) => of.field(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::schema::built_in;

    fn deployment() -> Type {
        Type::Struct(built_in("apps/v1", "Deployment"))
    }

    fn applied() -> Value {
        json!({ "spec": {
            "replicas": 2,
            "selector": { "matchLabels": { "app": "x" } },
            "template": {
                "metadata": { "labels": { "app": "x" } },
                "spec": { "containers": [{ "name": "web", "image": "nginx" }] },
            },
        } })
    }

    #[test]
    fn the_fields_of_an_applied_object_are_those_that_were_recorded() {
        let set = FieldSet::of(&deployment(), &applied());
        let recorded = json!({ "f:spec": {
            "f:replicas": {},
            "f:selector": {},
            "f:template": {
                "f:metadata": { "f:labels": { "f:app": {} } },
                "f:spec": { "f:containers": {
                    "k:{\"name\":\"web\"}": { ".": {}, "f:image": {}, "f:name": {} },
                } },
            },
        } });
        assert_eq!(set.to_json(), recorded);
        assert_eq!(FieldSet::from_json(&recorded), set);
        let paths: Vec<String> = set.paths().iter().map(|path| super::super::paths::written(path)).collect();
        assert_eq!(
            paths,
            [
                ".spec.replicas",
                ".spec.selector",
                ".spec.template.metadata.labels.app",
                ".spec.template.spec.containers[name=\"web\"]",
                ".spec.template.spec.containers[name=\"web\"].image",
                ".spec.template.spec.containers[name=\"web\"].name",
            ]
        );
    }

    #[test]
    fn sets_are_combined_place_by_place() {
        let all = FieldSet::of(&deployment(), &applied());
        let mut part = FieldSet::default();
        let replicas = [Element::field("spec"), Element::field("replicas")];
        part.insert(&replicas);
        assert!(all.contains(&replicas) && !all.difference(&part).contains(&replicas));
        assert_eq!(all.intersection(&part), part);
        assert_eq!(all.difference(&part).union(&part), all);
        let mut value = applied();
        part.take_from(&deployment(), &mut value);
        assert_eq!(value["spec"].get("replicas"), None);
        assert!(value["spec"].get("selector").is_some());
    }
}
