//! Services.

use serde_json::Value;

use super::{Causes, names::wrong_label, workload::port_number};
use crate::cluster::invalid::Cause;

/// The addresses of Services: `10.0.0.0/24`.
pub(crate) mod range {
    use std::net::Ipv4Addr;

    pub(crate) const TEXT: &str = "10.0.0.0/24";
    pub(crate) const PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;

    pub(crate) fn contains(address: &str) -> bool {
        address.parse::<Ipv4Addr>().is_ok_and(|address| address.octets()[..3] == [10, 0, 0])
    }
}

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

pub(super) fn validate(object: &Value, before: Option<&Value>, causes: &mut Causes) {
    let spec = &object["spec"];
    let sort = spec["type"].as_str().unwrap_or_default();
    let ports: Vec<&Value> = spec["ports"].as_array().into_iter().flatten().collect();
    let headless = spec["clusterIP"] == "None";
    if !TYPES.contains(&sort) {
        causes.push(Cause::not_supported("spec.type", &spec["type"], &TYPES));
    }
    if sort == "ExternalName" {
        if spec["externalName"].as_str().unwrap_or_default().is_empty() {
            causes.push(Cause::required("spec.externalName", ""));
        }
    } else if ports.is_empty() && !headless {
        causes.push(Cause::required("spec.ports", ""));
    }
    for (index, port) in ports.iter().enumerate() {
        one_port(port, index, ports.len(), causes);
    }
    twice(&ports, causes);
    let Some(before) = before.map(|before| &before["spec"]) else { return };
    let kept = |value: &Value| value["type"] != "ExternalName" && value["clusterIP"].is_string();
    if kept(before) && sort != "ExternalName" && before["clusterIP"] != spec["clusterIP"] {
        let what = "may not change once set";
        causes.push(Cause::invalid("spec.clusterIPs[0]", &serde_json::json!([spec["clusterIP"]]), what));
    }
}

fn one_port(port: &Value, index: usize, count: usize, causes: &mut Causes) {
    let at = |field: &str| format!("spec.ports[{index}].{field}");
    match port["name"].as_str() {
        None | Some("") if count > 1 => causes.push(Cause::required(&at("name"), "")),
        Some(name) if !name.is_empty() => {
            if let Some(what) = wrong_label(name) {
                causes.push(Cause::invalid(&at("name"), &port["name"], &what));
            }
        }
        _ => {}
    }
    port_number(&port["port"], &at("port"), causes);
    if port["protocol"].as_str().is_none_or(|protocol| !PROTOCOLS.contains(&protocol)) {
        causes.push(Cause::not_supported(&at("protocol"), &port["protocol"], &PROTOCOLS));
    }
    if port["targetPort"].is_number() {
        port_number(&port["targetPort"], &at("targetPort"), causes);
    }
}

fn twice(ports: &[&Value], causes: &mut Causes) {
    for (index, port) in ports.iter().enumerate() {
        let before = &ports[..index];
        let name = port["name"].as_str().unwrap_or_default();
        if !name.is_empty() && before.iter().any(|other| other["name"] == port["name"]) {
            causes.push(Cause::duplicate(&format!("spec.ports[{index}].name"), &port["name"]));
        }
        let same = |other: &&&Value| other["port"] == port["port"] && other["protocol"] == port["protocol"];
        if before.iter().any(|other| same(&other)) {
            let shown = serde_json::json!({ "port": port["port"], "protocol": port["protocol"] });
            causes.push(Cause::duplicate(&format!("spec.ports[{index}]"), &shown));
        }
    }
}
