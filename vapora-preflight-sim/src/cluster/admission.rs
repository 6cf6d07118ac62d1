//! What in a cluster has a say in every write: namespaces, limits, quotas, PodSecurity, policies and webhooks.

mod limits;
mod pod;
mod pod_security;
mod policies;
mod quota;
mod rules;
mod webhooks;

use serde_json::{Value, json};

pub use self::webhooks::WebhookAnswer;
use super::{kinds::ServedKind, reply::Reply, state::State, status, store::meta, write::Write};

/// Is the namespace there, and does it take new objects?
pub(crate) fn namespace_takes(write: &Write<'_>, state: &State, object: &Value) -> Result<(), Reply> {
    if !write.kind.namespaced {
        return Ok(());
    }
    let namespace = meta(object, "namespace");
    let Ok(found) = state.get("Namespace", "", namespace) else {
        return Err(status::not_found("", "namespaces", namespace));
    };
    if found["metadata"]["deletionTimestamp"].is_null() && found["status"]["phase"] != "Terminating" {
        return Ok(());
    }
    let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
    let cause = json!({
        "reason": "NamespaceTerminating",
        "message": format!("namespace {namespace} is being terminated"),
        "field": "metadata.namespace",
    });
    Err(status::forbidden_by(write.kind, meta(object, "name"), &why, &[cause]))
}

/// Fills in what depends on the cluster.
pub(crate) fn fill(
    write: &Write<'_>,
    state: &mut State,
    creates: bool,
    object: &mut Value,
) -> Result<(), Reply> {
    if !creates {
        return Ok(());
    }
    match (&*write.kind.group, &*write.kind.kind) {
        ("", "Pod") => {
            limits::fill(state, object);
            pod::fill(write, state, object)?;
        }
        ("", "PersistentVolumeClaim") if object["spec"]["storageClassName"].is_null() => {
            let default = "storageclass.kubernetes.io/is-default-class";
            let is_default = |class: &&Value| class["metadata"]["annotations"][default] == "true";
            if let Some(class) = state.kind("StorageClass").into_iter().find(is_default) {
                object["spec"]["storageClassName"] = meta(class, "name").into();
            }
        }
        _ => {}
    }
    Ok(())
}

/// Asks all that may refuse the write, in the order of a real server.
pub(crate) fn check(
    write: &mut Write<'_>,
    state: &State,
    before: Option<&Value>,
    object: &Value,
) -> Result<(), Reply> {
    if before.is_none() {
        limits::check(write.kind, state, object)?;
    }
    if write.target.subresource.is_none() {
        pod_security::check(write, state, before, object)?;
    }
    let asking = Asking { state, before, object };
    policies::check(write, &asking)?;
    webhooks::check(write, &asking)?;
    if before.is_none() {
        quota::check(write.kind, state, object)?;
    }
    Ok(())
}

/// What policies and webhooks are asked about.
struct Asking<'a> {
    state: &'a State,
    before: Option<&'a Value>,
    object: &'a Value,
}

impl Asking<'_> {
    fn operation(&self) -> &'static str {
        if self.before.is_some() { "UPDATE" } else { "CREATE" }
    }

    /// The namespace of the object.
    fn namespace(&self, kind: &ServedKind) -> Option<&Value> {
        let name = if kind.namespaced { meta(self.object, "namespace") } else { "" };
        self.state.get("Namespace", "", name).ok()
    }
}
