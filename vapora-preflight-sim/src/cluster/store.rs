//! The objects of a simulated cluster.

use std::{borrow::Cow, collections::BTreeMap, iter, ops::Bound, sync::Arc};

use serde_json::Value;

use super::{
    crowd::Crowds,
    history::{Change, History},
    kinds::ServedKind,
};

/// Objects in the order in which a real store lists them: by kind, and then by namespace and name.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// By the name under which a kind is kept. Places are ordered as texts, as in a real store: `a-b/x` comes before
    /// `a/x`.
    objects: BTreeMap<Arc<str>, BTreeMap<String, Arc<Value>>>,
    revision: u64,
    history: History,
    /// What is not kept, and made as it is asked for.
    crowds: Crowds,
}

/// `namespace/name`, or `name` for kinds without namespaces.
fn place(kind: &ServedKind, namespace: &str, name: &str) -> String {
    if kind.namespaced { format!("{namespace}/{name}") } else { name.to_owned() }
}

/// The text at `metadata.<field>`, or nothing.
pub(crate) fn meta<'a>(object: &'a Value, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or_default()
}

impl Store {
    /// The revision of the last change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// What is made as it is asked for.
    pub(crate) fn crowds(&self) -> &Crowds {
        &self.crowds
    }

    pub(crate) fn crowds_mut(&mut self) -> &mut Crowds {
        &mut self.crowds
    }

    /// Lets so many changes pass, and gives the revision of the first.
    pub(crate) fn reserve(&mut self, changes: u64) -> u64 {
        let first = self.revision + 1;
        self.revision += changes;
        first
    }

    /// Keeps an object from now on that was made until now, so that it can be changed. Nothing is done where there is no
    /// such object.
    pub(crate) fn adopt(&mut self, kind: &ServedKind, namespace: &str, name: &str) {
        let place = place(kind, namespace, name);
        for (stored, place, object) in self.crowds.take(kind, &place) {
            self.objects.entry(Arc::from(stored)).or_default().insert(place, Arc::new(object));
        }
    }

    /// Puts an object in its place and gives it a new `resourceVersion`.
    pub(crate) fn put(&mut self, kind: &ServedKind, mut object: Value) -> Arc<Value> {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = self.revision.to_string().into();
        self.adopt(kind, meta(&object, "namespace"), meta(&object, "name"));
        let place = place(kind, meta(&object, "namespace"), meta(&object, "name"));
        let object = Arc::new(object);
        let objects = self.objects.entry(Arc::clone(&kind.stored)).or_default();
        let before = objects.insert(place.clone(), Arc::clone(&object));
        let after = Some(Arc::clone(&object));
        let stored = Arc::clone(&kind.stored);
        self.history.record(Change { revision: self.revision, stored, place, before, after });
        object
    }

    pub(crate) fn get(&self, kind: &ServedKind, namespace: &str, name: &str) -> Option<&Arc<Value>> {
        self.objects.get(&kind.stored)?.get(&place(kind, namespace, name))
    }

    /// Changes an object in place; `None` where there is none. A changed `spec` is a new generation, as on a real server.
    pub(crate) fn edit(
        &mut self,
        kind: &ServedKind,
        namespace: &str,
        name: &str,
        edit: impl FnOnce(&mut Value),
    ) -> Option<()> {
        self.adopt(kind, namespace, name);
        let before = Arc::clone(self.get(kind, namespace, name)?);
        let mut object = Value::clone(&before);
        edit(&mut object);
        let generation = object["metadata"]["generation"].as_u64();
        if let Some(generation) = generation.filter(|_| object["spec"] != before["spec"]) {
            object["metadata"]["generation"] = (generation + 1).into();
        }
        // Its place depends on its name: an edit cannot move it.
        object["metadata"]["name"] = name.into();
        self.put(kind, object);
        Some(())
    }

    pub(crate) fn remove(&mut self, kind: &ServedKind, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.adopt(kind, namespace, name);
        let place = place(kind, namespace, name);
        let removed = self.objects.get_mut(&kind.stored)?.remove(&place)?;
        self.removed(&kind.stored, place, &removed);
        Some(removed)
    }

    /// Removes everything in a namespace.
    pub(crate) fn empty(&mut self, namespace: &str) {
        self.crowds.empty(namespace);
        let inside = format!("{namespace}/");
        let mut gone = Vec::new();
        for (stored, objects) in &mut self.objects {
            for (place, object) in objects.extract_if(.., |place, _| place.starts_with(&inside)) {
                gone.push((Arc::clone(stored), place, object));
            }
        }
        for (stored, place, object) in gone {
            self.removed(&stored, place, &object);
        }
    }

    fn removed(&mut self, stored: &Arc<str>, place: String, object: &Arc<Value>) {
        self.revision += 1;
        let before = Some(Arc::clone(object));
        self.history.record(Change {
            revision: self.revision,
            stored: Arc::clone(stored),
            place,
            before,
            after: None,
        });
    }

    /// What has changed.
    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    /// Forgets what has changed until now, and remembers from now on.
    pub(crate) fn compact(&mut self) {
        self.history.begin(self.revision);
    }

    /// The store as it was at a revision that is remembered, as far as one kind is concerned.
    pub(crate) fn at(&self, revision: u64, kind: &ServedKind) -> Self {
        let now = self.objects.get(&kind.stored).cloned().unwrap_or_default();
        let objects = self.history.at(revision, &kind.stored, now);
        Self {
            objects: BTreeMap::from([(Arc::clone(&kind.stored), objects)]),
            revision,
            history: History::default(),
            crowds: self.crowds.clone(),
        }
    }

    /// All objects that are kept under a name, with their places.
    pub(crate) fn stored_places(&self, name: &str) -> impl Iterator<Item = (&String, &Arc<Value>)> {
        self.objects.get(name).into_iter().flatten()
    }

    /// All objects that are kept under a name, such as `apps/deployments`.
    pub(crate) fn stored(&self, name: &str) -> impl Iterator<Item = &Arc<Value>> {
        self.objects.get(name).into_iter().flat_map(BTreeMap::values)
    }

    /// Removes all objects that are kept under a name.
    pub(crate) fn clear(&mut self, stored: &str) {
        let Some((stored, objects)) = self.objects.remove_entry(stored) else { return };
        for (place, object) in objects {
            self.removed(&stored, place, &object);
        }
    }

    /// How many objects of a kind are kept.
    pub(crate) fn count(&self, kind: &ServedKind) -> usize {
        self.objects.get(&kind.stored).map_or(0, BTreeMap::len)
    }

    /// The objects that are kept of a kind, in one namespace or in all, with their place in that list in front.
    pub(crate) fn list(
        &self,
        kind: &ServedKind,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = (&str, &Arc<Value>)> {
        self.list_after(kind, namespace, "")
    }

    /// The same, from behind a place in that list.
    pub(crate) fn list_after(
        &self,
        kind: &ServedKind,
        namespace: Option<&str>,
        after: &str,
    ) -> impl Iterator<Item = (&str, &Arc<Value>)> {
        let inside = namespace.map(|namespace| format!("{namespace}/")).unwrap_or_default();
        let from = Bound::Excluded(format!("{inside}{after}"));
        self.objects
            .get(&kind.stored)
            .into_iter()
            .flat_map(move |objects| objects.range((from.clone(), Bound::Unbounded)))
            .map_while(move |(place, object)| Some((place.strip_prefix(inside.as_str())?, object)))
    }

    /// All objects of a kind that there are, from behind a place in that list: what is kept and what is made.
    pub(crate) fn all_after<'a>(
        &'a self,
        kind: &'a ServedKind,
        namespace: Option<&'a str>,
        after: &'a str,
    ) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, Value>)> {
        let mut kept = self.list_after(kind, namespace, after).peekable();
        let mut made = self.crowds.after(kind, namespace, after).peekable();
        iter::from_fn(move || {
            let first_is_made = match (kept.peek(), made.peek()) {
                (Some((kept, _)), Some((made, _))) => made.as_str() < *kept,
                (_, made) => made.is_some(),
            };
            if first_is_made {
                made.next().map(|(place, member)| (Cow::Owned(place), Cow::Owned(member.object())))
            } else {
                kept.next().map(|(place, object)| (Cow::Borrowed(place), Cow::Borrowed(&**object)))
            }
        })
    }

    /// How many that are.
    pub(crate) fn count_after(&self, kind: &ServedKind, namespace: Option<&str>, after: &str) -> usize {
        self.list_after(kind, namespace, after).count() + self.crowds.count_after(kind, namespace, after)
    }

    /// One object, be it kept or made.
    pub(crate) fn find(&self, kind: &ServedKind, namespace: &str, name: &str) -> Option<Cow<'_, Value>> {
        let kept = self.get(kind, namespace, name).map(|object| Cow::Borrowed(&**object));
        kept.or_else(|| self.crowds.get(kind, &place(kind, namespace, name)).map(Cow::Owned))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::kinds::Catalog;

    #[test]
    fn objects_are_listed_in_the_order_of_their_keys() {
        let mut store = Store::default();
        let catalog = Catalog::default();
        let pods = catalog.named("Pod").unwrap();
        for (namespace, name) in [("a", "x"), ("a-b", "x"), ("a", "w"), ("b", "x")] {
            store.put(pods, json!({ "metadata": { "namespace": namespace, "name": name } }));
        }
        let places =
            |namespace| store.list(pods, namespace).map(|(place, _)| place.to_owned()).collect::<Vec<_>>();
        assert_eq!(places(None), ["a-b/x", "a/w", "a/x", "b/x"]);
        assert_eq!(places(Some("a")), ["w", "x"]);
        assert!(places(Some("nowhere")).is_empty());
        let after: Vec<&str> = store.list_after(pods, Some("a"), "w").map(|(place, _)| place).collect();
        assert_eq!(after, ["x"]);
        assert_eq!(store.revision(), 4);
    }

    #[test]
    fn a_changed_spec_is_a_new_generation() {
        let mut store = Store::default();
        let catalog = Catalog::default();
        let kind = catalog.named("Deployment").unwrap();
        let metadata = json!({ "namespace": "a", "name": "x", "generation": 1 });
        store.put(kind, json!({ "metadata": metadata, "spec": { "replicas": 1 } }));
        store.edit(kind, "a", "x", |object| object["metadata"]["labels"] = json!({ "a": "b" })).unwrap();
        assert_eq!(store.get(kind, "a", "x").unwrap()["metadata"]["generation"], 1);
        store.edit(kind, "a", "x", |object| object["spec"]["replicas"] = 2.into()).unwrap();
        let object = store.get(kind, "a", "x").unwrap();
        assert_eq!(
            (&object["metadata"]["generation"], &object["metadata"]["resourceVersion"]),
            (&2.into(), &"3".into())
        );
        assert!(store.edit(kind, "a", "y", |_| ()).is_none());
    }
}
