//! Deleting: what holds an object, and what goes with it.

use std::sync::Arc;

use serde_json::{Value, json};
use vapora_preflight::Timestamp;

use super::Write;
use crate::cluster::{
    builder, controllers, fields::FieldSelector, kinds::ServedKind, labels::LabelSelector, reply::Reply,
    schema, state::State, status, store::meta,
};

/// What becomes of the objects that belong to a deleted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dependents {
    Go,
    Stay,
}

/// The options of a deletion, from its body and its query.
pub(super) struct Deletion {
    pub(super) dry: bool,
    dependents: Dependents,
    grace: Option<i64>,
    uid: Option<String>,
    version: Option<String>,
}

/// Is the object to go?
pub(super) fn is_going(object: &Value) -> bool {
    !object["metadata"]["deletionTimestamp"].is_null()
}

/// Does something hold an object that is to go? A Pod on a Node goes when its time is over.
pub(super) fn is_held(kind: &ServedKind, object: &Value) -> bool {
    let some = |value: &Value| value.as_array().is_some_and(|list| !list.is_empty());
    some(&object["metadata"]["finalizers"])
        || (is_namespace(kind) && some(&object["spec"]["finalizers"]))
        || (kind.kind == "Pod"
            && object["metadata"]["deletionGracePeriodSeconds"].as_i64().is_some_and(|s| s > 0))
}

fn is_namespace(kind: &ServedKind) -> bool {
    kind.kind == "Namespace" && kind.group.is_empty()
}

/// Takes an object away, and what belongs to it.
pub(crate) fn gone(state: &mut State, kind: &ServedKind, namespace: &str, name: &str, now: &str) {
    let Some(object) = state.take(kind, namespace, name) else { return };
    if let Ok(at) = now.parse::<Timestamp>() {
        controllers::notice_removed(state, kind, &object, at.unix_micros());
    }
    if is_namespace(kind) {
        state.store.empty(name);
    }
    collect(state, meta(&object, "uid"), now);
}

/// Takes away the objects whose last owner is gone.
fn collect(state: &mut State, owner: &str, now: &str) {
    for (kind, object) in state.dependents_of(owner) {
        let owners: Vec<&Value> =
            object["metadata"]["ownerReferences"].as_array().into_iter().flatten().collect();
        let (namespace, name) = (meta(&object, "namespace"), meta(&object, "name"));
        if owners.iter().any(|reference| reference["uid"] != owner) {
            let rest: Vec<Value> =
                owners.into_iter().filter(|reference| reference["uid"] != owner).cloned().collect();
            state.store.edit(&kind, namespace, name, |object| {
                object["metadata"]["ownerReferences"] = rest.into();
            });
        } else if is_held(&kind, &object) && !is_going(&object) {
            state.store.edit(&kind, namespace, name, |object| {
                object["metadata"]["deletionTimestamp"] = now.into();
            });
        } else {
            gone(state, &kind, namespace, name, now);
        }
    }
}

/// Leaves the objects that belong to one without it.
fn orphan(state: &mut State, owner: &str) {
    for (kind, object) in state.dependents_of(owner) {
        state.store.edit(&kind, meta(&object, "namespace"), meta(&object, "name"), |object| {
            if let Some(owners) = object["metadata"]["ownerReferences"].as_array_mut() {
                owners.retain(|reference| reference["uid"] != owner);
            }
        });
    }
}

impl Write<'_> {
    pub(super) fn delete(&mut self) -> Result<Reply, Reply> {
        let deletion = self.deletion()?;
        let mut state = self.cluster.state();
        let state = &mut *state;
        let kept = state.store.get(self.kind, self.namespace(), self.name()).cloned();
        let object = kept.ok_or_else(|| self.missing())?;
        self.preconditions(&deletion, &object)?;
        if is_namespace(self.kind) && ["default", "kube-system", "kube-public"].contains(&self.name()) {
            let why = "this namespace may not be deleted";
            return Err(status::forbidden_because(self.kind, self.name(), why));
        }
        match self.delete_one(state, &object, &deletion) {
            Some(left) => Ok(Reply::json(200, &self.kind.shown(&left))),
            None => Ok(status::success(self.kind, self.name(), meta(&object, "uid"))),
        }
    }

    /// Deletes an object; `Some` is what is left of it.
    pub(super) fn delete_one(
        &self,
        state: &mut State,
        object: &Value,
        deletion: &Deletion,
    ) -> Option<Arc<Value>> {
        let (namespace, name) = (meta(object, "namespace"), meta(object, "name"));
        let mut left = object.clone();
        if !is_going(object) {
            let grace = self.grace(object, deletion);
            left["metadata"]["deletionTimestamp"] = self.cluster.clock().text_in(grace).into();
            left["metadata"]["deletionGracePeriodSeconds"] = grace.into();
            if let Some(generation) = object["metadata"]["generation"].as_u64() {
                left["metadata"]["generation"] = (generation + 1).into();
            }
        } else if self.kind.kind == "Pod" && deletion.grace == Some(0) {
            left["metadata"]["deletionGracePeriodSeconds"] = 0.into();
        }
        if is_namespace(self.kind) {
            left["status"]["phase"] = "Terminating".into();
        }
        let held = is_held(self.kind, &left);
        if deletion.dry {
            return held.then(|| Arc::new(left));
        }
        if deletion.dependents == Dependents::Stay {
            orphan(state, meta(object, "uid"));
        }
        if !held {
            gone(state, self.kind, namespace, name, &self.now);
            return None;
        }
        let kept = state.store.put(self.kind, left);
        controllers::notice(state, self.kind, &kept, self.cluster.clock().micros());
        if is_namespace(self.kind) {
            self.empty_namespace(state, name);
        }
        Some(kept)
    }

    /// What the controller of namespaces does: all goes that nothing holds, and then the namespace.
    fn empty_namespace(&self, state: &mut State, name: &str) {
        let mut held = false;
        for (kind, object) in state.inside(name) {
            let object_name = meta(&object, "name");
            let finalizers = object["metadata"]["finalizers"].as_array().is_some_and(|list| !list.is_empty());
            if finalizers {
                held = true;
                state.store.edit(&kind, name, object_name, |object| {
                    object["metadata"]["deletionTimestamp"] = self.now.as_str().into();
                });
            } else {
                gone(state, &kind, name, object_name, &self.now);
            }
        }
        if held {
            state.store.edit(self.kind, "", name, |namespace| builder::terminating(namespace, &self.now));
        } else {
            gone(state, self.kind, "", name, &self.now);
        }
    }

    /// What is left that holds a namespace.
    pub(super) fn finalize(&mut self) -> Result<Reply, Reply> {
        let sent = self.object()?;
        self.check_name(&sent)?;
        let mut state = self.cluster.state();
        let live = self.live(&state).ok_or_else(|| self.missing())?;
        let mut object = live.clone();
        object["spec"]["finalizers"] = sent["spec"]["finalizers"].clone();
        object["metadata"]["resourceVersion"] = sent["metadata"]["resourceVersion"].clone();
        self.commit(&mut state, Some(live), object, None)
    }

    fn grace(&self, object: &Value, deletion: &Deletion) -> i64 {
        let on_a_node = !object["spec"]["nodeName"].is_null();
        if self.kind.kind != "Pod" || !on_a_node {
            return 0;
        }
        let wished = object["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
        deletion.grace.unwrap_or(wished)
    }

    pub(super) fn preconditions(&self, deletion: &Deletion, object: &Value) -> Result<(), Reply> {
        let name = meta(object, "name");
        for (wanted, found, what) in [
            (&deletion.uid, meta(object, "uid"), "UID"),
            (&deletion.version, meta(object, "resourceVersion"), "ResourceVersion"),
        ] {
            if let Some(wanted) = wanted.as_deref().filter(|wanted| *wanted != found) {
                let why = format!(
                    "Precondition failed: {what} in precondition: {wanted}, {what} in object meta: {found}"
                );
                return Err(status::conflict(self.kind, name, &why));
            }
        }
        Ok(())
    }

    fn deletion(&self) -> Result<Deletion, Reply> {
        let body = if self.asked.body.is_empty() { json!({}) } else { self.decoded()?.value };
        self.deletion_of(&body)
    }

    /// The options in this object, and in the query.
    pub(super) fn deletion_of(&self, body: &Value) -> Result<Deletion, Reply> {
        if let Some(what) = schema::undecodable(&schema::built_in("", ""), body) {
            return Err(status::bad_request(&what));
        }
        let query = &self.asked.query;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let dry_values: Vec<&Value> = body["dryRun"].as_array().into_iter().flatten().collect();
        let policy =
            text(&body["propagationPolicy"]).or_else(|| query.get("propagationPolicy").map(str::to_owned));
        let orphans = body["orphanDependents"] == true || query.is_true("orphanDependents");
        if let Some(policy) = policy.as_deref()
            && !["Background", "Foreground", "Orphan"].contains(&policy)
        {
            let cause = crate::cluster::invalid::Cause::not_supported(
                "propagationPolicy",
                &policy.into(),
                &["Background", "Foreground", "Orphan"],
            );
            return Err(status::invalid("meta.k8s.io", "DeleteOptions", "", &[cause]));
        }
        let stay = policy.as_deref() == Some("Orphan") || orphans;
        Ok(Deletion {
            dry: self.tried() || dry_values.iter().any(|value| *value == "All"),
            dependents: if stay { Dependents::Stay } else { Dependents::Go },
            grace: body["gracePeriodSeconds"]
                .as_i64()
                .or_else(|| query.get("gracePeriodSeconds").and_then(|seconds| seconds.parse().ok())),
            uid: text(&body["preconditions"]["uid"]),
            version: text(&body["preconditions"]["resourceVersion"]),
        })
    }

    /// Deletes all objects that fit the query, and shows them.
    pub(super) fn delete_collection(&mut self) -> Result<Reply, Reply> {
        let deletion = self.deletion()?;
        let bad = |message: String| status::bad_request(&message);
        let query = &self.asked.query;
        let labels = LabelSelector::parse(query.get("labelSelector").unwrap_or_default()).map_err(bad)?;
        let selector = query.get("fieldSelector").unwrap_or_default();
        let fields = FieldSelector::parse(selector, self.kind).map_err(bad)?;
        let mut state = self.cluster.state();
        let state = &mut *state;
        let namespace = self.target.namespace.as_deref().filter(|_| self.kind.namespaced);
        if state.store.crowds().has(self.kind, namespace) {
            return Err(status::unknown_to_the_simulation("a collection of a crowd that is deleted"));
        }
        let fitting: Vec<Arc<Value>> = state
            .store
            .list(self.kind, namespace)
            .filter(|(_, object)| labels.fits(object) && fields.fits(&self.kind.shown(object)))
            .map(|(_, object)| Arc::clone(object))
            .collect();
        for object in &fitting {
            self.delete_one(state, object, &deletion);
        }
        let items: Vec<Value> = fitting.iter().map(|object| self.kind.shown(object).into_owned()).collect();
        let body = json!({
            "kind": format!("{}List", self.kind.kind),
            "apiVersion": self.kind.api_version(),
            "metadata": { "resourceVersion": state.store.revision().to_string() },
            "items": items,
        });
        Ok(Reply::json(200, &body))
    }
}
