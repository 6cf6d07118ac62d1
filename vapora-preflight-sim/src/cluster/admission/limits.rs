//! LimitRanges: how much one container or claim may ask for.

use serde_json::{Map, Value};

use crate::cluster::{
    kinds::ServedKind, quantity::Quantity, reply::Reply, state::State, status, store::meta,
};

/// The limits of a namespace for one type of thing.
fn limits<'a>(state: &'a State, object: &Value, of: &str) -> Vec<&'a Value> {
    let namespace = meta(object, "namespace");
    state
        .kind("LimitRange")
        .into_iter()
        .filter(|range| meta(range, "namespace") == namespace)
        .flat_map(|range| range["spec"]["limits"].as_array().into_iter().flatten())
        .filter(|limit| limit["type"] == of)
        .collect()
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["initContainers", "containers"]
        .into_iter()
        .flat_map(|list| pod["spec"][list].as_array().into_iter().flatten())
}

/// Fills in what the containers of a Pod do not say.
pub(super) fn fill(state: &State, pod: &mut Value) {
    let limits: Vec<Value> = limits(state, pod, "Container").into_iter().cloned().collect();
    for list in ["initContainers", "containers"] {
        let Some(containers) = pod["spec"].get_mut(list).and_then(Value::as_array_mut) else { continue };
        for container in containers {
            for limit in &limits {
                for (from, to) in [("default", "limits"), ("defaultRequest", "requests")] {
                    for (resource, amount) in limit[from].as_object().into_iter().flatten() {
                        crate::cluster::defaults::set(
                            &mut container["resources"][to],
                            resource,
                            amount.clone(),
                        );
                    }
                }
            }
        }
    }
}

pub(super) fn check(kind: &ServedKind, state: &State, object: &Value) -> Result<(), Reply> {
    let broken: Vec<String> = match (&*kind.group, &*kind.kind) {
        ("", "Pod") => limits(state, object, "Container")
            .into_iter()
            .flat_map(|limit| containers(object).map(move |one| (limit, &one["resources"])))
            .flat_map(|(limit, resources)| broken(limit, resources, "Container"))
            .collect(),
        ("", "PersistentVolumeClaim") => limits(state, object, "PersistentVolumeClaim")
            .into_iter()
            .flat_map(|limit| broken(limit, &object["spec"]["resources"], "PersistentVolumeClaim"))
            .collect(),
        _ => return Ok(()),
    };
    match broken.as_slice() {
        [] => Ok(()),
        [one] => Err(status::forbidden_because(kind, meta(object, "name"), one)),
        many => {
            let why = format!("[{}]", many.join(", "));
            Err(status::forbidden_because(kind, meta(object, "name"), &why))
        }
    }
}

fn broken(limit: &Value, resources: &Value, of: &str) -> Vec<String> {
    let claims = of == "PersistentVolumeClaim";
    let (request, most_of) = if claims { ("requests", "requests") } else { ("requests", "limits") };
    let mut said = Vec::new();
    for (resource, least) in fields(&limit["min"]) {
        let asked = &resources[request][resource.as_str()];
        match (Quantity::of(asked), Quantity::of(least)) {
            (None, Some(least)) => {
                said.push(format!("minimum {resource} usage per {of} is {least}.  No request is specified"));
            }
            (Some(asked), Some(least)) if asked < least => {
                said.push(format!("minimum {resource} usage per {of} is {least}, but request is {asked}"));
            }
            _ => {}
        }
    }
    for (resource, most) in fields(&limit["max"]) {
        let asked = &resources[most_of][resource.as_str()];
        let word = if claims { "request" } else { "limit" };
        match (Quantity::of(asked), Quantity::of(most)) {
            (None, Some(most)) => {
                said.push(format!("maximum {resource} usage per {of} is {most}.  No {word} is specified"));
            }
            (Some(asked), Some(most)) if asked > most => {
                said.push(format!("maximum {resource} usage per {of} is {most}, but {word} is {asked}"));
            }
            _ => {}
        }
    }
    said
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}
