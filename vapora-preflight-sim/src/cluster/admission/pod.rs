//! What a new Pod gets from its cluster: a service account with its token, tolerations, a priority.

use serde_json::{Value, json};

use crate::cluster::{defaults::set, pod, reply::Reply, state::State, status, store::meta, write::Write};

pub(super) fn fill(write: &Write<'_>, state: &mut State, object: &mut Value) -> Result<(), Reply> {
    let namespace = meta(object, "namespace").to_owned();
    let spec = &mut object["spec"];
    set(spec, "serviceAccountName", "default");
    let account = spec["serviceAccountName"].as_str().unwrap_or_default().to_owned();
    spec["serviceAccount"] = account.as_str().into();
    let known = state.get("ServiceAccount", &namespace, &account).ok().cloned();
    // Every namespace has this one, whether it was written down or not.
    if known.is_none() && account != "default" {
        let why = format!(
            "error looking up service account {namespace}/{account}: serviceaccount \"{account}\" not found"
        );
        return Err(status::forbidden_because(write.kind, meta(object, "name"), &why));
    }
    let spec = &mut object["spec"];
    let mounts = match &spec["automountServiceAccountToken"] {
        Value::Bool(mounts) => *mounts,
        _ => known.is_none_or(|account| account["automountServiceAccountToken"] != false),
    };
    if mounts {
        let suffix = state.ids.suffix(5);
        pod::mount_token(spec, &suffix);
    }
    for taint in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        tolerate(spec, taint);
    }
    set(spec, "preemptionPolicy", "PreemptLowerPriority");
    let class = spec["priorityClassName"].as_str().unwrap_or_default().to_owned();
    if class.is_empty() {
        set(spec, "priority", 0);
        return Ok(());
    }
    let system = [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)];
    let known = system.iter().find(|(name, _)| *name == class).map(|(_, priority)| json!(priority));
    let known = known.or_else(|| Some(state.get("PriorityClass", "", &class).ok()?["value"].clone()));
    let Some(priority) = known else {
        let why = format!("no PriorityClass with name {class} was found");
        return Err(status::forbidden_because(write.kind, meta(object, "name"), &why));
    };
    object["spec"]["priority"] = priority;
    Ok(())
}

/// Stays on a Node with this taint for five minutes, unless something else is said.
fn tolerate(spec: &mut Value, taint: &str) {
    if !spec["tolerations"].is_array() {
        spec["tolerations"] = json!([]);
    }
    let Some(tolerations) = spec["tolerations"].as_array_mut() else { return };
    let covered = |one: &Value| {
        let key = one["key"].as_str().unwrap_or_default();
        let effect = one["effect"].as_str().unwrap_or_default();
        (key.is_empty() || key == taint) && (effect.is_empty() || effect == "NoExecute")
    };
    if !tolerations.iter().any(covered) {
        tolerations.push(pod::toleration(taint));
    }
}
