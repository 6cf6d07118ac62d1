//! What follows when an object is kept, as the controllers of a cluster see to it.

use std::sync::Arc;

use serde_json::{Value, json};
use vapora_preflight::Timestamp;

use super::delete;
use crate::cluster::{controllers, kinds::ServedKind, metadata::Manager, state::State, store::meta};

/// Keeps an object and does what follows from it.
pub(super) fn keep(
    state: &mut State,
    kind: &ServedKind,
    before: Option<&Value>,
    mut object: Value,
    now: &str,
) -> Arc<Value> {
    // An object that is to go goes when nothing holds it any more.
    if delete::is_going(&object) && !delete::is_held(kind, &object) {
        delete::gone(state, kind, meta(&object, "namespace"), meta(&object, "name"), now);
        return Arc::new(object);
    }
    if kind.kind == "CustomResourceDefinition" {
        establish(&mut object, now);
    }
    let name = meta(&object, "name").to_owned();
    let kept = state.keep(kind, object);
    if let Ok(at) = now.parse::<Timestamp>() {
        controllers::notice(state, kind, &kept, at.unix_micros());
    }
    if kind.kind == "Namespace" && kind.group.is_empty() && before.is_none() {
        furnish(state, &name, now);
    }
    kept
}

/// Says that the kinds of a definition are served.
fn establish(definition: &mut Value, now: &str) {
    let condition = |kind: &str, reason: &str, message: &str| {
        json!({
            "type": kind,
            "status": "True",
            "lastTransitionTime": now,
            "reason": reason,
            "message": message,
        })
    };
    definition["status"]["conditions"] = json!([
        condition("NamesAccepted", "NoConflicts", "no conflicts found"),
        condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ]);
    definition["status"]["acceptedNames"] = definition["spec"]["names"].clone();
}

/// What every namespace has in it.
fn furnish(state: &mut State, namespace: &str, now: &str) {
    let account = json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": { "name": "default", "namespace": namespace },
    });
    let roots = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "kube-root-ca.crt",
            "namespace": namespace,
            "annotations": {
                "kubernetes.io/description": "Contains a CA bundle that can be used to verify the kube-apiserver when \
                                              using internal endpoints such as the internal service IP or \
                                              kubernetes.default.svc. No other usage is guaranteed across \
                                              distributions of Kubernetes clusters.",
            },
        },
        "data": { "ca.crt": "" },
    });
    for object in [account, roots] {
        let inserted = state.insert(object, now, Manager::Controller);
        debug_assert!(inserted.is_ok(), "both are of kinds that every server has");
    }
}
