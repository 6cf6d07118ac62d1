//! ResourceQuotas: how much a namespace may have.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cluster::{
    kinds::{ServedKind, qualified},
    quantity::Quantity,
    reply::Reply,
    state::State,
    status,
    store::meta,
};

/// What an object counts for, by the names of quotas.
pub(crate) fn usage(kind: &ServedKind, object: &Value) -> BTreeMap<String, Quantity> {
    let one = Quantity::count(1);
    let mut usage = BTreeMap::from([(format!("count/{}", qualified(&kind.group, &kind.plural)), one)]);
    if !kind.group.is_empty() {
        return usage;
    }
    let spec = &object["spec"];
    match &*kind.plural {
        "configmaps" | "secrets" | "replicationcontrollers" | "resourcequotas" => {
            usage.insert(kind.plural.to_string(), one);
        }
        "services" => {
            usage.insert("services".to_owned(), one);
            let ports = spec["ports"].as_array().map_or(0, Vec::len);
            if spec["type"] == "LoadBalancer" {
                usage.insert("services.loadbalancers".to_owned(), one);
            }
            if spec["type"] == "NodePort" || spec["type"] == "LoadBalancer" {
                usage.insert("services.nodeports".to_owned(), Quantity::count(ports));
            }
        }
        "persistentvolumeclaims" => {
            usage.insert("persistentvolumeclaims".to_owned(), one);
            if let Some(storage) = Quantity::of(&spec["resources"]["requests"]["storage"]) {
                usage.insert("requests.storage".to_owned(), storage);
            }
        }
        "pods" => {
            let done = object["status"]["phase"] == "Succeeded" || object["status"]["phase"] == "Failed";
            if !done {
                pod(spec, &mut usage);
            }
        }
        _ => {}
    }
    usage
}

fn pod(spec: &Value, usage: &mut BTreeMap<String, Quantity>) {
    usage.insert("pods".to_owned(), Quantity::count(1));
    for (list, prefix) in [("requests", "requests."), ("limits", "limits.")] {
        for name in ["cpu", "memory", "ephemeral-storage"] {
            let containers = spec["containers"].as_array().into_iter().flatten();
            let amounts: Vec<Quantity> =
                containers.filter_map(|one| Quantity::of(&one["resources"][list][name])).collect();
            if amounts.is_empty() {
                continue;
            }
            let sum: Quantity = amounts.into_iter().sum();
            usage.insert(format!("{prefix}{name}"), sum);
            if list == "requests" {
                usage.insert(name.to_owned(), sum);
            }
        }
    }
}

/// Computing resources that every container has to name where a quota limits them.
fn unnamed(hard: &serde_json::Map<String, Value>, spec: &Value) -> Vec<String> {
    let of = |name: &str| match name.split_once('.') {
        Some((list @ ("requests" | "limits"), name)) => Some((list.to_owned(), name.to_owned())),
        None if name == "cpu" || name == "memory" => Some(("requests".to_owned(), name.to_owned())),
        _ => None,
    };
    let mut said = Vec::new();
    for limited in hard.keys() {
        let Some((list, name)) = of(limited).filter(|(_, name)| name != "storage") else { continue };
        let containers = spec["containers"].as_array().into_iter().flatten();
        let missing: Vec<&str> = containers
            .filter(|one| one["resources"][list.as_str()][name.as_str()].is_null())
            .filter_map(|one| one["name"].as_str())
            .collect();
        if !missing.is_empty() {
            said.push(format!("{limited} for: {}", missing.join(",")));
        }
    }
    said
}

/// May the namespace have this object, too?
pub(super) fn check(kind: &ServedKind, state: &State, object: &Value) -> Result<(), Reply> {
    let namespace = meta(object, "namespace");
    if namespace.is_empty() {
        return Ok(());
    }
    let quotas: Vec<&Value> = state
        .kind("ResourceQuota")
        .into_iter()
        .filter(|quota| meta(quota, "namespace") == namespace)
        .collect();
    if quotas.is_empty() {
        return Ok(());
    }
    let asked = usage(kind, object);
    let mut used: Option<BTreeMap<String, Quantity>> = None;
    for quota in quotas {
        let name = meta(quota, "name");
        let Some(hard) = quota["spec"]["hard"].as_object() else { continue };
        if kind.kind == "Pod" && kind.group.is_empty() {
            let missing = unnamed(hard, &object["spec"]);
            if !missing.is_empty() {
                let why = format!("failed quota: {name}: must specify {}", missing.join("; "));
                return Err(status::forbidden_because(kind, meta(object, "name"), &why));
            }
        }
        let mut over: Vec<(&str, Quantity, Quantity, Quantity)> = Vec::new();
        for (resource, limit) in hard {
            let (Some(wanted), Some(limit)) = (asked.get(resource), Quantity::of(limit)) else { continue };
            let used = used.get_or_insert_with(|| in_use(kind, state, namespace));
            let used = used.get(resource).copied().unwrap_or(Quantity::ZERO);
            if used + *wanted > limit {
                over.push((resource, *wanted, used, limit));
            }
        }
        if !over.is_empty() {
            let list = |amount: fn(&(&str, Quantity, Quantity, Quantity)) -> Quantity| {
                let texts: Vec<String> =
                    over.iter().map(|one| format!("{}={}", one.0, amount(one))).collect();
                texts.join(",")
            };
            let (requested, in_use, limited) = (list(|one| one.1), list(|one| one.2), list(|one| one.3));
            let why =
                format!("exceeded quota: {name}, requested: {requested}, used: {in_use}, limited: {limited}");
            return Err(status::forbidden_because(kind, meta(object, "name"), &why));
        }
    }
    Ok(())
}

/// What the objects of a kind in a namespace count for together.
pub(crate) fn in_use(kind: &ServedKind, state: &State, namespace: &str) -> BTreeMap<String, Quantity> {
    let mut sums: BTreeMap<String, Quantity> = BTreeMap::new();
    for (_, object) in state.store.list(kind, Some(namespace)) {
        for (resource, amount) in usage(kind, object) {
            let sum = sums.entry(resource).or_insert(Quantity::ZERO);
            *sum = *sum + amount;
        }
    }
    sums
}
