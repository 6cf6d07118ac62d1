//! What is new, changed and gone in an object.

use serde_json::Value;

use crate::cluster::{
    fieldset::FieldSet,
    paths::Element,
    schema::{Items, Relation, Type},
};

/// The fields in which two states of an object differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Comparison {
    pub(crate) added: FieldSet,
    pub(crate) modified: FieldSet,
    pub(crate) removed: FieldSet,
}

impl Comparison {
    pub(crate) fn between(of: &Type, before: &Value, after: &Value) -> Self {
        let mut comparison = Self::default();
        comparison.look(of, Some(before), Some(after), &mut Vec::new());
        comparison
    }

    /// The same without these places and what is below them.
    pub(crate) fn without(mut self, paths: &[Vec<Element>]) -> Self {
        for path in paths {
            for set in [&mut self.added, &mut self.modified, &mut self.removed] {
                set.remove(path);
            }
        }
        // A place that is left without anything below it says nothing.
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }

    fn leaf(&mut self, before: Option<&Value>, after: Option<&Value>, path: &[Element]) {
        match (before, after) {
            (None, Some(_)) => self.added.insert(path),
            (Some(_), None) => self.removed.insert(path),
            (Some(before), Some(after)) if before != after => self.modified.insert(path),
            _ => {}
        }
    }

    fn look(&mut self, of: &Type, before: Option<&Value>, after: Option<&Value>, path: &mut Vec<Element>) {
        let items = |value: Option<&Value>| match value {
            Some(Value::Array(list)) => list.len(),
            Some(Value::Object(fields)) => fields.len(),
            _ => 0,
        };
        let container =
            |value: Option<&Value>| value.is_none_or(|v| v.is_null() || v.is_object() || v.is_array());
        let whole = of.relation() == Relation::Atomic
            || !container(before)
            || !container(after)
            || (items(before) == 0 && items(after) == 0);
        if whole {
            self.leaf(before, after, path);
            return;
        }
        match of {
            Type::List(of, listing) => self.lists(of, &listing.items, before, after, path),
            Type::Deduced if [before, after].iter().any(|value| value.is_some_and(Value::is_array)) => {
                self.leaf(before, after, path);
                return;
            }
            _ => {
                let (old, new) = (before.and_then(Value::as_object), after.and_then(Value::as_object));
                let names = old.into_iter().flatten().chain(new.into_iter().flatten()).map(|(name, _)| name);
                let mut seen: Vec<&String> = Vec::new();
                for name in names {
                    if seen.contains(&name) {
                        continue;
                    }
                    seen.push(name);
                    let Some(of) = of.field(name) else { continue };
                    path.push(Element::field(name));
                    self.look(of, old.and_then(|old| old.get(name)), new.and_then(|new| new.get(name)), path);
                    path.pop();
                }
            }
        }
        match (before, after) {
            (None, Some(_)) => self.added.insert(path),
            (Some(_), None) => self.removed.insert(path),
            _ => {}
        }
    }

    fn lists(
        &mut self,
        of: &Type,
        items: &Items,
        before: Option<&Value>,
        after: Option<&Value>,
        path: &mut Vec<Element>,
    ) {
        let [old, new] = [before, after].map(|value| by_element(of, items, value));
        let mut seen: Vec<&Element> = Vec::new();
        for (element, _) in new.iter().chain(&old) {
            if seen.contains(&element) {
                continue;
            }
            seen.push(element);
            let [before, after] = [&old, &new].map(|list| -> Vec<&Value> {
                list.iter().filter(|(other, _)| other == element).map(|(_, item)| *item).collect()
            });
            path.push(element.clone());
            match (before.as_slice(), after.as_slice()) {
                ([], [after]) => self.look(of, None, Some(after), path),
                ([before], []) => self.look(of, Some(before), None, path),
                ([before], [after]) => self.look(of, Some(before), Some(after), path),
                // What is there twice is compared as a whole.
                ([], _) => self.added.insert(path),
                (_, []) => self.removed.insert(path),
                (before, after) if before != after => self.modified.insert(path),
                _ => {}
            }
            path.pop();
        }
    }
}

/// The items of a list with what they are known by.
pub(super) fn by_element<'a>(
    of: &Type,
    items: &Items,
    value: Option<&'a Value>,
) -> Vec<(Element, &'a Value)> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|item| Some((Element::of_item(items, of, item).ok()?, item))).collect()
}
