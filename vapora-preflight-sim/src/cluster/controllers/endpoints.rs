//! EndpointSlices: the addresses of the Pods that a Service selects.

use serde_json::{Value, json};

use super::view::{change, has_ended, inside, is_going, reference, selected};
use crate::{
    clock::seconds_text,
    cluster::{labels::LabelSelector, metadata::Manager, pod, state::State, store::meta},
};

const SERVICE: &str = "kubernetes.io/service-name";

/// Writes the slice of a Service from the Pods that it selects.
pub(super) fn sync(state: &mut State, namespace: &str, name: &str, at: i64) {
    let own = |slice: &&Value| {
        slice["metadata"]["labels"][SERVICE] == name
            && slice["metadata"]["labels"]["endpointslice.kubernetes.io/managed-by"]
                == "endpointslice-controller.k8s.io"
    };
    let slices = inside(state, "EndpointSlice", namespace);
    let known = slices.iter().find(own);
    let Ok(service) = state.get("Service", namespace, name).cloned() else { return };
    let selector = json!({ "matchLabels": service["spec"]["selector"] });
    if !service["spec"]["selector"].is_object() || LabelSelector::of(&selector).is_none() {
        return;
    }
    let early = service["spec"]["publishNotReadyAddresses"] == true;
    let pods = selected(state, namespace, &selector);
    let reachable = |pod: &&Value| pod["status"]["podIP"].is_string() && !has_ended(pod);
    let endpoints: Vec<Value> =
        pods.iter().filter(reachable).map(|pod| endpoint(state, pod, early)).collect();
    let (endpoints, ports) = if endpoints.is_empty() {
        (Value::Null, Value::Null)
    } else {
        let first = pods.iter().find(reachable);
        (endpoints.into(), ports(&service, first))
    };
    let Some(slice) = known else { return make(state, &service, endpoints, ports, at) };
    let slice_name = meta(slice, "name").to_owned();
    change(state, "EndpointSlice", namespace, &slice_name, |slice| {
        if slice["endpoints"] != endpoints || slice["ports"] != ports {
            let generation = slice["metadata"]["generation"].as_u64().unwrap_or(0);
            slice["metadata"]["generation"] = (generation + 1).into();
        }
        slice["endpoints"] = endpoints;
        slice["ports"] = ports;
    });
}

fn make(state: &mut State, service: &Value, endpoints: Value, ports: Value, at: i64) {
    let (namespace, name) = (meta(service, "namespace"), meta(service, "name"));
    let suffix = state.ids.suffix(5);
    let mut labels = json!({
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        SERVICE: name,
    });
    for (key, value) in service["metadata"]["labels"].as_object().into_iter().flatten() {
        labels[key] = value.clone();
    }
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": format!("{name}-{suffix}"),
            "generateName": format!("{name}-"),
            "namespace": namespace,
            "generation": 1,
            "labels": labels,
            "ownerReferences": reference(service),
        },
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": ports,
    });
    let inserted = state.insert(slice, &seconds_text(at), Manager::Controller);
    debug_assert!(inserted.is_ok(), "EndpointSlices are served");
}

fn endpoint(state: &State, pod: &Value, early: bool) -> Value {
    let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
    let (serving, going) = (pod::is_ready(pod) || early, is_going(pod));
    let mut endpoint = json!({
        "addresses": [pod["status"]["podIP"]],
        "conditions": { "ready": serving && (!going || early), "serving": serving, "terminating": going },
        "targetRef": {
            "kind": "Pod",
            "namespace": meta(pod, "namespace"),
            "name": meta(pod, "name"),
            "uid": meta(pod, "uid"),
        },
        "nodeName": node,
    });
    if let Some(node) = state.node(node)
        && let Some(zone) = node["metadata"]["labels"]["topology.kubernetes.io/zone"].as_str()
    {
        endpoint["zone"] = zone.into();
    }
    endpoint
}

/// The ports of the Pods behind the ports of the Service.
fn ports(service: &Value, pod: Option<&Value>) -> Value {
    let named = |name: &str| {
        let containers = pod?["spec"]["containers"].as_array()?;
        let mut all = containers.iter().flat_map(|one| one["ports"].as_array().into_iter().flatten());
        all.find(|port| port["name"] == name).map(|port| port["containerPort"].clone())
    };
    let ports = service["spec"]["ports"].as_array().into_iter().flatten();
    ports
        .filter_map(|port| {
            let target = match &port["targetPort"] {
                Value::Null => port["port"].clone(),
                Value::String(name) => named(name)?,
                number => number.clone(),
            };
            Some(json!({
                "name": port["name"].as_str().unwrap_or_default(),
                "protocol": port["protocol"].as_str().unwrap_or("TCP"),
                "port": target,
            }))
        })
        .collect()
}
