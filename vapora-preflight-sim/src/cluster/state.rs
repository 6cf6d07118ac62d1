//! Everything that changes in a simulated cluster.

use std::{borrow::Cow, sync::Arc};

use serde_json::{Value, json};

use super::{
    access::Identity,
    authentication::IssuedToken,
    controllers::Controllers,
    defaults,
    events::Events,
    kinds::{Catalog, Served, ServedKind},
    metadata::{self, Manager},
    store::{Store, meta},
};
use crate::ids::Ids;

/// The objects, the identities, and the source of identifiers.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) catalog: Catalog,
    pub(crate) store: Store,
    pub(crate) identities: Vec<Identity>,
    pub(crate) tokens: Vec<IssuedToken>,
    pub(crate) ids: Ids,
    /// Are the owners of fields written down?
    pub(crate) owners: bool,
    pub(crate) controllers: Controllers,
    pub(crate) events: Events,
    pub(crate) version: String,
}

/// A change that could not be made to a simulated cluster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// The object is of a kind that the simulation does not serve.
    #[error("expected an object of a served kind, found `{api_version}` `{kind}`")]
    UnknownKind {
        /// Its `apiVersion`.
        api_version: String,
        /// Its `kind`.
        kind: String,
    },
    /// The object has no name, or no namespace where its kind needs one.
    #[error("expected a {0} with `metadata.name`, and `metadata.namespace` where its kind has one")]
    Unnamed(String),
    /// There is no such object.
    #[error("expected {kind} `{name}` in namespace `{namespace}`, found none")]
    Missing {
        /// The kind asked for.
        kind: String,
        /// The namespace; empty for kinds without one.
        namespace: String,
        /// The name.
        name: String,
    },
    /// There is no such identity.
    #[error("expected an identity of the cluster, found `{0}`")]
    UnknownIdentity(String),
}

impl State {
    /// A kind by its name (`Pod`, `pods`).
    pub(crate) fn served(&self, kind: &str) -> Option<Arc<ServedKind>> {
        self.catalog.named(kind).cloned()
    }

    /// How many objects of a kind are kept.
    pub(crate) fn count(&self, kind: &str) -> usize {
        self.catalog.named(kind).map_or(0, |kind| self.store.count(kind))
    }

    /// The objects that are kept of a kind, in all namespaces; none for a kind that is not known.
    pub(crate) fn kind(&self, kind: &str) -> Vec<&Value> {
        let Some(kind) = self.catalog.named(kind) else { return Vec::new() };
        self.store.list(kind, None).map(|(_, object)| &**object).collect()
    }

    /// Adds an object as a client would, with what the server fills in; replaces one of the same name.
    pub(crate) fn insert(
        &mut self,
        mut object: Value,
        now: &str,
        manager: Manager,
    ) -> Result<(), ClusterError> {
        let text = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let known = self.catalog.of(&api_version, &kind).filter(|kind| kind.served == Served::Stored);
        let Some(served) = known else {
            return Err(ClusterError::UnknownKind { api_version, kind });
        };
        if meta(&object, "name").is_empty() || (served.namespaced && meta(&object, "namespace").is_empty()) {
            return Err(ClusterError::Unnamed(kind));
        }
        if served.namespaced {
            self.namespace(meta(&object, "namespace"), now);
        }
        if matches!(manager, Manager::Person) && served.custom.is_none() {
            defaults::fill(&served, &mut object);
        }
        self.complete(&served, &mut object, now, manager);
        self.keep(&served, object);
        Ok(())
    }

    fn complete(&mut self, kind: &ServedKind, object: &mut Value, now: &str, manager: Manager) {
        metadata::complete(object, &mut self.ids, now);
        if self.owners {
            metadata::own(kind, object, now, manager);
        }
    }

    /// Keeps an object of this kind and version, and serves what it defines.
    pub(crate) fn keep(&mut self, kind: &ServedKind, object: Value) -> Arc<Value> {
        let object = self.catalog.kept(kind, object);
        if kind.kind == "CustomResourceDefinition" {
            self.catalog.define(&object);
        }
        self.store.put(kind, object)
    }

    /// Takes an object out of the store, and with a definition what it defined.
    pub(crate) fn take(&mut self, kind: &ServedKind, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let taken = self.store.remove(kind, namespace, name)?;
        if kind.kind == "CustomResourceDefinition" {
            let spec = &taken["spec"];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            self.store.clear(&format!("{}/{}", text(&spec["group"]), text(&spec["names"]["plural"])));
            self.catalog.forget(&taken);
        }
        Some(taken)
    }

    /// Makes a namespace where there is none.
    pub(crate) fn namespace(&mut self, name: &str, now: &str) {
        let Some(kind) = self.served("Namespace") else { return };
        if self.store.get(&kind, "", name).is_some() {
            return;
        }
        let mut labels = json!({ "kubernetes.io/metadata.name": name });
        if !(name == "default" || name.starts_with("kube-")) {
            labels["app.kubernetes.io/part-of"] = name.into();
        }
        let mut object = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": { "name": name, "labels": labels },
            "spec": { "finalizers": ["kubernetes"] },
            "status": { "phase": "Active" },
        });
        self.complete(&kind, &mut object, now, Manager::Person);
        self.store.put(&kind, object);
    }

    /// A Node, be it kept or of a crowd.
    pub(crate) fn node(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.store.find(self.catalog.named("Node")?, "", name)
    }

    /// Keeps an object of a crowd from now on; nothing is done where there is none.
    pub(crate) fn adopt(&mut self, kind: &str, namespace: &str, name: &str) {
        if let Some(served) = self.served(kind) {
            self.store.adopt(&served, namespace, name);
        }
    }

    /// Changes an object.
    pub(crate) fn edit(
        &mut self,
        kind: &str,
        namespace: &str,
        name: &str,
        edit: impl FnOnce(&mut Value),
    ) -> Result<(), ClusterError> {
        self.served(kind)
            .and_then(|served| self.store.edit(&served, namespace, name, edit))
            .ok_or_else(|| missing(kind, namespace, name))
    }

    /// An object as it is now.
    pub(crate) fn get(&self, kind: &str, namespace: &str, name: &str) -> Result<&Value, ClusterError> {
        self.catalog
            .named(kind)
            .and_then(|served| self.store.get(served, namespace, name))
            .map(|object| &**object)
            .ok_or_else(|| missing(kind, namespace, name))
    }

    /// Takes an object away.
    pub(crate) fn remove(
        &mut self,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Arc<Value>, ClusterError> {
        self.served(kind)
            .and_then(|served| self.take(&served, namespace, name))
            .ok_or_else(|| missing(kind, namespace, name))
    }

    /// The objects with an owner of this uid.
    pub(crate) fn dependents_of(&self, owner: &str) -> Vec<(Arc<ServedKind>, Arc<Value>)> {
        self.find(None, |object| {
            let owners = object["metadata"]["ownerReferences"].as_array();
            owners.into_iter().flatten().any(|reference| reference["uid"] == owner)
        })
    }

    /// The objects in a namespace.
    pub(crate) fn inside(&self, namespace: &str) -> Vec<(Arc<ServedKind>, Arc<Value>)> {
        self.find(Some(namespace), |_| true)
    }

    fn find(
        &self,
        namespace: Option<&str>,
        fits: impl Fn(&Value) -> bool,
    ) -> Vec<(Arc<ServedKind>, Arc<Value>)> {
        let kinds = self.catalog.kept_kinds().filter(|kind| namespace.is_none() || kind.namespaced);
        kinds
            .flat_map(|kind| self.store.list(kind, namespace).map(move |(_, object)| (kind, object)))
            .filter(|(_, object)| fits(object))
            .map(|(kind, object)| (Arc::clone(kind), Arc::clone(object)))
            .collect()
    }

    pub(crate) fn identity(&mut self, name: &str) -> Result<&mut Identity, ClusterError> {
        self.identities
            .iter_mut()
            .find(|identity| identity.name == name)
            .ok_or_else(|| ClusterError::UnknownIdentity(name.to_owned()))
    }
}

fn missing(kind: &str, namespace: &str, name: &str) -> ClusterError {
    ClusterError::Missing { kind: kind.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() }
}
